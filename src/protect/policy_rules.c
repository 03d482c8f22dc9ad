/* SPDX-License-Identifier: Apache-2.0 */
/* The table: what all policies share in it, and which of them holds. */
#include "protect/policy_parts.h"

#include "protect/draft.h"

const char *const cs_entry_set_names[CS_ENTRY_SETS] = {
	[CS_SET_DENY_HOSTS4] = "deny_hosts4",   [CS_SET_DENY_HOSTS6] = "deny_hosts6",
	[CS_SET_DENY_NETS4] = "deny_nets4",     [CS_SET_DENY_NETS6] = "deny_nets6",
	[CS_SET_ALLOW_HOSTS4] = "allow_hosts4", [CS_SET_ALLOW_HOSTS6] = "allow_hosts6",
	[CS_SET_ALLOW_NETS4] = "allow_nets4",   [CS_SET_ALLOW_NETS6] = "allow_nets6",
	[CS_SET_ALLOW_IF4] = "allow_if4",       [CS_SET_ALLOW_IF6] = "allow_if6",
};

static const struct {
	const char *type, *flags;
} entry_sets[CS_ENTRY_SETS] = {
	[CS_SET_DENY_HOSTS4] = { "ipv4_addr", "timeout" },
	[CS_SET_DENY_HOSTS6] = { "ipv6_addr", "timeout" },
	[CS_SET_DENY_NETS4] = { "ipv4_addr", "interval,timeout" },
	[CS_SET_DENY_NETS6] = { "ipv6_addr", "interval,timeout" },
	[CS_SET_ALLOW_HOSTS4] = { "ipv4_addr", "timeout" },
	[CS_SET_ALLOW_HOSTS6] = { "ipv6_addr", "timeout" },
	[CS_SET_ALLOW_NETS4] = { "ipv4_addr", "interval,timeout" },
	[CS_SET_ALLOW_NETS6] = { "ipv6_addr", "interval,timeout" },
	[CS_SET_ALLOW_IF4] = { "ifname . ipv4_addr", "interval,timeout" },
	[CS_SET_ALLOW_IF6] = { "ifname . ipv6_addr", "interval,timeout" },
};

/* What is counted: what was let in and let out, and each reason why not. */
static const char *const counters[] = {
	"peers",     "peers_limited", "denied",           "multicast",
	"discovery", "strangers",     "strangers_let_in", "requests_limited",
	"answers",   "answers_large", "answers_pieces",   "answers_dropped",
};

static void put_shared(FILE *to, bool log)
{
	for (size_t i = 0; i < CS_LEN(counters); i++)
		fprintf(to, "\tcounter %s {\n\t}\n", counters[i]);
	if (log)
		fputs("\tlimit log_line {\n\t\trate 1/second burst 1 packets\n\t}\n", to);
	for (size_t i = 0; i < CS_ENTRY_SETS; i++)
		fprintf(to, "\tset %s {\n\t\ttype %s\n\t\tflags %s\n\t}\n",
			cs_entry_set_names[i], entry_sets[i].type, entry_sets[i].flags);
}

/*
 * The kernel forgets the elements by itself. While they are there, the policy on trial
 * holds, else what stands behind it.
 */
static void put_trial(FILE *to, uint32_t seconds)
{
	fprintf(to,
		"\tset trial {\n\t\ttype inet_proto\n\t\tflags timeout\n"
		"\t\telements = { tcp timeout %us, udp timeout %us }\n\t}\n",
		seconds, seconds);
}

/* Which way is it: to a CoAP port or from one. */
struct way {
	const char *chain, *hook, *port, *to;
	int priority;
};

/* In front of connection tracking and DNAT; behind masquerading. */
static const struct way ways[] = {
	{ "prerouting", "prerouting", "dport", "in", -310 },
	{ "postrouting", "postrouting", "sport", "out", 200 },
};

static void put_base(FILE *to, const struct way *way, const struct cs_policy_part *trial,
		     const struct cs_policy_part *kept)
{
	bool out = way == &ways[1];

	fprintf(to, "\tchain %s {\n\t\ttype filter hook %s priority %d; policy accept;\n",
		way->chain, way->hook, way->priority);
	if (trial)
		cs_part_rule(trial, "on trial: holds as long as the element",
			     "meta l4proto @trial th %s { 5683, 5684 } goto %s_%s",
			     way->port, way->to, trial->name);
	if (out && trial)
		cs_part_pieces(trial, "meta l4proto @trial ");
	if (out)
		cs_part_pieces(kept, "meta l4proto udp ");
	cs_part_rule(kept, "CoAP, and nothing else",
		     "meta l4proto { tcp, udp } th %s { 5683, 5684 } goto %s_%s",
		     way->port, way->to, kept->name);
	fputs("\t}\n", to);
}

static void put_part(const struct cs_policy_part *part)
{
	cs_part_sets(part);
	cs_part_inbound(part);
	cs_part_outbound(part);
}

static void put_table(FILE *to, const struct cs_policy_part *trial, uint32_t seconds,
		      const struct cs_policy_part *kept)
{
	fputs("add table inet coapscope\ndelete table inet coapscope\n"
	      "table inet coapscope {\n",
	      to);
	put_shared(to, (trial && trial->policy->log) || kept->policy->log);
	if (trial) {
		put_trial(to, seconds);
		put_part(trial);
	}
	put_part(kept);
	for (size_t i = 0; i < CS_LEN(ways); i++)
		put_base(to, &ways[i], trial, kept);
	fputs("}\n", to);
}

enum cs_err cs_policy_rules(const struct cs_policy *policy, const struct cs_policy *kept,
			    struct cs_policy_hold hold, struct cs_arena *arena,
			    struct cs_span *out)
{
	bool is_trial = policy && hold.seconds > 0;
	const struct cs_policy *behind = is_trial ? kept : policy;
	struct cs_policy_part trial = { .name = "new", .policy = policy };
	struct cs_policy_part rest = { .name = behind ? "kept" : "rest",
				       .policy = behind ? behind : &cs_policy_preset,
				       .entries_only = !behind };
	struct cs_draft text;

	if (!cs_draft_open(&text))
		return CS_ERR_NOMEM;
	trial.to = rest.to = text.to;
	put_table(text.to, is_trial ? &trial : NULL, hold.seconds, &rest);
	return cs_draft_close(&text, arena, out);
}
