/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/guard_rules.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/protect_change.h"
#include "cmd/protect_policy.h"
#include "protect/apply.h"

enum { FRESH_S = 1 /* so long what is spared may have been read ago */ };

static const char BY[] = "guard";

static int64_t now_ms(const struct cs_guard_rules *r)
{
	return cs_clock_mono(r->job.ctx->clock) / CS_NS_PER_MS;
}

/* --- who is spared --- */

/* Lists while they are filled: there is room for all. */
struct sparing {
	struct cs_prefix *allowed, *local;
	size_t n_allowed, n_local;
};

static bool begin(struct sparing *s, size_t allowed, size_t local, struct cs_arena *arena)
{
	s->allowed = cs_arena_array(arena, allowed + 1, sizeof(*s->allowed));
	s->local = cs_arena_array(arena, local + 1, sizeof(*s->local));
	return s->allowed && s->local;
}

static void spare_policy(struct sparing *s, const struct cs_kept *kept)
{
	const struct cs_policy *policy = &kept->policy;

	if (!kept->there)
		return;
	for (size_t i = 0; i < policy->n_allow; i++)
		s->allowed[s->n_allowed++] = policy->allow[i].prefix;
	for (size_t i = 0; i < policy->n_local; i++)
		s->local[s->n_local++] = policy->local[i];
}

/* The options' readers have looked at each text already. */
static void spare_options(struct sparing *s, const struct cs_protect_options *o)
{
	for (size_t i = 0; i < o->allow.n; i++) {
		struct cs_peer peer;

		if (cs_peer_read(cs_span_str(o->allow.item[i]), &peer))
			s->allowed[s->n_allowed++] = peer.prefix;
	}
	for (size_t i = 0; i < o->local.n; i++) {
		struct cs_prefix *to = &s->local[s->n_local];

		s->n_local += !cs_prefix_read(cs_span_str(o->local.item[i]), to);
	}
}

static void spare_entries(struct sparing *s, const struct cs_entries *entries)
{
	for (size_t i = 0; i < entries->n; i++)
		if (!entries->at[i].deny)
			s->allowed[s->n_allowed++] = entries->at[i].prefix;
}

static size_t peers_of(const struct cs_kept *kept)
{
	return kept->there ? kept->policy.n_allow : 0;
}

static size_t locals_of(const struct cs_kept *kept)
{
	return kept->there ? kept->policy.n_local : 0;
}

/* Of all policies that there are: what is only pending may be what will hold. */
static enum cs_err spare(const struct cs_protect_options *o,
			 const struct cs_protect_ground *ground, struct cs_arena *arena,
			 struct cs_guard_spared *out)
{
	struct sparing s = { 0 };
	const struct cs_standing *standing = &ground->standing;
	const struct cs_kept *const kept[] = { &standing->kept, &standing->pending,
					       &standing->filed, &ground->ufw.kept,
					       &ground->ufw.pending };
	size_t allowed = o->allow.n + standing->entries.n, local, n_host;
	const struct cs_prefix *host;
	enum cs_err err = cs_protect_local(arena, false, &host, &n_host);

	if (err)
		return err;
	local = o->local.n + n_host;
	for (size_t i = 0; i < CS_LEN(kept); i++) {
		allowed += peers_of(kept[i]);
		local += locals_of(kept[i]);
	}
	if (!begin(&s, allowed, local, arena))
		return CS_ERR_NOMEM;
	spare_options(&s, o);
	for (size_t i = 0; i < CS_LEN(kept); i++)
		spare_policy(&s, kept[i]);
	spare_entries(&s, &standing->entries);
	for (size_t i = 0; i < n_host; i++)
		s.local[s.n_local++] = host[i];
	*out = (struct cs_guard_spared){ s.allowed, s.local, s.n_allowed, s.n_local };
	return CS_OK;
}

/* Reads how things stand without the lock; what is decided by it is looked at again. */
static int look(struct cs_guard_rules *r)
{
	struct cs_protect_ground ground = { .state.lock = -1 };
	int status = -1;

	cs_arena_clear(&r->spare_arena);
	r->spared = (struct cs_guard_spared){ 0 };
	if (!r->blind)
		status = cs_protect_enter(&r->job, CS_PROTECT_LOOK, &ground);
	if (status < 0 && spare(&r->job.options, &ground, &r->spare_arena, &r->spared))
		status = cs_protect_failed(&r->job, CS_ERR_NOMEM, "");
	if (!r->blind)
		cs_protect_leave(&ground);
	r->spared_ns = cs_clock_mono(r->job.ctx->clock);
	return status;
}

/* --- what stands --- */

static enum cs_guard_reason reason_of(const struct cs_entry *entry)
{
	const char *victim = cs_guard_reason_names[CS_GUARD_VICTIM];

	return strcmp(entry->reason, victim) == 0 ? CS_GUARD_VICTIM : CS_GUARD_ATTACKER;
}

static bool is_ours(const struct cs_entry *entry)
{
	return entry->deny && strcmp(entry->by, BY) == 0;
}

/* Blocks of a guard before this one; those that there is no room for run out. */
static void remember(struct cs_guard_rules *r, const struct cs_entries *entries)
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; i < entries->n && !err; i++) {
		const struct cs_entry *e = &entries->at[i];
		const struct cs_guard_entry entry = { e->prefix, reason_of(e),
						      now_ms(r) + e->left_ms };

		if (is_ours(e) && e->left_ms != CS_ENTRY_FOREVER)
			err = cs_guard_remember(&r->guard, &entry);
	}
}

/* Of this prefix by an operator's hand: it stands as it is. */
static bool is_operators(const struct cs_entries *entries, const struct cs_prefix *prefix)
{
	for (size_t i = 0; i < entries->n; i++) {
		const struct cs_entry *e = &entries->at[i];

		if (e->deny && !is_ours(e) && cs_prefix_cmp(&e->prefix, prefix) == 0)
			return true;
	}
	return false;
}

/* --- a block --- */

static enum cs_err put_entry(struct cs_guard_rules *r, struct cs_protect_ground *ground,
			     const struct cs_guard_request *request, uint32_t seconds)
{
	const struct cs_guard_entry *decided = cs_guard_find(&r->guard, &request->prefix);
	struct cs_entries *entries = &ground->standing.entries;
	const struct cs_clock *clock = r->job.ctx->clock;
	char evidence[CS_GUARD_TEXT];
	struct cs_entry entry = {
		.deny = true,
		.prefix = request->prefix,
		.left_ms = (int64_t)seconds * 1000,
		.since_us = cs_clock_wall(clock),
		.by = BY,
		.reason = cs_guard_reason_names[decided ? decided->reason
							: request->reason],
		.evidence = evidence,
	};
	enum cs_err err;

	cs_guard_text(&request->because, evidence);
	entry.until_us = entry.since_us + (int64_t)seconds * CS_US_PER_S;
	err = cs_entries_put(entries, &entry, &r->job.arena);
	if (!err)
		err = cs_entries_enforce(&ground->state, entries, clock, &r->job.arena,
					 ground->change.why);
	/* In force it is now; what a boot would load is a second thing. */
	if (!err && cs_apply_refresh(&ground->change, &ground->standing))
		cs_log(&r->job.ctx->log, CS_WARN, "%s", ground->change.why);
	return err;
}

/* Under the lock, so that nobody is allowed between looking and blocking. */
static enum cs_guard_answer block(struct cs_guard_rules *r,
				  struct cs_protect_ground *ground,
				  const struct cs_guard_request *request,
				  enum cs_guard_answer answer, uint32_t seconds,
				  char why[CS_GUARD_RULES_WHY])
{
	enum cs_guard_answer spares;
	struct cs_guard_spared now;
	enum cs_err err = spare(&r->job.options, ground, &r->job.arena, &now);

	if (!err) {
		spares = cs_guard_spares(&now, &request->prefix);
		if (spares != CS_GUARD_BLOCKED)
			return spares;
		if (is_operators(&ground->standing.entries, &request->prefix))
			return CS_GUARD_STANDS;
		err = put_entry(r, ground, request, seconds);
	}
	if (!err)
		return answer;
	(void)snprintf(why, CS_GUARD_RULES_WHY, "%.250s",
		       ground->change.why[0] ? ground->change.why : cs_strerror(err));
	return CS_GUARD_FAILED;
}

static enum cs_guard_answer enforce(struct cs_guard_rules *r,
				    const struct cs_guard_request *request,
				    enum cs_guard_answer decided, uint32_t seconds,
				    char why[CS_GUARD_RULES_WHY])
{
	struct cs_protect_ground ground;
	enum cs_guard_answer answer = CS_GUARD_FAILED;

	(void)snprintf(why, CS_GUARD_RULES_WHY, "the state of protect cannot be read");
	if (cs_protect_enter(&r->job, CS_PROTECT_ALTER, &ground) < 0) {
		why[0] = '\0';
		answer = block(r, &ground, request, decided, seconds, why);
	}
	cs_protect_leave(&ground);
	if (answer != decided)
		cs_guard_forget(&r->guard, &request->prefix);
	return answer;
}

static bool is_stale(const struct cs_guard_rules *r)
{
	return cs_clock_mono(r->job.ctx->clock) - r->spared_ns > FRESH_S * CS_NS_PER_S;
}

enum cs_guard_answer cs_guard_rules_decide(struct cs_guard_rules *rules,
					   const struct cs_guard_request *request,
					   uint32_t *seconds,
					   char why[CS_GUARD_RULES_WHY])
{
	enum cs_guard_answer answer = CS_GUARD_FAILED;

	why[0] = '\0';
	cs_arena_clear(&rules->job.arena);
	if (is_stale(rules) && look(rules) >= 0) {
		rules->spared_ns = INT64_MIN / 2; /* to be looked at again */
		(void)snprintf(why, CS_GUARD_RULES_WHY, "who is allowed cannot be read");
		return CS_GUARD_FAILED;
	}
	answer = cs_guard_decide(&rules->guard, request, &rules->spared, now_ms(rules),
				 seconds);
	if (rules->job.options.enforce &&
	    (answer == CS_GUARD_BLOCKED || answer == CS_GUARD_RENEWED))
		answer = enforce(rules, request, answer, *seconds, why);
	return answer;
}

/* --- beginning and end --- */

static int begin_with_what_stands(struct cs_guard_rules *r)
{
	struct cs_protect_ground ground;
	int status = cs_protect_enter(&r->job, CS_PROTECT_LOOK, &ground);

	if (status < 0)
		remember(r, &ground.standing.entries);
	cs_protect_leave(&ground);
	return status;
}

int cs_guard_rules_open(const struct cs_protect_job *job, struct cs_guard_rules *rules)
{
	const struct cs_protect_options *o = &job->options;
	const struct cs_guard_limits limits = {
		.entries = (size_t)o->entries,
		.a_minute = (size_t)o->entry_rate,
		.seconds = o->for_s ? (uint32_t)o->for_s : CS_GUARD_PRESET_S,
	};
	int status = -1;

	*rules = (struct cs_guard_rules){ .job = { .ctx = job->ctx, .options = *o } };
	rules->blind = geteuid() != 0 && !o->enforce;
	if (cs_guard_open(&rules->guard, &limits, &rules->arena))
		return cs_protect_failed(&rules->job, CS_ERR_NOMEM, "");
	if (rules->blind)
		cs_log(&job->ctx->log, CS_WARN,
		       "not root: who is allowed by policy and entries is not known "
		       "here, "
		       "only --allow, --local and this host's networks");
	else
		status = begin_with_what_stands(rules);
	return status < 0 ? look(rules) : status;
}

void cs_guard_rules_close(struct cs_guard_rules *rules)
{
	cs_arena_clear(&rules->job.arena);
	cs_arena_clear(&rules->spare_arena);
	cs_arena_clear(&rules->arena);
}
