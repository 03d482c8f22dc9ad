/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What strangers may ask. With limit: so much for an address and for each prefix around
 * it, so that one source, or many forged ones of one network, leave something for the others.
 */
#include "protect/policy_parts.h"

/*
 * The figures of response rate limiting as Knot DNS has them: how many times an address's
 * share a prefix may have, and 2.5 s of a rate at once. Beside them: no network has more than
 * half (/20, /48) or a quarter (/24, /56) of what all have.
 */
struct level {
	const char *mask; /* NULL: the whole address */
	const char *shown;
	uint32_t times;
	uint32_t share; /* 1 / share of all at most */
};

static const struct level levels4[] = {
	{ NULL, "/32", 1, 1 },
	{ "255.255.255.0", "/24", 32, 4 },
	{ "255.255.240.0", "/20", 256, 2 },
};

static const struct level levels6[] = {
	{ NULL, "/128", 1, 1 },
	{ "ffff:ffff:ffff:ffff::", "/64", 2, 1 },
	{ "ffff:ffff:ffff:ff00::", "/56", 3, 4 },
	{ "ffff:ffff:ffff::", "/48", 4, 2 },
};

enum {
	ADDRESSES = 16, /* so many that are busy share what all have together */
	RATE_MAX = 50,  /* of one address, a second: Knot's own */
	BURST_MIN = 20, /* a handshake and a list in blocks */
};

static uint32_t at_least_1(uint32_t n)
{
	return n ? n : 1;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t rate_of(const struct level *level, uint32_t all)
{
	uint32_t base = least(at_least_1(all / ADDRESSES), RATE_MAX);

	return least(base * level->times, at_least_1(all / level->share));
}

static uint32_t burst_of(uint32_t rate, uint32_t all)
{
	uint32_t burst = rate * 5 / 2;

	return least(burst < BURST_MIN ? BURST_MIN : burst, all);
}

static void level_chain(const struct cs_policy_part *part,
			const struct cs_part_family *family, const struct level *level,
			size_t nth, bool last)
{
	uint32_t all = part->policy->answer_rate, rate = rate_of(level, all);
	char name[32], next[32], why[96];

	snprintf(name, sizeof(name), "limit_%zu_%c", nth, family->digit);
	snprintf(next, sizeof(next), "limit_%zu_%c", nth + 1, family->digit);
	snprintf(why, sizeof(why), "no more for this %s, or no room to count it",
		 level->shown);
	cs_part_chain(part, name);
	cs_part_rule(
		part, "its share",
		"update @rate_%zu_%c_%s { %s saddr%s%s limit rate %u/second burst %u "
		"packets } goto %s_%s",
		nth, family->digit, part->name, family->ip, level->mask ? " & " : "",
		level->mask ? level->mask : "", rate, burst_of(rate, all),
		last ? "limit_all" : next, part->name);
	cs_part_drop(part, "requests_limited", why, "%s", "");
	cs_part_chain_end(part);
}

/* Who gets an answer is noted: what is then said there is an answer and no request of our own. */
static void all_chain(const struct cs_policy_part *part)
{
	uint32_t all = part->policy->answer_rate;

	cs_part_chain(part, "limit_all");
	cs_part_drop(part, "requests_limited", "no more for all strangers together",
		     "limit rate over %u/second burst %u packets ", all, all);
	for (size_t i = 0; i < CS_PART_FAMILIES; i++) {
		const struct cs_part_family *f = &cs_part_families[i];

		cs_part_rule(part, "a stranger within all limits",
			     "update @heard%c_%s { %s saddr . meta l4proto . th sport } "
			     "counter name strangers_let_in accept",
			     f->digit, part->name, f->ip);
	}
	cs_part_drop(part, "requests_limited", "no room to remember it", "%s", "");
	cs_part_chain_end(part);
}

/* Chains are named before they are used: the last step first. */
static void limits(const struct cs_policy_part *part)
{
	all_chain(part);
	for (size_t i = CS_LEN(levels4); i-- > 0;)
		level_chain(part, &cs_part_families[0], &levels4[i], i,
			    i + 1 == CS_LEN(levels4));
	for (size_t i = CS_LEN(levels6); i-- > 0;)
		level_chain(part, &cs_part_families[1], &levels6[i], i,
			    i + 1 == CS_LEN(levels6));
}

void cs_part_strangers(const struct cs_policy_part *part)
{
	enum cs_strangers strangers = part->policy->strangers;

	if (strangers == CS_STRANGERS_LIMIT)
		limits(part);
	cs_part_chain(part, "strangers");
	if (strangers == CS_STRANGERS_LIMIT) {
		cs_part_rule(part,
			     "a connection that was let in; its answers are limited",
			     "tcp flags & (fin | syn | rst | ack) != syn accept");
		cs_part_rule(part, "limits, narrow to wide",
			     "meta nfproto ipv4 goto limit_0_4_%s", part->name);
		cs_part_rule(part, "limits, narrow to wide",
			     "meta nfproto ipv6 goto limit_0_6_%s", part->name);
	}
	if (strangers == CS_STRANGERS_DTLS_ONLY)
		cs_part_rule(part, "encrypted: open",
			     "th dport 5684 counter name strangers_let_in accept");
	cs_part_drop(part, "strangers", "a stranger", "%s", "");
	cs_part_chain_end(part);
}
