/* SPDX-License-Identifier: Apache-2.0 */
/* What people see. */
#include <string.h>

#include "out/grid.h"
#include "protect/meaning_line.h"

enum { FROM, TO, PORTS, FLOW, VERDICT, RULE, LISTENER, N_COLUMNS };

static const char *const heads[N_COLUMNS] = {
	"FROM", "TO", "PORTS", "FLOW", "VERDICT", "DECIDED BY", "LISTENS",
};

struct sheet {
	const struct cs_meanings *meanings;
	const struct cs_meaning_request *request;
	const struct cs_meaning_line *lines;
	size_t n;
	FILE *to;
	bool colour;
};

static void say(const struct sheet *s, const char *text)
{
	(void)fputs(text, s->to);
}

static void say_escaped(const struct sheet *s, const char *text)
{
	cs_term_text(s->to, cs_span_str(text));
}

static void say_loud(const struct sheet *s, enum cs_term_style style, const char *text)
{
	cs_term_style(s->to, s->colour, style);
	say(s, text);
	cs_term_style(s->to, s->colour, CS_TERM_PLAIN);
}

/* --- in words: what is exposed --- */

static void say_rule(const struct sheet *s, const char *what, const struct cs_rule *rule,
		     const char *after)
{
	char text[CS_MEANING_TEXT];

	cs_meaning_rule_text(rule, text);
	say(s, what);
	say_escaped(s, text);
	say(s, after);
}

/* Who answers: "by coap-server", "by 172.17.0.2 port 15683, to which it is sent on". */
static void say_taker(const struct sheet *s, const struct cs_meaning *row)
{
	static const struct cs_addr none;
	char text[CS_ADDR_TEXT];

	if (row->listener && *row->listener->process) {
		say(s, " by ");
		say_escaped(s, row->listener->process);
	}
	if (row->told.forward_port && cs_addr_cmp(&row->told.forward_to, &none) != 0) {
		cs_addr_text(&row->told.forward_to, text);
		(void)fprintf(s->to, ", sent on to %s port %u", text,
			      row->told.forward_port);
	} else if (row->told.forward_port) {
		(void)fprintf(s->to, ", sent on to port %u", row->told.forward_port);
	} else if (row->forward) {
		say(s, ", routed");
	}
	if (!row->listener && !row->forward)
		say(s, ", if something listens there");
}

static void say_source_port(const struct sheet *s, const struct cs_meaning *row)
{
	if (row->source_port)
		(void)fprintf(s->to, " when asked from source port %u", row->source_port);
}

static void say_exposed(const struct sheet *s, const struct cs_meaning_line *line)
{
	const struct cs_meaning *row = line->row;
	char ports[CS_MEANING_TEXT], to[CS_ADDR_TEXT];

	cs_meaning_ports_text(line, ports);
	cs_addr_text(&row->ask.to, to);
	say_loud(s, CS_TERM_RED, "EXPOSED to the internet: ");
	(void)fprintf(s->to, "%s at %s is answered%s%s", ports, to,
		      row->told.verdict == CS_MEANING_LIMIT ? " up to a rate" : "",
		      line->flows == 1u << CS_FLOW_ESTABLISHED
			      ? " from the second packet of a port on"
			      : "");
	say_source_port(s, row);
	say_taker(s, row);
	say(s, "\n");
	say_rule(s, "  decided by ", row->told.rule, "\n");
	for (size_t i = 0; i < row->n_shadowed; i++)
		say_rule(s, "  shadowed, without effect: ", row->shadowed[i], "\n");
}

/* --- in words: what is not --- */

/* What the rules let in from the internet that nobody takes: one line. */
static void say_open(const struct sheet *s)
{
	char ports[CS_MEANING_TEXT];
	const char *before = "The rules let the internet in, and nobody listens: ";

	for (size_t i = 0; i < s->n; i++) {
		const struct cs_meaning *row = s->lines[i].row;
		char to[CS_ADDR_TEXT];

		if (row->asker != CS_ASKER_INTERNET || row->exposed ||
		    !cs_meaning_is_answered(row))
			continue;
		cs_meaning_ports_text(&s->lines[i], ports);
		cs_addr_text(&row->ask.to, to);
		(void)fprintf(s->to, "%s%s at %s", before, ports, to);
		say_source_port(s, row);
		before = ", ";
	}
	if (*before == ',')
		say(s, "\n");
}

static void say_peers(const struct sheet *s)
{
	if (s->meanings->n_peers < s->request->n_peers)
		(void)fprintf(s->to, "%zu of %zu peers asked\n", s->meanings->n_peers,
			      s->request->n_peers);
}

static void say_flood(const struct sheet *s, const struct cs_probe_told *flood,
		      const char *family)
{
	if (flood->sent)
		(void)fprintf(s->to,
			      "A flood from %u spoofed sources (%s): %u of %u answered, "
			      "%llu bytes in, %llu bytes out\n",
			      (unsigned)CS_MEANING_FLOOD, family, flood->answered,
			      flood->sent, (unsigned long long)flood->bytes_in,
			      (unsigned long long)flood->bytes_out);
}

/* --- what to do --- */

static bool is_answered_now(const struct cs_meaning *row)
{
	return cs_meaning_is_answered(row) && row->source_port == 0;
}

static bool was_said(const struct sheet *s, size_t before, const char *from)
{
	for (size_t i = 0; i < before; i++)
		if (s->meanings->rows[i].asker != CS_ASKER_INTERNET &&
		    is_answered_now(&s->meanings->rows[i]) &&
		    strcmp(s->meanings->rows[i].from, from) == 0)
			return true;
	return false;
}

static bool is_part_of_name(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '.' || c == ':';
}

/* True where @name stands in the text by itself. */
static bool has_name(struct cs_span text, const char *name)
{
	size_t len = strlen(name);

	while (text.len >= len) {
		const uint8_t *at = memmem(text.ptr, text.len, name, len);
		size_t before = at ? (size_t)(at - text.ptr) : 0, behind = before + len;

		if (!at)
			return false;
		if ((before == 0 || !is_part_of_name(text.ptr[before - 1])) &&
		    (behind == text.len || !is_part_of_name(text.ptr[behind])))
			return true;
		text = cs_span_of(text.ptr + behind, text.len - behind);
	}
	return false;
}

/* False for a network of another host that we made up: not to be allowed there. */
static bool is_known(const struct sheet *s, const struct cs_meaning *row)
{
	const struct cs_meaning_request *r = s->request;
	char text[CS_PREFIX_TEXT];

	if (!r->host->assumed || row->asker == CS_ASKER_PEER)
		return true;
	for (size_t i = 0; i < r->n_locals; i++) {
		cs_prefix_text(&r->locals[i], text);
		if (strcmp(text, row->from) == 0)
			return true;
	}
	return r->rules && (has_name(r->rules->nft, row->from) ||
			    has_name(r->rules->xtables4, row->from) ||
			    has_name(r->rules->xtables6, row->from));
}

/*
 * Whoever of our own is answered now shall be so afterwards; not who would have to choose
 * his port for it. False when that is not all, as
 * their networks are not known.
 */
static bool say_allowed(const struct sheet *s)
{
	bool all = true;

	for (size_t i = 0; i < s->meanings->n; i++) {
		const struct cs_meaning *row = &s->meanings->rows[i];

		if ((row->asker != CS_ASKER_LOCAL && row->asker != CS_ASKER_PEER) ||
		    !is_answered_now(row) || was_said(s, i, row->from))
			continue;
		if (is_known(s, row))
			(void)fprintf(s->to, " --allow %s", row->from);
		else
			all = false;
	}
	return all;
}

static bool is_routed(const struct cs_meaning *row)
{
	return row->exposed && row->forward && row->told.forward_port == 0;
}

static void say_next(const struct sheet *s)
{
	bool router = false, all;

	for (size_t i = 0; i < s->meanings->n; i++)
		router |= is_routed(&s->meanings->rows[i]);
	say(s, s->request->host->assumed ? "Next, on that host: " : "Next: ");
	say(s, "coapscope protect plan --strangers drop");
	all = say_allowed(s);
	say(s, router ? " --router\n" : "\n");
	if (!all)
		say(s,
		    "  with --allow PREFIX for each peer and local network that is to be "
		    "answered\n");
}

/* --- all answers --- */

static void put_listener(struct cs_grid *grid, const struct cs_meaning *row)
{
	char text[CS_ADDR_TEXT];

	if (!row->listener)
		return;
	cs_grid_put_str(grid, LISTENER, row->listener->process);
	cs_addr_text(&row->listener->address, text);
	cs_grid_put_str(grid, LISTENER, text);
}

static void put_from(struct cs_grid *grid, const struct cs_meaning *row)
{
	char text[sizeof("port 65535")];

	cs_grid_put_str(grid, FROM, row->from);
	if (row->source_port == 0)
		return;
	(void)snprintf(text, sizeof(text), "port %u", row->source_port);
	cs_grid_put_str(grid, FROM, text);
}

static void put_to(struct cs_grid *grid, const struct cs_meaning *row)
{
	static const struct cs_addr none;
	char text[CS_ADDR_TEXT + sizeof("-> , 65535")];

	cs_addr_text(&row->ask.to, text);
	cs_grid_put_str(grid, TO, text);
	if (row->told.forward_port == 0)
		return;
	if (cs_addr_cmp(&row->told.forward_to, &none) != 0) {
		cs_grid_put_str(grid, TO, "->");
		cs_addr_text(&row->told.forward_to, text);
		cs_grid_put_str(grid, TO, text);
	}
	(void)snprintf(text, sizeof(text), "-> port %u", row->told.forward_port);
	cs_grid_put_str(grid, TO, text);
}

static void put_line(struct cs_grid *grid, const struct cs_meaning_line *line)
{
	const struct cs_meaning *row = line->row;
	char text[CS_MEANING_TEXT];

	cs_grid_row(grid, 0,
		    row->exposed                  ? CS_TERM_RED
		    : cs_meaning_is_answered(row) ? CS_TERM_YELLOW
						  : CS_TERM_PLAIN);
	put_from(grid, row);
	put_to(grid, row);
	cs_meaning_ports_text(line, text);
	cs_grid_put_str(grid, PORTS, text);
	cs_grid_put_str(grid, FLOW,
			line->flows == 1u << CS_FLOW_NEW           ? "new"
			: line->flows == 1u << CS_FLOW_ESTABLISHED ? "established"
								   : "any");
	cs_grid_put_str(grid, VERDICT, cs_meaning_verdict_text(row->told.verdict));
	cs_meaning_rule_text(row->told.rule, text);
	cs_grid_put_str(grid, RULE, text);
	put_listener(grid, row);
}

static enum cs_err write_grid(const struct sheet *s, size_t width)
{
	struct cs_grid grid = { 0 };
	enum cs_err err;

	cs_grid_begin(&grid, heads, N_COLUMNS);
	for (size_t i = 0; i < s->n; i++)
		put_line(&grid, &s->lines[i]);
	err = cs_grid_print(&grid, s->to, width, s->colour);
	cs_grid_clear(&grid);
	return err;
}

static void write_words(const struct sheet *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->lines[i].row->exposed)
			say_exposed(s, &s->lines[i]);
	if (s->meanings->exposed == 0)
		say_loud(s, CS_TERM_GREEN,
			 "Not exposed: nobody on the internet is answered on a CoAP "
			 "port.\n");
	say_open(s);
	say_peers(s);
	say_flood(s, &s->meanings->flood4, "IPv4");
	say_flood(s, &s->meanings->flood6, "IPv6");
	if (s->meanings->exposed)
		say_next(s);
	say(s, "\n");
}

enum cs_err cs_meanings_write_table(const struct cs_meanings *meanings,
				    const struct cs_meaning_request *request, FILE *to,
				    size_t width, bool colour)
{
	struct cs_arena arena = { 0 };
	struct sheet s = {
		.meanings = meanings, .request = request, .to = to, .colour = colour
	};
	enum cs_err err = CS_ERR_NOMEM;

	s.lines = cs_meaning_lines(meanings, &arena, &s.n);
	if (s.lines) {
		write_words(&s);
		err = write_grid(&s, width);
	}
	cs_arena_clear(&arena);
	return err;
}
