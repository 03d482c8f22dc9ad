/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/enriching.h"

#include <inttypes.h>
#include <stdlib.h>

#include "out/json.h"

/* A day on its way. */
struct cs_filling {
	struct cs_enriching *e;
	cs_enriching_progress *progress;
	void *arg;
	struct cs_enriching_done *done;
};

/* As struct cs_ptr_want has it; @arg is the struct cs_enriching. */
static void waiting(void *arg)
{
	const struct cs_enriching *e = arg;
	const struct cs_filling *f = e->filling;
	struct cs_ptr_counts c;

	if (!f || !f->progress)
		return;
	c = cs_ptr_counted(e->ptr);
	f->done->names = c.asked;
	f->done->answered = c.from_cache + c.named + c.nameless + c.failed;
	f->progress(f->arg, f->done);
}

/* --- names that the store has --- */

static enum cs_err find_name(void *arg, const struct cs_addr *ip,
			     struct cs_ptr_answer *answer)
{
	struct cs_enriching *e = arg;
	struct cs_store_name name;

	if (!e->store)
		return CS_ERR_NOT_FOUND;

	enum cs_err err =
		cs_store_name_find(e->store, ip, cs_clock_wall(e->ctx->clock), &name);

	if (err)
		return err;
	answer->name = name.name;
	answer->expires_us = name.expires_us;
	answer->known = true;
	return CS_OK;
}

static enum cs_err keep_names(void *arg, const struct cs_ptr_answer *answers, size_t n)
{
	struct cs_enriching *e = arg;
	struct cs_store_name *names;

	if (!e->store || n == 0)
		return CS_OK;
	names = calloc(n, sizeof(*names));
	if (!names)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < n; i++)
		names[i] = (struct cs_store_name){ answers[i].ip, answers[i].name,
						   answers[i].expires_us };

	enum cs_err err = cs_store_names_put(e->store, names, n);

	free(names);
	return err;
}

/* --- opening --- */

static int failed(const struct cs_enriching *e, enum cs_err err, const char *option,
		  const char *why)
{
	cs_log(&e->ctx->log, CS_ERROR, "--%s %s", option, why);
	return cs_exit_of(err);
}

static void say_sources(const struct cs_enriching *e)
{
	struct cs_source_note note;

	for (size_t i = 0; cs_places_source(e->places, i, &note); i++) {
		char day[CS_DAY_TEXT];

		cs_day_text(note.built_us, day);
		if (note.type[0])
			cs_log(&e->ctx->log, CS_DETAIL, "%s: %s of %s", note.file,
			       note.form, day);
		else
			cs_log(&e->ctx->log, CS_DETAIL,
			       "%s: %s of %s, %" PRIu64 " records", note.file, note.form,
			       day, note.records);
	}
}

static int open_places(struct cs_enriching *e, bool no_default)
{
	const struct cs_enrich_options *o = e->options;
	char why[CS_PLACES_WHY] = "out of memory";
	enum cs_err err = cs_places_open(&e->places);

	for (size_t i = 0; i < o->geoip.n && !err; i++)
		err = cs_places_add_geoip(e->places, o->geoip.item[i], why);
	if (err)
		return failed(e, err, "geoip", why);
	for (size_t i = 0; i < o->sector_files.n && !err; i++)
		err = cs_places_add_sector(e->places, o->sector_files.item[i], why);
	if (err)
		return failed(e, err, "sector-file", why);
	if (!no_default)
		err = cs_places_add_default(e->places, why);
	/* Where it is not installed people have named files, or do without. */
	if (err == CS_ERR_NOT_FOUND) {
		cs_log(&e->ctx->log, o->geoip.n > 0 ? CS_DETAIL : CS_NOTE,
		       "no countries: %s", why);
		err = CS_OK;
	}
	if (err) {
		cs_log(&e->ctx->log, CS_ERROR, "%s: --no-geoip goes without it", why);
		return cs_exit_of(err);
	}
	say_sources(e);
	return -1;
}

static int open_ptr(struct cs_enriching *e, const int *stop)
{
	const struct cs_enrich_options *o = e->options;
	const struct cs_ptr_want want = {
		.resolvers = o->resolvers.item,
		.n_resolvers = o->resolvers.n,
		.rate_qps = (uint32_t)o->ptr_rate_qps,
		.window = CS_PTR_WINDOW,
		.timeout_ms = CS_PTR_TIMEOUT_MS,
		.tries = CS_PTR_TRIES,
		.clock = e->ctx->clock,
		.stop = stop,
		.waiting = waiting,
		.find = find_name,
		.keep = keep_names,
		.arg = e,
	};
	char why[CS_PTR_WHY] = "out of memory";

	if (!o->ptr)
		return -1;

	enum cs_err err = cs_ptr_open(&want, &e->ptr, why);

	return err ? failed(e, err, "ptr:", why) : -1;
}

int cs_enriching_open(struct cs_ctx *ctx, const struct cs_enrich_options *options,
		      bool no_default, const int *stop, struct cs_enriching *e)
{
	*e = (struct cs_enriching){ .ctx = ctx, .options = options };

	int status = open_places(e, no_default);

	if (status < 0)
		status = open_ptr(e, stop);
	if (status >= 0)
		return status;

	const struct cs_enricher_want want = {
		.places = cs_places_empty(e->places) ? NULL : e->places,
		.ptr = e->ptr,
		.judge = true,
		.by = (enum cs_judge_by)options->severity,
	};
	enum cs_err err = cs_enricher_open(&want, &e->enricher);

	if (!err)
		return -1;
	cs_log(&ctx->log, CS_ERROR, "%s", cs_strerror(err));
	return CS_EXIT_FAILED;
}

void cs_enriching_close(struct cs_enriching *e)
{
	cs_enricher_close(e->enricher);
	cs_ptr_close(e->ptr);
	cs_places_close(e->places);
	*e = (struct cs_enriching){ 0 };
}

/* --- by what: the JSON beside what is enriched --- */

static void put_sources(struct cs_json *j, const struct cs_places *places)
{
	struct cs_source_note note;

	cs_json_key(j, "sources");
	cs_json_array(j);
	for (size_t i = 0; cs_places_source(places, i, &note); i++) {
		cs_json_object(j);
		cs_json_put_word(j, "file", note.file);
		cs_json_put_word(j, "form", note.form);
		cs_json_put_word(j, "type", note.type);
		cs_json_key(j, "built");
		cs_json_time(j, note.built_us);
		cs_json_key(j, "records");
		cs_json_uint(j, note.records);
		cs_json_object_end(j);
	}
	cs_json_array_end(j);
}

/* null: names were not asked for; [] is the host's own resolvers. */
static void put_resolvers(struct cs_json *j, const struct cs_enrich_options *o)
{
	cs_json_key(j, "resolvers");
	if (!o->ptr) {
		cs_json_null(j);
		return;
	}
	cs_json_array(j);
	for (size_t i = 0; i < o->resolvers.n; i++)
		cs_json_string(j, cs_span_str(o->resolvers.item[i]));
	cs_json_array_end(j);
}

/* The caller's to free(); NULL: memory is out. */
static char *about(const struct cs_enriching *e, size_t *len)
{
	char *text = NULL;
	FILE *memory = open_memstream(&text, len);

	if (!memory)
		return NULL;

	struct cs_json j = cs_json_to(memory);

	cs_json_object(&j);
	cs_json_key(&j, "made");
	cs_json_time(&j, cs_clock_wall(e->ctx->clock));
	cs_json_put_word(&j, "version", CS_VERSION);
	put_sources(&j, e->places);
	put_resolvers(&j, e->options);
	cs_json_put_word(&j, "severity", cs_enrich_severities[e->options->severity]);
	cs_json_object_end(&j);
	if (fclose(memory) == 0)
		return text;
	free(text);
	return NULL;
}

/* --- a day --- */

/* A cs_store_enrich_fn: @arg is the struct filling. */
static enum cs_err fill(void *arg, const struct cs_result *rows, struct cs_enriched *out,
			size_t n)
{
	struct cs_filling *f = arg;
	enum cs_err err = cs_enricher_fill(f->e->enricher, rows, out, n);

	if (err)
		return err;
	f->done->rows += n;
	for (size_t i = 0; i < n; i++) {
		f->done->with_asn += out[i].place.asn != 0;
		f->done->with_geo += out[i].place.geo.len > 0;
		f->done->named += out[i].hostname.len > 0;
	}
	if (f->progress)
		f->progress(f->arg, f->done);
	return CS_OK;
}

enum cs_err cs_enriching_day(struct cs_enriching *e, int32_t day, const uint8_t *scan,
			     bool fresh, cs_enriching_progress *progress, void *arg,
			     struct cs_enriching_done *done)
{
	struct cs_filling filling = { e, progress, arg, done };
	size_t len = 0;
	char *text = about(e, &len);
	struct cs_store_enrich want = { .day = day,
					.scan = scan,
					.fresh = fresh,
					.about = cs_span_of(text, len),
					.fill = fill,
					.arg = &filling };
	enum cs_err err;

	e->filling = &filling;
	err = text ? cs_store_enrich(e->store, &want) : CS_ERR_NOMEM;
	e->filling = NULL;
	free(text);
	if (err && err != CS_ERR_NOT_FOUND) {
		const char *why = cs_store_why(e->store);

		cs_log(&e->ctx->log, CS_ERROR, "enriching: %s",
		       *why ? why : cs_strerror(err));
	}
	return err;
}

void cs_enriching_say(const struct cs_enriching *e)
{
	if (!e->ctx)
		return;

	uint64_t damaged = e->places ? cs_places_damaged(e->places) : 0;

	if (damaged)
		cs_log(&e->ctx->log, CS_WARN,
		       "%" PRIu64
		       " look-ups met a damaged record of an MMDB: want it fetched again",
		       damaged);
	if (!e->ptr)
		return;

	struct cs_ptr_counts c = cs_ptr_counted(e->ptr);

	if (c.failed)
		cs_log(&e->ctx->log, CS_WARN,
		       "%" PRIu64 " of %" PRIu64
		       " names: no answer came; the rows are kept without them",
		       c.failed, c.asked);
	cs_log(&e->ctx->log, CS_DETAIL,
	       "names: %" PRIu64 " asked for, %" PRIu64 " kept from earlier, %" PRIu64
	       " sent, %" PRIu64 " named, %" PRIu64 " without one, %" PRIu64 " malformed",
	       c.asked, c.from_cache, c.sent, c.named, c.nameless, c.malformed);
}
