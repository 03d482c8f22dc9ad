/* SPDX-License-Identifier: Apache-2.0 */
#include "report/split.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"

enum {
	STREAM_BUFFER = 64 << 10, /* bytes; of most rows all */
	NAME = 160,
};

/* One row's bytes, and what writes into them. */
struct row_text {
	FILE *stream; /* owned */
	uint8_t *bytes;
	size_t len, cap;
	bool no_memory;
};

struct cs_split {
	const struct cs_split_want want;
	struct cs_record_out *record; /* borrowed */
	struct cs_file_set *files;
	struct row_text text;
	uint32_t *found; /* owners of a row; room for all */
	struct cs_split_counts counts;
	bool failed;
};

static ssize_t keep_bytes(void *cookie, const char *bytes, size_t n)
{
	struct row_text *text = cookie;

	if (n > text->cap - text->len) {
		size_t cap = 2 * (text->len + n);
		uint8_t *larger = realloc(text->bytes, cap);

		text->no_memory = text->no_memory || !larger;
		if (!larger)
			return 0; /* how fopencookie() says error */
		text->bytes = larger;
		text->cap = cap;
	}
	memcpy(text->bytes + text->len, bytes, n);
	text->len += n;
	return (ssize_t)n;
}

static bool open_text(struct row_text *text)
{
	const cookie_io_functions_t io = { .write = keep_bytes };

	text->stream = fopencookie(text, "w", io);
	return text->stream && setvbuf(text->stream, NULL, _IOFBF, STREAM_BUFFER) == 0;
}

static void file_name(const struct cs_split_want *want, const struct cs_owner *owner,
		      bool ipv6, char out[NAME])
{
	static const char *const kinds[] = { [CS_OWNER_ASN] = "asn",
					     [CS_OWNER_GEO] = "geo",
					     [CS_OWNER_CIDR] = "cidr",
					     [CS_OWNER_DOMAIN] = "domain" };
	char day[CS_DAY_TEXT];

	cs_day_text(want->day * CS_US_PER_DAY, day);
	(void)snprintf(out, NAME, "%s-%s-%s-%s%s", day, ipv6 ? "scan6_coap" : "scan_coap",
		       owner ? owner->name : "all", owner ? kinds[owner->kind] : "cidr",
		       want->ending);
}

/* Owner @i's files stand at i, or 2 i and 2 i + 1 where IPv6 is apart. */
static enum cs_err add_files(struct cs_split *split, char why[CS_SPLIT_WHY])
{
	const struct cs_split_want *want = &split->want;
	size_t n = want->owners ? cs_owners_count(want->owners) : 1, at;
	unsigned each = want->ipv6_apart ? 2 : 1;
	enum cs_err err = CS_OK;
	char name[NAME];

	for (size_t i = 0; !err && i < each * n; i++) {
		const struct cs_owner *owner =
			want->owners ? cs_owners_at(want->owners, i / each) : NULL;

		file_name(want, owner, i % each == 1, name);
		err = cs_file_set_add(split->files, name, &at);
		if (err)
			(void)snprintf(why, CS_SPLIT_WHY, "%.200s/%s: %s", want->folder,
				       name, strerror(errno));
	}
	split->counts.files = each * n;
	return err;
}

static enum cs_err text_done(struct cs_split *split)
{
	return fflush(split->text.stream) == 0 ? CS_OK : CS_ERR_NOMEM;
}

static enum cs_err put(struct cs_split *split, size_t at)
{
	return cs_file_set_put(split->files, at,
			       cs_span_of(split->text.bytes, split->text.len));
}

/* What the format begins with, in every file. */
static enum cs_err begin(struct cs_split *split)
{
	enum cs_err err;

	split->record->to = split->text.stream;
	cs_record_begin(split->want.format, split->record);
	err = text_done(split);
	for (size_t i = 0; !err && i < split->counts.files; i++)
		err = put(split, i);
	split->text.len = 0;
	return err;
}

static struct cs_split *make(const struct cs_split_want *want,
			     struct cs_record_out *record)
{
	size_t n = want->owners ? cs_owners_count(want->owners) : 1;
	struct cs_split *split = malloc(sizeof(*split));
	const struct cs_split made = { .want = *want, .record = record };

	if (!split)
		return NULL;
	memcpy(split, &made, sizeof(made));
	split->found = calloc(n, sizeof(*split->found));
	if (split->found && open_text(&split->text))
		return split;
	cs_split_abort(split);
	return NULL;
}

enum cs_err cs_split_open(const struct cs_split_want *want, struct cs_record_out *record,
			  struct cs_split **out, char why[CS_SPLIT_WHY])
{
	struct cs_split *split = make(want, record);
	enum cs_err err =
		split ? cs_file_set_open(want->folder, &split->files) : CS_ERR_NOMEM;

	(void)snprintf(why, CS_SPLIT_WHY, "%.400s: %s", want->folder,
		       split ? strerror(errno) : "out of memory");
	if (!err)
		err = add_files(split, why);
	if (!err)
		err = begin(split);
	if (err)
		cs_split_abort(split);
	else
		*out = split;
	return err;
}

/* Which owners have the row, in .found; of no file of owners, the one of all. */
static size_t whose(struct cs_split *split, const struct cs_result *row,
		    const struct cs_enriched *enriched)
{
	if (split->want.owners)
		return cs_owners_of(split->want.owners, row, enriched, split->found);
	split->found[0] = 0;
	return 1;
}

enum cs_err cs_split_row(struct cs_split *split, const struct cs_result *row,
			 const struct cs_enriched *enriched)
{
	bool apart = split->want.ipv6_apart;
	size_t n = whose(split, row, enriched);
	bool has =
		n > 0 && cs_record_row(split->want.format, split->record, row, enriched);
	enum cs_err err = has ? text_done(split) : CS_OK;

	for (size_t i = 0; has && !err && i < n; i++) {
		size_t at = apart ? 2 * split->found[i] + !cs_addr_is_v4(&row->ip)
				  : split->found[i];

		err = put(split, at);
	}
	split->text.len = 0;
	split->counts.rows += has;
	split->counts.nobodys += n == 0;
	split->failed = split->failed || err;
	return err;
}

bool cs_split_has_failed(const struct cs_split *split)
{
	return split && split->failed;
}

struct cs_split_counts cs_split_counted(const struct cs_split *split)
{
	return split->counts;
}

enum cs_err cs_split_commit(struct cs_split *split, char why[CS_SPLIT_WHY])
{
	char name[CS_FILE_SET_NAME];
	struct cs_file_set *files = split->files;
	enum cs_err err;

	split->files = NULL;
	if (split->text.no_memory) {
		cs_file_set_abort(files);
		(void)snprintf(why, CS_SPLIT_WHY, "out of memory");
		err = CS_ERR_NOMEM;
	} else {
		err = cs_file_set_commit(files, name);
		if (err)
			(void)snprintf(why, CS_SPLIT_WHY, "%.200s: %.200s: %s",
				       split->want.folder, name, strerror(errno));
	}
	cs_split_abort(split); /* the files are done with */
	return err;
}

void cs_split_abort(struct cs_split *split)
{
	int saved = errno;

	if (!split)
		return;
	cs_file_set_abort(split->files);
	if (split->text.stream)
		(void)fclose(split->text.stream); /* memory */
	free(split->text.bytes);
	free(split->found);
	free(split);
	errno = saved;
}
