/* SPDX-License-Identifier: Apache-2.0 */
#include "base/shown.h"

#include <stdio.h>

char *cs_shown(struct cs_span text, char *out, size_t cap)
{
	size_t room = cap - sizeof("..."), at = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		bool plain = c >= ' ' && c <= '~' && c != '\\';
		size_t need = plain ? 1 : 4;

		if (need > room) {
			memcpy(out + at, "...", 3);
			at += 3;
			break;
		}
		(void)snprintf(out + at, 5, plain ? "%c" : "\\x%02x", c);
		at += need;
		room -= need;
	}
	out[at] = '\0';
	return out;
}
