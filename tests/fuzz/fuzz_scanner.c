/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of scanners: what is wrong with it is said in one printable line; of what can
 * be read no prefix is lost, none is too wide, and each has a name and a kind.
 */
#include <string.h>

#include "enrich/scanner.h"
#include "enrich/scanner_list.h"
#include "fuzz.h"

static enum cs_err look(void *arg, const struct cs_prefix *prefix, struct cs_span name)
{
	const struct cs_scanners *s = arg;
	struct cs_range range = cs_prefix_range(prefix);
	struct cs_scanner who;

	(void)name;
	MUST(prefix->bits >= (cs_addr_is_v4(&prefix->addr) ? 104 : 16));
	MUST(cs_scanners_find(s, &range.lo, &who) &&
	     cs_scanners_find(s, &range.hi, &who));
	MUST(who.name.len > 0 && who.name.len <= 255 && who.kind.len > 0);
	return CS_OK;
}

static enum cs_err head(void *arg, const struct cs_scanner_head *head)
{
	(void)arg;
	MUST(head->date_us >= 0);
	return CS_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_span text = cs_span_of(data, size);
	struct cs_scanners *s;
	char why[CS_SCANNERS_WHY] = "";

	MUST(cs_scanners_open(&s) == CS_OK);
	if (cs_scanners_add_text(s, text, "file", 1, why)) {
		MUST(strncmp(why, "file:", 5) == 0 && strlen(why) < CS_SCANNERS_WHY - 1);
		for (const char *c = why; *c; c++)
			MUST(*c >= ' ' && *c <= '~');
	} else {
		struct cs_scanner_sink sink = { s, look, head };
		struct cs_scanner_fault fault;

		MUST(cs_scanners_settle(s) == CS_OK);
		MUST(cs_scanner_list_read(text, &sink, &fault) == CS_OK);
	}
	cs_scanners_close(s);
	return 0;
}
