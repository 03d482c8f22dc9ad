/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever is pasted: what is found is an address or prefix without bits behind its
 * length, a name that stands in the text, or several different readings of digits.
 */
#include "fuzz.h"
#include "watch/pasted.h"

static void check_prefix(const struct cs_prefix *p)
{
	char text[CS_PREFIX_TEXT];
	struct cs_prefix again;

	cs_prefix_text(p, text);
	MUST(cs_prefix_read(cs_span_str(text), &again) == CS_OK);
	MUST(again.bits == p->bits && cs_addr_cmp(&again.addr, &p->addr) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_pasted p;

	if (cs_pasted_read(cs_span_of(data, size), &p))
		return 0;
	switch (p.kind) {
	case CS_PASTED_PREFIX:
		check_prefix(&p.what);
		break;
	case CS_PASTED_NAME:
		MUST(p.name.len > 0 && p.name.ptr >= data &&
		     p.name.ptr + p.name.len <= data + size);
		break;
	case CS_PASTED_SEVERAL:
		MUST(p.n_readings > 1 && p.n_readings <= CS_PASTED_READINGS);
		for (size_t i = 0; i < p.n_readings; i++)
			check_prefix(&p.reading[i]);
		break;
	}
	return 0;
}
