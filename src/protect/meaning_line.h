/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meaning_line: rows that say the same of several ports and flows as one line for people,
 * worst first.
 */
#pragma once

#include "protect/meaning.h"

enum { CS_MEANING_PORTS = 16, CS_MEANING_TEXT = 512 };

struct cs_meaning_line {
	const struct cs_meaning *row;                     /* the first of them */
	const struct cs_meaning *ports[CS_MEANING_PORTS]; /* one for each */
	size_t n_ports;
	unsigned flows; /* a bit an enum cs_flow_kind */
};

/* The lines of all rows, in the arena; @n of them. NULL: memory is out. */
struct cs_meaning_line *cs_meaning_lines(const struct cs_meanings *meanings,
					 struct cs_arena *arena, size_t *n);

/* "UDP 5683, 5684; TCP 5683" */
void cs_meaning_ports_text(const struct cs_meaning_line *line, char out[CS_MEANING_TEXT]);

/*
 * "ufw rule 2: 5683/udp DENY IN Anywhere", "nft inet filter input handle 4: udp dport 5683 drop".
 * As it stands in the rules: not escaped.
 */
void cs_meaning_rule_text(const struct cs_rule *rule, char out[CS_MEANING_TEXT]);
