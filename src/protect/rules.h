/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules: a machine's packet filter as it can be loaded elsewhere and as it is shown to
 * people. nftables' own tables come from `nft -a list ruleset`; what belongs to
 * iptables (both kinds) comes from iptables-save and is put into the scratch by
 * iptables-nft-restore, so that nftrace sees it; ufw's rules get the number that
 * `ufw status numbered` shows. Everything lives in the arena.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/rd.h"

enum cs_rule_tool { CS_RULE_NFT, CS_RULE_IPTABLES, CS_RULE_UFW, CS_RULE_TOOLS };

/* "nft", "iptables", "ufw" */
extern const char *const cs_rule_tool_names[CS_RULE_TOOLS];

/* A rule as people know it. A chain's policy is one too: handle 0, "policy drop". */
struct cs_rule {
	enum cs_rule_tool tool;
	const char *table; /* "inet filter"; of ufw: "ip filter" or "ip6 filter" */
	const char *chain; /* "input" */
	uint64_t handle;   /* nft's; iptables: position in its chain; ufw: its number */
	const char *text;  /* in the tool's own words, without handle and counters */
	const char
		*raw; /* as the kernel was given it: of ufw's too iptables-save's line */
	size_t place; /* position in its chain, from 0; SIZE_MAX: the policy */
	bool ours;    /* of table inet coapscope */
	bool legacy;  /* iptables-legacy's: iptables may be another program */
	bool unseen;  /* in force, and no trace will tell of it: of legacy4, legacy6 */
};

/* A chain with a hook: where packets enter. */
struct cs_rules_chain {
	const char *table; /* "inet filter" */
	const char *name;
	const char *hook; /* "input" */
	int32_t priority;
	bool drops;   /* its policy is drop */
	bool dormant; /* its table is: nothing passes it */
};

enum { CS_RULES_WHY = 512 };

struct cs_listing; /* rules_listing.h */

struct cs_rules {
	struct cs_span nft;      /* for `nft -f -`: the tables that are not iptables' */
	struct cs_span xtables4; /* for iptables-nft-restore; empty: none */
	struct cs_span xtables6;
	/*
	 * for iptables-legacy-restore: where tables of that name are there already. No
	 * trace tells of them.
	 */
	struct cs_span legacy4, legacy6;
	struct cs_span
		ipset; /* for `ipset -exist restore`, before those: the sets that they look at */
	struct cs_span
		listing; /* `nft -a list ruleset` as it was read: compared byte by byte */
	const struct cs_listing
		*parsed; /* @listing taken apart; NULL: iptables-save's text */
	/*
	 * iptables' and then nft's, in the order of the listings; policies too. One of
	 * ufw's has an entry for each of its iptables lines.
	 */
	struct cs_rule *rules;
	size_t n;
	struct cs_rules_chain *chains; /* with a hook */
	size_t n_chains;
	bool rates; /* a limit, meter, quota, hashlimit, recent, connlimit is in it */
	bool ufw;   /* ufw is in force */
	/*
	 * What nft could not print again, one line each ("table ip nat: xt target");
	 * said, not guessed.
	 */
	const char *const *unread;
	size_t n_unread;
};

/*
 * The rules in force here. Needs root (CAP_NET_ADMIN).
 * CS_ERR_DENIED     not root
 * CS_ERR_NOT_FOUND  no nft program
 * CS_ERR_IO, CS_ERR_REFUSED (a program failed), CS_ERR_NOMEM; @why is one line
 */
CS_MUST_USE enum cs_err cs_rules_read(struct cs_arena *arena, struct cs_rules *out,
				      char why[CS_RULES_WHY]);

/*
 * Takes the rule that @why blames out of @rules: what cs_meaning_ask() said of a load
 * that nft refused by line, as it prints some rules wrongly. @why is then one line that
 * names the rule. False, and nothing is changed: it is not such a refusal, or no rule of nft's.
 */
CS_MUST_USE bool cs_rules_leave_out(struct cs_rules *rules, struct cs_arena *arena,
				    char why[CS_RULES_WHY]);

/* A change that is not made yet; what is empty changes nothing. */
struct cs_rules_change {
	struct cs_span script; /* for `nft -f -`, of our table alone */
	struct cs_span listed; /* cs_script_listing() of it; empty: not asked yet */
	/* For `iptables-restore -n` and ip6tables', where ufw is in force; and ufw's files then. */
	struct cs_span load4, load6;
	struct cs_span user, user6;
};

/*
 * The rules in force here as they would be with @change made: for asking what it would
 * do. Needs root. Errors as cs_rules_read(); CS_ERR_SYNTAX: a tool cannot read what is to be loaded
 */
CS_MUST_USE enum cs_err cs_rules_read_with(const struct cs_rules_change *change,
					   struct cs_arena *arena, struct cs_rules *out,
					   char why[CS_RULES_WHY]);

/*
 * Rules of another machine: what `nft list ruleset` (with or without -a) or
 * iptables-save printed, or what somebody wrote for `nft -f`; which one it is shows by itself. nft
 * itself reads them, in a network namespace that is thrown away: handles are the file's, or
 * where it has none those that a fresh kernel would give.
 * CS_ERR_SYNTAX     with file and line in @why
 * CS_ERR_DENIED     neither root nor user namespaces
 * CS_ERR_NOT_FOUND  no such file, or no such program
 * CS_ERR_IO, CS_ERR_FULL, CS_ERR_NOMEM; @why is one line
 */
CS_MUST_USE enum cs_err cs_rules_read_file(const char *path, struct cs_arena *arena,
					   struct cs_rules *out, char why[CS_RULES_WHY]);

/*
 * ufw's rules of another machine: @dir is a copy of its /etc/ufw (ufw.conf, user.rules,
 * user6.rules, before.rules ..., and default/ufw beside or below it). Errors as above.
 */
CS_MUST_USE enum cs_err cs_rules_read_ufw(const char *dir, struct cs_arena *arena,
					  struct cs_rules *out, char why[CS_RULES_WHY]);

/*
 * Puts them into the network namespace that we are in, in place of all that is there.
 * Used on the scratch only. CS_ERR_REFUSED with the tool's own line in @why.
 */
CS_MUST_USE enum cs_err cs_rules_load(const struct cs_rules *rules,
				      struct cs_arena *arena, char why[CS_RULES_WHY]);

/*
 * The rule that a trace names: by table ("inet filter"), chain, and its place in the
 * chain (SIZE_MAX: the policy). For a rule of ufw's the ufw rule. NULL: unknown.
 */
const struct cs_rule *cs_rules_at(const struct cs_rules *rules, const char *table,
				  const char *chain, size_t place);

/* What becomes of packets, the most open first. */
enum cs_meaning_verdict {
	CS_MEANING_OPEN,
	CS_MEANING_LIMIT,
	CS_MEANING_REJECT,
	CS_MEANING_DROP,
};

/* What a question is about, for cs_rules_shadowed(). */
struct cs_rules_about {
	struct cs_addr from, to;
	bool tcp;
	uint16_t port;
	bool forward; /* it was routed or sent on: drops of input do not apply, and the other way round */
	uint16_t forward_port;     /* after DNAT; 0: none */
	struct cs_addr forward_to; /* likewise; zero bytes: not known */
	enum cs_meaning_verdict verdict;
	const char *in; /* the interface that it enters by; NULL: not known */
};

/*
 * The rules that look as if they decided this question: they name the port (or a range or set that
 * holds it), match the family, protocol and source, and say something else than what
 * happened, but another rule came first, it names what was rewritten by DNAT before the
 * packet came there, or their chain is not passed. A rule that jumps to where it was
 * decided is none. At most @max, worst first: those behind the deciding rule, those of
 * other chains, those of chains that it does not pass. ufw's rules are told once each.
 * Returns how many.
 */
size_t cs_rules_shadowed(const struct cs_rules *rules, const struct cs_rules_about *about,
			 const struct cs_rule *decided, const struct cs_rule **out,
			 size_t max);
