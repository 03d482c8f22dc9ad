/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/protect_options.h"

#include "base/addr.h"
#include "base/num.h"
#include "cmd/value.h"
#include "protect/policy.h"

#define AT(field) offsetof(struct cs_protect_options, field)
#define OF(verb)  CS_PROTECT_OF(verb)
#define CHANGES   (OF(PLAN) | OF(APPLY))

static const char QUESTIONS[] = "What is asked";
static const char POLICY[] = "What is wanted";
static const char CHANGE[] = "How it is changed";
static const char GUARD[] = "Verdicts of `coapscope watch`";
static const char OUTPUT[] = "What comes out";

static const char *const formats[] = { "table", "jsonl", NULL };
static const char *const backends[] = { "nft", "ufw", NULL };

static bool is_peer(struct cs_span text, void *to)
{
	struct cs_peer peer;

	(void)to;
	return cs_peer_read(text, &peer);
}

static bool is_address(struct cs_span text, void *to)
{
	struct cs_addr address;

	(void)to;
	return cs_addr_read(text, &address);
}

static bool is_prefix(struct cs_span text, void *to)
{
	struct cs_prefix prefix;

	(void)to;
	return cs_value_prefix(text, &prefix);
}

/* "90", "90s", "15m", "1h", "7d" to seconds. */
static bool read_for(struct cs_span text, void *to)
{
	static const struct {
		uint8_t letter;
		uint64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	uint64_t unit = 1;

	for (size_t i = 0; i < CS_LEN(units) && text.len > 0; i++) {
		if (text.ptr[text.len - 1] == units[i].letter) {
			unit = units[i].seconds;
			text.len--;
			break;
		}
	}
	if (!cs_num_u64(text, 1, 365 * 86400 / unit, to))
		return false;
	*(uint64_t *)to *= unit;
	return true;
}

static const struct cs_arg rows[] = {
	{ .name = "ruleset",
	  .metavar = "FILE",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_FILE,
	  .at = AT(ruleset),
	  .verbs = OF(CHECK),
	  .group = QUESTIONS,
	  .help = "Ask the rules in FILE, which `nft list ruleset` or iptables-save "
		  "printed "
		  "on another host, instead of this host's. Needs no root." },
	{ .name = "ufw",
	  .metavar = "DIR",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_DIR,
	  .at = AT(ufw),
	  .verbs = OF(CHECK),
	  .group = QUESTIONS,
	  .help = "Ask the rules of another host's ufw: DIR is a copy of its /etc/ufw. "
		  "Needs no root." },
	{ .name = "from",
	  .metavar = "ADDRESS",
	  .type = CS_ARG_LIST,
	  .traits = CS_ARG_SPLIT,
	  .at = AT(from),
	  .read = is_address,
	  .want = "an IPv4 or IPv6 address",
	  .verbs = OF(CHECK),
	  .group = QUESTIONS,
	  .help = "Ask for this source too. Repeatable." },
	{ .name = "flood",
	  .type = CS_ARG_FLAG,
	  .at = AT(flood),
	  .verbs = OF(CHECK),
	  .group = QUESTIONS,
	  .help = "Also say what gets through a flood of 20,000 spoofed sources." },
	{ .name = "strangers",
	  .metavar = "WORD",
	  .type = CS_ARG_WORD,
	  .preset = "drop",
	  .words = cs_strangers_names,
	  .at = AT(strangers),
	  .verbs = CHANGES,
	  .group = POLICY,
	  .help = "What everybody gets who is not allowed, from local networks too: drop "
		  "(nothing), limit (answers of at most --answer-bytes, --answer-rate of "
		  "them a second to all together) or dtls-only (port 5684 alone)." },
	{ .name = "allow",
	  .metavar = "PREFIX[@INTERFACE]",
	  .type = CS_ARG_LIST,
	  .traits = CS_ARG_SPLIT,
	  .at = AT(allow),
	  .read = is_peer,
	  .want = "an address, or a prefix without host bits, as 192.0.2.7 or "
		  "2001:db8::/48, with @eth0 behind it where it is bound to an interface",
	  .verbs = CHANGES | OF(CHECK) | OF(GUARD),
	  .group = POLICY,
	  .help = "A peer that may. Not dropped by us: where another table drops it, "
		  "plan "
		  "says so. Repeatable." },
	{ .name = "local",
	  .metavar = "PREFIX",
	  .type = CS_ARG_LIST,
	  .traits = CS_ARG_SPLIT,
	  .at = AT(local),
	  .read = is_prefix,
	  .want = "a prefix as 192.168.1.0/24 or 2001:db8::/48",
	  .verbs = CHANGES | OF(CHECK) | OF(GUARD),
	  .group = POLICY,
	  .help = "What is ours. By default the networks of this host's interfaces. "
		  "Repeatable." },
	{ .name = "answer-bytes",
	  .metavar = "N",
	  .type = CS_ARG_U64,
	  .preset = "136",
	  .min = 4,
	  .max = 65507,
	  .at = AT(answer_bytes),
	  .verbs = CHANGES,
	  .group = POLICY,
	  .help = "With limit: the largest answer to a stranger, in bytes of UDP "
		  "payload. A "
		  "larger one is dropped and nothing is sent in its place." },
	{ .name = "answer-rate",
	  .metavar = "R",
	  .type = CS_ARG_U64,
	  .preset = "50",
	  .min = 1,
	  .max = 1000000,
	  .at = AT(answer_rate),
	  .verbs = CHANGES,
	  .group = POLICY,
	  .help = "With limit: answers a second to all strangers together." },
	{ .name = "peer-rate",
	  .metavar = "R",
	  .type = CS_ARG_U64,
	  .preset = "1000",
	  .min = 1,
	  .max = 1000000,
	  .at = AT(peer_rate),
	  .verbs = CHANGES,
	  .group = POLICY,
	  .help = "Requests a second of one allowed address: whoever forges it gets no "
		  "more." },
	{ .name = "multicast",
	  .type = CS_ARG_FLAG,
	  .at = AT(multicast),
	  .verbs = CHANGES,
	  .group = POLICY,
	  .help = "Let multicast discovery in from our own links. From outside it is "
		  "dropped "
		  "in any case." },
	{ .name = "log",
	  .type = CS_ARG_FLAG,
	  .at = AT(log),
	  .verbs = CHANGES,
	  .group = POLICY,
	  .help = "Log what is dropped to the kernel's log, at most a line a second." },
	{ .name = "router",
	  .type = CS_ARG_FLAG,
	  .at = AT(router),
	  .verbs = CHANGES,
	  .group = POLICY,
	  .help = "Protect the hosts behind this one too, not only itself and what it "
		  "sends on "
		  "by DNAT." },
	{ .name = "backend",
	  .metavar = "WORD",
	  .type = CS_ARG_WORD,
	  .preset = "nft",
	  .words = backends,
	  .at = AT(backend),
	  .verbs = CHANGES,
	  .group = CHANGE,
	  .help = "nft (a table of our own) or ufw (as ufw's own rules)." },
	{ .name = "plan",
	  .metavar = "FILE",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_FILE,
	  .at = AT(plan),
	  .verbs = OF(APPLY),
	  .group = CHANGE,
	  .help = "Apply what `coapscope protect plan -o FILE` wrote, and only if the "
		  "rules are "
		  "still those that it was made for." },
	{ .name = "confirm-within",
	  .metavar = "SECONDS",
	  .type = CS_ARG_U64,
	  .preset = "60",
	  .min = 1,
	  .max = 86400,
	  .at = AT(confirm_within),
	  .verbs = OF(APPLY),
	  .group = CHANGE,
	  .help = "Undo it all by itself after this time unless `coapscope protect "
		  "confirm` was "
		  "run. Counts from when the rules come into force." },
	{ .name = "for",
	  .metavar = "TIME",
	  .type = CS_ARG_PARSED,
	  .at = AT(for_s),
	  .read = read_for,
	  .want = "a time as 90s, 15m, 1h or 7d, at most 365d",
	  .verbs = OF(ALLOW) | OF(DENY) | OF(GUARD),
	  .group = CHANGE,
	  .help = "For this long; by default until it is deleted. guard blocks at most "
		  "for "
		  "this long, by default 1h." },
	{ .name = "reason",
	  .metavar = "TEXT",
	  .type = CS_ARG_TEXT,
	  .at = AT(reason),
	  .verbs = OF(ALLOW) | OF(DENY),
	  .group = CHANGE,
	  .help = "Why; it is shown by list and status." },
	{ .name = "force",
	  .type = CS_ARG_FLAG,
	  .traits = CS_ARG_CLI_ONLY,
	  .at = AT(force),
	  .verbs = OF(APPLY) | OF(DENY) | OF(DELETE) | OF(RESTORE) | OF(RESET),
	  .group = CHANGE,
	  .help = "Also where it may cut off the address that you are logged in from." },
	{ .name = "store",
	  .metavar = "DIR",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_DIR,
	  .at = AT(store),
	  .group = CHANGE,
	  .help = "Where backups and the confirmed policy are kept. By default "
		  "/var/lib/coapscope." },
	{ .name = "socket",
	  .metavar = "FILE",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_FILE,
	  .at = AT(socket),
	  .preset = "/run/coapscope/guard",
	  .verbs = OF(GUARD),
	  .group = GUARD,
	  .help = "Where `coapscope watch --protect` hands its verdicts over." },
	{ .name = "verdicts",
	  .metavar = "FILE",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_FILE,
	  .at = AT(verdicts),
	  .verbs = OF(GUARD),
	  .group = GUARD,
	  .help = "Take them from FILE (coapscope.verdict/1, - for standard input), and "
		  "end "
		  "with it." },
	{ .name = "enforce",
	  .type = CS_ARG_FLAG,
	  .at = AT(enforce),
	  .verbs = OF(GUARD),
	  .group = GUARD,
	  .help = "Block. Without it nothing is changed: it is said what would be." },
	{ .name = "entries",
	  .metavar = "N",
	  .type = CS_ARG_U64,
	  .preset = "4096",
	  .min = 1,
	  .max = 65536,
	  .at = AT(entries),
	  .verbs = OF(GUARD),
	  .group = GUARD,
	  .help = "Blocks that stand at one time." },
	{ .name = "entry-rate",
	  .metavar = "N",
	  .type = CS_ARG_U64,
	  .preset = "60",
	  .min = 1,
	  .max = 10000,
	  .at = AT(entry_rate),
	  .verbs = OF(GUARD),
	  .group = GUARD,
	  .help = "New blocks a minute." },
	{ .name = "user",
	  .metavar = "NAME",
	  .type = CS_ARG_TEXT,
	  .at = AT(user),
	  .verbs = OF(GUARD),
	  .group = GUARD,
	  .help = "Whoever watches as this user may ask, too; root may." },
	{ .name = "require-jail",
	  .type = CS_ARG_FLAG,
	  .at = AT(require_jail),
	  .verbs = OF(GUARD),
	  .group = GUARD,
	  .help = "Refuse to run where the kernel lacks a piece of the jail (Landlock, "
		  "seccomp)." },
	{ .name = "output-file",
	  .letter = 'o',
	  .metavar = "FILE",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_FILE,
	  .preset = "-",
	  .at = AT(output_file),
	  .verbs = OF(CHECK) | OF(PLAN) | OF(STATUS) | OF(LIST),
	  .group = OUTPUT,
	  .help = "Write to FILE, - for standard output. A regular file appears whole or "
		  "not at all." },
	{ .name = "output-format",
	  .letter = 'O',
	  .metavar = "FORMAT",
	  .type = CS_ARG_WORD,
	  .at = AT(output_format),
	  .words = formats,
	  .verbs = OF(CHECK) | OF(STATUS) | OF(LIST),
	  .group = OUTPUT,
	  .help = "table or jsonl. By default a table on a terminal, else jsonl." },
};

static const struct cs_arg_verb verbs[CS_PROTECT_VERBS] = {
	[CS_PROTECT_CHECK] = {
		.name = "check",
		.summary = "say what the rules in force really do with CoAP, and why",
		.intro = "Puts the rules in force, or those of another host, into a network "
			 "namespace that looks like the host, sends real packets through, and "
			 "says who is answered and which rule decides. Ends with 1 when "
			 "something is exposed to the internet.",
		.examples = "  coapscope protect check\n"
			    "  coapscope protect check --ruleset rules.nft -O jsonl\n",
	},
	[CS_PROTECT_PLAN] = {
		.name = "plan",
		.summary = "show the rules that apply would put in force; change nothing",
		.intro = "Shows the rules, each with its reason, what they change in what is "
			 "there, and what check will say afterwards. Changes nothing.",
		.examples = "  coapscope protect plan --strangers drop --allow 192.168.1.0/24\n"
			    "  coapscope protect plan --allow 10.0.0.7@eth0 -o plan.json\n",
	},
	[CS_PROTECT_APPLY] = {
		.name = "apply",
		.summary = "put the rules in force, prove them, and undo them unless confirmed",
		.intro = "Keeps a backup, puts the rules in force in one transaction, and "
			 "proves with real packets that they do what they are to do. Without "
			 "`coapscope protect confirm` in time everything is as before.",
		.examples = "  coapscope protect apply --strangers drop --allow 192.168.1.0/24\n"
			    "  coapscope protect apply --plan plan.json --confirm-within 120\n",
	},
	[CS_PROTECT_CONFIRM] = {
		.name = "confirm",
		.summary = "keep what apply put in force",
		.intro = "Keeps what apply put in force. When nothing is pending, or it is "
			 "too late: exit 3, and nothing changes.",
		.examples = "  coapscope protect confirm\n",
	},
	[CS_PROTECT_UNDO] = {
		.name = "undo",
		.summary = "take everything back that apply ever changed",
		.intro = "Takes everything back: the rules are again as they were before the "
			 "first apply.",
		.examples = "  coapscope protect undo\n",
	},
	[CS_PROTECT_STATUS] = {
		.name = "status",
		.summary = "show rules, sets and counters, and since when",
		.intro = "Shows what is in force, since when, what is pending, the entries "
			 "with their evidence, and what was dropped for which reason.",
		.examples = "  coapscope protect status\n"
			    "  coapscope protect status -O jsonl\n",
	},
	[CS_PROTECT_LIST] = {
		.name = "list",
		.summary = "list what is allowed and denied, numbered",
		.intro = "Lists what is allowed and denied, with the numbers that delete takes.",
		.examples = "  coapscope protect list\n",
	},
	[CS_PROTECT_ALLOW] = {
		.name = "allow",
		.summary = "let a peer in",
		.operands = "PREFIX[@INTERFACE]",
		.min_operands = 1,
		.max_operands = 1,
		.intro = "Lets a peer in, for a while or until deleted.",
		.examples = "  coapscope protect allow 192.0.2.7 --for 1h --reason 'service'\n",
	},
	[CS_PROTECT_DENY] = {
		.name = "deny",
		.summary = "block an address or prefix on the CoAP ports",
		.operands = "PREFIX",
		.min_operands = 1,
		.max_operands = 1,
		.intro = "Blocks an address or prefix on the CoAP ports, for a while or until "
			 "deleted.",
		.examples = "  coapscope protect deny 198.51.100.0/24 --for 1d --reason 'floods'\n",
	},
	[CS_PROTECT_DELETE] = {
		.name = "delete",
		.summary = "take an entry of list back",
		.operands = "N",
		.min_operands = 1,
		.max_operands = 1,
		.intro = "Takes the entry back that list shows with this number.",
		.examples = "  coapscope protect delete 2\n",
	},
	[CS_PROTECT_BACKUP] = {
		.name = "backup",
		.summary = "write rules and policy to a file",
		.operands = "FILE",
		.min_operands = 1,
		.max_operands = 1,
		.intro = "Writes the rules in force and the policy to a dated file that restore "
			 "takes.",
		.examples = "  coapscope protect backup before.backup\n",
	},
	[CS_PROTECT_RESTORE] = {
		.name = "restore",
		.summary = "put back what backup wrote",
		.operands = "[FILE]",
		.min_operands = 0,
		.max_operands = 1,
		.intro = "Puts our table back as the file has it, and says what differs "
			 "elsewhere; without FILE as it was confirmed last, for a boot.",
		.examples = "  coapscope protect restore before.backup\n",
	},
	[CS_PROTECT_RESET] = {
		.name = "reset",
		.summary = "forget policy and entries, and take our rules out; backups stay",
		.intro = "Takes our rules out and forgets the policy and all entries; backups "
			 "stay.",
		.examples = "  coapscope protect reset\n",
	},
	[CS_PROTECT_GUARD] = {
		.name = "guard",
		.summary = "block what `coapscope watch --protect` finds, for a while",
		.intro = "Takes verdicts of `coapscope watch --protect`, and blocks attackers on "
			 "the CoAP ports for a while: never an allowed or local peer, never more "
			 "than --entries. Without --enforce it only says what it would do.",
		.examples = "  coapscope protect guard --enforce\n"
			    "  coapscope protect guard --verdicts verdicts.jsonl\n",
	},
};

const struct cs_arg_set cs_protect_args = {
	.command = "protect",
	.rows = rows,
	.n_rows = CS_LEN(rows),
	.size = sizeof(struct cs_protect_options),
	.intro = "Says what the firewall really does with CoAP, closes the exposure, "
		 "proves it "
		 "with packets, and never locks you out.",
	.examples =
		"  coapscope protect check\n"
		"  coapscope protect plan --allow 192.168.1.0/24\n"
		"  coapscope protect apply --allow 192.168.1.0/24 && coapscope protect "
		"confirm\n",
	.verbs = verbs,
	.n_verbs = CS_PROTECT_VERBS,
};
