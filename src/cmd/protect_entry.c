/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/protect_entry.h"

#include <inttypes.h>

#include "out/grid.h"
#include "protect/promise.h"

/* --- for people --- */

enum column {
	NUMBER,
	VERDICT,
	WHO,
	INTERFACE,
	LEFT,
	SINCE,
	BY,
	REASON,
	EVIDENCE,
	COLUMNS
};

static const char *const heads[COLUMNS] = {
	[NUMBER] = "#",     [VERDICT] = "verdict", [WHO] = "who",
	[INTERFACE] = "on", [LEFT] = "left",       [SINCE] = "since",
	[BY] = "by",        [REASON] = "reason",   [EVIDENCE] = "evidence",
};

void cs_protect_left_text(int64_t left_ms, char out[CS_PROTECT_LEFT])
{
	int64_t s = left_ms / 1000;

	out[0] = '\0';
	if (left_ms == CS_ENTRY_FOREVER)
		return;
	if (s >= 2 * 86400)
		(void)snprintf(out, CS_PROTECT_LEFT, "%" PRId64 "d %" PRId64 "h",
			       s / 86400, s % 86400 / 3600);
	else if (s >= 3600)
		(void)snprintf(out, CS_PROTECT_LEFT, "%" PRId64 "h %" PRId64 "m",
			       s / 3600, s % 3600 / 60);
	else if (s >= 60)
		(void)snprintf(out, CS_PROTECT_LEFT, "%" PRId64 "m %" PRId64 "s", s / 60,
			       s % 60);
	else
		(void)snprintf(out, CS_PROTECT_LEFT, "%" PRId64 "s", s);
}

static void put(struct cs_grid *grid, enum column column, const char *text)
{
	cs_grid_put(grid, column, cs_span_str(text));
}

static void entry_row(struct cs_grid *grid, const struct cs_entry *e, size_t number)
{
	char digits[24], who[CS_PREFIX_TEXT], left[CS_PROTECT_LEFT];
	char since[CS_TIME_TEXT];

	(void)snprintf(digits, sizeof(digits), "%zu", number);
	cs_prefix_text(&e->prefix, who);
	cs_protect_left_text(e->left_ms, left);
	cs_time_text(e->since_us, since);
	cs_grid_row(grid, 0, CS_TERM_PLAIN);
	put(grid, NUMBER, digits);
	put(grid, VERDICT, e->deny ? "deny" : "allow");
	put(grid, WHO, who);
	put(grid, INTERFACE, e->interface);
	put(grid, LEFT, left);
	cs_grid_put(grid, SINCE, cs_span_of(since, 19));
	put(grid, BY, e->by);
	put(grid, REASON, e->reason);
	put(grid, EVIDENCE, e->evidence);
}

static void peer_row(struct cs_grid *grid, const struct cs_peer *peer)
{
	char who[CS_PREFIX_TEXT];

	cs_prefix_text(&peer->prefix, who);
	cs_grid_row(grid, 0, CS_TERM_PLAIN);
	put(grid, VERDICT, "allow");
	put(grid, WHO, who);
	put(grid, INTERFACE, peer->interface);
	put(grid, BY, "policy");
}

const struct cs_kept *cs_protect_kept_now(const struct cs_standing *standing)
{
	if (standing->pending.there && standing->table.left_ms > 0)
		return &standing->pending;
	return standing->kept.there ? &standing->kept : NULL;
}

enum cs_err cs_protect_entry_table(const struct cs_standing *standing,
				   struct cs_grid *grid)
{
	const struct cs_kept *now = cs_protect_kept_now(standing);

	cs_grid_begin(grid, heads, COLUMNS);
	for (size_t i = 0; i < standing->entries.n; i++)
		entry_row(grid, &standing->entries.at[i], i + 1);
	for (size_t i = 0; now && i < now->policy.n_allow; i++)
		peer_row(grid, &now->policy.allow[i]);
	return grid->err;
}

/* --- for programs --- */

void cs_protect_entry_json(struct cs_json *json, const struct cs_entry *entry,
			   size_t number, bool in_force)
{
	bool forever = entry->left_ms == CS_ENTRY_FOREVER;
	char who[CS_PREFIX_TEXT];

	cs_prefix_text(&entry->prefix, who);
	cs_json_object(json);
	cs_json_put_word(json, "schema", "coapscope.entry/1");
	cs_json_put_uint_if(json, "number", number > 0, number);
	cs_json_put_word(json, "verdict", entry->deny ? "deny" : "allow");
	cs_json_put_word(json, "prefix", who);
	cs_json_put_text(json, "interface", cs_span_str(entry->interface));
	cs_json_put_bool(json, "in_force", in_force);
	cs_json_put_time_if(json, "since", entry->since_us != 0, entry->since_us);
	cs_json_put_time_if(json, "until", !forever && entry->until_us != 0,
			    entry->until_us);
	cs_json_key(json, "left_seconds");
	if (forever)
		cs_json_null(json);
	else
		cs_json_fixed(json, (uint64_t)entry->left_ms, 3);
	cs_json_put_word(json, "by", entry->by);
	cs_json_put_text(json, "reason", cs_span_str(entry->reason));
	cs_json_put_text(json, "evidence", cs_span_str(entry->evidence));
	cs_json_object_end(json);
}

/* --- who is let in --- */

static int refuse(struct cs_protect_job *job, const struct cs_addr *address,
		  const char *what)
{
	bool force = job->options.force;
	char text[CS_ADDR_TEXT];

	cs_addr_text(address, text);
	cs_log(&job->ctx->log, force ? CS_WARN : CS_ERROR,
	       "%s, from which you are logged in by ssh, %s%s", text, what,
	       force ? " (--force)" : ": want --force if you mean it");
	return force ? -1 : CS_EXIT_REFUSED;
}

/* Nothing holds now, so it is let in; and the policy leaves nothing to strangers. */
static bool loses_all(const struct cs_kept *was, const struct cs_policy *policy,
		      const struct cs_entries *entries, const struct cs_addr *who)
{
	return !was && policy && policy->strangers != CS_STRANGERS_LIMIT &&
	       !cs_promise_allows(policy, entries, who, NULL);
}

int cs_protect_spare_operator(struct cs_protect_job *job, const struct cs_standing *now,
			      const struct cs_policy *policy,
			      const struct cs_entries *entries)
{
	const struct cs_kept *was = cs_protect_kept_now(now);
	struct cs_operator who;
	int status = -1;

	cs_operator_find(job->ctx->env, &job->arena, &who);
	for (size_t i = 0; i < who.n && status < 0; i++) {
		if (!cs_promise_denies(&now->entries, &who.at[i], NULL) &&
		    (cs_promise_denies(entries, &who.at[i], NULL) ||
		     loses_all(was, policy, entries, &who.at[i])))
			status = refuse(job, &who.at[i],
					"would be cut off from the CoAP ports");
		else if (cs_promise_allows(was ? &was->policy : NULL, &now->entries,
					   &who.at[i], NULL) &&
			 !cs_promise_allows(policy, entries, &who.at[i], NULL))
			status = refuse(job, &who.at[i], "would be allowed no more");
	}
	return status;
}

int cs_protect_spare_denied(struct cs_protect_job *job, const struct cs_prefix *prefix)
{
	struct cs_operator who;
	int status = -1;

	cs_operator_find(job->ctx->env, &job->arena, &who);
	for (size_t i = 0; i < who.n && status < 0; i++)
		if (cs_prefix_has(prefix, &who.at[i]) &&
		    cs_addr_is_v4(&prefix->addr) == cs_addr_is_v4(&who.at[i]))
			status = refuse(job, &who.at[i],
					"would be cut off from the CoAP ports");
	return status;
}
