/* SPDX-License-Identifier: Apache-2.0 */
/* What every fuzz target is. A broken property is an abort(). */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(property)           \
	do {                     \
		if (!(property)) \
			abort(); \
	} while (0)
