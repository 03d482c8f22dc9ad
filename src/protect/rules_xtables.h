/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_xtables: what iptables-save or ip6tables-save printed (of either backend), or
 * a file for iptables-restore such as ufw's, taken apart into its tables,
 * chains and rules. Everything points into the text. Pure but for the arena.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rd.h"

struct cs_save_table {
	struct cs_span name;  /* "filter" */
	struct cs_span whole; /* from "*filter" to the line of its COMMIT */
	bool v6;
};

struct cs_save_chain {
	size_t table;
	struct cs_span name;
	struct cs_span policy; /* "DROP"; "-": none */
	size_t n_rules;
	size_t first, last; /* rules of it in the order of the text; SIZE_MAX: none */
	size_t n_front;     /* of them, that -I put in front */
};

struct cs_save_rule {
	size_t chain;
	struct cs_span text; /* "-A INPUT -p udp ...", without counters */
	size_t place;        /* in its chain, from 0 */
	size_t next;         /* of its chain in the text; SIZE_MAX: it is the last */
	bool in_front;       /* -I: of no matter once it has its place */
};

struct cs_save {
	struct cs_save_table *tables;
	size_t n_tables;
	struct cs_save_chain *chains;
	size_t n_chains;
	struct cs_save_rule *rules;
	size_t n_rules;
};

/* True when @text looks like iptables-save's: its first line that says something is "*NAME". */
bool cs_save_is(struct cs_span text);

/*
 * Takes @text apart. Of which family a table is says the tool's comment before it, else
 * what stands in it, else that the same table was there before; IPv4 when nothing does.
 * CS_ERR_SYNTAX  it is no such text: *@line is where, from 1
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_save_read(struct cs_span text, struct cs_arena *arena,
				     struct cs_save *out, size_t *line);

/*
 * Takes the next argument off @rest as iptables-restore does: blanks part them, double
 * and single quotes and backslashes hold them together. @word has its quotes still. False
 * when none is left.
 */
CS_MUST_USE bool cs_save_word(struct cs_span *rest, struct cs_span *word);
