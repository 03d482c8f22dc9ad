/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_words_nft.h"

/* What a left side asks for. */
enum field {
	FIELD_UNKNOWN,
	FIELD_DPORT,
	FIELD_SPORT,
	FIELD_SADDR,
	FIELD_DADDR,
	FIELD_PROTOCOL,
	FIELD_FAMILY,
	FIELD_IN,
	FIELD_OUT,
	FIELD_STATE,
	FIELD_TYPE, /* fib daddr type, meta pkttype */
};

enum { FIELDS_MAX = 8 /* of a concatenation */ };

struct reading {
	const struct cs_words_ask *ask;
	struct cs_words words;
	struct cs_span rest;
	enum field fields[FIELDS_MAX];
	size_t n_fields;
};

static bool peek(const struct reading *r, struct cs_words_token *out)
{
	struct cs_span rest = r->rest;

	return cs_words_next(&rest, out);
}

static const struct {
	const char *words[3];
	enum field field;
	const char *protocol; /* what it asks for besides */
} fields[] = {
	{ { "udp", "dport" }, FIELD_DPORT, "udp" },
	{ { "tcp", "dport" }, FIELD_DPORT, "tcp" },
	{ { "th", "dport" }, FIELD_DPORT, NULL },
	{ { "udp", "sport" }, FIELD_SPORT, "udp" },
	{ { "tcp", "sport" }, FIELD_SPORT, "tcp" },
	{ { "th", "sport" }, FIELD_SPORT, NULL },
	{ { "udplite", "dport" }, FIELD_DPORT, "udplite" },
	{ { "sctp", "dport" }, FIELD_DPORT, "sctp" },
	{ { "dccp", "dport" }, FIELD_DPORT, "dccp" },
	{ { "ip", "saddr" }, FIELD_SADDR, NULL },
	{ { "ip6", "saddr" }, FIELD_SADDR, NULL },
	{ { "ip", "daddr" }, FIELD_DADDR, NULL },
	{ { "ip6", "daddr" }, FIELD_DADDR, NULL },
	{ { "meta", "l4proto" }, FIELD_PROTOCOL, NULL },
	{ { "ip", "protocol" }, FIELD_PROTOCOL, NULL },
	{ { "ip6", "nexthdr" }, FIELD_PROTOCOL, NULL },
	{ { "meta", "nfproto" }, FIELD_FAMILY, NULL },
	{ { "meta", "protocol" }, FIELD_FAMILY, NULL },
	{ { "ether", "type" }, FIELD_FAMILY, NULL },
	{ { "iifname" }, FIELD_IN, NULL },
	{ { "iif" }, FIELD_IN, NULL },
	{ { "oifname" }, FIELD_OUT, NULL },
	{ { "oif" }, FIELD_OUT, NULL },
	{ { "ct", "state" }, FIELD_STATE, NULL },
	{ { "fib", "daddr", "type" }, FIELD_TYPE, NULL },
};

/* A left side at the start of @rest, which it is taken off. */
static bool take_field(struct reading *r, enum field *out, const char **protocol)
{
	for (size_t i = 0; i < CS_LEN(fields); i++) {
		struct cs_span rest = r->rest;
		struct cs_words_token token;
		size_t n = 0;

		while (n < 3 && fields[i].words[n] && cs_words_next(&rest, &token) &&
		       !token.quoted && cs_text_is(token.text, fields[i].words[n]))
			n++;
		if (n < 3 && fields[i].words[n])
			continue;
		r->rest = rest;
		*out = fields[i].field;
		*protocol = fields[i].protocol;
		return true;
	}
	return false;
}

static enum cs_words_is judge_port(const struct reading *r, bool right_side,
				   struct cs_span value)
{
	if (!right_side)
		return CS_WORDS_MAYBE; /* the other end's port is anybody's */
	return cs_words_port(value, r->ask);
}

static enum cs_words_is judge_family(const struct reading *r, struct cs_span value)
{
	bool v4 = cs_addr_is_v4(&r->ask->from);

	if (cs_text_is(value, "ipv4") || cs_text_is(value, "ip"))
		return v4 ? CS_WORDS_YES : CS_WORDS_NO;
	if (cs_text_is(value, "ipv6") || cs_text_is(value, "ip6"))
		return v4 ? CS_WORDS_NO : CS_WORDS_YES;
	return CS_WORDS_MAYBE;
}

static enum cs_words_is judge_value(const struct reading *r, enum field field,
				    struct cs_span value)
{
	const struct cs_words_ask *ask = r->ask;

	if (cs_text_is(value, "*"))
		return CS_WORDS_YES;
	switch (field) {
	case FIELD_DPORT:
		return judge_port(r, !ask->answer, value);
	case FIELD_SPORT:
		return judge_port(r, ask->answer, value);
	case FIELD_SADDR:
		return cs_words_address(value, &ask->from);
	case FIELD_DADDR:
		return ask->any_to ? CS_WORDS_YES : cs_words_address(value, &ask->to);
	case FIELD_PROTOCOL:
		return cs_words_protocol(value, ask->tcp);
	case FIELD_FAMILY:
		return judge_family(r, value);
	case FIELD_IN:
		return cs_words_interface(value, ask->answer ? NULL : ask->in);
	case FIELD_OUT:
		return cs_words_interface(value, ask->answer ? ask->in : NULL);
	case FIELD_STATE:
		return cs_words_states(value);
	case FIELD_TYPE:
		return cs_text_is(value, "local") ? CS_WORDS_YES : CS_WORDS_MAYBE;
	case FIELD_UNKNOWN:
		break;
	}
	return CS_WORDS_MAYBE;
}

/* The port is named where it is one of few, not where everything is meant. */
static bool is_port(const struct reading *r, enum field field, struct cs_span value)
{
	return field == (r->ask->answer ? FIELD_SPORT : FIELD_DPORT) &&
	       !cs_text_is(value, "*");
}

/* What one element of a set, or a single right side, comes to. */
struct found {
	enum cs_words_is is;
	bool names_port;
};

/*
 * Reads "VALUE . VALUE attributes" up to its comma or its end; what follows ":" is left
 * in @rest. The token that was read last is in @last.
 */
static struct found judge_element(const struct reading *r, struct cs_span *rest,
				  struct cs_words_token *last)
{
	struct found f = { CS_WORDS_YES, false };
	struct cs_words_token token = *last;

	for (size_t i = 0; i < r->n_fields; i++) {
		enum cs_words_is is = judge_value(r, r->fields[i], token.text);

		if (is == CS_WORDS_NO || f.is == CS_WORDS_NO)
			f.is = CS_WORDS_NO;
		else if (is == CS_WORDS_MAYBE)
			f.is = CS_WORDS_MAYBE;
		if (is == CS_WORDS_YES && is_port(r, r->fields[i], token.text))
			f.names_port = true;
		if (i + 1 < r->n_fields) {
			(void)cs_words_next(rest, &token); /* "." */
			if (!cs_words_next(rest, &token))
				break;
		}
	}
	while (!token.comma && !cs_text_is(token.text, "}")) { /* timeout, counter ... */
		struct cs_span before = *rest;

		if (!cs_words_next(rest, &token))
			break;
		if (!token.quoted &&
		    (cs_text_is(token.text, ":") || cs_text_is(token.text, "}"))) {
			*rest = before;
			break;
		}
	}
	*last = token;
	f.names_port &= f.is != CS_WORDS_NO;
	return f;
}

static void take_verdict(struct reading *r, struct cs_words_token *word,
			 struct cs_span *rest);

/*
 * Elements up to the closing brace: the best of them. With @verdicts that of the first that
 * fits is taken.
 */
static struct found judge_elements(struct reading *r, struct cs_span *rest, bool verdicts)
{
	struct found best = { CS_WORDS_NO, false };
	struct cs_words_token token;

	while (cs_words_next(rest, &token) &&
	       (token.quoted || !cs_text_is(token.text, "}"))) {
		struct found one = judge_element(r, rest, &token);
		bool better = best.is == CS_WORDS_NO && one.is != CS_WORDS_NO;
		struct cs_span data = *rest;

		if (better || (one.is == CS_WORDS_YES && one.names_port))
			best = one;
		if (!cs_words_next(&data, &token) || token.quoted ||
		    !cs_text_is(token.text, ":"))
			continue;
		*rest = data;
		if (!cs_words_next(rest, &token))
			break;
		if (verdicts && better)
			take_verdict(r, &token, rest);
		while (!token.comma && cs_words_next(rest, &token))
			if (!token.quoted && cs_text_is(token.text, "}"))
				return best;
	}
	return best;
}

bool cs_words_set(const struct cs_listing *sets, struct cs_span table,
		  struct cs_span name, struct cs_span *elements)
{
	for (size_t i = 0; sets && i < sets->n_blocks; i++) {
		const struct cs_listing_block *b = &sets->blocks[i];
		const uint8_t *at;

		if (!cs_span_eq(b->name, name) ||
		    !cs_span_eq(sets->tables[b->table].name, table))
			continue;
		at = b->body.len ? memmem(b->body.ptr, b->body.len, "elements = {", 12)
				 : NULL;
		*elements = at ? cs_text_after(b->body, (size_t)(at - b->body.ptr) + 12)
			       : cs_span_of(NULL, 0);
		return true;
	}
	return false;
}

static struct found judge_right(struct reading *r, bool verdicts)
{
	struct found none = { CS_WORDS_MAYBE, false };
	struct cs_span elements;
	struct cs_words_token token;

	if (!cs_words_next(&r->rest, &token))
		return none;
	if (!token.quoted && cs_text_is(token.text, "{"))
		return judge_elements(r, &r->rest, verdicts);
	if (!token.quoted && cs_text_starts(token.text, "@")) {
		if (!cs_words_set(r->ask->sets, r->ask->table,
				  cs_text_after(token.text, 1), &elements))
			return none;
		return judge_elements(r, &elements, verdicts);
	}

	struct found f = { judge_value(r, r->fields[0], token.text), false };

	f.names_port = f.is == CS_WORDS_YES && is_port(r, r->fields[0], token.text);
	return f;
}

static void settle(struct reading *r, struct found f, bool not )
{
	if (f.is == CS_WORDS_MAYBE)
		r->words.unsure = true;
	else if ((f.is == CS_WORDS_YES) == not )
		r->words.matches = false;
	r->words.names_port |= f.names_port && !not ;
}

/* "udp dport < 6000": true where @token is such an operator, which is read to its end. */
static bool judge_order(struct reading *r, const struct cs_words_token *token)
{
	static const struct {
		const char *sign;
		bool below, equal;
	} signs[] = { { "<", true, false },
		      { "<=", true, true },
		      { ">", false, false },
		      { ">=", false, true } };
	struct cs_words_token right;
	uint64_t bound;

	for (size_t i = 0; i < CS_LEN(signs); i++) {
		uint64_t port = r->ask->port, other = r->ask->other_port;
		uint64_t off = signs[i].equal ? 0 : 1;
		bool yes;

		if (token->quoted || !cs_text_is(token->text, signs[i].sign))
			continue;
		(void)cs_words_next(&r->rest, &right); /* the sign */
		if (!cs_words_next(&r->rest, &right) ||
		    !is_port(r, r->fields[0], right.text) ||
		    !cs_num_u64(right.text, 0, UINT16_MAX, &bound)) {
			r->words.unsure = true;
			return true;
		}
		yes = signs[i].below ? port + off <= bound || other + off <= bound
				     : port >= bound + off || other >= bound + off;
		settle(r, (struct found){ yes ? CS_WORDS_YES : CS_WORDS_NO, yes }, false);
		return true;
	}
	return false;
}

/* "FIELD [. FIELD]... [!=|vmap] RIGHT" */
static void judge_match(struct reading *r, enum field field, const char *protocol)
{
	struct cs_words_token token;
	bool not = false, map = false;

	r->n_fields = 0;
	for (;;) {
		if (protocol &&
		    cs_words_protocol(cs_span_str(protocol), r->ask->tcp) == CS_WORDS_NO)
			r->words.matches = false;
		if (r->n_fields < FIELDS_MAX)
			r->fields[r->n_fields++] = field;
		if (!peek(r, &token) || !cs_text_is(token.text, "."))
			break;
		(void)cs_words_next(&r->rest, &token); /* "." */
		if (!take_field(r, &field, &protocol)) {
			r->words.unsure = true;
			return;
		}
	}
	if (r->n_fields == 1 && judge_order(r, &token))
		return;
	if (!token.quoted &&
	    (cs_text_is(token.text, "!=") || cs_text_is(token.text, "vmap") ||
	     cs_text_is(token.text, "=="))) {
		not = cs_text_is(token.text, "!=");
		map = cs_text_is(token.text, "vmap");
		(void)cs_words_next(&r->rest, &token); /* it was there */
	}
	settle(r, judge_right(r, map), not );
}

/* accept, drop, "jump NAME" ... false: it is no verdict. */
static bool is_verdict(struct cs_span word, enum cs_words_verdict *out)
{
	static const struct {
		const char *word;
		enum cs_words_verdict verdict;
	} verdicts[] = {
		{ "accept", CS_WORDS_ACCEPT },  { "drop", CS_WORDS_DROP },
		{ "reject", CS_WORDS_REJECT },  { "jump", CS_WORDS_JUMP },
		{ "goto", CS_WORDS_JUMP },      { "return", CS_WORDS_NONE },
		{ "continue", CS_WORDS_NONE },  { "queue", CS_WORDS_OTHER },
		{ "dnat", CS_WORDS_OTHER },     { "snat", CS_WORDS_OTHER },
		{ "redirect", CS_WORDS_OTHER }, { "masquerade", CS_WORDS_OTHER },
		{ "tproxy", CS_WORDS_OTHER },
	};

	for (size_t i = 0; i < CS_LEN(verdicts); i++)
		if (cs_text_is(word, verdicts[i].word)) {
			*out = verdicts[i].verdict;
			return true;
		}
	return false;
}

/* Takes the verdict that @word begins; then @word is the last of it. */
static void take_verdict(struct reading *r, struct cs_words_token *word,
			 struct cs_span *rest)
{
	if (!is_verdict(word->text, &r->words.verdict) ||
	    r->words.verdict != CS_WORDS_JUMP)
		return;
	if (cs_words_next(rest, word))
		r->words.target = word->text;
}

struct cs_words cs_words_nft(struct cs_span text, const struct cs_words_ask *ask)
{
	struct reading r = { .ask = ask, .words = { .matches = true }, .rest = text };
	enum field field;
	const char *protocol;
	struct cs_words_token token;

	for (;;) {
		if (take_field(&r, &field, &protocol)) {
			judge_match(&r, field, protocol);
			continue;
		}
		if (!cs_words_next(&r.rest, &token))
			return r.words;
		enum cs_words_verdict verdict;

		if (is_verdict(token.text, &verdict)) {
			take_verdict(&r, &token, &r.rest);
			if (verdict == CS_WORDS_OTHER || verdict == CS_WORDS_DROP ||
			    verdict == CS_WORDS_REJECT)
				return r.words; /* what follows is how */
		} else if (!cs_words_statement(&r.rest, &token, &r.words.rated)) {
			r.words.unsure = true;
		}
	}
}
