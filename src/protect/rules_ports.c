/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_ports.h"

#include <string.h>

#include "protect/ipsets.h"
#include "protect/rules_span.h"
#include "protect/rules_ways.h"
#include "protect/rules_words_nft.h"
#include "protect/rules_xtables.h"
#include "protect/sent_on.h"

enum {
	COAP = 5683,
	COAPS = 5684,
	DNS = 53,
	ASKED_MAX = 2 + 2 * CS_SENT_ON_MAX,
};

struct range {
	uint16_t lo, hi;
	bool apart; /* a condition of its own */
};

/* What a rule compares one port with. */
struct values {
	struct range list[CS_RULES_PORTS_MAX];
	size_t n;
	bool any; /* not by numbers, or by more than there is room for */
	bool negated;
};

struct reader {
	const struct cs_rules *rules;
	const struct cs_rule *rule;
	uint16_t asked[ASKED_MAX]; /* ports of ours */
	size_t n_asked;
	bool tcp, answer;
	const char *table, *chain; /* whose ways are known */
	unsigned ways;
	bool names; /* it may name a port of who asks */
	bool never; /* the rule is about other ports of ours */
	uint32_t conditions;
	struct cs_rules_ports *out;
};

/* --- values --- */

static void put(struct values *v, uint64_t lo, uint64_t hi, bool apart)
{
	if (v->n == CS_LEN(v->list)) {
		v->any = true;
		return;
	}
	v->list[v->n++] = (struct range){ (uint16_t)lo, (uint16_t)hi, apart };
}

static bool is_number(struct cs_span s, uint64_t *out)
{
	return cs_num_u64(s, 0, UINT16_MAX, out);
}

/* "5683", "5683-5690", iptables' "5683:5690", "5632/8" of 16 bits. False: another word. */
static bool read_range(struct cs_span word, uint64_t *lo, uint64_t *hi)
{
	size_t digits = 0;
	uint64_t right;
	uint8_t sign;

	while (digits < word.len && word.ptr[digits] >= '0' && word.ptr[digits] <= '9')
		digits++;
	if (!is_number(cs_span_of(word.ptr, digits), lo))
		return false;
	*hi = *lo;
	if (digits == word.len)
		return true;
	sign = word.ptr[digits];
	if (!is_number(cs_text_after(word, digits + 1), &right))
		return false;
	*hi = right;
	if (sign == '/' && right <= 16)
		*hi = *lo | (UINT16_MAX >> right);
	return (sign == '-' || sign == ':' || (sign == '/' && right <= 16)) && *lo <= *hi;
}

static bool put_word(struct values *v, struct cs_span word)
{
	uint64_t lo, hi;

	if (!read_range(word, &lo, &hi))
		return false;
	put(v, lo, hi, false);
	return true;
}

/* --- nft's words --- */

static bool is_word(const struct cs_words_token *token, const char *word)
{
	return !token->quoted && cs_text_is(token->text, word);
}

/* "53, 5683-5690 }": an element with more to it (". 10.0.0.1", ": drop") stands for itself. */
static void read_elements(struct values *v, struct cs_span rest)
{
	struct cs_words_token token;
	size_t from = v->n;
	bool apart = false;

	while (!v->any && cs_words_next(&rest, &token) && !is_word(&token, "}")) {
		apart |= is_word(&token, ".") || is_word(&token, ":");
		if (!token.quoted)
			(void)put_word(v, token.text); /* or it is another field's */
		for (size_t i = from; apart && i < v->n; i++)
			v->list[i].apart = true;
		if (token.comma) {
			from = v->n;
			apart = false;
		}
	}
}

/* "& 0xff00 == 0x1600", as numbers: who equals it is one that the rule is about. */
static void read_mask(struct values *v, struct cs_span rest)
{
	struct cs_words_token mask, sign, right;
	uint64_t number;

	if (!cs_words_next(&rest, &mask) || !cs_words_next(&rest, &sign) ||
	    !cs_words_next(&rest, &right) || !is_number(right.text, &number)) {
		v->any = true;
		return;
	}
	put(v, number, number, true);
	if (is_number(mask.text, &number))
		put(v, number, number, true);
}

static void read_bound(struct values *v, const char *sign, struct cs_span word)
{
	uint64_t bound;
	bool below = sign[0] == '<', equal = sign[1] == '=';

	if (!is_number(word, &bound))
		v->any = true;
	else if (below && (equal || bound > 0))
		put(v, 0, equal ? bound : bound - 1, false);
	else if (!below && (equal || bound < UINT16_MAX))
		put(v, equal ? bound : bound + 1, UINT16_MAX, false);
}

static void read_set(const struct reader *r, struct values *v, struct cs_span name)
{
	struct cs_span elements;

	if (cs_words_set(r->rules->parsed, cs_span_str(r->rule->table), name, &elements))
		read_elements(v, elements);
	else
		v->any = true;
}

/* A word between a field and what it is compared with. */
static bool is_between(const struct cs_words_token *token, bool joined)
{
	return joined || is_word(token, ".") || is_word(token, "!=") ||
	       is_word(token, "==") || is_word(token, "vmap") || is_word(token, "map");
}

/* What stands right of a field. */
static void read_right(const struct reader *r, struct values *v, struct cs_span rest)
{
	static const char *const orders[] = { "<=", ">=", "<", ">" };
	struct cs_words_token token;
	bool joined = false;

	while (cs_words_next(&rest, &token) && !token.quoted) {
		for (size_t i = 0; i < CS_LEN(orders); i++)
			if (is_word(&token, orders[i])) {
				(void)cs_words_next(&rest, &token);
				read_bound(v, orders[i], token.text);
				return;
			}
		if (is_word(&token, "{")) {
			read_elements(v, rest);
			return;
		}
		if (cs_text_starts(token.text, "@")) {
			read_set(r, v, cs_text_after(token.text, 1));
			return;
		}
		if (is_word(&token, "&")) {
			read_mask(v, rest);
			return;
		}
		if (put_word(v, token.text))
			return;
		if (!is_between(&token, joined))
			break;
		joined |= is_word(&token, ".");
		v->negated |= is_word(&token, "!=");
	}
	v->any = true;
}

/* --- what is made of them --- */

static void take_client(struct reader *r, const struct values *v)
{
	struct cs_rules_ports *out = r->out;
	const uint32_t condition = ++r->conditions;

	for (size_t i = 0; i < v->n; i++) {
		const struct range *range = &v->list[i];

		if (out->n == CS_LEN(out->list)) {
			out->left_out = true;
			return;
		}
		out->list[out->n++] = (struct cs_rules_port_range){
			range->lo, range->hi, range->apart ? ++r->conditions : condition
		};
	}
}

static void take_unknown(struct reader *r)
{
	const struct values some = { .list = { { DNS, DNS, true }, { COAP, COAP, true } },
				     .n = 2 };

	take_client(r, &some);
}

static void take_server(struct reader *r, const struct values *v)
{
	if (v->any || v->negated || v->n == 0)
		return;
	for (size_t i = 0; i < v->n; i++)
		for (size_t k = 0; k < r->n_asked; k++)
			if (v->list[i].lo <= r->asked[k] && r->asked[k] <= v->list[i].hi)
				return;
	r->never = true;
}

static void take(struct reader *r, bool source, const struct values *v)
{
	if (source == r->answer) {
		take_server(r, v);
		return;
	}
	take_client(r, v);
	if (v->any)
		take_unknown(r);
}

/* --- one rule --- */

/*
 * The end whose port "udp sport", "ct original proto-src" and the like name. What
 * conntrack says of a flow is the same of both directions.
 */
static bool is_field(const struct reader *r, const struct cs_words_token *before,
		     const struct cs_words_token *token, bool *source)
{
	bool raw = is_word(token, "@th,0,16");
	bool flow = (is_word(before, "original") && is_word(token, "proto-src")) ||
		    (is_word(before, "reply") && is_word(token, "proto-dst"));

	*source = flow ? !r->answer : raw || is_word(token, "sport");
	if (flow || raw || is_word(token, "@th,16,16"))
		return true;
	return (is_word(before, r->tcp ? "tcp" : "udp") || is_word(before, "th")) &&
	       (*source || is_word(token, "dport"));
}

static void look_nft(struct reader *r)
{
	struct cs_span rest = cs_span_str(r->rule->raw);
	struct cs_words_token before = { 0 }, token;

	for (; cs_words_next(&rest, &token); before = token) {
		struct values v = { .n = 0 };
		bool source;

		if (!is_field(r, &before, &token, &source)) {
			if (!token.quoted && (cs_text_starts(token.text, "@th,") ||
					      cs_text_starts(token.text, "@nh,")))
				take_unknown(r);
			continue;
		}
		read_right(r, &v, rest);
		take(r, source, &v);
	}
}

/* "53,5683:5690" */
static void read_list(struct values *v, struct cs_span list)
{
	while (list.len) {
		const uint8_t *comma = memchr(list.ptr, ',', list.len);
		size_t len = comma ? (size_t)(comma - list.ptr) : list.len;

		v->any |= !put_word(v, cs_span_of(list.ptr, len));
		list = cs_text_after(list, len + 1);
	}
}

/* "--ports" are those of either end. */
static bool is_option(const struct reader *r, struct cs_span word, bool *source)
{
	static const char *const of_client[] = { "--ports", "--ctorigsrcport",
						 "--ctrepldstport" };

	*source = !r->answer;
	for (size_t i = 0; i < CS_LEN(of_client); i++)
		if (cs_text_is(word, of_client[i]))
			return true;
	*source = cs_text_is(word, "--sport") || cs_text_is(word, "--sports");
	return *source || cs_text_is(word, "--dport") || cs_text_is(word, "--dports");
}

/* "udp:5683", "5683-5690"; what is of another protocol is no port. */
static void read_entry(const struct reader *r, struct values *v, struct cs_span port)
{
	struct cs_span number = cs_text_behind(port, ":");

	if (!number.len)
		(void)put_word(v, port); /* it is one, or "icmp:" is cut off */
	else if (cs_text_starts(port, r->tcp ? "tcp:" : "udp:"))
		(void)put_word(v, number);
}

/*
 * "--match-set NAME src,dst": the ports of a set of ipset's; @source is whose they are.
 * False: it has none.
 */
static bool read_ipset(const struct reader *r, struct cs_span *rest, struct values *v,
		       bool *source)
{
	struct cs_span name, ends, sets = r->rules->ipset, line, verb, of, word;
	size_t part = SIZE_MAX;

	if (!cs_save_word(rest, &name) || !cs_save_word(rest, &ends))
		return false;
	while (cs_text_line(&sets, &line)) {
		if (!cs_text_word(&line, &verb) || !cs_text_word(&line, &of) ||
		    !cs_span_eq(of, name) || !cs_text_word(&line, &word))
			continue;
		if (cs_text_is(verb, "create"))
			part = cs_ipsets_port_part(word);
		else if (part != SIZE_MAX)
			read_entry(r, v, cs_ipsets_part(word, part));
	}
	for (size_t i = 0; part && i < v->n; i++)
		v->list[i].apart = true; /* each has more to it */
	*source = part != SIZE_MAX && cs_text_is(cs_ipsets_part(ends, part), "src");
	return part != SIZE_MAX;
}

static void look_xtables(struct reader *r)
{
	struct cs_span rest = cs_span_str(r->rule->raw), word;
	bool negated = false, source;

	for (; cs_save_word(&rest, &word); negated = cs_text_is(word, "!")) {
		struct values v = { .negated = negated };

		if (cs_text_is(word, "--u32") || cs_text_is(word, "--bytecode"))
			take_unknown(r);
		if (cs_text_is(word, "-p") && cs_save_word(&rest, &word))
			r->never |= !negated &&
				    cs_words_protocol(word, r->tcp) == CS_WORDS_NO;
		if (cs_text_is(word, "--match-set")) {
			if (read_ipset(r, &rest, &v, &source))
				take(r, source, &v);
			continue;
		}
		if (!is_option(r, word, &source) || !cs_save_word(&rest, &word))
			continue;
		read_list(&v, word);
		take(r, source, &v);
	}
}

/* Of a rule that is about other ports of ours nothing is kept. */
static void look_one_way(struct reader *r, bool answer)
{
	const size_t n = r->out->n;

	r->answer = answer;
	r->never = false;
	if (r->rule->tool == CS_RULE_NFT)
		look_nft(r);
	else
		look_xtables(r);
	if (r->never)
		r->out->n = n;
}

/* --- all rules --- */

/* Those of a chain are behind each other. */
static void find_ways_to(struct reader *r, const struct cs_rule *rule)
{
	if (strcmp(r->chain, rule->chain) != 0 || strcmp(r->table, rule->table) != 0)
		r->ways = cs_rules_ways(r->rules, rule->table, rule->chain);
	r->chain = rule->chain;
	r->table = rule->table;
}

static bool is_of_family(const struct cs_rule *rule, bool v4)
{
	struct cs_span table = cs_span_str(rule->table);

	return cs_text_starts(table, "inet ") || cs_text_starts(table, "netdev ") ||
	       cs_text_starts(table, v4 ? "ip " : "ip6 ");
}

static bool names_source(const struct cs_rule *rule)
{
	static const char *const words[] = { "sport",    "--ports",  "proto-", "srcport",
					     "dstport",  "@th,",     "@nh,",   "u32",
					     "bytecode", "match-set" };

	for (size_t i = 0; i < CS_LEN(words); i++)
		if (strstr(rule->raw, words[i]))
			return true;
	return false;
}

/* As such a request, or the answer to it, may meet the rule. */
static void look_as(struct reader *r, size_t kind, struct cs_rules_ports *out)
{
	unsigned both = kind & CS_PORTS_FORWARD ? CS_WAY_FORWARD : 0;

	if (!is_of_family(r->rule, kind & CS_PORTS_V4))
		return;
	r->tcp = kind & CS_PORTS_TCP;
	r->out = out;
	if (r->names && (r->ways & (CS_WAY_REQUEST | both)))
		look_one_way(r, false);
	if (r->ways & (CS_WAY_ANSWER | both))
		look_one_way(r, true);
}

static void find_asked(struct reader *r)
{
	struct cs_sent_on sent_on[CS_SENT_ON_MAX];
	size_t n = cs_sent_on_find(r->rules, sent_on);

	r->asked[r->n_asked++] = COAP;
	r->asked[r->n_asked++] = COAPS;
	for (size_t i = 0; i < n; i++) {
		r->asked[r->n_asked++] = sent_on[i].from;
		r->asked[r->n_asked++] = sent_on[i].to;
	}
}

void cs_rules_ports_read(const struct cs_rules *rules,
			 struct cs_rules_ports out[CS_PORTS_KINDS])
{
	struct reader r = { .rules = rules, .table = "", .chain = "" };

	for (size_t k = 0; k < CS_PORTS_KINDS; k++) {
		out[k].n = 0;
		out[k].left_out = false;
	}
	find_asked(&r);
	for (size_t i = 0; i < rules->n; i++) {
		const struct cs_rule *rule = &rules->rules[i];

		if (rule->place == SIZE_MAX || rule->ours)
			continue;
		r.rule = rule;
		r.names = names_source(rule);
		if (!r.names && !strstr(rule->raw, "dport"))
			continue; /* most are done with here */
		find_ways_to(&r, rule);
		for (size_t k = 0; k < CS_PORTS_KINDS; k++)
			look_as(&r, k, &out[k]);
	}
}
