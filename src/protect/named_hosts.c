/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/named_hosts.h"

#include <string.h>

#include "net/special.h"
#include "protect/ordinary.h"
#include "protect/question_host.h"
#include "protect/rules_span.h"
#include "protect/rules_words_nft.h"

enum {
	COAP = 5683,
	COAPS = 5684,
	TARGETS_MAX = 64, /* addresses of rules that send on */
	LOOKS_MAX =
		4096, /* addresses whose way is looked for: lists are long, and routes many */
	HALF = 8,     /* bytes of an IPv6 address that its network has */
};

struct finder {
	const struct cs_rules *rules;
	const struct cs_host *host;
	size_t most;
	struct cs_named_hosts *out;
	struct cs_addr targets[TARGETS_MAX];
	size_t n_targets;
	const struct cs_host_link *outer[2]; /* where the internet is; by IPv4 */
	size_t looks;
	void (*take)(struct finder *f, const struct cs_addr *a);
};

/* --- the words of a rule --- */

/* What a text has in it beside addresses. */
struct ports {
	bool named, coap;
};

static bool has_word(const struct cs_rule *rule, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strstr(rule->raw, words[i]))
			return true;
	return false;
}

static bool names_destination(const struct cs_rule *rule)
{
	static const char *const words[] = { "daddr", " -d ", "--dst-range",
					     "--match-set " };

	return has_word(rule, words, CS_LEN(words));
}

static bool sends_on(const struct cs_rule *rule)
{
	static const char *const words[] = { "dnat ", "DNAT ", "NETMAP " };

	return has_word(rule, words, CS_LEN(words));
}

static bool is_of_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F') || strchr(".:/-", c);
}

/* "5683", "5000-6000", "5000:6000", ":5683" of a target; what is no port has none of ours. */
static bool is_coap(struct cs_span word)
{
	struct cs_span low = word, high;
	uint64_t lo = 0, hi;
	size_t n = 0;

	while (n < word.len && word.ptr[n] >= '0' && word.ptr[n] <= '9')
		n++;
	low.len = n;
	high = n < word.len ? cs_text_after(word, n + 1) : low;
	if ((n && !cs_num_u64(low, 0, UINT16_MAX, &lo)) ||
	    !cs_num_u64(high, 0, UINT16_MAX, &hi))
		return false;
	lo = n ? lo : hi;
	return lo <= COAPS && hi >= COAP;
}

/* ADDRESS, the first of ADDRESS-ADDRESS, ADDRESS:PORT and ADDRESS/MASK, a host of a prefix. */
static bool read_host(const struct cs_host *host, struct cs_span word,
		      struct cs_addr *out)
{
	static const char ends[] = "-/:";
	struct cs_prefix prefix;

	if (cs_prefix_read(word, &prefix) == CS_OK) {
		*out = prefix.addr;
		return prefix.bits == 128 || cs_network_host(host, &prefix, 1, out);
	}
	for (size_t i = 0; i + 1 < sizeof(ends); i++) {
		const uint8_t *end = memchr(word.ptr, ends[i], word.len);

		if (end &&
		    cs_addr_read(cs_span_of(word.ptr, (size_t)(end - word.ptr)), out))
			return true;
	}
	return false;
}

static void look_at_word(struct finder *f, struct cs_span word)
{
	struct cs_addr a;

	if ((memchr(word.ptr, '.', word.len) || memchr(word.ptr, ':', word.len)) &&
	    read_host(f->host, word, &a))
		f->take(f, &a);
}

/* Calls @look for each word that may be an address or a port. */
static void each_word(struct finder *f, struct cs_span text, struct ports *ports)
{
	size_t from = 0;

	for (size_t i = 0; i <= text.len; i++) {
		struct cs_span word;

		if (i < text.len && text.ptr[i] && is_of_word(text.ptr[i]))
			continue;
		word = cs_span_of(text.ptr + from, i - from);
		from = i + 1;
		if (word.len == 0)
			continue;
		if (ports)
			ports->coap |= is_coap(word);
		else
			look_at_word(f, word);
	}
}

/* The entries of a set of ipset's. */
static void each_entry(struct finder *f, struct cs_span set, struct ports *ports)
{
	struct cs_span rest = f->rules->ipset, line, word;

	while (cs_text_line(&rest, &line))
		if (cs_text_word(&line, &word) && cs_text_is(word, "add") &&
		    cs_text_word(&line, &word) && cs_span_eq(word, set))
			each_word(f, line, ports);
}

/* "--match-set NAME src,dst": a set of who sends names no destination. */
static void each_ipset(struct finder *f, const struct cs_rule *rule, struct ports *ports)
{
	struct cs_span rest = cs_span_str(rule->raw), set, ends;

	while ((rest = cs_text_behind(rest, "--match-set ")).len)
		if (cs_text_word(&rest, &set) && cs_text_word(&rest, &ends) &&
		    cs_text_has(ends, "dst"))
			each_entry(f, set, ports);
}

/* Of the rule itself and of the sets and maps that it names. */
static void each_text(struct finder *f, const struct cs_rule *rule, struct ports *ports)
{
	struct cs_span rest = cs_span_str(rule->raw), elements;
	struct cs_words_token token;

	each_word(f, rest, ports);
	if (rule->tool != CS_RULE_NFT)
		each_ipset(f, rule, ports);
	while (rule->tool == CS_RULE_NFT && cs_words_next(&rest, &token))
		if (!token.quoted && cs_text_starts(token.text, "@") &&
		    cs_words_set(f->rules->parsed, cs_span_str(rule->table),
				 cs_text_after(token.text, 1), &elements))
			each_word(f, elements, ports);
}

/* What is compared otherwise than by equality may be about any port. */
static struct ports ports_of(struct finder *f, const struct cs_rule *rule)
{
	static const char *const others[] = { "dport !=", "dport <", "dport >", "dport &",
					      "! --dport" };
	struct ports ports = { .named = strstr(rule->raw, "dport") != NULL,
			       .coap = has_word(rule, others, CS_LEN(others)) };

	if (ports.named && !ports.coap)
		each_text(f, rule, &ports);
	return ports;
}

/* --- which of them are kept --- */

static bool is_target(const struct finder *f, const struct cs_addr *a)
{
	for (size_t i = 0; i < f->n_targets; i++)
		if (cs_addr_cmp(&f->targets[i], a) == 0)
			return true;
	return false;
}

static void keep(struct finder *f, const struct cs_addr *a, bool if_sent_on)
{
	struct cs_named_hosts *out = f->out;

	for (size_t i = 0; i < out->n; i++)
		if (cs_addr_cmp(&out->list[i].address, a) == 0)
			return;
	if (out->n == f->most) {
		out->left_out = true;
		return;
	}
	out->list[out->n++] = (struct cs_named_host){ *a, if_sent_on };
}

/* The link by which it is reached; NULL: it is nobody's, or this host's. */
static const struct cs_host_link *way_to(struct finder *f, const struct cs_addr *a)
{
	const struct cs_special *special = cs_special_of(a);

	if (cs_addr_is_group(a) || cs_addr_is_loopback(a) || cs_addr_is_link_local(a) ||
	    (special && special->never) || cs_host_is_own(f->host, a))
		return NULL;
	if (f->looks == LOOKS_MAX) {
		f->out->left_out = true;
		return NULL;
	}
	f->looks++;
	return cs_host_way(f->host, a);
}

static void take_behind(struct finder *f, const struct cs_addr *a)
{
	const struct cs_host_link *way = way_to(f, a);

	if (way && !way->loopback && way != f->outer[cs_addr_is_v4(a)] &&
	    !(is_target(f, a) && cs_special_of(a)))
		keep(f, a, false);
}

/* "::200" beside a mask: a host of whichever network, as of a prefix that changes. */
static void take_suffix(struct finder *f, const struct cs_addr *a)
{
	static const uint8_t none[HALF],
		all[HALF] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	if (memcmp(a->b, none, HALF) != 0 || cs_addr_is_v4(a) ||
	    memcmp(a->b + HALF, none, HALF) == 0 || memcmp(a->b + HALF, all, HALF) == 0)
		return;
	for (size_t i = 0; i < f->host->n_addresses; i++) {
		struct cs_addr whole = f->host->addresses[i].address;

		if (cs_addr_is_v4(&whole) || f->host->addresses[i].len > 8 * HALF)
			continue;
		memcpy(whole.b + HALF, a->b + HALF, HALF);
		take_behind(f, &whole);
	}
}

/* What such a rule names and is not behind us: an address that somebody sends to us. */
static void take_sent_on(struct finder *f, const struct cs_addr *a)
{
	const struct cs_host_link *way = way_to(f, a);

	if (way && way == f->outer[cs_addr_is_v4(a)])
		keep(f, a, true);
}

static void take_target(struct finder *f, const struct cs_addr *a)
{
	if (f->n_targets < TARGETS_MAX && !is_target(f, a))
		f->targets[f->n_targets++] = *a;
}

/* --- all rules --- */

static bool is_asked(const struct cs_rule *rule)
{
	return rule->place != SIZE_MAX && !rule->ours;
}

static void find_targets(struct finder *f)
{
	f->take = take_target;
	for (size_t i = 0; i < f->rules->n; i++)
		if (is_asked(&f->rules->rules[i]) && sends_on(&f->rules->rules[i]))
			each_text(f, &f->rules->rules[i], NULL);
}

static void look_at(struct finder *f, const struct cs_rule *rule)
{
	static const char *const masks[] = { "daddr &", "/::" };

	f->take = sends_on(rule) ? take_sent_on : take_behind;
	each_text(f, rule, NULL);
	f->take = take_suffix;
	if (has_word(rule, masks, CS_LEN(masks)))
		each_text(f, rule, NULL);
}

void cs_named_hosts_find(const struct cs_rules *rules, const struct cs_host *host,
			 size_t most, struct cs_named_hosts *out)
{
	struct finder f = { .rules = rules,
			    .host = host,
			    .most = most,
			    .out = out,
			    .outer = { cs_ordinary_way(host, false),
				       cs_ordinary_way(host, true) } };

	*out = (struct cs_named_hosts){ .n = 0 };
	find_targets(&f);
	for (int named = 1; named >= 0; named--)
		for (size_t i = 0; i < rules->n; i++) {
			const struct cs_rule *rule = &rules->rules[i];
			struct ports ports;

			if (!is_asked(rule) || !names_destination(rule))
				continue;
			ports = ports_of(&f, rule);
			if (ports.named == named && ports.coap == ports.named)
				look_at(&f, rule);
		}
}
