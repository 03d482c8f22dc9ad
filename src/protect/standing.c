/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/standing.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"

static enum cs_err damaged(struct cs_change *change, const char *file, const char *why)
{
	(void)snprintf(change->why, CS_STATE_WHY, "%.200s/%s: %.200s",
		       change->state->dir.text, file, why);
	return CS_ERR_DAMAGED;
}

/* --- records --- */

static enum cs_err read_policy(struct cs_change *change, const struct cs_record *record,
			       const char *part, const char *id, const char *since,
			       struct cs_kept *out)
{
	char why[256];
	enum cs_err err;

	out->text = cs_record_text(record, part);
	if (out->text.len == 0 || !id || strlen(id) >= sizeof(out->id) || !since ||
	    !cs_time_read(cs_span_str(since), &out->since_us))
		return damaged(change, record->kind, "its policy is missing");
	(void)snprintf(out->id, sizeof(out->id), "%s", id);
	err = cs_policy_read(out->text, change->arena, &out->policy, why);
	if (err)
		return err == CS_ERR_NOMEM ? err : damaged(change, record->kind, why);
	out->there = true;
	return CS_OK;
}

static void read_before(const struct cs_record *record, struct cs_standing *standing)
{
	standing->had_entries = cs_record_key(record, "entries_before") != NULL;
	standing->before = cs_record_text(record, "before");
}

/* CS_ERR_NOT_FOUND: there is no such file. */
static enum cs_err read_record(struct cs_change *change, const struct cs_path *dir,
			       const char *file, const char *kind,
			       struct cs_record *record)
{
	char why[CS_RECORD_WHY] = "";
	struct cs_span bytes;
	enum cs_err err = cs_state_read(dir, file, change->arena, &bytes, change->why);

	if (err)
		return err;
	err = cs_record_read(bytes, kind, change->arena, record, why);
	return err && err != CS_ERR_NOMEM ? damaged(change, file, why) : err;
}

static enum cs_err read_kept(struct cs_change *change, const char *file,
			     struct cs_kept *out, struct cs_standing *standing)
{
	struct cs_record record;
	enum cs_err err = read_record(change, &change->state->dir, file, "kept", &record);

	if (err)
		return err == CS_ERR_NOT_FOUND ? CS_OK : err;
	err = read_policy(change, &record, "policy", cs_record_key(&record, "id"),
			  cs_record_key(&record, "since"), out);
	if (!err && standing)
		read_before(&record, standing);
	return err;
}

/*
 * The last step of a confirmation is to put the file in its place. Who was killed before it has
 * left the kernel with the new one's mark.
 */
static enum cs_err finish(struct cs_change *change, struct cs_standing *standing)
{
	struct cs_kept staged = { .there = false };
	enum cs_err err;

	if (change->state->lock < 0 || standing->table.kind != CS_TABLE_KEPT ||
	    (standing->filed.there &&
	     strcmp(standing->filed.id, standing->table.id) == 0))
		return CS_OK;
	err = read_kept(change, "kept.new", &staged, NULL);
	if (err || !staged.there || strcmp(staged.id, standing->table.id) != 0)
		return err == CS_ERR_DAMAGED ? CS_OK : err;
	err = cs_state_publish(&change->state->dir, "kept", change->why);
	return err ? err : read_kept(change, "kept", &standing->filed, standing);
}

static enum cs_err read_seconds(struct cs_change *change, const struct cs_record *record,
				uint32_t *seconds)
{
	const char *text = cs_record_key(record, "seconds");
	uint64_t n;

	if (!text || !cs_num_u64(cs_span_str(text), 1, 1 << 20, &n))
		return damaged(change, "pending", "its time is missing");
	*seconds = (uint32_t)n;
	return CS_OK;
}

static enum cs_err read_pending(struct cs_change *change, struct cs_standing *standing)
{
	struct cs_record record;
	char name[CS_STATE_PENDING];
	const char *kept_id;
	enum cs_err err;

	cs_state_pending_name(standing->table.id, name);
	err = read_record(change, &change->state->run, name, "pending", &record);
	if (err)
		return err == CS_ERR_NOT_FOUND ? CS_OK : err;
	kept_id = cs_record_key(&record, "kept_id");
	err = read_policy(change, &record, "policy", cs_record_key(&record, "id"),
			  cs_record_key(&record, "since"), &standing->pending);
	if (!err && kept_id)
		err = read_policy(change, &record, "kept", kept_id,
				  cs_record_key(&record, "kept_since"), &standing->kept);
	if (!err)
		err = read_seconds(change, &record, &standing->pending_seconds);
	read_before(&record, standing);
	return err;
}

enum cs_err cs_standing_record(struct cs_change *change,
			       const struct cs_standing *standing, const char *kind,
			       const struct cs_kept *policy, uint32_t seconds,
			       struct cs_span *out)
{
	char since[CS_TIME_TEXT], kept_since[CS_TIME_TEXT], number[16];
	bool pending = strcmp(kind, "pending") == 0;
	struct cs_record record = { .n_keys = 0 };

	(void)snprintf(record.kind, sizeof(record.kind), "%s", kind);
	cs_time_text(policy->since_us, since);
	cs_record_put(&record, "id", policy->id);
	cs_record_put(&record, "since", since);
	(void)snprintf(number, sizeof(number), "%u", seconds);
	if (pending)
		cs_record_put(&record, "seconds", number);
	if (standing->had_entries)
		cs_record_put(&record, "entries_before", "yes");
	cs_record_part(&record, "policy", policy->text);
	cs_record_part(&record, "before", standing->before);
	if (pending && standing->kept.there) {
		cs_time_text(standing->kept.since_us, kept_since);
		cs_record_put(&record, "kept_id", standing->kept.id);
		cs_record_put(&record, "kept_since", kept_since);
		cs_record_part(&record, "kept", standing->kept.text);
	}
	return cs_record_write(&record, change->arena, out);
}

/* --- which folder --- */

enum cs_err cs_standing_note_home(struct cs_change *change)
{
	return cs_state_write(&change->state->run, "home",
			      cs_span_str(change->state->dir.text), change->why);
}

/* Nobody named a store: then it is the one that made what is in force. */
static void find_home(struct cs_change *change, const struct cs_table *table)
{
	char why[CS_STATE_WHY];
	struct cs_span text;

	if (!change->state->preset || !cs_table_is_ours(table) ||
	    cs_state_read(&change->state->run, "home", change->arena, &text, why) ||
	    text.len >= sizeof(change->state->dir.text) || text.len == 0)
		return;
	memcpy(change->state->dir.text, text.ptr, text.len);
	change->state->dir.text[text.len] = '\0';
}

static bool in_force(const struct cs_standing *standing)
{
	return standing->table.kind == CS_TABLE_KEPT && standing->filed.there &&
	       strcmp(standing->filed.id, standing->table.id) == 0;
}

enum cs_err cs_standing_read(struct cs_change *change, struct cs_standing *out)
{
	struct cs_standing standing = { .pending_seconds = 0 };
	enum cs_err err = cs_table_look(change->arena, &standing.table, change->why);

	if (err)
		return err;
	find_home(change, &standing.table);
	err = read_kept(change, "kept", &standing.filed, &standing);
	if (!err)
		err = finish(change, &standing);
	if (!err && in_force(&standing))
		standing.kept = standing.filed;
	if (!err && standing.table.kind == CS_TABLE_PENDING)
		err = read_pending(change, &standing);
	if (!err)
		err = cs_entries_read(change->state, change->clock, change->arena,
				      &standing.entries, change->why);
	*out = standing;
	return err;
}
