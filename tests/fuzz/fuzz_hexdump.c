/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever is pasted as hex: each byte takes two characters, and no more is written. */
#include "fuzz.h"
#include "watch/hexdump.h"

enum { ROOM = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t room[ROOM];
	struct cs_wr out = cs_wr_over(room, sizeof(room));
	size_t at;

	if (cs_hexdump_read(cs_span_of(data, size), &out, &at))
		MUST(at <= size);
	else
		MUST(out.pos > 0);
	MUST(2 * out.pos <= size);
	return 0;
}
