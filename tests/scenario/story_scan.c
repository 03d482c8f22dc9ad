/* SPDX-License-Identifier: Apache-2.0 */
/* Class B: scanners, and what is too little to be anything else. */
#include "story.h"

/*
 * Discovery that nobody answers is no worry; one that is answered shows an exposure,
 * which is worth a note (verdicts.md: none only for the unanswered).
 */
static enum worry scan_worry(const struct actor *who)
{
	return who->answered ? WORRY_NOTE : WORRY_NONE;
}

static enum serves some_service(struct rng *r)
{
	if (rng_chance(r, 35))
		return SERVES_COAP;
	return rng_chance(r, 50) ? SERVES_CLOSED : SERVES_SILENT;
}

/* An answer comes to a port where nobody listens: the scanner's kernel refuses it. */
static void refuse(struct scene *s, struct actor *who, struct device *d,
		   const struct heard *heard)
{
	struct mesg answer = mesg_new(heard->type, heard->code, heard->mid);

	answer.payload = filler(true, heard->bytes > 8 ? heard->bytes - 5 : 1);
	if (heard->anything)
		tape_icmp(&s->tape, heard->at_us + 40000, &who->end.ip, TAPE_PORT_CLOSED,
			  &d->end, &who->end, mesg_bytes(&answer));
}

/* One probe to each of @n hosts of ours; most are not there. */
static void sweep(struct scene *s, struct actor *who, uint32_t n, int64_t gap_us,
		  void (*mark)(struct scene *, struct actor *, const struct end *,
			       struct mesg *))
{
	bool v4 = cs_addr_is_v4(&who->end.ip), refuses = rng_chance(&s->rng, 40);
	int64_t at = scene_moment(s);

	for (uint32_t i = 0; i < n; i++) {
		struct device nobody = { .end = { .port = 5683 },
					 .serves = SERVES_SILENT };
		struct device *d = &nobody;
		struct mesg m = plain_probe(rng_u16(&s->rng));

		if (i == 0 || rng_chance(&s->rng, 10))
			d = scene_device(s, v4, some_service(&s->rng));
		else
			nobody.end.ip = scene_empty(s, v4);
		mark(s, who, &d->end, &m);
		struct heard heard = ask(s, who, d, at, &m);
		if (refuses)
			refuse(s, who, d, &heard);
		at += rng_gap(&s->rng, gap_us);
	}
	label(s, who, "B", false, scan_worry(who));
}

static void mark_zmap(struct scene *s, struct actor *who, const struct end *to,
		      struct mesg *m)
{
	(void)s;
	(void)to;
	m->mid = 0x7d70;
	who->end.ip_id = 54321;
}

static void zmap(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));

	who.end.ttl = (uint8_t)(255 - rng_between(&s->rng, 6, 22));
	sweep(s, &who, rng_between(&s->rng, 1, 60), 300000, mark_zmap);
}

static void mark_masscan(struct scene *s, struct actor *who, const struct end *to,
			 struct mesg *m)
{
	uint32_t ip = cs_addr_low32(&to->ip);

	m->mid = (uint16_t)(ip * 40503u >> 7);
	who->end.ip_id = (uint16_t)(ip ^ to->port ^ rng_u16(&s->rng));
}

static void masscan(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));

	who.end.ttl = (uint8_t)(255 - rng_between(&s->rng, 6, 22));
	sweep(s, &who, rng_between(&s->rng, 1, 60), 50000, mark_masscan);
}

static void mark_other(struct scene *s, struct actor *who, const struct end *to,
		       struct mesg *m)
{
	(void)to;
	if (rng_chance(&s->rng, 50))
		mesg_token(m, who->token, who->tkl);
	if (rng_chance(&s->rng, 30))
		m->type = CS_NON;
	if (rng_chance(&s->rng, 30))
		who->end.port = rng_port(&s->rng);
}

static void other_sweep(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));

	sweep(s, &who, rng_between(&s->rng, 1, 220), 400000, mark_other);
}

/* A sweep over many of our hosts is B however many packets it has. */
static void large_sweep(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	uint32_t n = rng_between(&s->rng, 400, 1200);

	sweep(s, &who, n, 20000, rng_chance(&s->rng, 50) ? mark_zmap : mark_other);
}

/* A packet an hour, for a day or more. */
static void slow(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));

	sweep(s, &who, rng_between(&s->rng, 12, 40), HOUR, mark_other);
}

/* One host, again and again, with hours between: below every level. */
static void returns(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	bool v4 = cs_addr_is_v4(&who.end.ip);
	struct device *d = scene_device(s, v4, some_service(&s->rng));
	int64_t at = scene_moment(s);

	for (uint32_t n = rng_between(&s->rng, 20, 60); n > 0; n--) {
		struct mesg m = plain_probe(rng_u16(&s->rng));

		who.end.port = rng_port(&s->rng);
		ask(s, &who, d, at, &m);
		at += (int64_t)rng_between(&s->rng, 700, 5000) * SECOND;
	}
	label(s, &who, "B", false, scan_worry(&who));
}

/* nmap: the payload, perhaps twice, then its version probe from another port. */
static void nmap(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	bool v4 = cs_addr_is_v4(&who.end.ip);
	int64_t at = scene_moment(s);

	for (uint32_t hosts = rng_between(&s->rng, 1, 4); hosts > 0; hosts--) {
		struct device *d = scene_device(s, v4, some_service(&s->rng));

		who.end.ttl = (uint8_t)rng_between(&s->rng, 37, 59);
		for (uint32_t n = rng_between(&s->rng, 1, 4); n > 0; n--) {
			struct mesg m = plain_probe(0x01ce);
			who.end.port = (uint16_t)rng_between(&s->rng, 33000, 65000);
			struct heard heard = ask(s, &who, d, at, &m);
			if (rng_chance(&s->rng, 50))
				refuse(s, &who, d, &heard);
			at += rng_between(&s->rng, 300000, 1200000);
		}
	}
	label(s, &who, "B", false, scan_worry(&who));
}

/* Fewer than 20 to a host, so below the level, but more than once. */
static void insistent(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	bool v4 = cs_addr_is_v4(&who.end.ip);
	struct device *d = scene_device(s, v4, some_service(&s->rng));
	uint32_t n = rng_between(&s->rng, 5, 19);
	int64_t at = scene_moment(s);

	for (uint32_t i = 0; i < n; i++) {
		struct mesg m = plain_probe(rng_u16(&s->rng));

		mesg_token(&m, who.token, who.tkl);
		ask(s, &who, d, at, &m);
		at += rng_gap(&s->rng, 15 * SECOND);
	}
	/* verdicts.md: below the level it is C2 or B. */
	label(s, &who, "B,C2", false, scan_worry(&who))->because = "below the level";
}

/* Many hosts, three packets each: 30 and more in all, yet no pair counts. */
static void repeated_sweep(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	bool v4 = cs_addr_is_v4(&who.end.ip);
	int64_t at = scene_moment(s);

	for (uint32_t n = rng_between(&s->rng, 10, 20); n > 0; n--) {
		struct device *d = scene_own_device(s, v4, some_service(&s->rng));

		for (uint32_t i = rng_between(&s->rng, 2, 4); i > 0; i--) {
			struct mesg m = plain_probe(rng_u16(&s->rng));

			ask(s, &who, d, at, &m);
			at += rng_gap(&s->rng, 300000);
		}
	}
	label(s, &who, "B", false, scan_worry(&who));
}

static void ping(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	bool v4 = cs_addr_is_v4(&who.end.ip);
	int64_t at = scene_moment(s);

	for (uint32_t n = rng_between(&s->rng, 1, 12); n > 0; n--) {
		struct mesg m = mesg_new(CS_CON, CS_CODE_EMPTY, rng_u16(&s->rng));

		ask(s, &who, scene_device(s, v4, some_service(&s->rng)), at, &m);
		at += rng_gap(&s->rng, SECOND);
	}
	label(s, &who, "B", false, scan_worry(&who));
}

/* The same thing, perhaps after the list, of one host or several. */
static void read_path(struct scene *s, struct actor *who, const char *path)
{
	bool v4 = cs_addr_is_v4(&who->end.ip), fetch = rng_chance(&s->rng, 15);
	bool lists = rng_chance(&s->rng, 50);
	int64_t at = scene_moment(s);

	for (uint32_t n = rng_between(&s->rng, 1, 6); n > 0; n--) {
		struct device *d = scene_device(s, v4, some_service(&s->rng));
		struct mesg m = plain_probe(rng_u16(&s->rng));

		if (lists)
			ask(s, who, d, at, &m);
		m = polite(who, CS_CON, fetch ? CS_CODE_FETCH : CS_CODE_GET, path);
		ask(s, who, d, at + SECOND, &m);
		at += rng_gap(&s->rng, 10 * SECOND);
	}
}

/* A plain GET or FETCH of these is a read (verdicts.md). */
static void read_sensitive(struct scene *s)
{
	static const char *const paths[] = { "/bs", "/rd",    "/oic/res", "/oic/d",
					     "/fw", "/1/0/1", "/1/0" };
	struct actor who = scene_actor(s, scene_family(s));

	read_path(s, &who, RNG_PICK(&s->rng, paths));
	label(s, &who, "B", false, scan_worry(&who));
}

static void read_other(struct scene *s)
{
	static const char *const paths[] = { "/", "/time", "/light", "/status", "/big" };
	struct actor who = scene_actor(s, scene_family(s));

	read_path(s, &who, RNG_PICK(&s->rng, paths));
	/* C2 is for a resource nobody else asked for, too: nobody can tell by this much. */
	label(s, &who, "B,C2", false, scan_worry(&who))->because = "one read";
}

/*
 * Many addresses of one network, a packet or two each: spread over many of our hosts, or
 * all to one, but then in no hurry. (In a hurry it could not be told from a carpet attack
 * whose victims are hit once or twice each, and nobody scans like that.)
 */
static void distributed(struct scene *s)
{
	struct actor all = scene_actor(s, scene_family(s));
	bool v4 = cs_addr_is_v4(&all.end.ip), to_one = rng_chance(&s->rng, 40);
	int64_t at = scene_moment(s);
	int64_t gap = rng_between(&s->rng, to_one ? 3 * SECOND : 50000, 30 * SECOND);
	uint32_t n = rng_between(&s->rng, 12, 120), first = rng_below(&s->rng, 100);
	struct device *d = scene_own_device(s, v4, some_service(&s->rng));

	for (uint32_t i = 0; i < n; i++) {
		struct actor one = all;

		one.end.ip = scene_neighbour(&all.end.ip, first + i);
		one.answered = false;
		for (uint32_t k = rng_between(&s->rng, 1, 2); k > 0; k--) {
			struct device nobody = { .end = { .port = 5683 },
						 .serves = SERVES_SILENT };
			bool hit = to_one || rng_chance(&s->rng, 5);
			struct mesg m = plain_probe(rng_u16(&s->rng));

			nobody.end.ip = scene_empty(s, v4);
			one.end.port = rng_port(&s->rng);
			ask(s, &one, hit ? d : &nobody, at, &m);
			at += rng_gap(&s->rng, gap);
		}
		all.answered |= one.answered;
		label(s, &one, "B", false, scan_worry(&one));
	}
	label_net(s, &all, "B", false, scan_worry(&all));
}

/* What is found is read on, block by block: an honest address, and still a scan. */
static void crawler(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	bool v4 = cs_addr_is_v4(&who.end.ip);
	int64_t at = scene_moment(s);

	for (uint32_t n = rng_between(&s->rng, 1, 5); n > 0; n--) {
		struct device *d = scene_device(s, v4, SERVES_COAP);
		struct mesg m = polite_get(&who, "/.well-known/core");
		struct heard heard = ask(s, &who, d, at, &m);

		for (uint32_t block = 1; heard.more && block < 30; block++) {
			m = polite_get(&who, "/.well-known/core");
			mesg_block(&m, OPT_BLOCK2, block, false, heard.szx);
			heard = ask(s, &who, d, heard.at_us + 60000, &m);
		}
		at += rng_gap(&s->rng, 30 * SECOND);
	}
	/* It behaves as a client does: H at low confidence would be no mistake. */
	label(s, &who, "B,H", false, scan_worry(&who))->because = "two-way";
}

const struct story stories_scan[] = {
	{ "zmap", "B", 5, true, zmap },
	{ "masscan", "B", 5, true, masscan },
	{ "nmap", "B", 5, true, nmap },
	{ "sweep", "B", 6, true, other_sweep },
	{ "large-sweep", "B", 1, true, large_sweep },
	{ "slow", "B", 3, true, slow },
	{ "returns", "B", 3, true, returns },
	{ "insistent", "B", 4, true, insistent },
	{ "repeated-sweep", "B", 3, true, repeated_sweep },
	{ "ping", "B", 3, true, ping },
	{ "read-sensitive", "B", 3, true, read_sensitive },
	{ "read", "B", 3, true, read_other },
	{ "distributed", "B", 1, true, distributed },
	{ "crawler", "B", 3, true, crawler },
	{ 0 },
};
