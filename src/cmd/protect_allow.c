/* SPDX-License-Identifier: Apache-2.0 */
/* coapscope protect allow and deny: one entry more. */
#include <net/if.h>
#include <string.h>

#include "cmd/protect_entry.h"
#include "cmd/protect_ufw.h"
#include "protect/apply.h"
#include "protect/promise.h"

static int read_entry(struct cs_protect_job *job, bool deny, struct cs_entry *out)
{
	const char *text = job->options.common.operands.item[0];
	const char *reason = job->options.reason;
	struct cs_peer peer;

	if (!cs_peer_read(cs_span_str(text), &peer) || (deny && peer.interface[0])) {
		cs_log(&job->ctx->log, CS_ERROR,
		       "%s: want an address or a prefix without host bits, as 192.0.2.7 "
		       "or "
		       "2001:db8::/48%s",
		       text, deny ? "" : ", perhaps with @INTERFACE behind it");
		return CS_EXIT_USAGE;
	}
	*out = (struct cs_entry){ .deny = deny,
				  .prefix = peer.prefix,
				  .left_ms = CS_ENTRY_FOREVER,
				  .since_us = cs_clock_wall(job->ctx->clock),
				  .by = "operator",
				  .reason = reason ? reason : "",
				  .evidence = "" };
	memcpy(out->interface, peer.interface, sizeof(out->interface));
	if (job->options.for_s) {
		out->left_ms = (int64_t)job->options.for_s * 1000;
		out->until_us = out->since_us + (int64_t)job->options.for_s * CS_US_PER_S;
	}
	return -1;
}

/* Our table comes beside ufw's rules: it can drop what they let in, not let in what they drop. */
static void say_ufw(const struct cs_log *log, const struct cs_standing *by_ufw,
		    const struct cs_entry *entry)
{
	const struct cs_kept *policy =
		by_ufw->pending.there ? &by_ufw->pending : &by_ufw->kept;
	static const struct cs_entries none;

	if (!entry->deny && policy->there &&
	    !cs_promise_allows(&policy->policy, &none, &entry->prefix.addr,
			       entry->interface))
		cs_log(log, CS_WARN,
		       "the policy is ufw's, which goes on to treat it as a stranger: "
		       "want `coapscope protect apply --backend ufw` with --allow for it "
		       "as well");
}

/* What one may not expect of it. */
static void say_limits(struct cs_protect_job *job, const struct cs_protect_ground *ground,
		       const struct cs_entry *entry)
{
	const struct cs_log *log = &job->ctx->log;
	const struct cs_standing *standing = &ground->standing;
	struct cs_standing by_ufw;

	if (cs_protect_ufw_standing(ground, &by_ufw))
		say_ufw(log, &by_ufw, entry);
	else if (standing->table.kind == CS_TABLE_NONE ||
		 standing->table.kind == CS_TABLE_ENTRIES)
		cs_log(log, CS_NOTE,
		       "no policy is applied: entries alone are in force, and %s",
		       entry->deny ? "who is not denied is not dropped by us"
				   : "nobody else is dropped by us either");
	if (!entry->deny &&
	    cs_promise_denies(&standing->entries, &entry->prefix.addr, entry->interface))
		cs_log(log, CS_WARN,
		       "it stays denied: a deny for a prefix comes before an allow for "
		       "a prefix, and one for an address before both");
	if (entry->interface[0] && if_nametoindex(entry->interface) == 0)
		cs_log(log, CS_WARN,
		       "there is no interface %s here: nobody is let in before there is "
		       "one",
		       entry->interface);
	if (standing->table.kind == CS_TABLE_NONE && standing->filed.there)
		cs_log(log, CS_WARN,
		       "the confirmed policy is not in force: somebody took its table "
		       "out; `coapscope protect restore` puts it back");
}

static int put(struct cs_protect_job *job, struct cs_protect_ground *ground,
	       const struct cs_entry *entry)
{
	struct cs_standing *standing = &ground->standing;
	enum cs_err err = cs_entries_put(&standing->entries, entry, &job->arena);
	char who[CS_PREFIX_TEXT], left[CS_PROTECT_LEFT];
	int status;

	if (err)
		return cs_protect_failed(job, err, "");
	status = entry->deny ? cs_protect_spare_denied(job, &entry->prefix) : -1;
	if (status >= 0)
		return status;
	err = cs_entries_enforce(&ground->state, &standing->entries, job->ctx->clock,
				 &job->arena, ground->change.why);
	if (err)
		return cs_protect_failed(job, err, ground->change.why);
	say_limits(job, ground, entry);
	err = cs_apply_refresh(&ground->change, standing);
	if (err)
		return cs_protect_failed(job, err, ground->change.why);
	cs_prefix_text(&entry->prefix, who);
	cs_protect_left_text(entry->left_ms, left);
	cs_log(&job->ctx->log, CS_NOTE, "%s %s %s%s", who,
	       entry->deny ? "denied" : "allowed", left[0] ? "for " : "until deleted",
	       left);
	return CS_EXIT_OK;
}

static int add_entry(struct cs_protect_job *job, bool deny)
{
	struct cs_protect_ground ground;
	struct cs_entry entry;
	int status = read_entry(job, deny, &entry);

	if (status >= 0)
		return status;
	status = cs_protect_enter(job, CS_PROTECT_ALTER, &ground);
	if (status < 0)
		status = put(job, &ground, &entry);
	cs_protect_leave(&ground);
	return status;
}

int cs_protect_allow(struct cs_protect_job *job)
{
	return add_entry(job, false);
}

int cs_protect_deny(struct cs_protect_job *job)
{
	return add_entry(job, true);
}
