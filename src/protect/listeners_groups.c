/* SPDX-License-Identifier: Apache-2.0 */
/* The multicast groups that are joined, by /proc/net/igmp and igmp6. */
#include <stdio.h>

#include "base/num.h"
#include "protect/listeners.h"
#include "protect/rules_span.h"

enum { LINE = 256, GROUPS_MAX = 4096 };

bool cs_groups_line(struct cs_span line, bool v4, struct cs_addr *out)
{
	struct cs_span word;
	uint8_t b[4];
	uint32_t number;

	/* IPv6: index, interface, group, ... */
	for (int before = v4 ? 0 : 2; before >= 0; before--)
		if (!cs_text_word(&line, &word))
			return false;
	if (!v4)
		return word.len == 32 && cs_hex_read(word, out->b, sizeof(out->b));
	/* "BB0100E0 ...": the number as this machine holds it; index lines are shorter */
	if (word.len != 8 || !cs_hex_read(word, b, sizeof(b)))
		return false;
	number = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
	*out = cs_addr_v4(be32toh(number));
	return true;
}

static size_t read_file(const char *path, bool v4, struct cs_addr *groups, size_t n)
{
	FILE *file = fopen(path, "re");
	char line[LINE];

	while (file && n < GROUPS_MAX && fgets(line, sizeof(line), file))
		n += cs_groups_line(cs_span_str(line), v4, &groups[n]);
	if (file)
		(void)fclose(file); /* it was only read */
	return n;
}

enum cs_err cs_groups_read(struct cs_arena *arena, struct cs_addr **out, size_t *n)
{
	struct cs_addr *groups = cs_arena_array(arena, GROUPS_MAX, sizeof(*groups));

	if (!groups)
		return CS_ERR_NOMEM;
	*n = read_file("/proc/net/igmp", true, groups, 0);
	*n = read_file("/proc/net/igmp6", false, groups, *n);
	*out = groups;
	return CS_OK;
}
