/* SPDX-License-Identifier: Apache-2.0 */
/* Storing one value at a time, with where it came from. */
#include <ctype.h>

#include "base/num.h"
#include "cmd/args.h"
#include "cmd/value.h"

enum { MOST_QUOTED = 80 /* characters of a wrong value in a message */ };

/* A value may come from a file of somebody else's: no escape sequences. */
static void quote(const char *text, char *out, size_t room)
{
	size_t n = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		bool plain = c >= 0x20 && c < 0x7f;

		if (n + 8 > room || n > MOST_QUOTED) {
			(void)snprintf(out + n, room - n, "...");
			return;
		}
		n += (size_t)snprintf(out + n, room - n, plain ? "%c" : "\\x%02x", c);
	}
	out[n] = '\0';
}

/* "--rate", "COAPSCOPE_SCAN_RATE" or "FILE:12: rate". */
static void where_text(const struct cs_arg *row, bool taken_back,
		       const struct cs_origin *origin, char *out, size_t room)
{
	if (origin->line > 0)
		(void)snprintf(out, room, "%s:%u: %s%s", origin->name, origin->line,
			       taken_back ? "no-" : "", row->name);
	else
		(void)snprintf(out, room, "%s", origin->name ? origin->name : row->name);
}

static enum cs_err unwanted(const struct cs_arg *row, bool taken_back, const char *text,
			    const struct cs_origin *origin, char why[CS_ARG_WHY])
{
	char where[200], quoted[MOST_QUOTED + 16], want[CS_ARG_WANT] = "yes or no";

	where_text(row, taken_back, origin, where, sizeof(where));
	quote(text, quoted, sizeof(quoted));
	if (!taken_back)
		cs_args_want(row, want);
	(void)snprintf(why, CS_ARG_WHY, "%s '%s': want %s", where, quoted, want);
	return CS_ERR_USAGE;
}

static struct cs_arg_held *held_of(const struct cs_common *common,
				   const struct cs_arg *row)
{
	size_t i = 0;

	while (cs_arg_row(common->set, i) != row)
		i++;
	return &common->held[i];
}

/* Makes room for one more value, in the list beside it too. */
static enum cs_err grow(struct cs_common *common, struct cs_arg_held *held,
			struct cs_arg_list *list)
{
	size_t cap = held->cap ? held->cap * 2 : 1;
	struct cs_arg_value *values;
	const char **items;

	if (held->n < held->cap)
		return CS_OK;
	values = cs_arena_array(&common->arena, cap, sizeof(*values));
	items = cs_arena_array(&common->arena, cap, sizeof(*items));
	if (!values || !items)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < held->n; i++) {
		values[i] = held->values[i];
		if (list && i < list->n)
			items[i] = list->item[i];
	}
	held->values = values;
	held->cap = cap;
	if (list)
		list->item = items;
	return CS_OK;
}

/* A value of a list joins those of its own source, or of all with ADDS. */
static enum cs_err store_item(struct cs_common *common, const struct cs_arg *row,
			      struct cs_span text, const struct cs_origin *origin,
			      struct cs_arg_list *list, char why[CS_ARG_WHY])
{
	struct cs_arg_held *held = held_of(common, row);
	char *copy = cs_arena_text(&common->arena, text);

	if (!copy)
		return CS_ERR_NOMEM;
	if (row->read && !row->read(text, NULL))
		return unwanted(row, false, copy, origin, why);
	if (held->n > 0 && held->values[0].origin.from < origin->from &&
	    !(row->traits & CS_ARG_ADDS))
		held->n = list->n = 0;
	if (grow(common, held, list))
		return CS_ERR_NOMEM;
	held->values[held->n++] = (struct cs_arg_value){ copy, *origin };
	list->item[list->n++] = copy;
	return CS_OK;
}

static bool splits(const struct cs_arg *row, char c)
{
	return row->traits & CS_ARG_SPLIT && (c == ',' || c == ' ' || c == '\t');
}

static enum cs_err store_list(struct cs_common *common, const struct cs_arg *row,
			      const char *text, const struct cs_origin *origin,
			      struct cs_arg_list *list, char why[CS_ARG_WHY])
{
	size_t found = 0;

	while (*text) {
		size_t len = 0;

		while (text[len] && !splits(row, text[len]))
			len++;

		if (len > 0) {
			enum cs_err err = store_item(common, row, cs_span_of(text, len),
						     origin, list, why);

			if (err)
				return err;
			found++;
		}
		text += len + (text[len] != '\0');
	}
	return found ? CS_OK : unwanted(row, false, "", origin, why);
}

static bool read_word(const struct cs_arg *row, const char *text, int *to)
{
	for (int i = 0; row->words[i]; i++) {
		if (strcmp(row->words[i], text) == 0) {
			*to = i;
			return true;
		}
	}
	return false;
}

/* A flag without a value is a yes. */
static bool read_flag(const char *text, bool taken_back, bool *to)
{
	bool yes = true;

	if (text && !cs_value_bool(cs_span_str(text), &yes))
		return false;
	*to = yes != taken_back;
	return true;
}

static bool read_count(const char *text, bool more, unsigned *to)
{
	uint64_t n = (more ? *to : 0) + UINT64_C(1);

	if (text && !cs_num_u64(cs_span_str(text), 0, 9, &n))
		return false;
	*to = (unsigned)n;
	return true;
}

/* All types but LIST. @more: the same source gave one already. */
static bool read_single(const struct cs_arg *row, bool taken_back, const char *text,
			bool more, void *to)
{
	switch (row->type) {
	case CS_ARG_FLAG:
		return read_flag(text, taken_back, to);
	case CS_ARG_COUNT:
		return read_count(text, more, to);
	case CS_ARG_U64:
		return cs_num_u64(cs_span_str(text), row->min, row->max, to);
	case CS_ARG_WORD:
		return read_word(row, text, to);
	case CS_ARG_PARSED:
		return row->read(cs_span_str(text), to);
	case CS_ARG_TEXT:
		return *text && (!row->read || row->read(cs_span_str(text), NULL));
	case CS_ARG_LIST:
		break;
	}
	return false;
}

/* What is kept as the value's text; flags and counts are spelled out. */
static const char *kept_text(struct cs_common *common, const struct cs_arg *row,
			     const char *text, const void *to)
{
	char number[16];

	if (row->type == CS_ARG_FLAG)
		return *(const bool *)to ? "true" : "false";
	if (row->type == CS_ARG_COUNT) {
		(void)snprintf(number, sizeof(number), "%u", *(const unsigned *)to);
		text = number;
	}
	return cs_arena_text(&common->arena, cs_span_str(text));
}

static enum cs_err store_single(struct cs_common *common, const struct cs_arg *row,
				bool taken_back, const char *text,
				const struct cs_origin *origin, char *to,
				char why[CS_ARG_WHY])
{
	struct cs_arg_held *held = held_of(common, row);
	bool more = held->n > 0 && held->values[0].origin.from == origin->from;
	const char *kept;

	if (!read_single(row, taken_back, text, more, to))
		return unwanted(row, taken_back, text, origin, why);
	kept = kept_text(common, row, text, to);
	if (!kept || grow(common, held, NULL))
		return CS_ERR_NOMEM;
	if (row->type == CS_ARG_TEXT)
		memcpy(to, &kept, sizeof(kept));
	held->values[0] = (struct cs_arg_value){ kept, *origin };
	held->n = 1;
	return CS_OK;
}

/* --no-NAME of a text or list: "no-store = no" in a file says nothing. */
static enum cs_err take_back(struct cs_common *common, const struct cs_arg *row,
			     const char *text, const struct cs_origin *origin, char *to,
			     char why[CS_ARG_WHY])
{
	struct cs_arg_held *held = held_of(common, row);
	const char *none = NULL;
	bool gone;

	if (!read_flag(text, false, &gone))
		return unwanted(row, true, text, origin, why);
	if (!gone)
		return CS_OK;
	held->n = 0;
	if (row->type == CS_ARG_LIST) {
		struct cs_arg_list *list = (struct cs_arg_list *)(void *)to;

		list->n = 0;
		if (grow(common, held, list))
			return CS_ERR_NOMEM;
	} else {
		if (grow(common, held, NULL))
			return CS_ERR_NOMEM;
		memcpy(to, &none, sizeof(none));
	}
	held->values[0] = (struct cs_arg_value){ NULL, *origin };
	held->n = 1;
	return CS_OK;
}

enum cs_err cs_args_store(const struct cs_arg *row, bool taken_back, const char *text,
			  struct cs_origin origin, void *options, char why[CS_ARG_WHY])
{
	struct cs_common *common = options;
	char *to = (char *)options + row->at;

	if (taken_back && (row->type == CS_ARG_TEXT || row->type == CS_ARG_LIST))
		return take_back(common, row, text, &origin, to, why);
	if (row->type == CS_ARG_LIST)
		return store_list(common, row, text, &origin,
				  (struct cs_arg_list *)(void *)to, why);
	return store_single(common, row, taken_back, text, &origin, to, why);
}

/* What is unset must be told from what is zero only for words. */
static void start_row(const struct cs_arg *row, char *to)
{
	int unset = -1;

	if (row->type == CS_ARG_WORD)
		memcpy(to, &unset, sizeof(unset));
}

enum cs_err cs_args_start(const struct cs_arg_set *set, void *options)
{
	struct cs_origin origin = { .from = CS_FROM_DEFAULT };
	struct cs_common *common = options;
	char why[CS_ARG_WHY];

	memset(options, 0, set->size);
	common->set = set;
	common->held =
		cs_arena_array(&common->arena, cs_arg_count(set), sizeof(*common->held));
	if (!common->held)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < cs_arg_count(set); i++) {
		const struct cs_arg *row = cs_arg_row(set, i);

		start_row(row, (char *)options + row->at);
		if (!row->preset)
			continue;

		enum cs_err err =
			cs_args_store(row, false, row->preset, origin, options, why);

		if (err)
			return err;
	}
	return CS_OK;
}

/* What is held of the row at @at, or NULL when that is nothing. */
static const struct cs_arg_held *held_at(const struct cs_common *common, size_t at)
{
	for (size_t i = 0; common->held && i < common->set->n_rows; i++) {
		const struct cs_arg_held *held = &common->held[i];

		if (common->set->rows[i].at == at && held->n > 0)
			return held;
	}
	return NULL;
}

struct cs_origin cs_args_origin(const struct cs_common *common, size_t at)
{
	const struct cs_arg_held *held = held_at(common, at);

	return held ? held->values[held->n - 1].origin
		    : (struct cs_origin){ .from = CS_FROM_NOWHERE };
}

struct cs_origin cs_args_item_origin(const struct cs_common *common, size_t at,
				     size_t nth)
{
	const struct cs_arg_held *held = held_at(common, at);

	if (held && !held->values[0].text)
		nth++; /* --no-NAME stands before what is in it now */
	return held && nth < held->n ? held->values[nth].origin
				     : (struct cs_origin){ .from = CS_FROM_NOWHERE };
}

bool cs_args_outranked(const struct cs_common *common, size_t at, size_t by)
{
	return cs_args_origin(common, by).from > cs_args_origin(common, at).from;
}

bool cs_args_taken_back(const struct cs_common *common, size_t at)
{
	const struct cs_arg_held *held = held_at(common, at);

	return held && !held->values[0].text;
}

void cs_args_clear(struct cs_common *common)
{
	cs_arena_clear(&common->arena);
	common->held = NULL;
}
