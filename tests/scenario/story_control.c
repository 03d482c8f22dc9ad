/* SPDX-License-Identifier: Apache-2.0 */
/* Class D: strangers who write, observe, or look for an open proxy. */
#include "story.h"

/*
 * verdicts.md: 2.xx to a write and 2.05 to a Proxy-* request are act_now; an
 * observation answered 2.05 is act. What was refused or not answered is a note.
 */
static enum worry control_worry(const struct actor *who)
{
	if (who->write_done || who->proxied)
		return WORRY_ACT_NOW;
	return who->observe_granted ? WORRY_ACT : WORRY_NOTE;
}

static struct device *some_device(struct scene *s, const struct actor *who)
{
	static const enum serves kinds[] = { SERVES_COAP, SERVES_COAP, SERVES_COAP,
					     SERVES_CLOSED, SERVES_SILENT };

	return scene_device(s, cs_addr_is_v4(&who->end.ip), RNG_PICK(&s->rng, kinds));
}

static struct mesg a_write(struct scene *s, struct actor *who, const char *path)
{
	static const uint8_t methods[] = {
		CS_CODE_POST,   CS_CODE_PUT,   CS_CODE_PUT,
		CS_CODE_DELETE, CS_CODE_PATCH, CS_CODE_IPATCH
	};
	enum cs_type type = rng_chance(&s->rng, 80) ? CS_CON : CS_NON;
	struct mesg m = polite(who, type, RNG_PICK(&s->rng, methods), path);
	if (m.code != CS_CODE_DELETE) {
		mesg_opt_uint(&m, OPT_FORMAT, 50);
		m.payload = filler(false, rng_between(&s->rng, 1, 60));
	}
	return m;
}

static void writes(struct scene *s)
{
	static const char *const paths[] = { "/light",        "/actuators/led", "/config",
					     "/fw",           "/5/0/1",         "/1/0/1",
					     "/oic/sec/doxm", "/relay/1" };
	struct actor who = scene_actor(s, scene_family(s));
	const char *path = RNG_PICK(&s->rng, paths);
	int64_t at = scene_moment(s);

	if (rng_chance(&s->rng, 50)) {
		struct mesg m = plain_probe(rng_u16(&s->rng));
		ask(s, &who, some_device(s, &who), at, &m);
	}
	for (uint32_t n = rng_between(&s->rng, 1, 8); n > 0; n--) {
		struct mesg m = a_write(s, &who, path);

		at += rng_gap(&s->rng, 5 * SECOND);
		ask(s, &who, some_device(s, &who), at, &m);
	}
	label(s, &who, "D", false, control_worry(&who));
}

/* One write over many hosts: a worm, or a prank. */
static void write_sweep(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	bool v4 = cs_addr_is_v4(&who.end.ip);
	int64_t at = scene_moment(s);

	for (uint32_t n = rng_between(&s->rng, 10, 80); n > 0; n--) {
		struct mesg m = a_write(s, &who, "/light");
		struct device nobody = { .end = { .port = 5683 },
					 .serves = SERVES_SILENT };

		nobody.end.ip = scene_empty(s, v4);
		ask(s, &who, n % 10 ? &nobody : some_device(s, &who), at, &m);
		at += rng_gap(&s->rng, 100000);
	}
	label(s, &who, "D", false, control_worry(&who));
}

static void taken_in_silence(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = scene_own_device(s, cs_addr_is_v4(&who.end.ip), SERVES_COAP);
	struct mesg m = polite(&who, CS_CON, CS_CODE_DELETE, "/config");

	/* libcoap 4.3.1 answers so, and deletes. */
	d->writes = WRITES_EMPTY_ACK;
	ask(s, &who, d, scene_moment(s), &m);
	label(s, &who, "D", false, WORRY_NOTE);
}

/* A whole firmware, block by block: every block is a write of the same name. */
static void upload(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = scene_own_device(s, cs_addr_is_v4(&who.end.ip), SERVES_COAP);
	uint32_t blocks = rng_between(&s->rng, 3, 60);
	int64_t at = scene_moment(s);

	if (d->writes != WRITES_DONE && d->writes != WRITES_REFUSED)
		d->writes = WRITES_DONE;
	for (uint32_t i = 0; i < blocks; i++) {
		struct mesg m = polite(&who, CS_CON, CS_CODE_PUT, "/fw");

		mesg_block(&m, OPT_BLOCK1, i, i + 1 < blocks, 5);
		m.payload = filler(false, i + 1 < blocks ? 512 : 77);
		struct heard heard = ask(s, &who, d, at, &m);
		at = heard.at_us + 30000;
		if (heard.code >> 5 != 2)
			break;
	}
	label(s, &who, "D", false, control_worry(&who));
}

static void acknowledge(struct scene *s, struct actor *who, struct device *d, int64_t at,
			uint16_t mid)
{
	struct mesg ack = mesg_new(CS_ACK, CS_CODE_EMPTY, mid);

	say(s, who, &d->end, at, mesg_bytes(&ack));
}

/* Registers, and where it is granted listens for a while or for hours. */
static void observes(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = some_device(s, &who);
	struct mesg m = polite_get(&who, "/sensors/temp");
	int64_t at = scene_moment(s);
	struct heard heard;

	d->has |= 2;
	mesg_opt_uint(&m, OPT_OBSERVE, 0);
	heard = ask_politely(s, &who, d, at, &m, 0);
	uint32_t n = rng_chance(&s->rng, 50) ? rng_between(&s->rng, 0, 6)
					     : rng_between(&s->rng, 20, 90);
	for (uint32_t i = 1; heard.response && d->observes && i <= n; i++) {
		struct mesg say_it = mesg_new(CS_CON, CS_CODE_CONTENT, ++d->mid);

		at += (int64_t)rng_between(&s->rng, 30, 300) * SECOND;
		mesg_token(&say_it, m.token, m.tkl);
		mesg_opt_uint(&say_it, OPT_OBSERVE, i + 5);
		say_it.payload = filler(false, d->value_size);
		struct cs_span bytes = mesg_bytes(&say_it);
		tape_udp(&s->tape, at, &d->end, &who.end, bytes);
		who.bytes_out += bytes.len;
		acknowledge(s, &who, d, at + 50000, say_it.mid);
	}
	label(s, &who, "D", false, control_worry(&who));
}

static void open_proxy(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	bool by_uri = rng_chance(&s->rng, 60);
	int64_t at = scene_moment(s);

	for (uint32_t n = rng_between(&s->rng, 1, 4); n > 0; n--) {
		struct mesg m = polite_get(&who, by_uri ? NULL : "/");

		if (by_uri) {
			mesg_opt_text(&m, OPT_PROXY_URI, "coap://198.51.100.7/");
		} else {
			mesg_opt_text(&m, OPT_PROXY_SCHEME, "http");
			mesg_opt_text(&m, OPT_URI_HOST, "example.org");
		}
		ask(s, &who, some_device(s, &who), at, &m);
		at += rng_gap(&s->rng, 5 * SECOND);
	}
	label(s, &who, "D", false, control_worry(&who));
}

/* LwM2M and OCF, as a stranger: registration at our directory, bootstrap, a write. */
static void machine_writes(struct scene *s)
{
	static const char *const paths[] = { "/rd?ep=urn:imei:12345&lt=300&b=U",
					     "/bs?ep=urn:imei:12345", "/1/0/1", "/5/0/2",
					     "/oic/sec/pstat" };
	struct actor who = scene_actor(s, scene_family(s));
	struct mesg m = polite(&who, CS_CON, CS_CODE_POST, RNG_PICK(&s->rng, paths));

	m.payload = filler(true, rng_between(&s->rng, 0, 50));
	struct device *d = some_device(s, &who);
	ask_politely(s, &who, d, scene_moment(s), &m, 0);
	label(s, &who, "D", false, control_worry(&who));
}

/* Looks around, reads a lot, then writes: D stands before E, C2 and B. */
static void reads_then_writes(struct scene *s)
{
	static const char *const paths[] = { "/time",   "/light", "/config",
					     "/status", "/a",     "/b" };
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = some_device(s, &who);
	int64_t at = scene_moment(s);

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct mesg m = polite_get(&who, paths[i]);

		ask(s, &who, d, at, &m);
		at += rng_gap(&s->rng, 2 * SECOND);
	}
	struct mesg m = a_write(s, &who, "/light");
	ask(s, &who, d, at, &m);
	label(s, &who, "D", false, control_worry(&who));
}

const struct story stories_control[] = {
	{ "writes", "D", 8, true, writes },
	{ "write-sweep", "D", 3, true, write_sweep },
	{ "taken-in-silence", "D", 2, true, taken_in_silence },
	{ "upload", "D", 3, true, upload },
	{ "observes", "D", 5, true, observes },
	{ "open-proxy", "D", 4, true, open_proxy },
	{ "machine-writes", "D", 3, true, machine_writes },
	{ "reads-then-writes", "D", 3, true, reads_then_writes },
	{ 0 },
};
