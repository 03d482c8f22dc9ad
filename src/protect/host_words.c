/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/host_words.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "net/special.h"
#include "protect/rules_span.h"

enum {
	WIDE_V4 = 96 + 24, /* the network that a single host is taken to be in */
	WIDE_V6 = 64,
	NARROWEST_V4 = 96 + 8, /* what is wider is no network but most of the world */
	NARROWEST_V6 = 16,
};

/* How much it says, when a rule or a name says that an interface is the outer one. */
enum {
	BY_MASQUERADE = 100,
	BY_PRIVATE = 90, /* likewise, to an address behind another router */
	BY_DNAT = 80,
	BY_WAN = 60,
	BY_PPP = 50,
	BY_ETH0 = 40,
	BY_EN = 30,
	BY_REFLECTION = 20, /* for one of our own hosts, that asks by the outer address */
};

/* What the next value is. */
enum want { NOTHING, LINK_IN, LINK_OUT, FROM, TO, TARGET };

/* One rule under way. */
struct rule {
	struct cs_host_words *words;
	struct cs_span rest, before; /* the token before */
	enum want want;
	enum want joined; /* an interface that is wanted beside it (iifname . ip saddr) */
	bool set, value;  /* inside braces; behind the colon of a map */
	bool not ;        /* what is wanted is excluded */
	struct cs_host_named *in, *out, *not_out;
	struct cs_prefix from, to;
	bool has_from, has_to, refuses, masquerades, sends_on;
	struct cs_span jump;
	struct cs_addr target;
	bool has_target;
};

/* --- names --- */

static unsigned outwards_by_name(const char *name)
{
	if (strncmp(name, "wan", 3) == 0)
		return BY_WAN;
	if (strncmp(name, "ppp", 3) == 0)
		return BY_PPP;
	if (strcmp(name, "eth0") == 0)
		return BY_ETH0;
	return strncmp(name, "en", 2) == 0 ? BY_EN : 0;
}

/* A name that rules may be read to mean: no address, no set, no number. */
static bool is_name(struct cs_span s)
{
	static const char others[] = { '-', '_', '.' };

	if (s.len == 0 || s.len >= CS_HOST_NAME || cs_text_is(s, "lo") ||
	    cs_text_is(s, ".") || cs_text_is(s, "..") || !isalpha(s.ptr[0]))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum(s.ptr[i]) && !memchr(others, s.ptr[i], sizeof(others)))
			return false;
	return true;
}

struct cs_host_named *cs_host_words_link(struct cs_host_words *w, struct cs_span name)
{
	uint8_t last = name.len > 0 ? name.ptr[name.len - 1] : 0;
	bool wild = last == '*' || last == '+';
	struct cs_host_named *link;
	char text[CS_HOST_NAME];

	if (wild)
		name.len--;
	if (!is_name(name) || (wild && name.len + 1 >= CS_HOST_NAME))
		return NULL;
	(void)snprintf(text, sizeof(text), "%.*s%s", (int)name.len,
		       (const char *)name.ptr, wild ? "0" : "");
	for (size_t i = 0; i < w->n_links; i++)
		if (strcmp(w->links[i].name, text) == 0)
			return &w->links[i];
	if (w->n_links == CS_HOST_NAMED_MAX)
		return NULL;
	link = &w->links[w->n_links++];
	memcpy(link->name, text, sizeof(text));
	link->outwards = outwards_by_name(text);
	return link;
}

static void outwards(struct cs_host_named *link, unsigned by)
{
	if (link && link->outwards < by)
		link->outwards = by;
}

/* --- tokens --- */

static bool is_special(uint8_t c)
{
	return c == '{' || c == '}' || c == ',' || c == ';' || c == '"';
}

/* The next word, mark or quoted text; empty at the end. */
static struct cs_span next(struct cs_span *rest)
{
	struct cs_span s = cs_text_trim(*rest);
	size_t n = 0;

	if (s.len && s.ptr[0] == '"') {
		const uint8_t *end = memchr(s.ptr + 1, '"', s.len - 1);

		n = end ? (size_t)(end - s.ptr) - 1 : s.len - 1;
		*rest = cs_text_after(s, n + 2);
		return cs_span_of(s.ptr + 1, n);
	}
	while (n < s.len && !cs_text_blank(s.ptr[n]) && !is_special(s.ptr[n]))
		n++;
	if (n == 0 && s.len)
		n = 1;
	*rest = cs_text_after(s, n);
	return cs_span_of(s.ptr, n);
}

/* --- values --- */

/* ADDRESS, ADDRESS:PORT, [ADDRESS]:PORT, the first of ADDRESS-ADDRESS. */
static bool read_target(struct cs_span s, struct cs_addr *out)
{
	const uint8_t *end;

	if (s.len && s.ptr[0] == '[') {
		end = memchr(s.ptr, ']', s.len);
		return end &&
		       cs_addr_read(cs_span_of(s.ptr + 1, (size_t)(end - s.ptr) - 1),
				    out);
	}
	end = s.len ? memchr(s.ptr, '-', s.len) : NULL;
	if (end)
		s.len = (size_t)(end - s.ptr);
	if (cs_addr_read(s, out))
		return true;
	end = s.len ? memchr(s.ptr, ':', s.len) : NULL;
	return end && cs_addr_read(cs_span_of(s.ptr, (size_t)(end - s.ptr)), out);
}

static void take_link(struct rule *r, enum want want, struct cs_span token)
{
	struct cs_host_named *link = cs_host_words_link(r->words, token);

	if (want == LINK_OUT && r->not )
		r->not_out = link;
	else if (!r->not &&want == LINK_IN && !r->in)
		r->in = link;
	else if (!r->not &&want == LINK_OUT && !r->out)
		r->out = link;
}

static void take_prefix(struct rule *r, struct cs_span token)
{
	bool from = r->want == FROM;
	struct cs_prefix p;

	if (cs_prefix_read(token, &p) != CS_OK) {
		if (r->joined != NOTHING)
			take_link(r, r->joined, token);
		return;
	}
	if (r->not || (from ? r->has_from : r->has_to))
		return;
	if (from)
		r->from = p;
	else
		r->to = p;
	*(from ? &r->has_from : &r->has_to) = true;
}

static void take_target(struct rule *r, struct cs_span token)
{
	struct cs_addr a;

	if (r->has_target || !read_target(token, &a))
		return;
	r->target = a;
	r->has_target = true;
	r->want = NOTHING;
}

static void take_value(struct rule *r, struct cs_span token)
{
	if (r->want == TARGET) {
		take_target(r, token); /* whatever stands before it, as in a map */
		return;
	}
	if (r->want == LINK_IN || r->want == LINK_OUT)
		take_link(r, r->want, token);
	else
		take_prefix(r, token);
	if (!r->set)
		r->want = NOTHING;
}

/* --- words --- */

static const struct {
	const char *word;
	enum want want;
} openers[] = {
	{ "iif", LINK_IN },
	{ "iifname", LINK_IN },
	{ "-i", LINK_IN },
	{ "--in-interface", LINK_IN },
	{ "oif", LINK_OUT },
	{ "oifname", LINK_OUT },
	{ "-o", LINK_OUT },
	{ "--out-interface", LINK_OUT },
	{ "saddr", FROM },
	{ "-s", FROM },
	{ "--source", FROM },
	{ "daddr", TO },
	{ "-d", TO },
	{ "--destination", TO },
	{ "--to-destination", TARGET },
	{ "--to-source", TARGET },
};

static bool opens(struct rule *r, struct cs_span token)
{
	for (size_t i = 0; i < CS_LEN(openers); i++)
		if (cs_text_is(token, openers[i].word)) {
			r->want = openers[i].want;
			r->not = cs_text_is(r->before, "!");
			r->set = r->value = false;
			return true;
		}
	return false;
}

static bool is_one_of(struct cs_span token, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (cs_text_is(token, words[i]))
			return true;
	return false;
}

#define IS_ONE_OF(token, ...)                                    \
	is_one_of((token), (const char *const[]){ __VA_ARGS__ }, \
		  CS_LEN(((const char *const[]){ __VA_ARGS__ })))

/* What the rule does; true when @token said so. */
static bool acts(struct rule *r, struct cs_span token)
{
	if (IS_ONE_OF(r->before, "jump", "goto", "-j", "-g"))
		r->jump = token; /* or, of iptables', what is no chain */
	if (IS_ONE_OF(token, "drop", "DROP", "reject", "REJECT")) {
		r->refuses = true;
	} else if (IS_ONE_OF(token, "masquerade", "MASQUERADE", "snat", "SNAT")) {
		r->masquerades = true;
	} else if (IS_ONE_OF(token, "dnat", "DNAT")) {
		r->sends_on = true;
	} else if (cs_text_is(token, "to") && (r->masquerades || r->sends_on)) {
		r->want = TARGET;
	} else {
		return false;
	}
	return true;
}

/* Marks between the values; true when @token was one. */
static bool marks(struct rule *r, struct cs_span token)
{
	if (cs_text_is(token, "!=")) {
		r->not = true;
	} else if (cs_text_is(token, "{")) {
		r->set = true;
	} else if (cs_text_is(token, "}")) {
		r->set = r->value = false;
		r->want = r->want == TARGET ? TARGET : NOTHING;
		r->joined = NOTHING;
	} else if (cs_text_is(token, ".")) {
		if (r->want == LINK_IN || r->want == LINK_OUT)
			r->joined = r->want;
	} else if (cs_text_is(token, ":")) {
		r->value = true;
	} else if (cs_text_is(token, ",")) {
		r->value = false;
	} else {
		return IS_ONE_OF(token, "==", "vmap", "map", "!", ";");
	}
	return true;
}

static void read_rule(struct rule *r)
{
	struct cs_span token;

	while ((token = next(&r->rest)).len) {
		if (IS_ONE_OF(token, "comment", "--comment"))
			(void)next(&r->rest); /* people's own words */
		else if (!marks(r, token) && !opens(r, token) && !acts(r, token) &&
			 r->want != NOTHING && (!r->value || r->want == TARGET))
			take_value(r, token);
		r->before = token;
	}
}

/* --- what follows --- */

static bool is_group(const struct cs_addr *a)
{
	return cs_addr_is_v4(a) ? a->b[12] >= 224 || a->b[12] == 127 || a->b[12] == 0
				: a->b[0] == 0xff || a->b[0] < 0x20;
}

static struct cs_prefix network_around(const struct cs_addr *a)
{
	struct cs_prefix p = { *a, cs_addr_is_v4(a) ? WIDE_V4 : WIDE_V6 };

	for (unsigned i = p.bits / 8; i < sizeof(p.addr.b); i++)
		p.addr.b[i] = 0;
	return p;
}

static void lies_beyond(struct rule *r, const struct cs_host_named *link,
			const struct cs_prefix *p)
{
	struct cs_host_words *w = r->words;
	unsigned least = cs_addr_is_v4(&p->addr) ? NARROWEST_V4 : NARROWEST_V6;

	if (!link || r->refuses || p->bits < least || is_group(&p->addr) ||
	    w->n_beyond == CS_HOST_HINTS_MAX)
		return;
	w->beyond[w->n_beyond++] =
		(struct cs_host_beyond){ (size_t)(link - w->links),
					 p->bits == 128 ? network_around(&p->addr) : *p };
}

static void add(struct cs_addr *list, size_t *n, const struct cs_addr *a)
{
	if (is_group(a) || *n == CS_HOST_HINTS_MAX)
		return;
	for (size_t i = 0; i < *n; i++)
		if (cs_addr_cmp(&list[i], a) == 0)
			return;
	list[(*n)++] = *a;
}

/* Of private space: nobody's on the internet. */
static bool is_ours(const struct cs_addr *a)
{
	const struct cs_special *special = cs_special_of(a);

	return special && !special->never;
}

static void conclude(struct rule *r, enum cs_host_place place)
{
	struct cs_host_words *w = r->words;

	if (r->masquerades)
		outwards(r->out, r->has_to                              ? BY_REFLECTION
				 : r->has_target && is_ours(&r->target) ? BY_PRIVATE
									: BY_MASQUERADE);
	if (r->sends_on)
		outwards(r->in,
			 r->has_from && is_ours(&r->from.addr) ? BY_REFLECTION : BY_DNAT);
	if (cs_text_starts(r->jump, "wan") || cs_text_is(r->jump, "input_wan"))
		outwards(r->in, BY_WAN);
	if (r->has_from)
		lies_beyond(r, r->in, &r->from);
	if (r->has_from && r->masquerades)
		lies_beyond(r, r->not_out, &r->from);
	if (r->has_to)
		lies_beyond(r, r->out, &r->to);
	if (r->has_target && r->sends_on)
		add(w->targets, &w->n_targets, &r->target);
	else if (r->has_target)
		add(w->own, &w->n_own, &r->target);
	if (r->has_to && r->to.bits == 128 &&
	    (r->sends_on || place == CS_HOST_PLACE_INPUT))
		add(w->own, &w->n_own, &r->to.addr);
}

struct cs_host_said cs_host_words_rule(struct cs_host_words *words, const char *text,
				       enum cs_host_place place)
{
	struct rule r = { .words = words, .rest = cs_span_str(text) };

	read_rule(&r);
	conclude(&r, place);
	return (struct cs_host_said){ r.in, r.out, r.masquerades && !r.has_to,
				      r.sends_on && !r.has_from, r.jump };
}

void cs_host_words_jumped(const struct cs_host_said *from, bool masquerades,
			  bool sends_on)
{
	if (masquerades)
		outwards(from->out, BY_MASQUERADE);
	if (sends_on)
		outwards(from->in, BY_DNAT);
}

/* --- sets --- */

static bool is_of_links(struct cs_span line)
{
	return (cs_text_starts(line, "type ") || cs_text_starts(line, "typeof ")) &&
	       (cs_text_has(line, "ifname") || cs_text_has(line, "iface"));
}

/* The quoted words of a line; what stands behind a map's colon is a verdict or a number. */
static void add_quoted(struct cs_host_words *w, struct cs_span line)
{
	while (line.len) {
		bool quoted;
		struct cs_span token;

		line = cs_text_trim(line);
		quoted = line.len && line.ptr[0] == '"';
		token = next(&line);
		if (cs_text_is(token, "comment"))
			(void)next(&line);
		else if (quoted)
			(void)cs_host_words_link(w, token); /* or none */
	}
}

void cs_host_words_sets(struct cs_host_words *words, struct cs_span nft)
{
	struct cs_span line;
	bool of_links = false, in_elements = false;

	while (cs_text_line(&nft, &line)) {
		line = cs_text_trim(line);
		if (cs_text_starts(line, "type"))
			of_links = is_of_links(line);
		if (cs_text_starts(line, "elements"))
			in_elements = of_links;
		if (in_elements)
			add_quoted(words, line);
		if (cs_text_ends(line, "}"))
			in_elements = false;
	}
}
