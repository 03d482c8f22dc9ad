/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of several words: which of them is asked about. */
#include "watch/pasted.h"

#include <strings.h>

#include "watch/pasted_own.h"

enum {
	TEXT_MAX = 16384, /* of a line that is looked at */
	DIGITS_LEAST =
		8, /* of an address without dots in a line: ports and times are shorter */
};

static bool is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct cs_span behind(struct cs_span s, size_t n)
{
	return cs_span_of(s.ptr + n, s.len - n);
}

/* What no address has in it; of a name's dash it is an arrow's tail. */
static bool is_between(struct cs_span s)
{
	uint8_t c = s.ptr[0];

	if (c == '-')
		return s.len > 1 && s.ptr[1] == '>';
	return is_blank(c) || c >= 0x80 || (c && strchr(",;|\"'`=#<>{}", c));
}

/* "unknown[192.0.2.7]": what stands in brackets is a word; "192[.]0" is one, too. */
static bool opens_bracket(struct cs_span s)
{
	if (s.len > 4 && strncasecmp((const char *)s.ptr, "[dot]", 5) == 0)
		return false;
	return s.ptr[0] == '[' && s.len > 1 && s.ptr[1] != '.' && s.ptr[1] != ':';
}

/* The bytes of an arrow's head at @s; 0: there is none. */
static size_t arrow_head(struct cs_span s, enum cs_pasted_arrow *head)
{
	*head = s.ptr[0] == '<' ? CS_ARROW_LEFT : CS_ARROW_RIGHT;
	if (s.ptr[0] == '<' || s.ptr[0] == '>')
		return 1;
	/* U+2192 and U+2190, of tshark and people */
	if (s.len < 3 || s.ptr[0] != 0xe2 || s.ptr[1] != 0x86)
		return 0;
	*head = s.ptr[2] == 0x92 ? CS_ARROW_RIGHT : CS_ARROW_LEFT;
	return s.ptr[2] == 0x92 || s.ptr[2] == 0x90 ? 3 : 0;
}

static enum cs_pasted_arrow and_head(enum cs_pasted_arrow arrow,
				     enum cs_pasted_arrow head, bool tight)
{
	if (arrow == CS_ARROW_LEFT && head == CS_ARROW_RIGHT)
		return CS_ARROW_BOTH;
	return head == CS_ARROW_RIGHT && tight ? CS_ARROW_TIGHT : head;
}

/* Takes off what stands before the next word: the arrow, if that is all but blanks. */
static enum cs_pasted_arrow skip_between(struct cs_span *left)
{
	enum cs_pasted_arrow arrow = CS_ARROW_NONE, head;
	bool other = false, tight = true;

	while (left->len > 0 && is_between(*left)) {
		size_t n = arrow_head(*left, &head);
		uint8_t c = left->ptr[0];

		if (n > 0)
			arrow = and_head(arrow, head, tight && n == 1);
		else
			other = other || !(is_blank(c) || c == '-' || c == '=');
		tight = false;
		*left = behind(*left, n ? n : 1);
		/* "<-": that dash is no name's. */
		if (n > 0 && head == CS_ARROW_LEFT && left->len > 0 &&
		    left->ptr[0] == '-')
			*left = behind(*left, 1);
	}
	return other ? CS_ARROW_NONE : arrow;
}

bool cs_pasted_next(struct cs_span *left, struct cs_pasted_token *out)
{
	size_t n = 0;

	out->arrow = skip_between(left);
	while (n < left->len && !is_between(behind(*left, n)) &&
	       (n == 0 || !opens_bracket(behind(*left, n))))
		n++;
	out->text = cs_span_of(left->ptr, n);
	*left = behind(*left, n);
	return n > 0;
}

/* Whether @word is @text, in letters of any case. */
static bool says(struct cs_span word, const char *text)
{
	return word.len == strlen(text) &&
	       strncasecmp((const char *)word.ptr, text, word.len) == 0;
}

/* --- who is pointed at --- */

struct finding {
	struct cs_pasted source, to;
	struct cs_span word;   /* that the source was read from */
	struct cs_span unread; /* stands where the source does, and is no address */
};

static bool read_word(struct cs_span word, struct cs_pasted *out)
{
	return cs_pasted_word(word, CS_WORD_OF_LINE, out);
}

static bool is_coap(uint16_t port)
{
	return port == 5683 || port == 5684;
}

/* Of two that stand beside each other without a direction the server's port tells. */
static bool is_server_first(const struct cs_pasted *first, const struct cs_pasted *second)
{
	return is_coap(first->port) && second->port && !is_coap(second->port);
}

static bool find_key(struct cs_span text, struct finding *f)
{
	static const char *const source[] = { "src",  "source", "saddr",
					      "orig", "origh",  "idorigh" };
	static const char *const target[] = { "dst",   "dest",  "destination",
					      "daddr", "resph", "idresph" };
	struct cs_span word, unread = { 0 };

	(void)!cs_pasted_key(text, target, CS_LEN(target), &f->to, &word, &unread);
	return cs_pasted_key(text, source, CS_LEN(source), &f->source, &f->word,
			     &f->unread);
}

/* One arrow between two words. True: it is one between hosts. */
static bool read_arrow(struct cs_span before, const struct cs_pasted_token *after,
		       struct finding *f)
{
	bool left = after->arrow == CS_ARROW_LEFT;
	struct cs_span source = left ? after->text : before;
	struct cs_span to = left ? before : after->text;
	struct cs_pasted other;

	if (!read_word(source, &f->source)) {
		if (left || after->arrow == CS_ARROW_TIGHT || source.len == 0 ||
		    !read_word(to, &other))
			return false;
		f->to = other;
		if (cs_pasted_is_somebody(source))
			f->unread = source;
		return false;
	}
	f->word = source;
	if (!read_word(to, &other))
		return true;
	f->to = other;
	if (after->arrow == CS_ARROW_BOTH && is_server_first(&f->source, &other)) {
		f->to = f->source;
		f->source = other;
		f->word = to;
	}
	return true;
}

/* "A > B": tcpdump's, pf's, Cisco's and MikroTik's; "B < A". */
static bool find_arrow(struct cs_span text, struct finding *f)
{
	struct cs_pasted_token before = { 0 }, word;

	for (; cs_pasted_next(&text, &word); before = word)
		if (word.arrow != CS_ARROW_NONE && read_arrow(before.text, &word, f))
			return true;
	return false;
}

/* Behind "from" and before "to" or "on". */
static bool find_from(struct cs_span text, struct finding *f)
{
	struct cs_pasted_token word;
	bool begun = false;

	while (cs_pasted_next(&text, &word)) {
		if (begun && read_word(word.text, &f->source)) {
			f->word = word.text;
			return true;
		}
		if (begun && f->unread.len == 0 && cs_pasted_is_somebody(word.text))
			f->unread = word.text;
		begun = (begun || says(word.text, "from")) && !says(word.text, "to") &&
			!says(word.text, "on");
	}
	return false;
}

static bool has_word(struct cs_span text, const char *what)
{
	struct cs_pasted_token word;

	while (cs_pasted_next(&text, &word))
		if (says(word.text, what))
			return true;
	return false;
}

/* Where there is a "from", what stands behind "to". */
static void find_to(struct cs_span text, struct finding *f)
{
	struct cs_pasted_token word;
	bool begun = false;

	if (!has_word(text, "from"))
		return;
	while (cs_pasted_next(&text, &word)) {
		if (begun && read_word(word.text, &f->to))
			return;
		begun = begun || says(word.text, "to");
	}
}

/* The first address that is not where it went. */
static bool find_first(struct cs_span text, struct finding *f)
{
	struct cs_pasted_token word;
	struct cs_span rest = text;
	struct cs_pasted second;
	bool lone = cs_pasted_next(&rest, &word) && !cs_pasted_next(&rest, &word);

	while (cs_pasted_next(&text, &word)) {
		if (!cs_pasted_word(word.text, lone ? 0 : CS_WORD_OF_LINE, &f->source) ||
		    (cs_pasted_is_address(&f->to.what) &&
		     cs_addr_cmp(&f->source.what.addr, &f->to.what.addr) == 0))
			continue;
		f->word = word.text;
		/* "192.0.2.10:5683  203.0.113.66:80": ours is first. */
		if (cs_pasted_next(&text, &word) && read_word(word.text, &second) &&
		    is_server_first(&f->source, &second)) {
			f->to = f->source;
			f->source = second;
			f->word = word.text;
		}
		return true;
	}
	return false;
}

/* Of an endpoint "/20" is a port where bits would be lost, or the other end has one. */
static void settle_slash(struct finding *f)
{
	struct cs_pasted one;

	if (cs_pasted_is_address(&f->source.what) ||
	    !cs_pasted_word(f->word, CS_WORD_OF_LINE | CS_WORD_ENDPOINT, &one))
		return;
	if (f->to.port || cs_addr_cmp(&one.what.addr, &f->source.what.addr) != 0)
		f->source = one;
}

static bool find_source(struct cs_span text, struct finding *f)
{
	bool pointed = find_key(text, f) || find_arrow(text, f);

	if (!pointed) {
		find_to(text, f);
		pointed = find_from(text, f);
	}
	if (pointed)
		settle_slash(f);
	return pointed || (f->unread.len == 0 && find_first(text, f));
}

/* A line without any address: digits that can have been one, and are no port's. */
static bool find_digits(struct cs_span text, struct cs_pasted *out)
{
	struct cs_pasted_token word;

	while (cs_pasted_next(&text, &word))
		if (word.text.len >= DIGITS_LEAST && cs_pasted_digits(word.text, out))
			return true;
	return false;
}

static bool read_line(struct cs_span text, struct cs_pasted *out)
{
	struct finding f = { 0 };
	bool found = find_source(text, &f);

	if (found)
		*out = f.source;
	else if (f.unread.len == 0 && !f.to.what.bits)
		found = find_digits(text, out);
	if (!found)
		out->unread = f.unread;
	out->of_line = found;
	out->has_to = cs_pasted_is_address(&f.to.what);
	out->to = f.to.what.addr;
	return found;
}

/* --- the whole --- */

static struct cs_span trim(struct cs_span s)
{
	while (s.len > 0 && is_blank(s.ptr[0]))
		s = behind(s, 1);
	while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

static bool is_one_word(struct cs_span s)
{
	size_t n = 0;

	while (n < s.len && !is_blank(s.ptr[n]))
		n++;
	return n == s.len;
}

enum cs_err cs_pasted_read(struct cs_span text, struct cs_pasted *out)
{
	*out = (struct cs_pasted){ 0 };
	if (text.len > TEXT_MAX)
		text.len = TEXT_MAX;
	text = trim(text);
	if ((is_one_word(text) && cs_pasted_word(text, CS_WORD_NAME, out)) ||
	    cs_pasted_numbers(text, out) || read_line(text, out))
		return CS_OK;
	return CS_ERR_SYNTAX;
}
