/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/scanner_list.h"

#include "base/clock.h"
#include "base/shown.h"

enum {
	SHORTEST_V4 = 96 + 8, /* /8: nobody scans from more; it is a slip */
	SHORTEST_V6 = 16,
	DATE_LEN = sizeof("2026-08-20") - 1,
};

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct cs_span cs_scanner_trim(struct cs_span text)
{
	while (text.len > 0 && is_blank(text.ptr[0]))
		text = cs_span_of(text.ptr + 1, text.len - 1);
	while (text.len > 0 && is_blank(text.ptr[text.len - 1]))
		text.len--;
	return text;
}

static enum cs_err bad(struct cs_scanner_fault *fault, enum cs_err err,
		       struct cs_span text, const char *want)
{
	(void)cs_shown(text, fault->bad, sizeof(fault->bad));
	fault->want = want;
	return err;
}

enum cs_err cs_scanner_prefix_read(struct cs_span text, struct cs_prefix *out,
				   struct cs_scanner_fault *fault)
{
	enum cs_err err = cs_prefix_read(text, out);

	/* Bits behind the length do no harm here: nothing is sent to these. */
	if (err && err != CS_ERR_RANGE)
		return bad(fault, err, text, "an address or a prefix");
	if (cs_addr_is_v4(&out->addr) ? out->bits < SHORTEST_V4 : out->bits < SHORTEST_V6)
		return bad(fault, CS_ERR_RANGE, text,
			   "a prefix of at least /8 (IPv4) or /16 (IPv6)");
	return CS_OK;
}

/* 0 unless all of the ten characters are a day. */
static int64_t date_at(const uint8_t *at)
{
	char text[DATE_LEN];
	int32_t day;

	if (at[0] != '2' || at[1] != '0' || at[4] != at[7] ||
	    (at[4] != '-' && at[4] != '/'))
		return 0;
	memcpy(text, at, sizeof(text));
	text[4] = text[7] = '-';
	if (!cs_day_read(cs_span_of(text, sizeof(text)), &day))
		return 0;
	return day * CS_US_PER_DAY;
}

int64_t cs_scanner_date_in(struct cs_span text)
{
	int64_t latest = 0;

	for (size_t i = 0; i + DATE_LEN <= text.len; i++) {
		int64_t date = date_at(text.ptr + i);

		latest = date > latest ? date : latest;
	}
	return latest;
}

static struct cs_span without_mark(struct cs_span text)
{
	static const uint8_t mark[] = { 0xef, 0xbb, 0xbf }; /* U+FEFF in UTF-8 */

	if (text.len < sizeof(mark) || memcmp(text.ptr, mark, sizeof(mark)) != 0)
		return text;
	return cs_span_of(text.ptr + sizeof(mark), text.len - sizeof(mark));
}

enum cs_err cs_scanner_list_read(struct cs_span text, const struct cs_scanner_sink *sink,
				 struct cs_scanner_fault *fault)
{
	struct cs_span body;

	*fault = (struct cs_scanner_fault){ 0 };
	text = without_mark(text);
	body = cs_scanner_trim(text);
	if (body.len == 0)
		return CS_ERR_FOREIGN;
	if (body.ptr[0] == '{')
		return cs_scanner_misp_read(text, sink, fault);
	return cs_scanner_text_read(text, sink, fault);
}
