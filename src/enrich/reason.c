/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/reason.h"

#include <inttypes.h>
#include <stdio.h>

void cs_reason_words(struct cs_wr *w, const char *words)
{
	cs_wr_span(w, cs_span_str(words));
}

void cs_reason_name(struct cs_wr *w, struct cs_span name)
{
	bool cut = name.len > CS_REASON_NAME;

	if (cut)
		name.len = CS_REASON_NAME;
	cs_reason_words(w, " (");
	for (size_t i = 0; i < name.len; i++) {
		bool plain = name.ptr[i] >= 0x20 && name.ptr[i] < 0x7f;

		cs_wr_u8(w, plain ? name.ptr[i] : '?');
	}
	cs_reason_words(w, cut ? "...)" : ")");
}

void cs_reason_next(struct cs_wr *w)
{
	if (w->pos > 0)
		cs_reason_words(w, "; ");
}

void cs_reason_hundredths(struct cs_wr *w, uint64_t hundredths)
{
	char text[sizeof("18446744073709551615.00")];

	(void)snprintf(text, sizeof(text), "%" PRIu64 ".%02u", hundredths / 100,
		       (unsigned)(hundredths % 100));
	cs_reason_words(w, text);
}
