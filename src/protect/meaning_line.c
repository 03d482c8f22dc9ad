/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/meaning_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same_addr(const struct cs_addr *a, const struct cs_addr *b)
{
	return cs_addr_cmp(a, b) == 0;
}

static bool same_shadowed(const struct cs_meaning *a, const struct cs_meaning *b)
{
	if (a->n_shadowed != b->n_shadowed)
		return false;
	for (size_t i = 0; i < a->n_shadowed; i++)
		if (a->shadowed[i] != b->shadowed[i])
			return false;
	return true;
}

/* Whether both say the same but for port and flow. */
static bool same_answer(const struct cs_meaning *a, const struct cs_meaning *b)
{
	return strcmp(a->from, b->from) == 0 && a->asker == b->asker &&
	       same_addr(&a->ask.to, &b->ask.to) && a->forward == b->forward &&
	       a->told.verdict == b->told.verdict && a->told.rule == b->told.rule &&
	       same_addr(&a->told.forward_to, &b->told.forward_to) &&
	       a->told.forward_port == b->told.forward_port &&
	       a->source_port == b->source_port && a->exposed == b->exposed &&
	       same_shadowed(a, b);
}

static bool same_port(const struct cs_meaning *a, const struct cs_meaning *b)
{
	return a->ask.tcp == b->ask.tcp && a->ask.port == b->ask.port;
}

static bool same_taker(const struct cs_meaning *a, const struct cs_meaning *b)
{
	return !a->listener == !b->listener &&
	       (!a->listener ||
		(strcmp(a->listener->process, b->listener->process) == 0 &&
		 same_addr(&a->listener->address, &b->listener->address)));
}

/* Both flows of one port become one line. */
static size_t join_flows(const struct cs_meanings *meanings,
			 struct cs_meaning_line *lines)
{
	size_t n = 0, k;

	for (size_t i = 0; i < meanings->n; i++) {
		const struct cs_meaning *row = &meanings->rows[i];

		for (k = 0; k < n; k++)
			if (same_port(lines[k].row, row) &&
			    same_answer(lines[k].row, row))
				break;
		if (k == n)
			lines[n++] = (struct cs_meaning_line){ .row = row,
							       .ports = { row },
							       .n_ports = 1 };
		lines[k].flows |= 1u << row->ask.flow;
	}
	return n;
}

/* Ports of which the same is said become one line. */
static size_t join_ports(struct cs_meaning_line *lines, size_t n)
{
	size_t kept = 0, k;

	for (size_t i = 0; i < n; i++) {
		const struct cs_meaning_line line = lines[i];

		for (k = 0; k < kept; k++)
			if (lines[k].flows == line.flows &&
			    lines[k].n_ports < CS_MEANING_PORTS &&
			    same_answer(lines[k].row, line.row) &&
			    same_taker(lines[k].row, line.row))
				break;
		if (k == kept)
			lines[kept++] = line;
		else
			lines[k].ports[lines[k].n_ports++] = line.row;
	}
	return kept;
}

/* Worst first: what is exposed, what is open, who is far. */
static int by_worry(const void *a, const void *b)
{
	const struct cs_meaning *x = ((const struct cs_meaning_line *)a)->row;
	const struct cs_meaning *y = ((const struct cs_meaning_line *)b)->row;

	if (x->exposed != y->exposed)
		return x->exposed ? -1 : 1;
	if (x->told.verdict != y->told.verdict)
		return x->told.verdict < y->told.verdict ? -1 : 1;
	return (x > y) - (x < y);
}

struct cs_meaning_line *cs_meaning_lines(const struct cs_meanings *meanings,
					 struct cs_arena *arena, size_t *n)
{
	struct cs_meaning_line *lines =
		cs_arena_array(arena, meanings->n + 1, sizeof(*lines));

	if (!lines)
		return NULL;
	*n = join_ports(lines, join_flows(meanings, lines));
	qsort(lines, *n, sizeof(*lines), by_worry);
	return lines;
}

/* --- texts --- */

struct text {
	char *out;
	size_t at;
};

static void add(struct text *text, const char *more)
{
	size_t room = CS_MEANING_TEXT - text->at;
	int len = snprintf(text->out + text->at, room, "%s", more);

	text->at += len < (int)room ? (size_t)len : room - 1;
}

static void add_protocol(struct text *text, const struct cs_meaning_line *line, bool tcp)
{
	bool first = true;
	char number[16];

	for (size_t i = 0; i < line->n_ports; i++) {
		if (line->ports[i]->ask.tcp != tcp)
			continue;
		if (first && text->at)
			add(text, "; ");
		(void)snprintf(number, sizeof(number), "%s%u",
			       !first ? ", "
			       : tcp  ? "TCP "
				      : "UDP ",
			       line->ports[i]->ask.port);
		add(text, number);
		first = false;
	}
}

void cs_meaning_ports_text(const struct cs_meaning_line *line, char out[CS_MEANING_TEXT])
{
	struct text text = { .out = out };

	*out = '\0';
	add_protocol(&text, line, false);
	add_protocol(&text, line, true);
}

void cs_meaning_rule_text(const struct cs_rule *rule, char out[CS_MEANING_TEXT])
{
	if (!rule)
		(void)snprintf(out, CS_MEANING_TEXT, "no rule");
	else if (rule->tool == CS_RULE_UFW && rule->handle)
		(void)snprintf(out, CS_MEANING_TEXT, "ufw rule %" PRIu64 ": %s",
			       rule->handle, rule->text);
	else if (rule->tool == CS_RULE_UFW)
		(void)snprintf(out, CS_MEANING_TEXT, "ufw: %s", rule->text);
	else if (rule->handle == 0)
		(void)snprintf(out, CS_MEANING_TEXT, "%s %s %s: %s",
			       cs_rule_tool_names[rule->tool], rule->table, rule->chain,
			       rule->text);
	else
		(void)snprintf(out, CS_MEANING_TEXT, "%s %s %s %s %" PRIu64 ": %s",
			       cs_rule_tool_names[rule->tool], rule->table, rule->chain,
			       rule->tool == CS_RULE_NFT ? "handle" : "rule",
			       rule->handle, rule->text);
}
