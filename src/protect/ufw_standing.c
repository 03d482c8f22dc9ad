/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/ufw_standing.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"

static const struct {
	const char *file, *kind;
} records[CS_UFW_RECORDS] = {
	[CS_UFW_FIRST] = { "ufw-first", "ufwfirst" },
	[CS_UFW_PENDING] = { "ufw-pending", "ufwpending" },
	[CS_UFW_LEFT] = { "ufw-left", "ufwleft" },
	[CS_UFW_KEPT] = { "ufw-kept", "ufwkept" },
};

/* --- reading --- */

static enum cs_err damaged(struct cs_change *change, enum cs_ufw_record which,
			   const char *what)
{
	char copy[CS_STATE_WHY];

	(void)snprintf(copy, sizeof(copy), "%.200s/%s: %.200s", change->state->dir.text,
		       records[which].file, what);
	memcpy(change->why, copy, sizeof(copy));
	return CS_ERR_DAMAGED;
}

/* CS_ERR_NOT_FOUND: there is none. */
static enum cs_err read_one(struct cs_change *change, enum cs_ufw_record which,
			    struct cs_record *out)
{
	char why[CS_RECORD_WHY] = "";
	struct cs_span bytes;
	enum cs_err err = cs_state_read(&change->state->dir, records[which].file,
					change->arena, &bytes, change->why);

	if (!err)
		err = cs_record_read(bytes, records[which].kind, change->arena, out, why);
	else
		return err;
	if (err == CS_ERR_FOREIGN || err == CS_ERR_DAMAGED)
		return damaged(change, which, why[0] ? why : cs_strerror(err));
	return err;
}

static enum cs_err read_kept(struct cs_change *change, enum cs_ufw_record which,
			     const struct cs_record *record, struct cs_kept *out)
{
	const char *id = cs_record_key(record, "id");
	const char *since = cs_record_key(record, "since");
	char why[CS_POLICY_WHY] = "";
	enum cs_err err;

	out->text = cs_record_text(record, "policy");
	if (!id || strlen(id) >= sizeof(out->id) || !since ||
	    !cs_time_read(cs_span_str(since), &out->since_us))
		return damaged(change, which, "its head is not whole");
	(void)snprintf(out->id, sizeof(out->id), "%s", id);
	err = cs_policy_read(out->text, change->arena, &out->policy, why);
	if (err)
		return err == CS_ERR_NOMEM ? err : damaged(change, which, why);
	out->there = true;
	return CS_OK;
}

static enum cs_err read_pending(struct cs_change *change, struct cs_ufw_standing *s)
{
	struct cs_record record;
	enum cs_err err = read_one(change, CS_UFW_PENDING, &record);

	if (!err)
		err = read_kept(change, CS_UFW_PENDING, &record, &s->pending);
	if (!err)
		cs_ufw_shot_take(&record, &s->before);
	return err;
}

/* How long it has, if this is still the boot that it counts in. */
static int64_t left_of(const struct cs_change *change, const struct cs_record *record)
{
	const char *boot = cs_record_key(record, "boot");
	const char *until = cs_record_key(record, "until_ms");
	int64_t now = cs_clock_mono(change->clock) / CS_NS_PER_MS;
	uint64_t ms;

	if (!boot || strcmp(boot, change->state->boot) != 0 || !until ||
	    !cs_num_u64(cs_span_str(until), 0, INT64_MAX, &ms) || (int64_t)ms <= now)
		return 0;
	return (int64_t)ms - now;
}

static enum cs_err read_left(struct cs_change *change, struct cs_ufw_standing *s)
{
	struct cs_record record;
	enum cs_err err = read_one(change, CS_UFW_LEFT, &record);
	const char *id;

	if (err)
		return err;
	id = cs_record_key(&record, "id");
	/* That of an earlier one is no more what was left. */
	if (s->pending.there && (!id || strcmp(id, s->pending.id) != 0))
		return CS_OK;
	cs_ufw_shot_take(&record, &s->left);
	s->complete = s->pending.there;
	s->left_ms = s->pending.there ? left_of(change, &record) : 0;
	return CS_OK;
}

static enum cs_err read_the_kept(struct cs_change *change, struct cs_ufw_standing *s)
{
	struct cs_record record;
	enum cs_err err = read_one(change, CS_UFW_KEPT, &record);

	return err ? err : read_kept(change, CS_UFW_KEPT, &record, &s->kept);
}

static enum cs_err read_first(struct cs_change *change, struct cs_ufw_standing *s)
{
	struct cs_record record;
	enum cs_err err = read_one(change, CS_UFW_FIRST, &record);

	if (!err)
		cs_ufw_shot_take(&record, &s->first);
	s->is_first = !err;
	return err;
}

enum cs_err cs_ufw_standing_read(struct cs_change *change, struct cs_ufw_standing *out)
{
	static enum cs_err (*const readers[])(struct cs_change *,
					      struct cs_ufw_standing *) = {
		read_first, read_pending, read_the_kept, read_left
	};
	struct cs_ufw_standing s = { .complete = false };

	for (size_t i = 0; i < CS_LEN(readers); i++) {
		enum cs_err err = readers[i](change, &s);

		if (err && err != CS_ERR_NOT_FOUND)
			return err;
	}
	/* Killed between the last two steps of a confirmation. */
	if (s.kept.there && strcmp(s.kept.id, s.pending.id) == 0)
		s.pending.there = s.complete = false;
	change->why[0] = '\0';
	*out = s;
	return CS_OK;
}

/* --- writing --- */

static enum cs_err write_one(struct cs_change *change, enum cs_ufw_record which,
			     struct cs_record *record)
{
	struct cs_span bytes;
	enum cs_err err;

	(void)snprintf(record->kind, sizeof(record->kind), "%s", records[which].kind);
	err = cs_record_write(record, change->arena, &bytes);
	return err ? err
		   : cs_state_write(&change->state->dir, records[which].file, bytes,
				    change->why);
}

enum cs_err cs_ufw_put_first(struct cs_change *change, const struct cs_ufw_shot *shot)
{
	struct cs_record record = { .n_keys = 0 };

	cs_ufw_shot_put(&record, shot);
	return write_one(change, CS_UFW_FIRST, &record);
}

enum cs_err cs_ufw_put_pending(struct cs_change *change, const struct cs_kept *pending,
			       const struct cs_ufw_shot *before)
{
	struct cs_record record = { .n_keys = 0 };
	char since[CS_TIME_TEXT];

	cs_time_text(pending->since_us, since);
	cs_record_put(&record, "id", pending->id);
	cs_record_put(&record, "since", since);
	cs_record_part(&record, "policy", pending->text);
	cs_ufw_shot_put(&record, before);
	return write_one(change, CS_UFW_PENDING, &record);
}

enum cs_err cs_ufw_put_left(struct cs_change *change, const char *id, uint32_t seconds,
			    const struct cs_ufw_shot *left)
{
	struct cs_record record = { .n_keys = 0 };
	char until[24];

	(void)snprintf(until, sizeof(until), "%" PRId64,
		       cs_clock_mono(change->clock) / CS_NS_PER_MS +
			       (int64_t)seconds * 1000);
	cs_record_put(&record, "id", id);
	cs_record_put(&record, "boot", change->state->boot);
	if (seconds > 0)
		cs_record_put(&record, "until_ms", until);
	cs_ufw_shot_put(&record, left);
	return write_one(change, CS_UFW_LEFT, &record);
}

enum cs_err cs_ufw_put_kept(struct cs_change *change, const struct cs_kept *kept)
{
	struct cs_record record = { .n_keys = 0 };
	char since[CS_TIME_TEXT];

	cs_time_text(kept->since_us, since);
	cs_record_put(&record, "id", kept->id);
	cs_record_put(&record, "since", since);
	cs_record_part(&record, "policy", kept->text);
	return write_one(change, CS_UFW_KEPT, &record);
}

enum cs_err cs_ufw_forget(struct cs_change *change, enum cs_ufw_record record)
{
	return cs_state_remove(&change->state->dir, records[record].file, change->why);
}
