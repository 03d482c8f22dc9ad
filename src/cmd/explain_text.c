/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/explain_text.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <string.h>

#include "out/term.h"
#include "watch/judge.h"

enum { HEX_LINE = 64, HEX_MOST = 128 /* characters of a sample that are shown */ };

static const char *text_of(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

static double number_of(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsNumber(item) ? cJSON_GetNumberValue(item) : 0;
}

static bool is_true(const cJSON *object, const char *key)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, key));
}

/* Whatever a verdict quotes is a stranger's. */
static void put(FILE *to, const char *text)
{
	cs_term_text(to, cs_span_str(text ? text : "unknown"));
}

/* "2026-11-21T20:00:00.123456Z" without what nobody reads. */
static void put_time(FILE *to, const char *time)
{
	const size_t seconds = sizeof("2026-11-21T20:00:00") - 1;
	size_t len = time ? strlen(time) : 0;

	if (len < seconds) {
		put(to, time);
		return;
	}
	cs_term_text(to, cs_span_of(time, sizeof("2026-11-21") - 1));
	(void)fputc(' ', to);
	cs_term_text(to, cs_span_of(time + sizeof("2026-11-21"), 8));
}

static void head(FILE *to, bool colour, const char *text)
{
	(void)fputc('\n', to);
	cs_term_style(to, colour, CS_TERM_BOLD);
	(void)fprintf(to, "%s", text);
	cs_term_style(to, colour, CS_TERM_PLAIN);
	(void)fputc('\n', to);
}

/* --- the verdict --- */

static enum cs_term_style style_of(const char *worry)
{
	if (strncmp(worry, "act", 3) == 0)
		return CS_TERM_RED;
	return strcmp(worry, "note") == 0 ? CS_TERM_YELLOW : CS_TERM_GREEN;
}

static const char *worry_words(const char *worry)
{
	if (strcmp(worry, "act_now") == 0)
		return "act now";
	if (strcmp(worry, "act") == 0)
		return "act";
	return strcmp(worry, "note") == 0 ? "take note" : "no need to worry";
}

static const char *class_words(const char *name)
{
	for (int i = 0; i < CS_CLASSES; i++)
		if (strcmp(cs_class_name((enum cs_class)i), name) == 0)
			return cs_class_text((enum cs_class)i);
	return "unknown";
}

static void put_verdict(FILE *to, const cJSON *v, bool colour)
{
	const char *worry = text_of(v, "worry"), *class_ = text_of(v, "class");
	const char *source = text_of(v, "source");

	cs_term_style(to, colour, CS_TERM_BOLD);
	put(to, source ? source : text_of(v, "prefix"));
	(void)fputs(": ", to);
	cs_term_style(to, colour, style_of(worry));
	(void)fputs(worry_words(worry), to);
	cs_term_style(to, colour, CS_TERM_PLAIN);
	(void)fputs(". ", to);
	put(to, text_of(v, "what"));
	(void)fputs("\n(class ", to);
	put(to, class_);
	(void)fprintf(to, ", %s%s)\n", class_words(class_),
		      is_true(v, "victim") ? "; the address is that of the victim" : "");
}

/* --- when --- */

static void put_bar(FILE *to, const uint64_t *n, size_t len)
{
	static const char marks[] = " .:-=+*#";
	uint64_t most = 1;

	for (size_t i = 0; i < len; i++)
		most = n[i] > most ? n[i] : most;
	(void)fputc('|', to);
	for (size_t i = 0; i < len; i++) {
		size_t mark = n[i] ? 1 + (size_t)(n[i] * (sizeof(marks) - 3) / most) : 0;

		(void)fputc(marks[mark], to);
	}
	(void)fputc('|', to);
}

static void put_busy(FILE *to, const struct cs_explain_busy *busy)
{
	size_t len = CS_EXPLAIN_BUCKETS;

	if (busy->step_us == 0)
		return;
	while (len > 1 && busy->n[len - 1] == 0)
		len--;
	(void)fputs("  ", to);
	put_bar(to, busy->n, len);
	(void)fprintf(to, " a mark is %" PRId64 " s\n", busy->step_us / CS_US_PER_S);
}

static void put_days(FILE *to, const struct cs_explain_cases *cases)
{
	for (size_t i = 0; i < cases->n_days && i < 7; i++) {
		char day[CS_DAY_TEXT];

		cs_day_text(cases->days[i].day * CS_US_PER_DAY, day);
		(void)fprintf(to, "  %s ", day);
		put_bar(to, cases->days[i].hours, 24);
		(void)fputs(" a mark is an hour\n", to);
	}
}

static void put_when(FILE *to, const cJSON *v, const struct cs_explain_cases *cases,
		     bool colour)
{
	head(to, colour, "When");
	(void)fputs("  ", to);
	put_time(to, text_of(v, "first"));
	(void)fputs(" to ", to);
	put_time(to, text_of(v, "last"));
	(void)fprintf(to, " UTC, %.0f packet(s)\n", number_of(v, "packets"));
	put_busy(to, &cases->busy);
	put_days(to, cases);
}

/* --- because of what --- */

static const char *obs_words(const char *name)
{
	for (int i = 0; name && i < CS_OBS_KINDS; i++) {
		const char *one = cs_obs_name((enum cs_obs)i);

		if (one && strcmp(one, name) == 0)
			return cs_obs_text((enum cs_obs)i);
	}
	return NULL;
}

static void put_hex(FILE *to, const char *hex)
{
	size_t len = strlen(hex), shown = len < HEX_MOST ? len : HEX_MOST;

	for (size_t at = 0; at < shown; at += HEX_LINE) {
		size_t n = shown - at < HEX_LINE ? shown - at : HEX_LINE;

		(void)fputs("      ", to);
		cs_term_text(to, cs_span_of(hex + at, n));
		if (at + n == shown && shown < len)
			(void)fprintf(to, "... (%zu bytes)", len / 2);
		(void)fputc('\n', to);
	}
}

static void put_evidence(FILE *to, const cJSON *v, bool colour)
{
	const char *before = "";
	const cJSON *item;

	head(to, colour, "Because");
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(v, "evidence"))
	{
		const char *what = text_of(item, "what"), *words = obs_words(what);
		const char *hex = text_of(item, "sample_hex");

		(void)fprintf(to, "  %.0f x ", number_of(item, "count"));
		put(to, words ? words : what);
		(void)fputs(", first ", to);
		put_time(to, text_of(item, "first"));
		(void)fputc('\n', to);
		/* One datagram is often evidence of several things. */
		if (!hex || strcmp(hex, before) == 0)
			continue;
		before = hex;
		(void)fputs("    ", to);
		put(to, text_of(item, "decoded"));
		(void)fputc('\n', to);
		put_hex(to, hex);
	}
}

/* --- the rest --- */

static void put_answered(FILE *to, const cJSON *v, bool colour)
{
	double ratio = number_of(v, "amplification");

	head(to, colour, "Answered");
	if (!is_true(v, "answered"))
		(void)fputs("  no", to);
	else
		(void)fputs("  yes", to);
	(void)fprintf(to, ": %.0f bytes came, %.0f went back", number_of(v, "bytes_in"),
		      number_of(v, "bytes_out"));
	if (ratio > 0)
		(void)fprintf(to, "; the most generous answer had %.2f times the bytes",
			      ratio);
	(void)fputc('\n', to);
}

static const char *by_words(const char *by)
{
	if (by && strcmp(by, "both") == 0)
		return "on a list, and its name leads back to the address; list of ";
	if (by && strcmp(by, "name") == 0)
		return "its name leads back to the address; asked on ";
	return "on a list, of ";
}

static void put_actor(FILE *to, const cJSON *actor)
{
	const char *date = text_of(actor, "date");

	(void)fputs("  ", to);
	put(to, text_of(actor, "name"));
	(void)fputs(" (", to);
	put(to, text_of(actor, "kind"));
	(void)fprintf(to, "): %s", by_words(text_of(actor, "by")));
	if (date)
		cs_term_text(to, cs_span_of(date, strnlen(date, 10)));
	else
		(void)fputs("an unknown day", to);
	(void)fputc('\n', to);
}

static void put_who(FILE *to, const cJSON *v, bool colour)
{
	const cJSON *actor = cJSON_GetObjectItemCaseSensitive(v, "actor");
	const char *hostname = text_of(v, "hostname"), *geo = text_of(v, "geo");

	head(to, colour, "Who");
	if (cJSON_IsObject(actor))
		put_actor(to, actor);
	else
		(void)fputs("  nobody known by list or name\n", to);
	if (hostname) {
		(void)fputs("  name: ", to);
		put(to, hostname);
		(void)fputs(", which leads back to the address\n", to);
	}
	if (number_of(v, "asn") > 0) {
		(void)fprintf(to, "  network: AS%.0f ", number_of(v, "asn"));
		put(to, text_of(v, "as_name"));
		(void)fputc('\n', to);
	}
	if (geo) {
		(void)fputs("  country: ", to);
		put(to, geo);
		(void)fputc('\n', to);
	}
}

static void put_next(FILE *to, const cJSON *v, bool colour)
{
	head(to, colour, "What to do");
	(void)fputs("  ", to);
	put(to, text_of(v, "next"));
	(void)fputc('\n', to);
	head(to, colour, "How sure");
	(void)fprintf(to, "  %.0f %%. ", 100 * number_of(v, "confidence"));
	put(to, text_of(v, "would_change"));
	(void)fputc('\n', to);
}

enum cs_err cs_explain_text(FILE *to, const char *json,
			    const struct cs_explain_cases *cases, bool colour)
{
	cJSON *v = cJSON_Parse(json);
	bool whole = v && text_of(v, "worry") && text_of(v, "class");

	if (whole) {
		put_verdict(to, v, colour);
		put_when(to, v, cases, colour);
		put_evidence(to, v, colour);
		put_answered(to, v, colour);
		put_who(to, v, colour);
		put_next(to, v, colour);
	}
	cJSON_Delete(v);
	return whole ? CS_OK : CS_ERR_DAMAGED;
}
