/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/policy_parts.h"

#include <stdarg.h>
#include <string.h>

const struct cs_part_family cs_part_families[CS_PART_FAMILIES] = {
	{ .ip = "ip", .digit = '4', .type = "ipv4_addr", .v4 = true },
	{ .ip = "ip6", .digit = '6', .type = "ipv6_addr" },
};

bool cs_part_peers_next(const struct cs_policy *policy, struct cs_part_peers *group)
{
	const struct cs_peer *end, *first;

	if (policy->n_allow == 0)
		return false;
	end = policy->allow + policy->n_allow;
	first = group->peers ? group->peers + group->n : policy->allow;
	if (first == end)
		return false;
	group->nth = first->interface[0] ? group->nth + 1 : 0;
	group->peers = first;
	group->n = 0;
	while (first + group->n < end &&
	       strcmp(first[group->n].interface, first->interface) == 0)
		group->n++;
	return true;
}

bool cs_part_peers_have(const struct cs_part_peers *group,
			const struct cs_part_family *family)
{
	for (size_t i = 0; i < group->n; i++) {
		if (cs_addr_is_v4(&group->peers[i].prefix.addr) == family->v4)
			return true;
	}
	return false;
}

void cs_part_rule(const struct cs_policy_part *part, const char *why, const char *fmt,
		  ...)
{
	va_list list;

	fputs("\t\t", part->to);
	va_start(list, fmt);
	vfprintf(part->to, fmt, list);
	va_end(list);
	fprintf(part->to, " comment \"%s\"\n", why);
}

void cs_part_drop(const struct cs_policy_part *part, const char *counter, const char *why,
		  const char *fmt, ...)
{
	char match[256];
	va_list list;

	va_start(list, fmt);
	vsnprintf(match, sizeof(match), fmt, list);
	va_end(list);
	if (part->policy->log)
		cs_part_rule(part, "at most a line a second, of all reasons together",
			     "%slimit name log_line log prefix \"coapscope %s: \"", match,
			     counter);
	cs_part_rule(part, why, "%scounter name %s drop", match, counter);
}

void cs_part_chain(const struct cs_policy_part *part, const char *name)
{
	fprintf(part->to, "\tchain %s_%s {\n", name, part->name);
}

void cs_part_chain_end(const struct cs_policy_part *part)
{
	fputs("\t}\n", part->to);
}
