/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and prefixes by their text, for tests that name many. */
#pragma once

#include "test.h"

#include "base/addr.h"

static inline struct cs_addr addr(const char *text)
{
	struct cs_addr a;

	if (!cs_addr_read(cs_span_str(text), &a))
		fail_msg("'%s' is not read", text);
	return a;
}

static inline struct cs_prefix prefix(const char *text)
{
	struct cs_prefix p = { 0 };

	if (cs_prefix_read(cs_span_str(text), &p))
		fail_msg("'%s' is not read", text);
	return p;
}
