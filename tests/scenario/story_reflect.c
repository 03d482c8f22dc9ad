/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Class C1: requests in a victim's name. The address is forged, so nothing that comes
 * from it is the victim's doing but what its kernel says to answers it did not ask for.
 */
#include "story.h"

/* How a tool forges. */
struct forger {
	const char *paths[3];
	uint32_t n_paths;
	bool same_mid, same_port, says_non, asks_largest;
	uint16_t mid;
	uint16_t ports[2];
};

static struct forger draw_forger(struct scene *s)
{
	static const uint16_t known[] = { 80, 443, 53, 27015, 25565, 3074, 30120 };
	static const uint16_t mids[] = { 0x7257, 0x4b70, 0x6570, 0x0101, 0x5477 };
	static const char *const paths[] = { "/.well-known/core", "/.well-known/core",
					     "/.well-known/core", "/big",
					     "/store/log",        "/sensors/temp" };
	struct rng *r = &s->rng;
	struct forger f = { .same_mid = rng_chance(r, 50) };

	f.same_port = rng_chance(r, 60);
	f.n_paths = rng_chance(r, 80) ? 1 : rng_between(r, 2, 3);
	f.paths[0] = RNG_PICK(r, paths);
	f.paths[1] = "/big";
	f.paths[2] = "/status";
	f.says_non = rng_chance(r, 20);
	f.asks_largest = rng_chance(r, 15);
	f.mid = rng_chance(r, 50) ? RNG_PICK(r, mids) : rng_u16(r);
	f.ports[0] = rng_chance(r, 50) ? RNG_PICK(r, known) : rng_port(r);
	return f;
}

static struct mesg forge(struct scene *s, const struct forger *f)
{
	uint16_t mid = f->same_mid ? f->mid : rng_u16(&s->rng);
	struct mesg m = mesg_new(f->says_non ? CS_NON : CS_CON, CS_CODE_GET, mid);

	mesg_path(&m, f->paths[rng_below(&s->rng, f->n_paths)]);
	if (f->asks_largest)
		mesg_block(&m, OPT_BLOCK2, 0, false, 6);
	return m;
}

/* What the victim says to answers: nothing (behind a firewall), ICMP, or Reset. */
enum objects { OBJECTS_NOT, OBJECTS_ICMP, OBJECTS_RESET };

static void object(struct scene *s, struct actor *who, struct device *d,
		   const struct heard *heard, enum objects how)
{
	struct mesg m = mesg_new(CS_RST, CS_CODE_EMPTY, heard->mid);
	struct end port = who->end;

	/* Its own packets travel another way than those in its name. */
	port.ttl = 51;
	port.ip_id = 0;
	if (!heard->anything || how == OBJECTS_NOT)
		return;
	if (how == OBJECTS_RESET) {
		tape_udp(&s->tape, heard->at_us + 30000, &port, &d->end, mesg_bytes(&m));
		return;
	}
	m = mesg_new(heard->type, heard->code, heard->mid);
	m.payload = filler(true, heard->bytes > 8 ? heard->bytes - 5 : 1);
	tape_icmp(&s->tape, heard->at_us + 30000, &who->end.ip, TAPE_PORT_CLOSED, &d->end,
		  &port, mesg_bytes(&m));
}

/*
 * act_now from three times the bytes on (verdicts.md). Between 2.5 and 4 times it
 * depends on which headers are counted: no more than a note is asked for there.
 */
static enum worry flood_worry(const struct actor *who)
{
	return who->answered && who->bytes_out >= who->bytes_in * 4 ? WORRY_ACT_NOW
								    : WORRY_NOTE;
}

/* @n requests in @who's name to @targets in turn. */
static void flood(struct scene *s, struct actor *who, struct device **targets,
		  uint32_t n_targets, uint32_t n, int64_t gap_us, int64_t at)
{
	struct forger f = draw_forger(s);
	enum objects how = (enum objects)rng_below(&s->rng, 3);

	who->end.ttl = (uint8_t)(255 - rng_between(&s->rng, 5, 25));
	who->end.port = f.ports[0];
	for (uint32_t i = 0; i < n; i++) {
		struct device *d = targets[i % n_targets];
		struct mesg m = forge(s, &f);

		if (!f.same_port)
			who->end.port = rng_u16(&s->rng) | 1;
		struct heard heard = ask(s, who, d, at, &m);
		object(s, who, d, &heard, how);
		at += rng_gap(&s->rng, gap_us);
	}
}

static struct device *reflector(struct scene *s, bool v4)
{
	bool answers = rng_chance(&s->rng, 75);
	struct device *d = scene_own_device(s, v4,
					    answers                   ? SERVES_COAP
					    : rng_chance(&s->rng, 50) ? SERVES_SILENT
								      : SERVES_CLOSED);

	d->separate = false;
	if (rng_chance(&s->rng, 15)) {
		d->limits = true;
		d->budget = (uint8_t)rng_between(&s->rng, 1, 15);
	}
	return d;
}

static uint32_t level(struct rng *r)
{
	static const uint32_t counts[] = { 20, 21, 25, 40, 99, 100, 101, 150, 300 };

	return rng_chance(r, 50) ? RNG_PICK(r, counts) : rng_between(r, 20, 600);
}

static void one_victim(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = reflector(s, cs_addr_is_v4(&who.end.ip));
	uint32_t n = level(&s->rng), gap = rng_between(&s->rng, 2000, 200000);

	flood(s, &who, &d, 1, n, gap, scene_moment(s));
	label(s, &who, "C1", true, flood_worry(&who));
}

/* Nine thousand in 90 s, as in the wild; a part of it. */
static void heavy(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = reflector(s, cs_addr_is_v4(&who.end.ip));
	uint32_t n = rng_between(&s->rng, 1000, 2500);

	flood(s, &who, &d, 1, n, 10000, scene_moment(s));
	label(s, &who, "C1", true, flood_worry(&who));
}

/* Several reflectors of ours at once: each of at least 5, together at the level. */
static void several_reflectors(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct device *targets[6];
	uint32_t n = rng_between(&s->rng, 2, 6);

	for (uint32_t i = 0; i < n; i++)
		targets[i] = reflector(s, cs_addr_is_v4(&who.end.ip));
	uint32_t each = rng_between(&s->rng, 10, 60);
	uint32_t gap = rng_between(&s->rng, 2000, 300000);
	flood(s, &who, targets, n, n * each, gap, scene_moment(s));
	label(s, &who, "C1", true, flood_worry(&who));
}

/* With gaps of minutes, all below 600 s. */
static void slow_flood(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = reflector(s, cs_addr_is_v4(&who.end.ip));
	struct forger f = draw_forger(s);
	int64_t at = scene_moment(s);

	who.end.port = f.ports[0];
	f.same_mid = true;
	for (uint32_t n = rng_between(&s->rng, 24, 60); n > 0; n--) {
		struct mesg m = forge(s, &f);

		ask(s, &who, d, at, &m);
		at += (int64_t)rng_between(&s->rng, 20, 590) * SECOND;
	}
	label(s, &who, "C1", true, flood_worry(&who));
}

/* Several bursts with long silence between: one of them reaches the level. */
static void bursts(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = reflector(s, cs_addr_is_v4(&who.end.ip));
	int64_t at = scene_moment(s);

	flood(s, &who, &d, 1, rng_between(&s->rng, 3, 15), 100000, at);
	at += (int64_t)rng_between(&s->rng, 900, 7000) * SECOND;
	flood(s, &who, &d, 1, rng_between(&s->rng, 25, 120), 100000, at);
	at += (int64_t)rng_between(&s->rng, 900, 7000) * SECOND;
	flood(s, &who, &d, 1, rng_between(&s->rng, 3, 15), 100000, at);
	label(s, &who, "C1", true, flood_worry(&who));
}

/* In a listed peer's name, who does nothing itself meanwhile. */
static void peers_name(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = reflector(s, cs_addr_is_v4(&who.end.ip));

	scene_peer(s, &who.end.ip, rng_chance(&s->rng, 30));
	uint32_t n = rng_between(&s->rng, 40, 300);
	flood(s, &who, &d, 1, n, 30000, scene_moment(s));
	label(s, &who, "C1", true, flood_worry(&who));
}

/*
 * In the name of a peer that has good traffic of its own: H covers that, what is left
 * over is the flood. Seen as a whole either may stand first.
 */
static void busy_peers_name(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	bool v4 = cs_addr_is_v4(&who.end.ip);
	struct device *d = reflector(s, v4), *own = scene_own_device(s, v4, SERVES_COAP);
	struct end true_end = who.end;
	int64_t at = scene_moment(s);

	scene_peer(s, &who.end.ip, false);
	own->separate = true;
	for (uint32_t n = rng_between(&s->rng, 4, 12); n > 0; n--) {
		struct mesg m = polite_get(&who, "/sensors/temp");

		ask_politely(s, &who, own, at, &m, 0);
		at += 20 * SECOND;
	}
	flood(s, &who, &d, 1, rng_between(&s->rng, 60, 300), 30000, at);
	who.end = true_end;
	struct label *l = label(s, &who, "C1,H", true, WORRY_NONE);
	l->victim = EITHER;
	l->because = "a peer with good traffic and a flood in its name";
}

/* A victim and its neighbours, who only scan: the flood says nothing about them. */
static void neighbours(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = reflector(s, cs_addr_is_v4(&who.end.ip));
	int64_t at = scene_moment(s);
	uint32_t n = rng_between(&s->rng, 1, 4);

	flood(s, &who, &d, 1, rng_between(&s->rng, 40, 200), 50000, at);
	label(s, &who, "C1", true, flood_worry(&who));
	for (uint32_t i = 0; n > 0; i++) {
		struct actor other = { .end = { .port = rng_port(&s->rng), .ttl = 52 } };
		struct mesg m = plain_probe(rng_u16(&s->rng));

		other.end.ip = scene_neighbour(&who.end.ip, i);
		if (cs_addr_cmp(&other.end.ip, &who.end.ip) == 0)
			continue;
		ask(s, &other, d, at + (40 + i) * (int64_t)SECOND, &m);
		label(s, &other, "B", false, other.answered ? WORRY_NOTE : WORRY_NONE);
		n--;
	}
}

const struct story stories_reflect[] = {
	{ "flood", "C1", 12, true, one_victim },
	{ "heavy-flood", "C1", 1, true, heavy },
	{ "several-reflectors", "C1", 4, true, several_reflectors },
	{ "slow-flood", "C1", 3, true, slow_flood },
	{ "bursts", "C1", 3, true, bursts },
	{ "peers-name", "C1", 3, false, peers_name },
	{ "busy-peers-name", "C1", 1, false, busy_peers_name },
	{ "victims-neighbours", "C1", 2, true, neighbours },
	{ 0 },
};
