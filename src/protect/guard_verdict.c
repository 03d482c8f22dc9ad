/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/guard_verdict.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/json_look.h"
#include "base/sat.h"
#include "base/utf8.h"

enum {
	DEPTH = 8,
	MEMBERS = 64, /* of the object; it has thirty */
	OBSERVATIONS = 64,
	PERCENT = 100,
	SINGLE = 128,
};

#define LARGEST 9007199254740992.0 /* up to here every whole number is a double */

struct reading {
	const cJSON *line;
	char *why;
};

static enum cs_err wrong(const struct reading *r, const char *key, const char *want)
{
	(void)snprintf(r->why, CS_GUARD_WHY, "%s: want %s", key, want);
	return CS_ERR_SYNTAX;
}

static const cJSON *member(const struct reading *r, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(r->line, key);
}

/* Empty: it is no text. */
static struct cs_span text_of(const cJSON *item)
{
	const char *text = cJSON_GetStringValue(item);

	return text ? cs_span_str(text) : (struct cs_span){ 0 };
}

/* --- values --- */

static bool whole(const cJSON *item, double most, uint64_t *out)
{
	double n = cJSON_IsNumber(item) ? cJSON_GetNumberValue(item) : -1;

	if (!(n >= 0 && n <= most) || n != floor(n))
		return false;
	*out = (uint64_t)n;
	return true;
}

static enum cs_err take_count(const struct reading *r, const char *key, double most,
			      uint64_t *out)
{
	return whole(member(r, key), most, out) ? CS_OK : wrong(r, key, "a whole number");
}

static enum cs_err take_u32(const struct reading *r, const char *key, uint32_t *out)
{
	uint64_t n = 0;
	enum cs_err err = take_count(r, key, UINT32_MAX, &n);

	*out = (uint32_t)n;
	return err;
}

static enum cs_err take_bool(const struct reading *r, const char *key, bool *out)
{
	const cJSON *item = member(r, key);

	*out = cJSON_IsTrue(item);
	return cJSON_IsBool(item) ? CS_OK : wrong(r, key, "true or false");
}

static enum cs_err take_time(const struct reading *r, const char *key, int64_t *out)
{
	return cs_time_read(text_of(member(r, key)), out)
		       ? CS_OK
		       : wrong(r, key, "a time as 2026-11-21T20:00:00.123456Z");
}

/* --- who --- */

static enum cs_err take_prefix(const struct reading *r, struct cs_prefix *out)
{
	struct cs_span source = text_of(member(r, "source"));
	struct cs_span prefix = text_of(member(r, "prefix"));

	if ((source.len > 0) == (prefix.len > 0))
		return wrong(r, "source", "an address, or null and a prefix");
	out->bits = SINGLE;
	if (source.len > 0)
		return cs_addr_read(source, &out->addr)
			       ? CS_OK
			       : wrong(r, "source", "an address");
	return cs_prefix_read(prefix, out)
		       ? wrong(r, "prefix", "a prefix without host bits")
		       : CS_OK;
}

/* --- what --- */

static enum cs_err take_class(const struct reading *r, struct cs_guard_evidence *e)
{
	const cJSON *confidence = member(r, "confidence");
	double part = cJSON_IsNumber(confidence) ? cJSON_GetNumberValue(confidence) : -1;

	if (!cs_guard_class_read(text_of(member(r, "class")), &e->class_))
		return wrong(r, "class", "B, C1, C2, D, E, F, G, H or I");
	if (!cs_guard_worry_read(text_of(member(r, "worry")), &e->worry))
		return wrong(r, "worry", "none, note, act or act_now");
	if (!(part >= 0 && part <= 1))
		return wrong(r, "confidence", "a number from 0 to 1");
	e->confidence = (uint8_t)lround(part * PERCENT);
	return CS_OK;
}

static enum cs_err take_traffic(const struct reading *r, struct cs_guard_verdict *v)
{
	struct cs_guard_evidence *e = &v->because;
	enum cs_err err = take_time(r, "first", &e->first_us);

	if (!err)
		err = take_time(r, "last", &e->last_us);
	if (!err)
		err = take_u32(r, "packets", &e->packets);
	if (!err)
		err = take_count(r, "bytes_in", LARGEST, &e->bytes_in);
	if (!err)
		err = take_count(r, "bytes_out", LARGEST, &e->bytes_out);
	if (!err)
		err = take_bool(r, "answered", &e->answered);
	if (!err)
		err = take_bool(r, "victim", &v->victim);
	if (!err && member(r, "unproved"))
		err = take_u32(r, "unproved", &v->unproved);
	return err;
}

/* --- why --- */

static const struct {
	const char *what;
	bool guessed;
} signs[] = {
	{ "acked", false },     { "echoed", false }, { "connected", false },
	{ "next_block", true }, { "retried", true },
};

static void count_sign(struct cs_guard_verdict *v, const char *what, uint32_t count)
{
	for (size_t i = 0; i < CS_LEN(signs); i++) {
		uint32_t *to = signs[i].guessed ? &v->guessed : &v->proved;

		if (strcmp(what, signs[i].what) == 0)
			*to = cs_sat32(*to, count);
	}
}

/* Ends in "..." where it is too long, and never within a character. */
static void copy_cut(struct cs_span text, char out[CS_GUARD_WHAT])
{
	static const char dots[] = "...";
	bool whole_fits = text.len < CS_GUARD_WHAT;
	size_t n =
		whole_fits ? text.len : cs_utf8_cut(text, CS_GUARD_WHAT - sizeof(dots));

	memcpy(out, text.ptr, n);
	if (!whole_fits)
		memcpy(out + n, dots, sizeof(dots));
}

static enum cs_err take_observation(const struct reading *r, const cJSON *item,
				    struct cs_guard_verdict *v)
{
	const struct cs_span what =
		text_of(cJSON_GetObjectItemCaseSensitive(item, "what"));
	struct cs_guard_evidence *e = &v->because;
	struct cs_guard_seen seen = { 0 };
	uint64_t count;

	if (!what.len)
		return wrong(r, "evidence: what", "a text that says what was seen");
	if (!whole(cJSON_GetObjectItemCaseSensitive(item, "count"), UINT32_MAX, &count))
		return wrong(r, "evidence: count", "a whole number");
	seen.count = (uint32_t)count;
	copy_cut(what, seen.what);
	count_sign(v, seen.what, seen.count);
	if (e->n_seen < CS_GUARD_SEEN)
		e->seen[e->n_seen++] = seen;
	return CS_OK;
}

static enum cs_err take_evidence(const struct reading *r, struct cs_guard_verdict *v)
{
	const cJSON *list = member(r, "evidence"), *item;
	enum cs_err err = CS_OK;
	size_t n = 0;

	if (!cJSON_IsArray(list))
		return wrong(r, "evidence", "a list");
	cJSON_ArrayForEach(item, list)
	{
		if (++n > OBSERVATIONS)
			return wrong(r, "evidence", "at most 64 observations");
		err = take_observation(r, item, v);
		if (err)
			return err;
	}
	return CS_OK;
}

/* --- a line --- */

/* Which of two members of one name holds is anybody's guess. */
static enum cs_err check_members(const struct reading *r)
{
	size_t n = 0;

	for (const cJSON *a = r->line->child; a; a = a->next) {
		if (++n > MEMBERS)
			return wrong(r, "the object", "at most 64 members");
		for (const cJSON *b = a->next; b; b = b->next)
			if (strcmp(a->string, b->string) == 0)
				return wrong(r, "the object", "each member once");
	}
	return CS_OK;
}

/* `explain` says of an address that it knows nothing of: "data": false. */
static bool is_verdict(const struct reading *r)
{
	return cs_span_eq(text_of(member(r, "schema")),
			  cs_span_str("coapscope.verdict/1")) &&
	       !cJSON_IsFalse(member(r, "data"));
}

static enum cs_err take_line(const struct reading *r, struct cs_guard_verdict *v)
{
	enum cs_err err;

	if (!cJSON_IsObject(r->line))
		return wrong(r, "the line", "a JSON object");
	err = check_members(r);
	if (err)
		return err;
	if (!is_verdict(r))
		return CS_ERR_FOREIGN;
	err = take_prefix(r, &v->prefix);
	if (!err)
		err = take_class(r, &v->because);
	if (!err)
		err = take_traffic(r, v);
	return err ? err : take_evidence(r, v);
}

static bool only_blanks(const char *from, const char *end)
{
	while (from < end && (*from == ' ' || *from == '\t' || *from == '\r'))
		from++;
	return from == end;
}

enum cs_err cs_guard_verdict_read(struct cs_span line, struct cs_guard_verdict *out,
				  char why[CS_GUARD_WHY])
{
	const char *text = (const char *)line.ptr, *end = text;
	struct cs_guard_verdict v = { 0 };
	struct reading r = { .why = why };
	cJSON *json;
	enum cs_err err;

	if (line.len == 0 || line.len > CS_GUARD_LINE || !cs_json_is_text(line) ||
	    !cs_json_is_shallow(line, DEPTH))
		return wrong(&r, "the line",
			     "UTF-8 of 1 to 262144 bytes, without NUL and not nested "
			     "deeper than 8");
	r.line = json = cJSON_ParseWithLengthOpts(text, line.len, &end, false);
	err = json && only_blanks(end, text + line.len) ? take_line(&r, &v)
							: wrong(&r, "the line", "JSON");
	cJSON_Delete(json);
	if (!err)
		*out = v;
	return err;
}
