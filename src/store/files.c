/* SPDX-License-Identifier: Apache-2.0 */
#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"
#include "store/store.h"

enum { DIR_MODE = 0750, FILE_MODE = 0640 };

static bool fits(int n)
{
	return n > 0 && n < PATH_MAX;
}

bool cs_path_under(const char *root, const char *name, struct cs_path *out)
{
	/* cppcheck-suppress ctuuninitvar ; it is written to */
	return fits(snprintf(out->text, sizeof(out->text), "%s/%s", root, name));
}

bool cs_path_with(const char *path, const char *end, struct cs_path *out)
{
	/* cppcheck-suppress ctuuninitvar ; it is written to */
	return fits(snprintf(out->text, sizeof(out->text), "%s%s", path, end));
}

bool cs_path_day(const char *root, int32_t day, struct cs_path *out)
{
	char text[CS_DAY_TEXT];

	cs_day_text(day * CS_US_PER_DAY, text);
	return cs_path_under(root, text, out);
}

bool cs_path_segment(const char *root, const struct cs_segment_name *name,
		     enum cs_segment_file file, struct cs_path *out)
{
	static const char *const ends[] = {
		[CS_FILE_PUBLISHED] = ".db",
		[CS_FILE_PART] = ".db.part",
		[CS_FILE_COPY] = ".db.copy",
		[CS_FILE_ENRICHED] = ".enriched.db",
		[CS_FILE_ENRICHING] = ".enriched.db.part",
	};
	char day[CS_DAY_TEXT], scan[CS_SCAN_ID_TEXT];

	cs_day_text(name->day * CS_US_PER_DAY, day);
	cs_hex_text(cs_span_of(name->scan, CS_SCAN_ID), scan);
	/* cppcheck-suppress ctuuninitvar ; it is written to */
	return fits(snprintf(out->text, sizeof(out->text), "%s/%s/%s-%u%s", root, day,
			     scan, name->shard, ends[file]));
}

bool cs_path_lock(const char *root, const uint8_t *id, uint32_t shard,
		  struct cs_path *out)
{
	char scan[CS_SCAN_ID_TEXT];

	cs_hex_text(cs_span_of(id, CS_SCAN_ID), scan);
	/* cppcheck-suppress ctuuninitvar ; it is written to */
	return fits(snprintf(out->text, sizeof(out->text), "%s/lock/%s-%u", root, scan,
			     shard));
}

bool cs_path_enrich_lock(const char *root, const struct cs_segment_name *name,
			 struct cs_path *out)
{
	char day[CS_DAY_TEXT], scan[CS_SCAN_ID_TEXT];

	cs_day_text(name->day * CS_US_PER_DAY, day);
	cs_hex_text(cs_span_of(name->scan, CS_SCAN_ID), scan);
	/* cppcheck-suppress ctuuninitvar ; it is written to */
	return fits(snprintf(out->text, sizeof(out->text), "%s/lock/%s-%s-%u", root, day,
			     scan, name->shard));
}

bool cs_name_segment(const char *name, uint8_t *id, uint32_t *shard)
{
	static const char end[] = ".db";
	const size_t scan = CS_SCAN_ID_TEXT - 1, len = strlen(name);
	const size_t around = scan + 1 + sizeof(end) - 1;
	char again[CS_SCAN_ID_TEXT + 32], hex[CS_SCAN_ID_TEXT];
	uint64_t number;

	if (len <= around || name[scan] != '-' ||
	    !cs_hex_read(cs_span_of(name, scan), id, CS_SCAN_ID) ||
	    !cs_num_u64(cs_span_of(name + scan + 1, len - around), 0, UINT32_MAX,
			&number))
		return false;
	/* Only the spelling that we write ourselves. */
	*shard = (uint32_t)number;
	cs_hex_text(cs_span_of(id, CS_SCAN_ID), hex);
	(void)snprintf(again, sizeof(again), "%s-%u%s", hex, *shard, end);
	return strcmp(again, name) == 0;
}

bool cs_name_day(const char *name, int32_t *day)
{
	struct tm tm = { 0 };
	char again[CS_DAY_TEXT];
	const char *end = strptime(name, "%Y-%m-%d", &tm);

	if (!end || *end != '\0')
		return false;

	int64_t us = (int64_t)timegm(&tm) * CS_US_PER_S;

	/* Only the spelling that we write ourselves. */
	cs_day_text(us, again);
	*day = (int32_t)cs_day_number(us);
	return strcmp(again, name) == 0;
}

/*
 * Never opens a file that is there: closing the descriptor would take the
 * locks off that SQLite holds on it elsewhere in this process.
 */
int cs_file_make(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);

	if (fd < 0)
		return errno == EEXIST ? 0 : -1;
	return close(fd);
}

static int dir_make_one(const char *path)
{
	struct stat st;

	if (mkdir(path, DIR_MODE) == 0)
		return 0;
	if (errno != EEXIST || stat(path, &st) != 0)
		return -1;
	errno = ENOTDIR;
	return S_ISDIR(st.st_mode) ? 0 : -1;
}

int cs_dir_make(const char *path)
{
	char part[PATH_MAX];
	size_t len = strlen(path);

	if (dir_make_one(path) == 0)
		return 0;
	if (errno != ENOENT)
		return -1;
	if (len >= sizeof(part)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (size_t i = 1; i < len; i++) {
		if (path[i] != '/')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (dir_make_one(part) != 0)
			return -1;
	}
	return dir_make_one(path);
}

int cs_file_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;

	int rc = fsync(fd), kept = errno;

	(void)close(fd); /* fsync has said it all */
	errno = kept;
	return rc;
}

int cs_file_rename(const char *from, const char *to, const char *dir)
{
	return rename(from, to) == 0 ? cs_file_sync(dir) : -1;
}

bool cs_file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

int cs_file_remove(const char *path)
{
	return unlink(path) == 0 || errno == ENOENT ? 0 : -1;
}

/* Whether the name still leads to what is open: a holder removes the file. */
static bool same_file(const char *path, int fd)
{
	struct stat by_name, by_fd;

	return stat(path, &by_name) == 0 && fstat(fd, &by_fd) == 0 &&
	       by_name.st_dev == by_fd.st_dev && by_name.st_ino == by_fd.st_ino;
}

int cs_lock_take(const char *path, bool wait)
{
	for (;;) {
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);

		if (fd < 0)
			return -1;
		if (flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB) != 0) {
			int kept = errno;

			(void)close(fd); /* nothing was written */
			errno = kept;
			if (kept == EINTR)
				continue;
			return -1;
		}
		if (same_file(path, fd))
			return fd;
		(void)close(fd);
	}
}

bool cs_lock_is_held(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool held;

	if (fd < 0)
		return false;
	held = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	(void)close(fd); /* takes ours off */
	return held;
}

void cs_lock_drop(const char *path, int fd)
{
	if (fd < 0)
		return;
	(void)unlink(path); /* a file left behind does no harm */
	(void)close(fd);    /* takes the lock off */
}
