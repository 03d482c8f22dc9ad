/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_listing: what `nft -a list ruleset` printed, taken apart into tables,
 * chains and rules. Everything points into the text. What a rule means is
 * rules_words.h's business; what else stands in a table (sets, maps, flowtables,
 * objects) is told as a block with a name, for whoever wants to look into it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rd.h"

struct cs_listing_table {
	struct cs_span name;  /* "inet filter" */
	struct cs_span whole; /* from "table" to the line of its closing brace */
	uint64_t handle;      /* 0: the text has none */
	bool dormant;
	bool xt;      /* a rule in it holds what only iptables can print */
	bool counted; /* each of its rules counts, as all of iptables' do */
	size_t n_blocks;
};

struct cs_listing_chain {
	size_t table;
	struct cs_span name;
	struct cs_span hook; /* "input"; empty: it is jumped to */
	int32_t priority;
	struct cs_span policy; /* "drop"; empty: none */
	size_t n_rules;
};

struct cs_listing_rule {
	size_t chain;
	struct cs_span text;  /* without its handle; may hold line breaks */
	struct cs_span whole; /* its lines, with their ends */
	uint64_t handle;      /* 0: the text has none */
	size_t place;         /* in its chain, from 0 */
	bool xt;              /* "xt match" or "xt target": not to be loaded again */
};

/* set, map, meter, flowtable, counter, quota, limit, ct helper ... */
struct cs_listing_block {
	size_t table;
	struct cs_span kind; /* "set" */
	struct cs_span name;
	struct cs_span body; /* the lines between the braces */
};

struct cs_listing {
	struct cs_listing_table *tables;
	size_t n_tables;
	struct cs_listing_chain *chains;
	size_t n_chains;
	struct cs_listing_rule *rules;
	size_t n_rules;
	struct cs_listing_block *blocks;
	size_t n_blocks;
};

/*
 * Takes @text apart; the arrays are the arena's. A text without handles is read
 * too, by its braces and quotes.
 * CS_ERR_SYNTAX  it is no listing: *@line is where, from 1
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_listing_read(struct cs_span text, struct cs_arena *arena,
					struct cs_listing *out, size_t *line);

/*
 * @listing (of `nft -a list ruleset`) with table inet coapscope as @then lists it: made
 * anew, and so the last. In the arena. CS_ERR_IO: it is not as nft writes it;
 * CS_ERR_NOMEM; @why (512 bytes) is one line
 */
CS_MUST_USE enum cs_err cs_rules_listing_with(struct cs_span listing, struct cs_span then,
					      struct cs_arena *arena, struct cs_span *out,
					      char *why);

/* A base chain's priority as nft prints it: "filter", "dstnat + 10", "-450". */
CS_MUST_USE bool cs_listing_priority(struct cs_span text, bool bridge, int32_t *out);

/*
 * True for a rule that nft prints and cannot read again: it holds a match or target of
 * iptables', "xt match NAME". Words in quotes are somebody's comment or prefix.
 */
bool cs_listing_is_xt(struct cs_span rule);
