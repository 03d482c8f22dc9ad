/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resources: which targets were asked for by one source alone, and perhaps by floods
 * after it: whoever tries an amplifier comes first, and the attack in victims' names
 * follows. Of fixed size; a target that was forgotten counts as asked for by many.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct cs_resources;

/* Another source makes a flood from @flood requests on. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_resources_open(size_t bytes, uint32_t flood,
					  struct cs_resources **out);
void cs_resources_close(struct cs_resources *resources);

void cs_resources_clear(struct cs_resources *resources);

/* The source whose address has the hash @asker asked for the target @path. */
void cs_resources_asked(struct cs_resources *resources, uint32_t path, uint64_t asker);

/* A flood on it began at @first_us. */
void cs_resources_flooded(struct cs_resources *resources, uint32_t path,
			  int64_t first_us);

/* Whether a flood on it began after @first_us. */
bool cs_resources_tried(const struct cs_resources *resources, uint32_t path,
			int64_t first_us);

/* Whether it alone did, or it first and then nobody but floods. */
bool cs_resources_alone(const struct cs_resources *resources, uint32_t path,
			uint64_t asker);
