/* SPDX-License-Identifier: Apache-2.0 */
/* The sets of one policy: who is named in it, and who packets have shown to be there. */
#include "protect/policy_parts.h"

enum { NAMED_ON_A_LINE = 8 };

/* A list of prefixes as nft's elements; the first opens it. */
struct elements {
	FILE *to;
	size_t n;
};

static void put_element(struct elements *list, const struct cs_prefix *prefix)
{
	char text[CS_PREFIX_TEXT];

	cs_prefix_short(prefix, text); /* as nft prints it, and reads it soonest */
	if (list->n == 0)
		fputs("\t\telements = { ", list->to);
	else
		fputs(list->n % NAMED_ON_A_LINE == 0 ? ",\n\t\t\t" : ", ", list->to);
	fputs(text, list->to);
	list->n++;
}

static void end_elements(const struct elements *list)
{
	fputs(list->n ? " }\n\t}\n" : "\t}\n", list->to);
}

static void peers_set(const struct cs_policy_part *part,
		      const struct cs_part_peers *group,
		      const struct cs_part_family *family)
{
	struct elements list = { .to = part->to };

	fprintf(part->to, "\tset peers%c_%zu_%s {\n\t\ttype %s\n\t\tflags interval\n",
		family->digit, group->nth, part->name, family->type);
	for (size_t i = 0; i < group->n; i++) {
		if (cs_addr_is_v4(&group->peers[i].prefix.addr) == family->v4)
			put_element(&list, &group->peers[i].prefix);
	}
	end_elements(&list);
}

static void local_set(const struct cs_policy_part *part,
		      const struct cs_part_family *family)
{
	const struct cs_policy *policy = part->policy;
	struct elements list = { .to = part->to };

	fprintf(part->to, "\tset local%c_%s {\n\t\ttype %s\n\t\tflags interval\n",
		family->digit, part->name, family->type);
	for (size_t i = 0; i < policy->n_local; i++) {
		if (cs_addr_is_v4(&policy->local[i].addr) == family->v4)
			put_element(&list, &policy->local[i]);
	}
	end_elements(&list);
}

/* A set that packets fill: bounded, and what is not renewed leaves it. */
static void filled_set(const struct cs_policy_part *part,
		       const struct cs_part_family *family, const char *name,
		       const char *more, unsigned timeout_s)
{
	fprintf(part->to,
		"\tset %s%c_%s {\n\t\ttype %s%s\n\t\tsize %d\n"
		"\t\tflags dynamic,timeout\n\t\ttimeout %us\n\t}\n",
		name, family->digit, part->name, family->type, more, CS_PART_SET_SIZE,
		timeout_s);
}

/* The same datagram's pieces have its addresses and its identification in common. */
static void pieces_sets(const struct cs_policy_part *part)
{
	static const char *const keys[CS_PART_FAMILIES] = {
		"ip saddr . ip daddr . ip id",
		"ip6 saddr . ip6 daddr . frag id",
	};

	for (size_t i = 0; i < CS_PART_FAMILIES; i++)
		fprintf(part->to,
			"\tset pieces%c_%s {\n\t\ttypeof %s\n\t\tsize %d\n"
			"\t\tflags dynamic,timeout\n\t\ttimeout 30s\n\t}\n",
			cs_part_families[i].digit, part->name, keys[i], CS_PART_SET_SIZE);
}

static void family_sets(const struct cs_policy_part *part,
			const struct cs_part_family *family)
{
	static const char flow[] = " . inet_proto . inet_service";
	const struct cs_policy *policy = part->policy;
	struct cs_part_peers group = { 0 };

	filled_set(part, family, "peer_rate", "", 600);
	if (part->entries_only)
		return;
	while (cs_part_peers_next(policy, &group)) {
		if (cs_part_peers_have(&group, family))
			peers_set(part, &group, family);
	}
	local_set(part, family);
	filled_set(part, family, "asked", flow, 900);
	if (policy->multicast) {
		/* Leisure is 5 s (RFC 7252 section 8.2), and a slow server's second answer. */
		filled_set(part, family, "discovery", "", 15);
		filled_set(part, family, "discovery_rate", "", 60);
	}
	if (policy->strangers != CS_STRANGERS_LIMIT)
		return;
	filled_set(part, family, "heard", flow, 60);
	for (unsigned level = 0; level < (family->v4 ? 3 : 4); level++) {
		char name[16];

		snprintf(name, sizeof(name), "rate_%u_", level);
		filled_set(part, family, name, "", 60);
	}
}

void cs_part_sets(const struct cs_policy_part *part)
{
	for (size_t i = 0; i < CS_PART_FAMILIES; i++)
		family_sets(part, &cs_part_families[i]);
	if (!part->entries_only && part->policy->router)
		pieces_sets(part);
}
