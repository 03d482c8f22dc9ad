/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading what others may write meanwhile. A file in WAL mode is read by
 * readers through an index in shared memory, which somebody must have made.
 * Where the folder is ours to write we make it, like any writer; else we use
 * the writer's. Without a writer there is none, and nothing changes: then the
 * file is read as immutable, and opened again when it has changed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/db.h"
#include "store/files.h"

static bool may_write(const char *path)
{
	return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
}

static bool may_write_both(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];

	if (!slash || (size_t)(slash - path) >= sizeof(dir))
		return false;
	memcpy(dir, path, (size_t)(slash - path));
	dir[slash - path] = '\0';
	return may_write(path) && may_write(dir);
}

/* Whether a writer is there, or left something behind. */
static bool has_log(const char *path)
{
	struct cs_path log;
	struct stat st;

	return cs_path_with(path, "-wal", &log) && stat(log.text, &st) == 0 &&
	       st.st_size > 0;
}

/* "file:PATH?immutable=1", with the path's bytes as a URI has them. */
static bool write_uri(const char *path, char *out, size_t room)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/-._~";
	size_t at = (size_t)snprintf(out, room, "file:");

	for (; *path && at + sizeof("%00") <= room; path++)
		at += (size_t)snprintf(out + at, room - at,
				       strchr(plain, *path) ? "%c" : "%%%02X",
				       (unsigned char)*path);
	return !*path && snprintf(out + at, room - at, "?immutable=1") < (int)(room - at);
}

static enum cs_err open_still(struct cs_db *db, const struct cs_db_kind *kind)
{
	char uri[3 * PATH_MAX];

	if (has_log(db->path))
		return cs_why_set(db->why, CS_ERR_IO, db->path,
				  "its newest part is in its -wal, which can be read"
				  " where its folder can be written");
	if (!write_uri(db->path, uri, sizeof(uri)))
		errno = ENAMETOOLONG;
	/* Before it is opened: what changes in between is noticed. */
	else if (stat(db->path, &db->seen) == 0)
		db->still = true;
	if (!db->still)
		return cs_why_errno(db->why, db->path);
	return cs_db_open_as(db, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
			     CS_DB_FOLLOW, kind);
}

enum cs_err cs_db_follow(struct cs_db *db, const struct cs_db_kind *kind)
{
	int flags =
		may_write_both(db->path) ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	enum cs_err err = cs_db_open_as(db, db->path, flags, CS_DB_FOLLOW, kind);

	return err == CS_ERR_IO ? open_still(db, kind) : err;
}

bool cs_db_is_stale(const struct cs_db *db)
{
	const struct stat *was = &db->seen;
	struct stat now;

	if (!db->still)
		return false;
	return has_log(db->path) || stat(db->path, &now) != 0 ||
	       now.st_ino != was->st_ino || now.st_size != was->st_size ||
	       now.st_mtim.tv_sec != was->st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != was->st_mtim.tv_nsec;
}
