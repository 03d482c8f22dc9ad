/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Class H: our own hosts ask servers elsewhere; the sources are those servers. None is
 * listed: what they say answers us.
 */
#include "story.h"

struct actor own_client(struct scene *s, bool v4)
{
	struct actor us = scene_actor(s, v4);

	us.end.ip = scene_empty(s, v4);
	us.end.ttl = 64;
	us.end.no_checksum = us.end.with_options = false;
	return us;
}

/* Nothing goes out to a server but requests and ACKs: "answered" is no. */
static struct label *label_server(struct scene *s, const struct device *server)
{
	struct actor who = { .end = server->end };

	return label(s, &who, "H", false, WORRY_NONE);
}

static void polls(struct scene *s)
{
	bool v4 = scene_family(s);
	struct actor us = own_client(s, v4);
	struct device server = scene_server(s, v4);
	int64_t at = scene_moment(s);

	for (uint32_t n = rng_between(&s->rng, 1, 60); n > 0; n--) {
		struct mesg m = polite_get(&us, "/sensors/temp");
		unsigned lost = rng_chance(&s->rng, 10) ? rng_between(&s->rng, 1, 3) : 0;

		ask_politely(s, &us, &server, at, &m, lost);
		at += rng_gap(&s->rng, 60 * SECOND) + 20 * SECOND;
	}
	label_server(s, &server);
}

static void notify(struct scene *s, struct device *server, struct actor *us,
		   const struct mesg *asked, uint32_t nth, bool con, int64_t at)
{
	struct mesg m = mesg_new(con ? CS_CON : CS_NON, CS_CODE_CONTENT, ++server->mid);
	struct mesg ack = mesg_new(CS_ACK, CS_CODE_EMPTY, m.mid);

	mesg_token(&m, asked->token, asked->tkl);
	mesg_opt_uint(&m, OPT_OBSERVE, nth);
	m.payload = filler(false, server->value_size);
	tape_udp(&s->tape, at, &server->end, &us->end, mesg_bytes(&m));
	if (con)
		say(s, us, &server->end, at + 2000, mesg_bytes(&ack));
}

/* With the registration in the capture, or long before it. */
static void observe(struct scene *s, bool seen)
{
	bool v4 = scene_family(s);
	struct actor us = own_client(s, v4);
	struct device server = scene_server(s, v4);
	struct mesg m = polite_get(&us, "/sensors/temp");
	uint32_t n = rng_between(&s->rng, 3, 60), every = rng_between(&s->rng, 1, 4);
	uint32_t first = seen ? 2 : rng_below(&s->rng, 100000);
	int64_t at = scene_moment(s);

	server.has |= 2;
	server.observes = true;
	mesg_opt_uint(&m, OPT_OBSERVE, 0);
	if (seen)
		ask_politely(s, &us, &server, at, &m, 0);
	for (uint32_t i = 0; i < n; i++) {
		at += (int64_t)rng_between(&s->rng, 5, 120) * SECOND;
		notify(s, &server, &us, &m, first + i, i % every == 0, at);
	}
	label_server(s, &server);
}

static void observe_seen(struct scene *s)
{
	observe(s, true);
}

static void observe_before(struct scene *s)
{
	observe(s, false);
}

static void download(struct scene *s)
{
	bool v4 = scene_family(s);
	struct actor us = own_client(s, v4);
	struct device server = scene_server(s, v4);
	struct mesg m = polite_get(&us, "/big");
	int64_t at = scene_moment(s);
	struct heard heard;

	server.has |= 0xfff;
	server.szx = (uint8_t)rng_between(&s->rng, 2, 6);
	heard = ask_politely(s, &us, &server, at, &m, 0);
	for (uint32_t block = 1; heard.more; block++) {
		m = polite_get(&us, "/big");
		mesg_block(&m, OPT_BLOCK2, block, false, heard.szx);
		heard = ask_politely(s, &us, &server, heard.at_us + 30000, &m,
				     rng_chance(&s->rng, 3));
	}
	label_server(s, &server);
}

static void upload(struct scene *s)
{
	bool v4 = scene_family(s);
	struct actor us = own_client(s, v4);
	struct device server = scene_server(s, v4);
	uint32_t blocks = rng_between(&s->rng, 2, 40);
	int64_t at = scene_moment(s);

	server.writes = WRITES_DONE;
	for (uint32_t i = 0; i < blocks; i++) {
		struct mesg m = polite(&us, CS_CON, CS_CODE_PUT, "/store/log");

		mesg_block(&m, OPT_BLOCK1, i, i + 1 < blocks, 6);
		m.payload = filler(false, i + 1 < blocks ? 1024 : 100);
		at = ask_politely(s, &us, &server, at, &m, 0).at_us + 20000;
	}
	label_server(s, &server);
}

/* The server wants to see first that we are where we say (RFC 9175). */
static void echo(struct scene *s)
{
	bool v4 = scene_family(s);
	struct actor us = own_client(s, v4);
	struct device server = scene_server(s, v4);
	int64_t at = scene_moment(s);
	uint8_t value[12];
	struct mesg m = polite_get(&us, "/sensors/temp"), refusal;

	rng_bytes(&s->rng, value, sizeof(value));
	server.has |= 2;
	say(s, &us, &server.end, at, mesg_bytes(&m));
	refusal = mesg_new(CS_ACK, CS_CODE(4, 1), m.mid);
	mesg_token(&refusal, m.token, m.tkl);
	mesg_opt(&refusal, OPT_ECHO, value, sizeof(value));
	tape_udp(&s->tape, at + 40000, &server.end, &us.end, mesg_bytes(&refusal));
	m = polite_get(&us, "/sensors/temp");
	mesg_opt(&m, OPT_ECHO, value, sizeof(value));
	ask_politely(s, &us, &server, at + 60000, &m, 0);
	label_server(s, &server);
}

static void secure(struct scene *s)
{
	bool v4 = scene_family(s);
	struct actor us = own_client(s, v4);
	struct device server = scene_server(s, v4);

	server.end.port = 5684;
	uint32_t n = rng_between(&s->rng, 1, 20);
	dtls_session(s, &us.end, &server.end, n, scene_moment(s));
	label_server(s, &server);
}

/* Our device pings its server, and is pinged: the flow is ours. */
static void keeps_alive(struct scene *s)
{
	bool v4 = scene_family(s);
	struct actor us = own_client(s, v4);
	struct device server = scene_server(s, v4);
	int64_t at = scene_moment(s);

	server.stack = STACK_LIBCOAP;
	for (uint32_t n = rng_between(&s->rng, 2, 30); n > 0; n--) {
		struct mesg m = mesg_new(CS_CON, CS_CODE_EMPTY, ++us.mid);

		ask(s, &us, &server, at, &m);
		at += 25 * SECOND;
	}
	label_server(s, &server);
}

/* The server asks back, on the flow that our device opened (LwM2M, section 6.2). */
static struct heard asked_back(struct scene *s, struct device *server, struct actor *us,
			       const struct mesg *m, uint8_t code, int64_t at)
{
	struct mesg a = mesg_new(CS_ACK, code, m->mid);
	struct heard heard = { .at_us = at + 30000, .anything = true, .response = true };

	tape_udp(&s->tape, at, &server->end, &us->end, mesg_bytes(m));
	mesg_token(&a, m->token, m->tkl);
	if (mesg_has(m, OPT_OBSERVE))
		mesg_opt_uint(&a, OPT_OBSERVE, 1);
	if (code == CS_CODE_CONTENT)
		a.payload = filler(false, 40);
	say(s, us, &server->end, heard.at_us, mesg_bytes(&a));
	return heard;
}

static void manage(struct scene *s, struct device *server, struct actor *us, bool boots,
		   int64_t at)
{
	static const struct {
		uint8_t method, code;
		const char *path;
		bool observe;
	} steps[] = {
		{ CS_CODE_DELETE, CS_CODE(2, 2), "/0", false },
		{ CS_CODE_PUT, CS_CODE(2, 4), "/0/0", false },
		{ CS_CODE_PUT, CS_CODE(2, 4), "/1/0", false },
		{ CS_CODE_POST, CS_CODE(2, 4), "/bs", false },
		{ CS_CODE_GET, CS_CODE_CONTENT, "/3/0", false },
		{ CS_CODE_GET, CS_CODE_CONTENT, "/3303/0/5700", true },
		{ CS_CODE_PUT, CS_CODE(2, 4), "/1/0/1", false },
		{ CS_CODE_POST, CS_CODE(2, 4), "/1/0/8", false },
	};

	for (size_t i = boots ? 0 : 4; i < (boots ? 4u : 8u); i++) {
		struct mesg m = mesg_new(CS_CON, steps[i].method, ++server->mid);

		mesg_token_u16(&m, (uint16_t)i);
		mesg_path(&m, steps[i].path);
		if (steps[i].observe)
			mesg_opt_uint(&m, OPT_OBSERVE, 0);
		if (steps[i].method == CS_CODE_PUT)
			m.payload = filler(false, 16);
		asked_back(s, server, us, &m, steps[i].code, at);
		at += rng_gap(&s->rng, 5 * SECOND);
	}
}

/* Our device registers, is read and written on that flow, and updates. */
static void lwm2m_device(struct scene *s)
{
	bool v4 = scene_family(s), boots = rng_chance(&s->rng, 30);
	struct actor us = own_client(s, v4);
	struct device server = scene_server(s, v4);
	struct mesg m = polite(&us, CS_CON, CS_CODE_POST,
			       boots ? "/bs?ep=urn:dev:1" : "/rd?ep=urn:dev:1");
	int64_t at = scene_moment(s);

	server.writes = WRITES_DONE;
	server.mid = (uint16_t)(us.mid + 1000);
	m.payload = filler(true, boots ? 0 : 60);
	ask_politely(s, &us, &server, at, &m, 0);
	manage(s, &server, &us, boots, at + 2 * SECOND);
	for (uint32_t n = rng_between(&s->rng, 0, 20); n > 0 && !boots; n--) {
		at += 300 * SECOND;
		m = polite(&us, CS_CON, CS_CODE_POST, "/rd/x7");
		ask_politely(s, &us, &server, at, &m, rng_chance(&s->rng, 10));
	}
	label_server(s, &server)->answered = YES;
}

const struct story stories_client[] = {
	{ "own-polls", "H", 3, false, polls },
	{ "own-observe", "H", 3, false, observe_seen },
	{ "own-observe-before", "H", 3, false, observe_before },
	{ "own-download", "H", 2, false, download },
	{ "own-upload", "H", 2, false, upload },
	{ "own-echo", "H", 1, false, echo },
	{ "own-dtls", "H", 2, false, secure },
	{ "own-keepalive", "H", 1, false, keeps_alive },
	{ "own-lwm2m", "H", 3, false, lwm2m_device },
	{ 0 },
};
