/* SPDX-License-Identifier: Apache-2.0 */
/*
 * board: the verdicts that are to be shown, the worst of them, and what was last said
 * of each source, so that a live watch says what changed and no more. Bounded: holds
 * between N and 2 N; the least bad go first, and are counted.
 */
#pragma once

#include "base/siphash.h"
#include "watch/verdict.h"

struct cs_board;

/* @key: sources choose what is hashed. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_board_open(size_t most, const struct cs_sipkey *key,
				      struct cs_board **out);
void cs_board_close(struct cs_board *board);

/*
 * Puts a copy of @verdict (without its samples) in place of what was there of the same
 * source or prefix. *@changed: it is new, or class, victim, worry, whether it was
 * answered, or who it is differs from before. CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_board_put(struct cs_board *board,
				     const struct cs_verdict *verdict, bool *changed);

/*
 * The worst @most, worst first: borrowed until the next call to the board. *@left_out:
 * how many more have been put.
 */
const struct cs_verdict *cs_board_worst(struct cs_board *board, size_t *n,
					uint64_t *left_out);

/* How many of those that are held are of each class and worry; adds to @out. */
void cs_board_tally(const struct cs_board *board,
		    uint32_t out[CS_CLASSES][CS_WORRY_ACT_NOW + 1]);
