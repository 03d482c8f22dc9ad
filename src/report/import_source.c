/* SPDX-License-Identifier: Apache-2.0 */
#include "report/import_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include "base/slurp.h"
#include "out/term.h"

enum { ESCAPED = sizeof("\\x00") - 1 /* columns that a byte may take */ };

struct cs_import_source {
	char *path;  /* owned */
	char *shown; /* the same for people; owned */
	FILE *plain; /* not a zip; borrowed if it is the standard input */
	bool borrowed;
	bool taken; /* the plain text was handed out */
	zip_t *zip; /* owned */
	zip_int64_t n, next;
	zip_file_t *file; /* of the zip, open; owned */
	char *name;       /* "PATH(ENTRY)", for people; owned */
};

static enum cs_err cannot(char why[CS_IMPORT_SOURCE_WHY], enum cs_err err,
			  const char *path, const char *what)
{
	(void)snprintf(why, CS_IMPORT_SOURCE_WHY, "%s: %s", path, what);
	return err;
}

/*
 * A name as people see it: whoever made a zip chose the names in it, and may
 * have chosen that of the file. NULL: memory is out.
 */
static char *shown(const char *name)
{
	size_t cap = strlen(name) * ESCAPED + 1;
	char *text = malloc(cap);

	return text ? cs_term_text_in(text, cap, cs_span_str(name)) : NULL;
}

/* --- opening --- */

static bool is_folder(FILE *file)
{
	struct stat st;

	return fstat(fileno(file), &st) == 0 && S_ISDIR(st.st_mode);
}

static bool begins_as_zip(FILE *file)
{
	char head[4];
	bool is = fread(head, 1, sizeof(head), file) == sizeof(head) &&
		  memcmp(head, "PK\3\4", sizeof(head)) == 0;

	rewind(file);
	return is;
}

/* The descriptor becomes the zip's. */
static enum cs_err open_zip(struct cs_import_source *source, char *why)
{
	int fd = dup(fileno(source->plain)), code = 0;
	zip_error_t error;

	(void)fclose(source->plain); /* only read from */
	source->plain = NULL;
	if (fd < 0)
		return cannot(why, CS_ERR_IO, source->shown, strerror(errno));
	source->zip = zip_fdopen(fd, ZIP_CHECKCONS, &code);
	if (source->zip) {
		source->n = zip_get_num_entries(source->zip, 0);
		return CS_OK;
	}
	(void)close(fd); /* only read from */
	zip_error_init_with_code(&error, code);
	(void)snprintf(why, CS_IMPORT_SOURCE_WHY, "%s: %s: want a whole zip, or a CSV",
		       source->shown, zip_error_strerror(&error));
	zip_error_fini(&error);
	return code == ZIP_ER_MEMORY ? CS_ERR_NOMEM : CS_ERR_DAMAGED;
}

static enum cs_err open_path(struct cs_import_source *source, FILE *in, char *why)
{
	if (strcmp(source->path, "-") == 0) {
		source->plain = in;
		source->borrowed = true;
		return CS_OK;
	}
	source->plain = fopen(source->path, "re");
	if (!source->plain)
		return cannot(why, cs_err_of_file(errno), source->shown, strerror(errno));
	if (is_folder(source->plain))
		return cannot(why, CS_ERR_USAGE, source->shown,
			      "a folder: want the files in it");
	return begins_as_zip(source->plain) ? open_zip(source, why) : CS_OK;
}

enum cs_err cs_import_source_open(const char *path, FILE *in,
				  struct cs_import_source **out,
				  char why[CS_IMPORT_SOURCE_WHY])
{
	struct cs_import_source *source = calloc(1, sizeof(*source));
	enum cs_err err = CS_ERR_NOMEM;

	if (source) {
		source->path = strdup(path);
		source->shown = shown(path);
	}
	if (source && source->path && source->shown)
		err = open_path(source, in, why);
	else
		(void)cannot(why, CS_ERR_NOMEM, path, "out of memory");
	if (err) {
		cs_import_source_close(source);
		return err;
	}
	*out = source;
	return CS_OK;
}

static void close_entry(struct cs_import_source *source)
{
	if (source->file)
		(void)zip_fclose(source->file); /* only read from */
	free(source->name);
	source->file = NULL;
	source->name = NULL;
}

void cs_import_source_close(struct cs_import_source *source)
{
	if (!source)
		return;
	close_entry(source);
	if (source->zip)
		zip_discard(source->zip);
	if (source->plain && !source->borrowed)
		(void)fclose(source->plain); /* only read from */
	free(source->path);
	free(source->shown);
	free(source);
}

const char *cs_import_source_path(const struct cs_import_source *source)
{
	return source->shown;
}

/* --- reading --- */

static int64_t read_plain(void *arg, void *room, size_t n)
{
	FILE *file = arg;
	size_t got = fread(room, 1, n, file);

	return got == 0 && ferror(file) ? -1 : (int64_t)got;
}

static int64_t read_zip(void *arg, void *room, size_t n)
{
	return zip_fread(arg, room, n);
}

static bool is_csv(const char *name)
{
	const char *end = strrchr(name, '.');

	return end && strcasecmp(end, ".csv") == 0;
}

/* X.csv in X.csv.zip, as reports are mailed: one name says it. */
static bool is_namesake(const char *path, const char *entry)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t len = strlen(entry);

	return strncmp(base, entry, len) == 0 && strcasecmp(base + len, ".zip") == 0;
}

static enum cs_err open_entry(struct cs_import_source *source, zip_int64_t at,
			      const char *entry, char *why)
{
	char *inner = shown(entry);

	if (!inner)
		source->name = NULL;
	else if (is_namesake(source->path, entry))
		source->name = strdup(source->shown);
	else if (asprintf(&source->name, "%s(%s)", source->shown, inner) < 0)
		source->name = NULL;
	free(inner);
	if (!source->name)
		return cannot(why, CS_ERR_NOMEM, source->shown, "out of memory");
	source->file = zip_fopen_index(source->zip, (zip_uint64_t)at, 0);
	if (!source->file)
		return cannot(why, CS_ERR_DAMAGED, source->name,
			      zip_strerror(source->zip));
	return CS_OK;
}

static enum cs_err next_entry(struct cs_import_source *source, char *why)
{
	close_entry(source);
	while (source->next < source->n) {
		zip_int64_t at = source->next++;
		const char *entry = zip_get_name(source->zip, (zip_uint64_t)at, 0);

		if (entry && is_csv(entry))
			return open_entry(source, at, entry, why);
	}
	return CS_ERR_NOT_FOUND;
}

enum cs_err cs_import_source_next(struct cs_import_source *source, const char **name,
				  struct cs_import_bytes *bytes,
				  char why[CS_IMPORT_SOURCE_WHY])
{
	if (source->zip) {
		enum cs_err err = next_entry(source, why);

		*name = source->name;
		*bytes = (struct cs_import_bytes){ read_zip, source->file };
		return err;
	}
	if (source->taken)
		return CS_ERR_NOT_FOUND;
	source->taken = true;
	*name = source->borrowed ? "(standard input)" : source->shown;
	*bytes = (struct cs_import_bytes){ read_plain, source->plain };
	return CS_OK;
}
