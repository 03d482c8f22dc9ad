/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over each file of its corpus, and over each prefix of the
 * small ones, as an ordinary test (TAP). An empty corpus is a failure.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum { PREFIXES_UP_TO = 512 /* bytes */ };

static unsigned char *slurp(const char *path, size_t *len)
{
	FILE *file = fopen(path, "rb");
	unsigned char *bytes = NULL;
	long size;

	if (!file)
		return NULL;
	if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0 &&
	    (bytes = malloc((size_t)size + 1)) != NULL) {
		rewind(file);
		*len = fread(bytes, 1, (size_t)size, file);
	}
	(void)fclose(file); /* only read from */
	return bytes;
}

/* An exact-size copy, so that ASan sees a one-byte over-read. */
static void run(const unsigned char *bytes, size_t len)
{
	unsigned char *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	memcpy(copy, bytes, len);
	(void)LLVMFuzzerTestOneInput(copy, len); /* always 0: it aborts */
	free(copy);
}

int main(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : ".";
	DIR *entries = opendir(dir);
	unsigned n = 0;

	for (struct dirent *e; entries && (e = readdir(entries)) != NULL;) {
		char path[4096];
		size_t len = 0;

		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);

		unsigned char *bytes = slurp(path, &len);

		if (!bytes)
			continue;
		for (size_t cut = 0; len <= PREFIXES_UP_TO && cut < len; cut++)
			run(bytes, cut);
		run(bytes, len);
		free(bytes);
		n++;
	}
	if (entries)
		(void)closedir(entries);
	printf("1..1\n%s 1 - %u files of %s\n", n ? "ok" : "not ok", n, dir);
	return n ? 0 : 1;
}
