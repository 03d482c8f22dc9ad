/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_index: which number a text stands for, in constant time however many there are: rules of
 * other machines may have a million chains. Pure but for the arena.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/rd.h"

struct cs_text_slot {
	struct cs_span text; /* borrowed */
	size_t number;
	bool taken;
};

/* Zeroed but for @arena it is empty; nothing has to be freed. */
struct cs_text_index {
	struct cs_arena *arena;
	struct cs_text_slot *slots;
	size_t room, n; /* room: a power of two, or 0 */
};

/* The number of @text; false: it was never added. */
CS_MUST_USE bool cs_text_index_find(const struct cs_text_index *index,
				    struct cs_span text, size_t *number);

/* Adds @text, which is not there yet and must outlive the index. False: memory is out. */
CS_MUST_USE bool cs_text_index_add(struct cs_text_index *index, struct cs_span text,
				   size_t number);
