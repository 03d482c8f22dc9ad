/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/protect_plan_ask.h"

#include <inttypes.h>
#include <string.h>

#include "cmd/protect_ask.h"
#include "out/term.h"
#include "protect/draft.h"
#include "protect/meaning_line.h"
#include "protect/promise.h"
#include "protect/rules_span.h"

enum { WIDTH = 200 };

static void put_text(FILE *to, const char *text)
{
	cs_term_text(to, cs_span_str(text));
}

/* Who, by which protocol and port, as the rule that would let it in sees it. */
struct opening {
	const struct cs_rule *rule;
	const char *proto, *from;
	uint16_t port;
	bool v4, answer; /* it is the answer that is kept back */
	bool forward;    /* it is for another host */
};

/* In front of the rule; of all of them where the policy decides: a rule may return before it. */
static void put_nft(const struct opening *o, FILE *to)
{
	fputs("nft insert rule ", to);
	put_text(to, o->rule->table);
	fputc(' ', to);
	put_text(to, o->rule->chain);
	if (o->rule->handle)
		fprintf(to, " handle %" PRIu64, o->rule->handle);
	fprintf(to, " %s %s %s %s %s %u accept\n", o->v4 ? "ip" : "ip6",
		o->answer ? "daddr" : "saddr", o->from, o->proto,
		o->answer ? "sport" : "dport", o->port);
}

/* "filter_IN_public_deny": the zone's name alone. */
static struct cs_span zone_of(const char *chain)
{
	static const char begin[] = "filter_IN_";
	static const char *const ends[] = { "_pre", "_log", "_deny", "_allow", "_post" };
	struct cs_span zone = cs_span_str(chain);

	if (!cs_text_starts(zone, begin))
		return cs_span_of(NULL, 0);
	zone = cs_text_after(zone, strlen(begin));
	for (size_t i = 0; i < CS_LEN(ends); i++) {
		size_t len = strlen(ends[i]);

		if (zone.len > len && cs_text_ends(zone, ends[i]))
			return cs_span_of(zone.ptr, zone.len - len);
	}
	return zone;
}

/* Rules that are put among firewalld's are gone when it is reloaded: in its own words, then. */
static void put_firewalld(const struct opening *o, FILE *to)
{
	struct cs_span zone = zone_of(o->rule->chain);

	fputs("firewall-cmd ", to);
	if (zone.len) {
		fputs("--zone=", to);
		cs_term_text(to, zone);
		fputc(' ', to);
	}
	fprintf(to,
		"--add-rich-rule='rule family=%s source address=%s port port=%u "
		"protocol=%s accept'\n",
		o->v4 ? "ipv4" : "ipv6", o->from, o->port, o->proto);
}

/* "iptables" is one of both, as the machine is set up: mostly nft's. */
static const char *iptables_of(const struct opening *o)
{
	if (o->rule->legacy)
		return o->v4 ? "iptables-legacy" : "ip6tables-legacy";
	return o->v4 ? "iptables" : "ip6tables";
}

/* Docker's chains are made anew whenever it likes; this one is for others. */
static void put_docker(const struct opening *o, FILE *to)
{
	fprintf(to, "%s -I DOCKER-USER -s %s -p %s --dport %u -j ACCEPT\n",
		iptables_of(o), o->from, o->proto, o->port);
}

static void put_iptables(const struct opening *o, FILE *to)
{
	fprintf(to, "%s -I ", iptables_of(o));
	put_text(to, o->rule->chain);
	if (o->rule->handle)
		fprintf(to, " %" PRIu64, o->rule->handle);
	fprintf(to, " %s %s -p %s %s %u -j ACCEPT\n", o->answer ? "-d" : "-s", o->from,
		o->proto, o->answer ? "--sport" : "--dport", o->port);
}

static void put_ufw(const struct opening *o, FILE *to)
{
	fputs(o->forward ? "ufw route " : "ufw ", to);
	if (o->rule->handle)
		fprintf(to, "insert %" PRIu64 " ", o->rule->handle);
	fprintf(to, "allow from %s to any port %u proto %s\n", o->from, o->port,
		o->proto);
}

static void put_opening(const struct cs_meaning *row, FILE *to)
{
	static void (*const put[CS_RULE_TOOLS])(const struct opening *o, FILE *to) = {
		[CS_RULE_NFT] = put_nft,
		[CS_RULE_IPTABLES] = put_iptables,
		[CS_RULE_UFW] = put_ufw,
	};
	uint16_t sent_on = row->told.forward_port;
	struct opening o = {
		.rule = row->told.rule,
		.proto = row->ask.tcp ? "tcp" : "udp",
		.from = row->from,
		.port = sent_on ? sent_on : row->ask.port,
		.v4 = cs_addr_is_v4(&row->ask.from),
		.answer = row->told.answer_ended,
		.forward = row->forward,
	};
	char by[CS_MEANING_TEXT];

	fprintf(to, "# Peer %s, %s %u: %s by ", row->from, o.proto, row->ask.port,
		row->told.verdict == CS_MEANING_LIMIT ? "limited" : "not let in");
	cs_meaning_rule_text(o.rule, by);
	put_text(to, by);
	fputs("\n#   to open it: ", to);
	if (strcmp(o.rule->table, "inet firewalld") == 0 && !o.answer)
		put_firewalld(&o, to);
	else if (strncmp(o.rule->chain, "DOCKER", 6) == 0 && !o.answer)
		put_docker(&o, to);
	else
		put[o.rule->tool](&o, to);
}

/* A local network that is allowed is asked about once, as a local network. */
static bool is_allowed(const struct cs_policy *policy, const struct cs_host *host,
		       const struct cs_meaning *row)
{
	static const struct cs_entries none;
	const struct cs_host_link *link = cs_host_link(host, row->ask.link);

	return row->asker != CS_ASKER_INTERNET &&
	       cs_promise_allows(policy, &none, &row->ask.from, link ? link->name : "");
}

/* Of our table, or of the chains that stand beside ufw's. */
static bool is_ours(const struct cs_rule *rule)
{
	return rule->ours || strncmp(rule->chain, "coapscope-", 10) == 0;
}

/* What is routed to others is a router's business alone. */
static bool is_kept_out(const struct cs_policy *policy, const struct cs_host *host,
			const struct cs_meaning *row)
{
	return row->told.verdict != CS_MEANING_OPEN && row->ask.flow == CS_FLOW_NEW &&
	       row->told.rule && !is_ours(row->told.rule) &&
	       (policy->router || !row->forward || row->told.forward_port) &&
	       is_allowed(policy, host, row);
}

/* The same command opens both. */
static bool is_same_opening(const struct cs_meaning *a, const struct cs_meaning *b)
{
	return a->from == b->from && a->told.rule == b->told.rule &&
	       a->ask.tcp == b->ask.tcp && a->ask.port == b->ask.port &&
	       a->told.forward_port == b->told.forward_port;
}

/* allow means: not dropped by us. */
static void put_kept_out(const struct cs_meanings *meanings,
			 const struct cs_policy *policy, const struct cs_host *host,
			 FILE *to)
{
	bool any = false;

	for (size_t i = 0; i < meanings->n; i++) {
		const struct cs_meaning *row = &meanings->rows[i];
		bool said = false;

		if (!is_kept_out(policy, host, row))
			continue;
		for (size_t k = 0; !said && k < i; k++)
			said = is_same_opening(&meanings->rows[k], row) &&
			       is_kept_out(policy, host, &meanings->rows[k]);
		if (!said)
			put_opening(row, to);
		any = true;
	}
	if (any)
		fputs("# Of several one behind the other the first is told: plan again "
		      "when "
		      "these are open.\n",
		      to);
}

/* What the policy does not touch, and may have been thought to. */
static void put_left_open(const struct cs_meanings *meanings,
			  const struct cs_policy *policy, const struct cs_host *host,
			  FILE *to)
{
	const struct cs_addr *last = NULL;

	for (size_t i = 0; i < meanings->n; i++) {
		const struct cs_meaning *row = &meanings->rows[i];
		char text[CS_ADDR_TEXT];

		if (!cs_promise_is_left_open(policy, host, row) ||
		    (last && cs_addr_cmp(last, &row->ask.to) == 0))
			continue;
		if (!last)
			fprintf(to,
				"# NOT protected: hosts behind this one; %s protects "
				"them, too. The internet reaches:\n",
				policy->router ? "--local with their network"
					       : "--router");
		last = &row->ask.to;
		cs_addr_text(last, text);
		fprintf(to, "#   %s\n", text);
	}
}

/* Likewise; rules for CoAP ports alone do not match it. */
static void put_published(const struct cs_meanings *meanings, FILE *to)
{
	bool said = false;

	for (size_t i = 0; i < meanings->n; i++) {
		const struct cs_meaning *row = &meanings->rows[i];
		char text[CS_ADDR_TEXT];

		if (!cs_promise_is_published(row) || row->ask.flow != CS_FLOW_NEW)
			continue;
		if (!said)
			fputs("# NOT protected: ports that lead to CoAP and are neither "
			      "5683 nor "
			      "5684. The internet reaches:\n",
			      to);
		said = true;
		cs_addr_text(&row->ask.to, text);
		fprintf(to, "#   %s, %s %u\n", text, row->ask.tcp ? "TCP" : "UDP",
			row->ask.port);
	}
}

static void put_behind_mark(struct cs_span text, FILE *to)
{
	struct cs_span line;

	while (cs_text_line(&text, &line))
		fprintf(to, "# %.*s\n", (int)line.len, (const char *)line.ptr);
}

static enum cs_err put_answers(const struct cs_meanings *meanings,
			       const struct cs_meaning_request *request,
			       const struct cs_policy *policy, struct cs_arena *arena,
			       FILE *to)
{
	struct cs_draft table;
	struct cs_span text;
	enum cs_err err, kept;

	if (!cs_draft_open(&table))
		return CS_ERR_NOMEM;
	err = cs_meanings_write_table(meanings, request, table.to, WIDTH, false);
	kept = cs_draft_close(&table, arena, &text);
	if (err || kept)
		return err ? err : kept;
	fputs("\n# What check will say:\n", to);
	put_behind_mark(text, to);
	put_kept_out(meanings, policy, request->host, to);
	put_left_open(meanings, policy, request->host, to);
	put_published(meanings, to);
	return CS_OK;
}

void cs_protect_plan_ask(struct cs_protect_job *job, const struct cs_policy *policy,
			 const struct cs_rules_change *change, FILE *to)
{
	struct cs_arg_list allow = job->options.allow;
	struct cs_protect_ask ask;
	struct cs_meanings meanings;
	enum cs_err err = CS_OK;
	int status;

	job->options.allow.n = 0; /* the policy has them, in order */
	status = cs_protect_ask_changed(job, change, &ask);
	job->options.allow = allow;
	if (status >= 0)
		return;
	ask.request.peers = policy->allow;
	ask.request.n_peers = policy->n_allow;
	if (cs_protect_ask_all(job, &ask, &meanings) < 0)
		err = put_answers(&meanings, &ask.request, policy, &job->arena, to);
	if (err)
		cs_log(&job->ctx->log, CS_WARN, "what check will say: %s",
		       cs_strerror(err));
}
