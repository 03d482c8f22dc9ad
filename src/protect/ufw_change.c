/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/ufw_change.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "protect/helper.h"
#include "protect/ufw_back.h"
#include "protect/ufw_own.h"

enum { UFW_LOCK_MS = 2000 };

int cs_ufw_end_lock(struct cs_change *change)
{
	struct cs_path path;
	int fd = -1;

	if (cs_path_under(change->state->run.text, "ufw-end", &path))
		fd = cs_lock_take(path.text, true);
	if (fd < 0)
		(void)snprintf(change->why, CS_STATE_WHY, "%.400s/ufw-end: %s",
			       change->state->run.text, strerror(errno));
	return fd;
}

static enum cs_err refuse(struct cs_change *change, const char *what)
{
	(void)snprintf(change->why, CS_STATE_WHY, "%s", what);
	return CS_ERR_REFUSED;
}

/* --- going back --- */

static enum cs_err write_back(struct cs_change *change, const struct cs_ufw_shot *before,
			      const struct cs_ufw_shot *left,
			      const struct cs_ufw_shot *now)
{
	const struct {
		enum cs_ufw_name name;
		enum cs_ufw_file kind;
		struct cs_ufw_three three;
	} files[] = {
		{ CS_UFW_BEFORE,
		  CS_UFW_FILE_BEFORE,
		  { before->files.before, left->files.before, now->files.before } },
		{ CS_UFW_BEFORE6,
		  CS_UFW_FILE_BEFORE,
		  { before->files.before6, left->files.before6, now->files.before6 } },
		{ CS_UFW_USER,
		  CS_UFW_FILE_USER,
		  { before->files.user, left->files.user, now->files.user } },
		{ CS_UFW_USER6,
		  CS_UFW_FILE_USER,
		  { before->files.user6, left->files.user6, now->files.user6 } },
	};
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < CS_LEN(files); i++) {
		struct cs_span text;

		if (files[i].three.now.len == 0 && files[i].three.before.len == 0)
			continue;
		err = cs_ufw_back_file(files[i].kind, &files[i].three, change->arena,
				       &text);
		if (!err)
			err = cs_ufw_file_write(files[i].name, text, change->why);
	}
	/* Rules that name it have gone. */
	return err ? err
		   : cs_ufw_file_write(CS_UFW_PROFILES, before->files.profile,
				       change->why);
}

static enum cs_err restore_back(struct cs_change *change,
				const struct cs_ufw_shot *before,
				const struct cs_ufw_shot *left,
				const struct cs_ufw_shot *now)
{
	const struct cs_ufw_three saves[] = {
		{ before->save4, left->save4, now->save4 },
		{ before->save6, left->save6, now->save6 },
	};
	enum cs_err err = CS_OK;

	for (int v6 = 0; !err && v6 < 2; v6++) {
		struct cs_span script;

		err = cs_ufw_back_script(&saves[v6], change->arena, &script);
		if (!err)
			err = cs_ufw_restore(script, v6, change->arena, change->why);
	}
	return err;
}

/* From what is now to @before; @left is how an apply left it, or empty when it came to no end. */
static enum cs_err go_back(struct cs_change *change, const struct cs_ufw_shot *before,
			   const struct cs_ufw_shot *left)
{
	struct cs_ufw_machine now, then;
	int lock = cs_ufw_lock(UFW_LOCK_MS);
	enum cs_err err = cs_ufw_machine_read(change->arena, &now, change->why);

	if (!err)
		err = write_back(change, before, left, &now.shot);
	if (!err)
		err = restore_back(change, before, left, &now.shot);
	if (!err)
		err = cs_ufw_machine_read(change->arena, &then, change->why);
	if (!err)
		cs_ufw_sweep(before, &then.shot, change->arena);
	cs_ufw_unlock(lock);
	return err;
}

/* What was confirmed before holds again: then this is how it was left. */
static enum cs_err note_left(struct cs_change *change, const struct cs_kept *kept)
{
	struct cs_ufw_machine now;
	enum cs_err err = cs_ufw_machine_read(change->arena, &now, change->why);

	return err ? err : cs_ufw_put_left(change, kept->id, 0, &now.shot);
}

static enum cs_err forget_all(struct cs_change *change)
{
	enum cs_err err = CS_OK;

	/* The pending one last: until then it can all be done again. */
	static const enum cs_ufw_record order[] = { CS_UFW_KEPT, CS_UFW_LEFT,
						    CS_UFW_FIRST, CS_UFW_PENDING };

	for (size_t i = 0; !err && i < CS_LEN(order); i++)
		err = cs_ufw_forget(change, order[i]);
	return err;
}

static enum cs_err take_back_locked(struct cs_change *change, const char *id)
{
	struct cs_ufw_standing s;
	enum cs_err err = cs_ufw_standing_read(change, &s);

	if (err)
		return err;
	if (!s.pending.there || strcmp(s.pending.id, id) != 0)
		return refuse(change, "it is pending no more");
	err = go_back(change, &s.before, &s.left);
	if (!err && !s.kept.there)
		err = forget_all(change);
	if (!err && s.kept.there)
		err = note_left(change, &s.kept);
	if (!err && s.kept.there)
		err = cs_ufw_forget(change, CS_UFW_PENDING);
	if (!err)
		cs_state_forget_pending(change->state, id);
	return err;
}

enum cs_err cs_ufw_take_back(struct cs_change *change, const char *id)
{
	int lock = cs_ufw_end_lock(change);
	enum cs_err err = lock < 0 ? CS_ERR_IO : take_back_locked(change, id);

	cs_ufw_unlock(lock);
	return err;
}

enum cs_err cs_ufw_repair(struct cs_change *change, bool *done)
{
	struct cs_ufw_standing s;
	enum cs_err err = cs_ufw_standing_read(change, &s);

	*done = false;
	if (err || !s.pending.there || s.left_ms > 0 ||
	    cs_state_helper_is_there(change->state, CS_UFW_HELPER_MS))
		return err;
	err = cs_ufw_take_back(change, s.pending.id);
	*done = !err;
	return err == CS_ERR_REFUSED ? CS_OK : err;
}

/* --- confirm and undo --- */

static enum cs_err confirm_locked(struct cs_change *change, char id[CS_STATE_ID])
{
	struct cs_ufw_standing s;
	enum cs_err err = cs_ufw_standing_read(change, &s);

	if (err)
		return err;
	if (!s.pending.there)
		return refuse(change, "nothing is pending");
	if (!s.complete || s.left_ms == 0)
		return refuse(change, "too late: the time to confirm is over");
	memcpy(id, s.pending.id, CS_STATE_ID);
	s.pending.since_us = cs_clock_wall(change->clock);
	err = cs_ufw_put_kept(change, &s.pending);
	return err ? err : cs_ufw_forget(change, CS_UFW_PENDING);
}

static void see_helper_off(struct cs_change *change, const char *id)
{
	cs_state_forget_pending(change->state, id);
	(void)cs_state_helper_is_there(change->state, CS_UFW_HELPER_MS);
}

enum cs_err cs_ufw_confirm(struct cs_change *change)
{
	char id[CS_STATE_ID];
	int lock = cs_ufw_end_lock(change);
	enum cs_err err = lock < 0 ? CS_ERR_IO : confirm_locked(change, id);

	cs_ufw_unlock(lock);
	if (!err)
		see_helper_off(change, id);
	return err;
}

/* Ours is known by its names alone: what stands beside it is taken to have been there. */
static enum cs_err take_ours_out(struct cs_change *change)
{
	static const char other[] = "?";
	const struct cs_span changed = cs_span_of(other, 1);
	struct cs_ufw_shot before = { .chains = changed };
	const struct cs_ufw_shot left = {
		.files = { changed, changed, changed, changed, changed, false },
		.save4 = changed,
		.save6 = changed,
	};
	struct cs_ufw_machine now;
	enum cs_err err = cs_ufw_machine_read(change->arena, &now, change->why);

	if (!err)
		err = cs_ufw_save_without_ours(now.shot.save4, change->arena,
					       &before.save4);
	if (!err)
		err = cs_ufw_save_without_ours(now.shot.save6, change->arena,
					       &before.save6);
	return err ? err : go_back(change, &before, &left);
}

enum cs_err cs_ufw_undo(struct cs_change *change, const struct cs_ufw_standing *standing)
{
	int lock = cs_ufw_end_lock(change);
	enum cs_err err = lock < 0 ? CS_ERR_IO : CS_OK;

	if (!err && standing->is_first)
		err = go_back(change, &standing->first, &standing->left);
	else if (!err)
		err = take_ours_out(change);
	if (!err)
		err = forget_all(change);
	cs_ufw_unlock(lock);
	if (!err && standing->pending.there)
		see_helper_off(change, standing->pending.id);
	return err;
}
