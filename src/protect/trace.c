/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/trace.h"

#include "base/num.h"

/*
 * A newline stands before each closing brace: nft 1.0.6 wants it. 0xc0a9 is CS_TRACE_MARK: as the
 * message id it begins 80 bits into UDP, the upper half of a sequence number 32
 * and of an acknowledged one 64 bits into TCP; 0xfa01 is CS_TRACE_UNTOLD, a window. What
 * is sent to port 9 of 127/8 is the reader's own way to learn that all before it has been
 * told; nobody else sees it. "arrived" shows what is left of the request's address and
 * port after all rules, "onward" what they have become of what is not for this host.
 */
#define MARKED                                                                          \
	"  meta l4proto udp @th,80,16 0xc0a9 meta nftrace set 1\n"                      \
	"  meta l4proto tcp @th,32,16 0xc0a9 tcp window != 0xfa01 meta nftrace set 1\n" \
	"  meta l4proto tcp @th,64,16 0xc0a9 tcp window != 0xfa01 meta nftrace set 1\n"

const char cs_trace_marked[] = MARKED;

const char cs_trace_rules[] =
	"table inet cs_trace {\n"
	" chain enter {\n"
	"  type filter hook prerouting priority -2147483648; policy accept;\n" MARKED
	" }\n"
	" chain leave {\n"
	"  type filter hook output priority -2147483648; policy accept;\n"
	"  ip daddr 127.0.0.0/8 udp dport 9 meta nftrace set 1 drop\n" MARKED " }\n"
	" chain onward {\n"
	"  type filter hook forward priority -2147483648; policy accept;\n"
	" }\n"
	" chain arrived {\n"
	"  type filter hook input priority 2147483647; policy accept;\n"
	" }\n"
	"}\n";

/*
 * A line is one of
 *
 *   trace id HEX FAMILY TABLE CHAIN packet: ...
 *   trace id HEX FAMILY TABLE CHAIN rule ... [# handle N ](verdict V[ CHAIN])
 *   trace id HEX FAMILY TABLE CHAIN unknown rule handle N (verdict V[ CHAIN])
 *   trace id HEX FAMILY TABLE CHAIN verdict V [meta mark N]
 *   trace id HEX FAMILY TABLE CHAIN policy V [meta mark N]
 *
 * each with a blank at its end or without. A rule may hold any of these words in a
 * quoted string, but nothing quoted stands behind its handle: so rules are read from
 * their end. The unknown ones are those that were loaded after nft had started.
 */

static bool starts(struct cs_span *s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (s->len < n || memcmp(s->ptr, prefix, n) != 0)
		return false;
	*s = cs_span_of(s->ptr + n, s->len - n);
	return true;
}

static struct cs_span before(struct cs_span s, size_t at)
{
	return cs_span_of(s.ptr, at);
}

static struct cs_span after(struct cs_span s, size_t at)
{
	return cs_span_of(s.ptr + at, s.len - at);
}

static struct cs_span without_end(struct cs_span s)
{
	while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\n'))
		s.len--;
	return s;
}

/* Takes off what stands before the next blank, and the blank. Empty: nothing is there. */
static struct cs_span take_word(struct cs_span *s)
{
	size_t n = 0;

	while (n < s->len && s->ptr[n] != ' ')
		n++;

	struct cs_span word = before(*s, n);

	*s = after(*s, n < s->len ? n + 1 : n);
	return word;
}

/* Where @what begins for the last time; s.len: nowhere. */
static size_t find_last(struct cs_span s, const char *what)
{
	size_t n = strlen(what);

	for (size_t at = s.len < n ? 0 : s.len - n + 1; at > 0; at--)
		if (memcmp(s.ptr + at - 1, what, n) == 0)
			return at - 1;
	return s.len;
}

static bool read_id(struct cs_span word, uint32_t *out)
{
	uint32_t id = 0;

	if (word.len == 0 || word.len > 8)
		return false;
	for (size_t i = 0; i < word.len; i++) {
		uint8_t c = word.ptr[i];

		if (c >= '0' && c <= '9')
			id = id << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			id = id << 4 | (uint32_t)(c - 'a' + 10);
		else
			return false;
	}
	*out = id;
	return true;
}

/*
 * "return" and "break" end nothing: what comes after them is said by lines of their
 * own. A number is a verdict that nft has no word for.
 */
static enum cs_trace_verdict verdict_of(struct cs_span word)
{
	static const struct {
		const char *name;
		enum cs_trace_verdict verdict;
	} known[] = {
		{ "continue", CS_TRACE_CONTINUE }, { "return", CS_TRACE_CONTINUE },
		{ "break", CS_TRACE_CONTINUE },    { "accept", CS_TRACE_ACCEPT },
		{ "drop", CS_TRACE_DROP },         { "jump", CS_TRACE_JUMP },
		{ "goto", CS_TRACE_JUMP },         { "queue", CS_TRACE_QUEUE },
	};

	for (size_t i = 0; i < CS_LEN(known); i++)
		if (cs_span_eq(word, cs_span_str(known[i].name)))
			return known[i].verdict;
	return CS_TRACE_OTHER;
}

/* "(verdict jump coap)" at the end of @s is read and taken off. */
static bool take_verdict(struct cs_span *s, struct cs_trace_step *out)
{
	size_t at = find_last(*s, "(verdict ");
	struct cs_span rest = after(*s, at);

	if (!starts(&rest, "(verdict ") || rest.len < 2 || rest.ptr[rest.len - 1] != ')')
		return false;
	rest.len--;
	out->verdict = verdict_of(take_word(&rest));
	out->target = rest;
	*s = without_end(before(*s, at));
	return true;
}

/* "# handle 7" at the end of @s is read and taken off; without it nothing happens. */
static void take_handle(struct cs_span *s, struct cs_trace_step *out)
{
	size_t at = find_last(*s, "# handle ");
	struct cs_span digits = after(*s, at);

	if (starts(&digits, "# handle ") &&
	    cs_num_u64(digits, 0, UINT64_MAX, &out->handle))
		*s = without_end(before(*s, at));
}

static bool read_known(struct cs_span s, struct cs_trace_step *out)
{
	out->kind = CS_TRACE_RULE;
	if (!take_verdict(&s, out))
		return false;
	take_handle(&s, out);
	out->text = s;
	return true;
}

static bool read_unknown(struct cs_span s, struct cs_trace_step *out)
{
	out->kind = CS_TRACE_RULE;
	return take_verdict(&s, out) && cs_num_u64(s, 0, UINT64_MAX, &out->handle);
}

static bool read_end(struct cs_span s, enum cs_trace_kind kind, struct cs_trace_step *out)
{
	struct cs_span word = take_word(&s);

	out->kind = kind;
	out->verdict = verdict_of(word);
	return word.len > 0;
}

/* What stands behind the chain. */
static bool read_what(struct cs_span s, struct cs_trace_step *out)
{
	if (starts(&s, "packet: ")) {
		out->kind = CS_TRACE_PACKET;
		out->text = s;
		return true;
	}
	if (starts(&s, "rule "))
		return read_known(s, out);
	if (starts(&s, "unknown rule handle "))
		return read_unknown(s, out);
	if (starts(&s, "verdict "))
		return read_end(s, CS_TRACE_RETURN, out);
	if (starts(&s, "policy "))
		return read_end(s, CS_TRACE_POLICY, out);
	return false;
}

enum cs_err cs_trace_line(struct cs_span line, struct cs_trace_step *out)
{
	struct cs_trace_step step = { 0 };
	struct cs_span s = without_end(line);

	if (!starts(&s, "trace id ") || !read_id(take_word(&s), &step.id))
		return CS_ERR_SYNTAX;

	struct cs_span family = take_word(&s);
	struct cs_span table = take_word(&s);

	step.chain = take_word(&s);
	if (family.len == 0 || table.len == 0 || step.chain.len == 0)
		return CS_ERR_SYNTAX;
	/* Both words and the one blank between them. */
	step.table = cs_span_of(family.ptr, family.len + 1 + table.len);
	if (!read_what(s, &step))
		return CS_ERR_SYNTAX;
	*out = step;
	return CS_OK;
}
