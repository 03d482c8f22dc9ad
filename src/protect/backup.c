/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/backup.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "protect/ruleset.h"

#define FOLDER "backups"
#define ENDING ".backup"

/* --- making one --- */

static enum cs_err list_all(struct cs_change *change, struct cs_span *out)
{
	static const char *const argv[] = { "nft", "-a", "list", "ruleset", NULL };
	const struct cs_program program = { .argv = argv };
	char why[CS_PROGRAM_WHY] = "";
	enum cs_err err = cs_program_must(&program, change->arena, out, why);

	if (err)
		(void)snprintf(change->why, CS_STATE_WHY, "%s", why);
	return err == CS_ERR_REFUSED ? CS_ERR_IO : err;
}

enum cs_err cs_backup_make(struct cs_change *change, const struct cs_standing *standing,
			   struct cs_span rules, struct cs_span *out)
{
	struct cs_record record = { .kind = "backup" };
	char made[CS_TIME_TEXT], since[CS_TIME_TEXT];
	struct cs_span entries, listing;
	enum cs_err err = list_all(change, &listing);

	if (!err)
		err = cs_entries_text(&standing->entries, change->state->boot,
				      change->clock, change->arena, &entries);
	if (err)
		return err;
	cs_time_text(cs_clock_wall(change->clock), made);
	cs_record_put(&record, "made", made);
	cs_record_put(&record, "boot", change->state->boot);
	if (standing->kept.there) {
		cs_time_text(standing->kept.since_us, since);
		cs_record_put(&record, "id", standing->kept.id);
		cs_record_put(&record, "since", since);
		cs_record_part(&record, "policy", standing->kept.text);
	}
	cs_record_part(&record, "entries", entries);
	cs_record_part(&record, "rules", rules);
	cs_record_part(&record, "listing", listing);
	return cs_record_write(&record, change->arena, out);
}

/* --- the dated ones --- */

static int is_backup(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > strlen(ENDING) &&
	       strcmp(entry->d_name + len - strlen(ENDING), ENDING) == 0;
}

/* Their names begin with the time, so the first are the oldest. */
static void drop_old(const struct cs_path *folder)
{
	char why[CS_STATE_WHY];
	struct dirent **names;
	int n = scandir(folder->text, &names, is_backup, alphasort);

	for (int i = 0; i < n; i++) {
		if (i + CS_BACKUPS_KEPT < n &&
		    cs_state_remove(folder, names[i]->d_name, why))
			break; /* one that stays does no harm */
		free(names[i]);
		names[i] = NULL;
	}
	for (int i = 0; i < n; i++)
		free(names[i]);
	if (n >= 0)
		free(names);
}

/* 20261122-083000.backup, or the next one that is free. */
static bool name_it(const struct cs_path *folder, int64_t wall_us, char name[64])
{
	char t[CS_TIME_TEXT], nth[16] = "";
	struct cs_path path;

	cs_time_text(wall_us, t);
	for (int i = 0; i < 1000; i++) {
		if (i > 0)
			(void)snprintf(nth, sizeof(nth), "-%03d", i);
		(void)snprintf(name, 64, "%.4s%.2s%.2s-%.2s%.2s%.2s%s" ENDING, t, t + 5,
			       t + 8, t + 11, t + 14, t + 17, nth);
		if (!cs_path_under(folder->text, name, &path))
			return false;
		if (!cs_file_exists(path.text))
			return true;
	}
	return false;
}

enum cs_err cs_backup_keep(struct cs_change *change, struct cs_span bytes)
{
	struct cs_path folder;
	char name[64];
	enum cs_err err;

	if (!cs_path_under(change->state->dir.text, FOLDER, &folder) ||
	    cs_dir_make(folder.text) ||
	    !name_it(&folder, cs_clock_wall(change->clock), name)) {
		(void)snprintf(change->why, CS_STATE_WHY,
			       "%.300s/" FOLDER
			       ": %s: without a backup nothing is changed",
			       change->state->dir.text, strerror(errno));
		return CS_ERR_IO;
	}
	err = cs_state_write(&folder, name, bytes, change->why);
	if (!err)
		drop_old(&folder);
	return err;
}

/* --- and back --- */

/*
 * It becomes part of a script and of a file's name, and a backup comes from anywhere: its
 * sum tells damage, not forgery.
 */
static bool is_id(const char *id)
{
	uint8_t bytes[(CS_STATE_ID - 1) / 2];

	return id && strlen(id) == CS_STATE_ID - 1 &&
	       cs_hex_read(cs_span_str(id), bytes, sizeof(bytes));
}

static enum cs_err read_policy(struct cs_change *change, const struct cs_record *record,
			       struct cs_kept *out)
{
	const char *id = cs_record_key(record, "id");
	const char *since = cs_record_key(record, "since");
	char why[CS_POLICY_WHY] = "";
	enum cs_err err;

	out->text = cs_record_text(record, "policy");
	if (out->text.len == 0)
		return CS_OK;
	if (!is_id(id) || !since || !cs_time_read(cs_span_str(since), &out->since_us)) {
		(void)snprintf(change->why, CS_STATE_WHY,
			       "its policy has no date, or a name that is not of 16 hex "
			       "digits");
		return CS_ERR_DAMAGED;
	}
	(void)snprintf(out->id, sizeof(out->id), "%s", id);
	err = cs_policy_read(out->text, change->arena, &out->policy, why);
	if (err)
		(void)snprintf(change->why, CS_STATE_WHY, "its policy: %s", why);
	out->there = !err;
	return err && err != CS_ERR_NOMEM ? CS_ERR_DAMAGED : err;
}

enum cs_err cs_backup_read(struct cs_change *change, struct cs_span bytes,
			   struct cs_backup *out)
{
	struct cs_backup backup = { .made_us = 0 };
	char why[CS_RECORD_WHY] = "";
	struct cs_record record;
	const char *made;
	enum cs_err err = cs_record_read(bytes, "backup", change->arena, &record, why);

	if (err) {
		(void)snprintf(change->why, CS_STATE_WHY, "%s", why);
		return err;
	}
	made = cs_record_key(&record, "made");
	if (!made || !cs_time_read(cs_span_str(made), &backup.made_us)) {
		(void)snprintf(change->why, CS_STATE_WHY, "it has no date");
		return CS_ERR_DAMAGED;
	}
	backup.rules = cs_record_text(&record, "rules");
	err = read_policy(change, &record, &backup.kept);
	if (!err)
		err = cs_entries_parse(cs_record_text(&record, "entries"),
				       change->state->boot, change->clock, change->arena,
				       &backup.entries, change->why);
	*out = backup;
	return err;
}

enum cs_err cs_backup_others(struct cs_span rules, struct cs_arena *arena,
			     struct cs_span *out)
{
	struct cs_span ours = cs_ruleset_table(rules, "inet coapscope");
	uint8_t *text = cs_arena_alloc(arena, rules.len + 1);
	size_t before = ours.len ? (size_t)(ours.ptr - rules.ptr) : rules.len;
	size_t after = rules.len - before - ours.len;

	if (!text)
		return CS_ERR_NOMEM;
	if (before > 0)
		memcpy(text, rules.ptr, before);
	if (after > 0)
		memcpy(text + before, ours.ptr + ours.len, after);
	*out = cs_span_of(text, before + after);
	return CS_OK;
}
