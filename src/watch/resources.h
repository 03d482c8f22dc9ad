/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resources: which targets were asked for by one source alone. Of fixed size; a target
 * that was forgotten counts as asked for by many.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct cs_resources;

/* CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_resources_open(size_t bytes, struct cs_resources **out);
void cs_resources_close(struct cs_resources *resources);

/* The source whose address has the hash @asker asked for the target @path. */
void cs_resources_asked(struct cs_resources *resources, uint32_t path, uint64_t asker);

/* Whether it alone did. */
bool cs_resources_alone(const struct cs_resources *resources, uint32_t path,
			uint64_t asker);
