/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of the store that is not as it was written: a template, its rest cut
 * off, and patches: three bytes of position, one of length, and the bytes.
 */
#pragma once

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rd.h"

enum { TEMPLATE_MAX = 256 * 1024 };

struct template
{
	uint8_t bytes[TEMPLATE_MAX];
	size_t len;
};

static inline void template_read(struct template *template, const char *path)
{
	FILE *file = fopen(path, "rb");

	MUST(file);
	template->len = fread(template->bytes, 1, sizeof(template->bytes), file);
	MUST(template->len > 0 && template->len < sizeof(template->bytes));
	(void)fclose(file); /* only read from */
}

/* Writes the first @len bytes with the patches; whether anything differs. */
static inline bool template_patch(const struct template *template, struct cs_rd *rd,
				  size_t len, const char *path)
{
	static uint8_t bytes[TEMPLATE_MAX];

	memcpy(bytes, template->bytes, template->len);
	while (cs_rd_left(rd) > 0) {
		size_t at = (size_t)cs_rd_u8(rd) << 16;

		at = (at | cs_rd_u16(rd)) % template->len;

		struct cs_span patch = cs_rd_take(rd, cs_rd_u8(rd));

		if (patch.len > template->len - at)
			patch.len = template->len - at;
		if (patch.len > 0)
			memcpy(bytes + at, patch.ptr, patch.len);
	}

	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	MUST(fd >= 0 && write(fd, bytes, len) == (ssize_t)len && close(fd) == 0);
	return len != template->len || memcmp(bytes, template->bytes, len) != 0;
}

/* A directory in memory, where that is possible. */
static inline void make_dir(char dir[64])
{
	(void)snprintf(dir, 64, "%s/cs-fuzz-XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	MUST(mkdtemp(dir));
}

static inline int remove_one(const char *path, const struct stat *st, int type,
			     struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline void remove_dir(const char *dir)
{
	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
