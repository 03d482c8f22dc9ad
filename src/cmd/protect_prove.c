/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/protect_prove.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/protect_ask.h"
#include "out/term.h"
#include "protect/backup.h"
#include "protect/meaning_line.h"
#include "protect/promise.h"
#include "protect/ruleset.h"

enum { SHOWN_MAX = 200 };

static enum cs_err read_rules(struct cs_protect_proof *p, struct cs_span *out,
			      char why[CS_STATE_WHY])
{
	char reason[CS_PROGRAM_WHY] = "";
	enum cs_err err = cs_ruleset_read(&p->job->arena, out, reason);

	if (err)
		(void)snprintf(why, CS_STATE_WHY, "%s",
			       reason[0] ? reason : cs_strerror(err));
	return err == CS_ERR_REFUSED ? CS_ERR_IO : err;
}

int cs_protect_proof_begin(struct cs_protect_proof *proof)
{
	char why[CS_STATE_WHY];
	enum cs_err err = read_rules(proof, &proof->before, why);

	return cs_protect_said(proof->job, err, why);
}

/* --- by packets --- */

static const char *const flows[] = {
	[CS_FLOW_NEW] = "", [CS_FLOW_ESTABLISHED] = " that goes on"
};

static void say_row(const struct cs_meaning *row, char out[CS_STATE_WHY])
{
	char to[CS_ADDR_TEXT], port[sizeof(" port 65535")] = "";

	cs_addr_text(&row->ask.to, to);
	if (row->source_port)
		(void)snprintf(port, sizeof(port), " port %u", row->source_port);
	(void)snprintf(out, CS_STATE_WHY, "%s%s to %s, %s %u%s: %s", row->from, port, to,
		       row->ask.tcp ? "TCP" : "UDP", row->ask.port, flows[row->ask.flow],
		       cs_meaning_verdict_text(row->told.verdict));
}

/* Another table's drop is not ours to take away: it is said, once an asker. */
static void warn_others(const struct cs_protect_proof *p, const struct cs_meaning *row)
{
	const struct cs_rule *rule = row->told.rule;
	char text[CS_STATE_WHY], by[CS_MEANING_TEXT], shown[CS_MEANING_TEXT];

	say_row(row, text);
	if (rule && !rule->ours) {
		cs_meaning_rule_text(rule, by);
		cs_log(&p->job->ctx->log, CS_WARN,
		       "allowed, and yet %s: not by us but by %s", text,
		       cs_term_text_in(shown, sizeof(shown), cs_span_str(by)));
	} else
		cs_log(&p->job->ctx->log, CS_WARN, "allowed, and yet %s: not by us",
		       text);
}

/* What the policy does not touch, and may have been thought to: said once. */
static void warn_left_open(const struct cs_protect_proof *p, const struct cs_host *host,
			   const struct cs_meanings *meanings)
{
	char text[CS_STATE_WHY];

	for (size_t i = 0; i < meanings->n; i++) {
		if (!cs_promise_is_left_open(p->policy, host, &meanings->rows[i]))
			continue;
		say_row(&meanings->rows[i], text);
		cs_log(&p->job->ctx->log, CS_WARN,
		       "hosts behind this one are not protected, as %s: want %s", text,
		       p->policy->router ? "--local with their network" : "--router");
		return;
	}
}

/* Likewise; it can only be closed where it is published. */
static void warn_published(const struct cs_protect_proof *p,
			   const struct cs_meanings *meanings)
{
	char text[CS_STATE_WHY];

	for (size_t i = 0; i < meanings->n; i++) {
		if (!cs_promise_is_published(&meanings->rows[i]))
			continue;
		say_row(&meanings->rows[i], text);
		cs_log(&p->job->ctx->log, CS_WARN,
		       "a port that leads to CoAP is not protected, as %s: rules match "
		       "5683 and 5684 alone; want it published there, or not at all",
		       text);
		return;
	}
}

static enum cs_err judge(struct cs_protect_proof *p, const struct cs_protect_ask *ask,
			 const struct cs_meanings *meanings, char why[CS_STATE_WHY])
{
	const char *warned = NULL;
	char text[CS_STATE_WHY];

	for (size_t i = 0; i < meanings->n; i++) {
		const struct cs_meaning *row = &meanings->rows[i];
		enum cs_promise promise = cs_promise_of(
			p->policy, &p->ground->standing.entries, &ask->host, row);

		if (promise == CS_PROMISE_OTHERS && warned != row->from) {
			warn_others(p, row);
			warned = row->from;
		}
		if (promise != CS_PROMISE_LET_IN && promise != CS_PROMISE_SHUT)
			continue;
		say_row(row, text);
		(void)snprintf(
			why, CS_STATE_WHY,
			"the proof failed, nothing is applied: %.300s, which is not "
			"what the policy says",
			text);
		return CS_ERR_IO;
	}
	warn_left_open(p, &ask->host, meanings);
	warn_published(p, meanings);
	return CS_OK;
}

static bool same_namespace(const struct stat *before)
{
	struct stat now;

	return stat("/proc/self/ns/net", &now) == 0 && now.st_ino == before->st_ino &&
	       now.st_dev == before->st_dev;
}

/* By what this host does, and would do with @change made. */
static enum cs_err prove(struct cs_protect_proof *p, const struct cs_rules_change *change,
			 char why[CS_STATE_WHY])
{
	struct cs_protect_ask ask;
	struct cs_meanings meanings;
	struct stat before;
	enum cs_err err;

	if (stat("/proc/self/ns/net", &before)) {
		(void)snprintf(why, CS_STATE_WHY, "/proc/self/ns/net: %s",
			       strerror(errno));
		return CS_ERR_IO;
	}
	p->status = cs_protect_ask_with(p->job, p->policy, change, &ask);
	p->listed = ask.rules.listing;
	if (p->status < 0)
		p->status = cs_protect_ask_all(p->job, &ask, &meanings);
	if (p->status >= 0)
		return CS_ERR_IO;
	err = judge(p, &ask, &meanings, why);
	/* What follows is for this host's rules and no others. */
	if (!err && !same_namespace(&before)) {
		(void)snprintf(why, CS_STATE_WHY,
			       "the scratch could not be left: nothing is applied");
		err = CS_ERR_IO;
	}
	return err;
}

enum cs_err cs_protect_would_do(void *arg, struct cs_span script, char why[CS_STATE_WHY])
{
	struct cs_protect_proof *p = arg;

	p->script = script;
	return prove(p, &(struct cs_rules_change){ .script = script }, why);
}

enum cs_err cs_protect_does(void *arg, const struct cs_rules_change *change,
			    char why[CS_STATE_WHY])
{
	static const struct cs_rules_change none;

	return prove(arg, change ? change : &none, why);
}

/* --- by reading --- */

enum cs_err cs_protect_keep_backup(void *arg, char why[CS_STATE_WHY])
{
	struct cs_protect_proof *p = arg;
	struct cs_change *change = &p->ground->change;
	struct cs_span bytes;
	enum cs_err err = cs_backup_make(change, &p->ground->standing, p->before, &bytes);

	if (!err)
		err = cs_backup_keep(change, bytes);
	if (err && why != change->why)
		(void)snprintf(why, CS_STATE_WHY, "%s", change->why);
	return err;
}

/* Says what is other; refused. */
static enum cs_err refuse(struct cs_protect_proof *p, struct cs_span before,
			  struct cs_span now, char why[CS_STATE_WHY])
{
	(void)cs_ruleset_difference(before, now, "", SHOWN_MAX, &p->job->arena,
				    p->job->ctx->err);
	(void)snprintf(why, CS_STATE_WHY,
		       "somebody changed the rules in the meantime (- before, + now): "
		       "nothing is applied");
	return CS_ERR_REFUSED;
}

enum cs_err cs_protect_still_same(void *arg, char why[CS_STATE_WHY])
{
	struct cs_protect_proof *p = arg;
	struct cs_span now;
	enum cs_err err = read_rules(p, &now, why);

	if (err || cs_span_eq(now, p->before))
		return err;
	return refuse(p, p->before, now, why);
}

static bool is_ours_in(struct cs_span now, struct cs_span expected)
{
	return cs_span_eq(cs_ruleset_table(now, "inet coapscope"),
			  cs_ruleset_table(expected, "inet coapscope"));
}

/*
 * Other tables are as before, and ours as nft lists it elsewhere. What was listed for the
 * proof has long lists as they were written: where nft prints them otherwise, it is asked again.
 */
enum cs_err cs_protect_still_proved(void *arg, char why[CS_STATE_WHY])
{
	struct cs_protect_proof *p = arg;
	struct cs_arena *arena = &p->job->arena;
	struct cs_span now, others, others_before, expected;
	enum cs_err err = read_rules(p, &now, why);

	if (!err)
		err = cs_backup_others(now, arena, &others);
	if (!err)
		err = cs_backup_others(p->before, arena, &others_before);
	if (err)
		return err;
	if (!cs_span_eq(others, others_before))
		return refuse(p, others_before, others, why);
	err = cs_ruleset_settle(p->listed, arena, &expected);
	if (!err && !is_ours_in(now, expected))
		err = cs_ruleset_of(p->script, arena, &expected, why);
	if (err || is_ours_in(now, expected))
		return err;
	(void)snprintf(why, CS_STATE_WHY,
		       "the table does not read back as it was written: taken out");
	return CS_ERR_IO;
}
