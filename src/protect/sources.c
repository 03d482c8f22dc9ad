/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/sources.h"

#include "protect/ipsets.h"
#include "protect/rules_span.h"
#include "protect/rules_words.h"

enum { SOURCES_MAX = 8 };

/* Ways to look at a source that no address in the text tells of. */
static const char *const other_ways[] = {
	"jhash", "symhash", "@nh",      "@ll",      "u32",        "bpf",        "geoip",
	"xor",   "osf",     "rpfilter", "-m realm", "rt classid", "-m cluster",
};

/*
 * "saddr & MASK" where it is compared: as the key of what counts each source it tells
 * nobody apart.
 */
static bool is_compared(struct cs_span behind)
{
	static const char *const keys[] = { "limit",   "}",     "timeout",
					    "counter", "quota", "ct" };
	struct cs_span mask, word;

	if (!cs_text_word(&behind, &mask) || !cs_text_word(&behind, &word))
		return true;
	for (size_t i = 0; i < CS_LEN(keys); i++)
		if (cs_text_is(word, keys[i]))
			return false;
	return true;
}

/*
 * Looks at what stands behind each "saddr ". What fib says of one is by its route: that
 * is in the sums from the start.
 */
static bool looks_otherwise(struct cs_span text)
{
	struct cs_span behind = text;

	while ((behind = cs_text_behind(behind, "saddr ")).len > 0) {
		if (cs_text_starts(behind, "|") || cs_text_starts(behind, "^"))
			return true;
		if (cs_text_starts(behind, "&") && is_compared(cs_text_after(behind, 1)))
			return true;
	}
	return false;
}

/* Sets whose entries' words tell who is in them: none is for what a mask leaves of an address. */
static bool are_plain(struct cs_span sets)
{
	return sets.len && !cs_text_has(sets, " netmask ") &&
	       !cs_text_has(sets, " bitmask ");
}

static bool has_other_way(struct cs_span text)
{
	for (size_t i = 0; i < CS_LEN(other_ways); i++)
		if (cs_text_has(text, other_ways[i]))
			return true;
	return looks_otherwise(text);
}

static bool is_of_address(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F') || strchr(".:/-", c);
}

/* Goes into each one's sum: two who are in and out of the same have the same. */
static void add_word(struct cs_span word, const struct cs_addr *who, size_t n,
		     uint64_t *sums)
{
	struct cs_prefix prefix;
	bool plain;

	if (!memchr(word.ptr, '.', word.len) && !memchr(word.ptr, ':', word.len))
		return;
	plain = cs_prefix_read(word, &prefix) == CS_OK;
	for (size_t i = 0; i < n; i++) {
		enum cs_words_is is = plain ? cs_words_prefix(&prefix, &who[i])
					    : cs_words_address(word, &who[i]);

		sums[i] = (sums[i] ^ (uint64_t)is) * 0x100000001b3;
	}
}

static void add_text(struct cs_span text, const struct cs_addr *who, size_t n,
		     uint64_t *sums)
{
	size_t from = 0;

	for (size_t i = 0; i <= text.len; i++) {
		if (i < text.len && text.ptr[i] && is_of_address(text.ptr[i]))
			continue;
		if (i > from)
			add_word(cs_span_of(text.ptr + from, i - from), who, n, sums);
		from = i + 1;
	}
}

static uint32_t way_to(const struct cs_host *host, const struct cs_addr *who)
{
	const struct cs_host_link *link = cs_host_way(host, who);

	return link ? link->index : 0;
}

void cs_sources_same(const struct cs_rules *rules, const struct cs_host *host,
		     const struct cs_addr *who, size_t n, bool *same)
{
	const struct cs_span texts[] = { rules->nft,     rules->xtables4, rules->xtables6,
					 rules->legacy4, rules->legacy6,  rules->ipset };
	uint64_t sums[SOURCES_MAX];
	bool unsure = n > SOURCES_MAX;

	for (size_t i = 0; i < CS_LEN(texts); i++)
		unsure |= has_other_way(texts[i]) ||
			  (cs_ipsets_named(texts[i]) && !are_plain(rules->ipset));
	for (size_t i = 0; i < n; i++)
		same[i] = false;
	if (unsure)
		return;
	for (size_t i = 0; i < n; i++)
		sums[i] = 0xcbf29ce484222325 ^ way_to(host, &who[i]);
	for (size_t i = 0; i < CS_LEN(texts); i++)
		if (texts[i].len)
			add_text(texts[i], who, n, sums);
	for (size_t i = 1; i < n; i++)
		for (size_t k = 0; k < i; k++)
			same[i] |= sums[i] == sums[k];
}
