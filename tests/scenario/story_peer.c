/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Class H: listed peers that use our devices; and those that nobody listed, who behave
 * as clients do and prove that they hear us: H or B, and never C1 (verdicts.md).
 */
#include "story.h"

static struct device *service(struct scene *s, const struct actor *who)
{
	struct device *d = scene_own_device(s, cs_addr_is_v4(&who->end.ip), SERVES_COAP);

	d->has |= 0xfff;
	d->limits = false;
	return d;
}

static struct label *label_listed(struct scene *s, const struct actor *who)
{
	return label(s, who, "H", false, WORRY_NONE);
}

static struct label *label_unlisted(struct scene *s, const struct actor *who)
{
	struct label *l = label(s, who, "H,B", false, WORRY_NONE);

	l->because = "unlisted, two-way and well-behaved";
	return l;
}

/* Polls for a while; some messages are lost on the way. */
static void poll(struct scene *s, struct actor *who, struct device *d, uint32_t n,
		 unsigned loss, int64_t period_us, int64_t at)
{
	for (; n > 0; n--) {
		struct mesg m = polite_get(who, "/sensors/temp");
		unsigned lost =
			rng_chance(&s->rng, loss) ? rng_between(&s->rng, 1, 3) : 0;

		ask_politely(s, who, d, at, &m, lost);
		at += period_us + rng_below(&s->rng, SECOND);
	}
}

static void listed_polls(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));

	scene_peer(s, &who.end.ip, rng_chance(&s->rng, 30));
	struct device *d = service(s, &who);
	uint32_t n = rng_between(&s->rng, 1, 200), period_s = rng_between(&s->rng, 1, 60);
	poll(s, &who, d, n, 5, period_s * (int64_t)SECOND, scene_moment(s));
	label_listed(s, &who);
}

/*
 * coap-client of libcoap 4.3.1, run again and again: a new port and Message ID each time,
 * and each time the token 01.
 */
static void listed_cron(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = service(s, &who);
	int64_t at = scene_moment(s);

	scene_peer(s, &who.end.ip, false);
	for (uint32_t n = rng_between(&s->rng, 20, 90); n > 0; n--) {
		struct mesg m = mesg_new(CS_CON, CS_CODE_GET, rng_u16(&s->rng));

		mesg_token(&m, "\1", 1);
		mesg_path(&m, "/sensors/temp");
		who.end.port = rng_port(&s->rng);
		ask_politely(s, &who, d, at, &m, rng_chance(&s->rng, 2));
		at += rng_between(&s->rng, 10 * SECOND, 60 * SECOND);
	}
	label_listed(s, &who);
}

/* Writes and observes, as it may. */
static void listed_controls(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = service(s, &who);
	int64_t at = scene_moment(s);

	scene_peer(s, &who.end.ip, rng_chance(&s->rng, 30));
	d->writes = WRITES_DONE;
	for (uint32_t n = rng_between(&s->rng, 1, 30); n > 0; n--) {
		struct mesg m = polite(&who, CS_CON, CS_CODE_PUT, "/light");

		m.payload = filler(false, 8);
		ask_politely(s, &who, d, at, &m, rng_chance(&s->rng, 5));
		at += rng_gap(&s->rng, 60 * SECOND);
	}
	label_listed(s, &who);
}

static void listed_uploads(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = service(s, &who);
	uint32_t blocks = rng_between(&s->rng, 2, 60);
	int64_t at = scene_moment(s);

	scene_peer(s, &who.end.ip, false);
	d->writes = WRITES_DONE;
	for (uint32_t i = 0; i < blocks; i++) {
		struct mesg m = polite(&who, CS_CON, CS_CODE_PUT, "/fw");

		mesg_block(&m, OPT_BLOCK1, i, i + 1 < blocks, 5);
		m.payload = filler(false, i + 1 < blocks ? 512 : 33);
		at = ask_politely(s, &who, d, at, &m, rng_chance(&s->rng, 3)).at_us +
		     25000;
	}
	label_listed(s, &who);
}

/* Our device tells a peer of changes; every few times it wants to hear an ACK. */
static void tell_changes(struct scene *s, struct actor *who, struct device *d,
			 const struct mesg *asked, uint32_t n, uint32_t every, int64_t at)
{
	for (uint32_t i = 0; i < n; i++) {
		bool con = i % every == 0;
		struct mesg m =
			mesg_new(con ? CS_CON : CS_NON, CS_CODE_CONTENT, ++d->mid);
		struct mesg ack = mesg_new(CS_ACK, CS_CODE_EMPTY, m.mid);

		at += (int64_t)rng_between(&s->rng, 2, 90) * SECOND;
		mesg_token(&m, asked->token, asked->tkl);
		mesg_opt_uint(&m, OPT_OBSERVE, i + 10);
		m.payload = filler(false, d->value_size);
		tape_udp(&s->tape, at, &d->end, &who->end, mesg_bytes(&m));
		who->answered = true;
		if (con)
			say(s, who, &d->end, at + 60000, mesg_bytes(&ack));
	}
}

static void listed_observes(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = service(s, &who);
	struct mesg m = polite_get(&who, "/sensors/temp");
	bool seen = rng_chance(&s->rng, 60);
	int64_t at = scene_moment(s);

	scene_peer(s, &who.end.ip, false);
	d->observes = true;
	mesg_opt_uint(&m, OPT_OBSERVE, 0);
	if (seen)
		ask_politely(s, &who, d, at, &m, 0);
	uint32_t n = rng_between(&s->rng, 3, 80);
	tell_changes(s, &who, d, &m, n, rng_between(&s->rng, 1, 5), at);
	label_listed(s, &who);
}

/* Many clients behind one address: ports and tokens of their own, and losses. */
static void behind_nat(struct scene *s, struct actor *all, uint32_t clients)
{
	struct device *d = service(s, all);
	int64_t at = scene_moment(s);

	d->separate = rng_chance(&s->rng, 60);
	for (uint32_t i = 0; i < clients; i++) {
		struct actor one = *all;

		one.end.port = (uint16_t)(20000 + 37 * i + rng_below(&s->rng, 30));
		one.mid = rng_u16(&s->rng);
		rng_bytes(&s->rng, one.token, sizeof(one.token));
		one.tkl = (uint8_t)rng_between(&s->rng, 2, 8);
		poll(s, &one, d, rng_between(&s->rng, 3, 12), 35, 20 * (int64_t)SECOND,
		     at);
		at += rng_gap(&s->rng, 10 * SECOND);
		all->answered |= one.answered;
	}
}

static void listed_nat(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));

	scene_peer(s, &who.end.ip, false);
	behind_nat(s, &who, rng_between(&s->rng, 3, 40));
	label_listed(s, &who);
}

static void unlisted_nat(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));

	behind_nat(s, &who, rng_between(&s->rng, 3, 40));
	label_unlisted(s, &who);
}

/* For hours, and it ACKs what comes separately: proof enough. */
static void unlisted_polls(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = service(s, &who);

	d->separate = rng_chance(&s->rng, 60);
	uint32_t n = rng_between(&s->rng, 25, 200),
		 period_s = rng_between(&s->rng, 5, 60);
	poll(s, &who, d, n, d->separate ? 0 : 15, period_s * (int64_t)SECOND,
	     scene_moment(s));
	label_unlisted(s, &who);
}

/*
 * All answers come at once, so that nothing proves that the client hears them; but
 * tokens and Message IDs are those of a library, one value each, in order, and slow.
 */
static void unlisted_smooth(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = service(s, &who);

	d->separate = false;
	uint32_t n = rng_between(&s->rng, 25, 120),
		 period_s = rng_between(&s->rng, 20, 120);
	poll(s, &who, d, n, 0, period_s * (int64_t)SECOND, scene_moment(s));
	label_unlisted(s, &who);
}

/* Reads something long, block after block. */
static void unlisted_download(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = service(s, &who);
	int64_t at = scene_moment(s);
	struct mesg m = polite_get(&who, "/big");

	d->szx = (uint8_t)rng_between(&s->rng, 2, 6);
	d->separate = false;
	struct heard heard = ask_politely(s, &who, d, at, &m, 0);
	for (uint32_t block = 1; heard.more; block++) {
		m = polite_get(&who, "/big");
		mesg_block(&m, OPT_BLOCK2, block, false, heard.szx);
		heard = ask_politely(s, &who, d, heard.at_us + 40000, &m, 0);
	}
	label_unlisted(s, &who);
}

/* A network of such clients: its line is no carpet's. */
static void unlisted_network(struct scene *s)
{
	struct actor all = scene_actor(s, scene_family(s));
	struct device *d = service(s, &all);
	uint32_t n = rng_between(&s->rng, 10, 30);
	int64_t at = scene_moment(s);

	d->separate = true;
	for (uint32_t i = 0; i < n; i++) {
		struct actor one = all;

		one.end.ip = scene_neighbour(&all.end.ip, i * 3);
		one.end.port = rng_port(&s->rng);
		one.mid = rng_u16(&s->rng);
		rng_bytes(&s->rng, one.token, sizeof(one.token));
		int64_t begin = at + rng_gap(&s->rng, 20 * SECOND);
		poll(s, &one, d, rng_between(&s->rng, 4, 20), 15, 30 * (int64_t)SECOND,
		     begin);
		label_unlisted(s, &one);
	}
	all.answered = true;
	label_net(s, &all, "H,B", false, WORRY_NONE)->because = "two-way clients";
}

/* Where our devices want DTLS: a listed peer's session. */
static void listed_dtls(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct end server = { .ip = scene_empty(s, cs_addr_is_v4(&who.end.ip)),
			      .port = 5684,
			      .ttl = 64 };

	scene_peer(s, &who.end.ip, false);
	uint32_t n = rng_between(&s->rng, 2, 30);
	dtls_session(s, &who.end, &server, n, scene_moment(s));
	label_listed(s, &who);
}

/* Devices elsewhere register at our LwM2M server, which asks them back. */
static void listed_devices(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = service(s, &who);
	struct mesg m = polite(&who, CS_CON, CS_CODE_POST, "/rd?ep=urn:dev:7&lt=300");
	int64_t at = scene_moment(s);

	scene_peer(s, &who.end.ip, rng_chance(&s->rng, 50));
	d->writes = WRITES_DONE;
	m.payload = filler(true, 70);
	ask_politely(s, &who, d, at, &m, 0);
	for (uint32_t n = rng_between(&s->rng, 1, 30); n > 0; n--) {
		struct mesg get = mesg_new(CS_CON, CS_CODE_GET, ++d->mid), a;

		at += 100 * SECOND;
		mesg_path(&get, "/3/0/9");
		mesg_token_u16(&get, (uint16_t)n);
		tape_udp(&s->tape, at, &d->end, &who.end, mesg_bytes(&get));
		a = mesg_new(CS_ACK, CS_CODE_CONTENT, get.mid);
		mesg_token_u16(&a, (uint16_t)n);
		a.payload = filler(false, 3);
		say(s, &who, &d->end, at + 90000, mesg_bytes(&a));
		m = polite(&who, CS_CON, CS_CODE_POST, "/rd/x7");
		ask_politely(s, &who, d, at + 20 * SECOND, &m, rng_chance(&s->rng, 10));
	}
	label_listed(s, &who);
}

const struct story stories_peer[] = {
	{ "listed-polls", "H", 4, false, listed_polls },
	{ "listed-cron", "H", 2, false, listed_cron },
	{ "listed-controls", "H", 3, false, listed_controls },
	{ "listed-uploads", "H", 2, false, listed_uploads },
	{ "listed-observes", "H", 3, false, listed_observes },
	{ "listed-nat", "H", 2, false, listed_nat },
	{ "listed-dtls", "H", 2, false, listed_dtls },
	{ "listed-devices", "H", 2, false, listed_devices },
	{ "unlisted-nat", "H", 2, true, unlisted_nat },
	{ "unlisted-polls", "H", 2, true, unlisted_polls },
	{ "unlisted-smooth", "H", 2, true, unlisted_smooth },
	{ "unlisted-download", "H", 2, true, unlisted_download },
	{ "unlisted-network", "H", 1, true, unlisted_network },
	{ 0 },
};
