/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coapscope protect plan: the rules that apply would put in force, what they change in what
 * is there, and what check will say then. Changes nothing: the rules are tried in
 * a network namespace that is thrown away. What is no rule stands behind #, so the whole
 * is a script, too.
 */
#include <string.h>

#include "cmd/protect_plan_ask.h"
#include "cmd/protect_planned.h"
#include "cmd/protect_policy.h"
#include "cmd/protect_ufw.h"
#include "protect/manager.h"
#include "protect/ruleset.h"
#include "protect/script_listing.h"

enum { SHOWN_MAX = 200 };

static int fail(const struct cs_protect_job *job, const char *why, enum cs_err err)
{
	cs_log(&job->ctx->log, CS_ERROR, "%s", why[0] ? why : cs_strerror(err));
	return CS_EXIT_FAILED;
}

static void put_policy(const struct cs_policy *p, FILE *to)
{
	fputs("# Strangers, from local networks too, ", to);
	if (p->strangers == CS_STRANGERS_DROP)
		fputs("get nothing.\n", to);
	else if (p->strangers == CS_STRANGERS_DTLS_ONLY)
		fputs("get nothing but DTLS and TLS (port 5684).\n", to);
	else
		fprintf(to,
			"get answers of at most %u bytes, %u a second to all of them "
			"together.\n",
			p->answer_bytes, p->answer_rate);
	fprintf(to, "# Peers that may: %zu, each address %u requests a second.\n",
		p->n_allow, p->peer_rate);
	fprintf(to, "# Multicast discovery: %s.\n",
		p->multicast ? "from our own links" : "dropped");
	fprintf(to, "# Protected: this host, what it sends on by DNAT%s.\n",
		p->router ? ", and the networks behind it" : "");
	if (p->n_local == 0 || !(p->multicast || p->router))
		return;
	fputs("# Ours:", to);
	for (size_t i = 0; i < p->n_local; i++) {
		char text[CS_PREFIX_TEXT];

		cs_prefix_text(&p->local[i], text);
		fprintf(to, " %s", text);
	}
	fputs(".\n", to);
}

static void put_managers(struct cs_span rules, FILE *to)
{
	struct cs_manager others[CS_MANAGERS_MAX];
	size_t n = cs_managers_find(rules, others);

	for (size_t i = 0; i < n; i++)
		fprintf(to, "# %s keeps rules here (%s): left alone\n", others[i].name,
			others[i].mark);
}

/* @then is what nft will list of the script. */
static enum cs_err put_difference(struct cs_protect_job *job, struct cs_span rules,
				  struct cs_span then, FILE *to)
{
	struct cs_span now = cs_ruleset_table(rules, "inet coapscope");
	size_t n;

	fputs("\n# Difference to the rules in force (no other table is touched):\n", to);
	put_managers(rules, to);
	if (now.len == 0) {
		fputs("# + table inet coapscope, all of the above\n", to);
		return CS_OK;
	}
	n = cs_ruleset_difference(now, then, "# ", SHOWN_MAX, &job->arena, to);
	if (n == 0)
		fputs("# none\n", to);
	return n == SIZE_MAX ? CS_ERR_NOMEM : CS_OK;
}

/*
 * Without root the rules can be shown, but not tried: nft's messages may then not be as
 * long as they are.
 */
static int read_rules(struct cs_protect_job *job, struct cs_span *out)
{
	const char *path = job->options.output_file;
	char why[CS_PROGRAM_WHY] = "";
	enum cs_err err = cs_ruleset_read(&job->arena, out, why);

	if (err == CS_ERR_DENIED && strcmp(path, "-") == 0) {
		cs_log(&job->ctx->log, CS_WARN,
		       "%s: the difference, and what check will say, are not shown", why);
		*out = cs_span_of(NULL, 0);
		return -1;
	}
	return err ? fail(job, why, err) : -1;
}

static int show(struct cs_protect_job *job, const struct cs_policy *policy,
		struct cs_span script, struct cs_span rules)
{
	struct cs_rules_change change = { .script = script };
	FILE *to = job->ctx->out;
	char why[CS_PROGRAM_WHY] = "";
	struct cs_span then = { 0 };
	enum cs_err err;

	put_policy(policy, to);
	fwrite(script.ptr, 1, script.len, to);
	if (!rules.ptr)
		return -1;
	err = cs_script_listing(script, CS_SCRIPT_SHORT, &job->arena, &change.listed,
				why);
	if (!err)
		err = cs_ruleset_settle(change.listed, &job->arena, &then);
	if (!err)
		err = put_difference(job, rules, then, to);
	if (err)
		return fail(job, why, err);
	/* Where that cannot be asked it has been said; the rules are as good without. */
	cs_protect_plan_ask(job, policy, &change, to);
	return -1;
}

int cs_protect_plan(struct cs_protect_job *job)
{
	const char *path = job->options.output_file;
	struct cs_policy policy;
	struct cs_span script = { 0 }, rules = { 0 };
	int status = cs_protect_policy(job, &policy);

	if (status < 0 && job->options.backend == CS_PROTECT_UFW)
		return cs_protect_ufw_plan(job, &policy);
	if (status < 0 && cs_policy_rules(&policy, NULL, (struct cs_policy_hold){ 0 },
					  &job->arena, &script))
		status = fail(job, "", CS_ERR_NOMEM);
	if (status < 0)
		status = read_rules(job, &rules);
	if (status < 0)
		status = show(job, &policy, script, rules);
	if (status < 0 && strcmp(path, "-") != 0)
		status = cs_planned_write(job, &policy, script, rules, path);
	return status < 0 ? CS_EXIT_OK : status;
}
