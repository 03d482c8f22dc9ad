/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/enricher.h"

#include <stdlib.h>

#include "enrich/judged.h"

struct cs_enricher {
	struct cs_enricher_want want;
	struct cs_judged *judged;      /* NULL: not asked */
	struct cs_ptr_answer *answers; /* a row each; NULL: not asked */
};

enum cs_err cs_enricher_open(const struct cs_enricher_want *want,
			     struct cs_enricher **out)
{
	struct cs_enricher *e = calloc(1, sizeof(*e));
	enum cs_err err = CS_OK;

	*out = NULL;
	if (!e)
		return CS_ERR_NOMEM;
	e->want = *want;
	if (want->judge)
		err = cs_judged_open(want->by, &e->judged);
	if (want->ptr)
		e->answers = calloc(CS_ENRICH_GROUP, sizeof(*e->answers));
	if (want->ptr && !e->answers)
		err = CS_ERR_NOMEM;
	if (err) {
		cs_enricher_close(e);
		return err;
	}
	*out = e;
	return CS_OK;
}

void cs_enricher_close(struct cs_enricher *enricher)
{
	if (!enricher)
		return;
	cs_judged_close(enricher->judged);
	free(enricher->answers);
	free(enricher);
}

/* A name that the resolver says is no more goes, but not one of another source. */
static void name(const struct cs_ptr_answer *answer, struct cs_enriched *out)
{
	const struct cs_span source = cs_span_str("ptr");

	if (!answer->known)
		return;
	if (answer->name.len > 0) {
		out->hostname = answer->name;
		out->hostname_source = source;
	} else if (cs_span_eq(out->hostname_source, source)) {
		out->hostname = out->hostname_source = (struct cs_span){ 0 };
	}
}

static enum cs_err name_all(struct cs_enricher *e, const struct cs_result *rows,
			    struct cs_enriched *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		e->answers[i] = (struct cs_ptr_answer){ .ip = rows[i].ip };

	enum cs_err err = cs_ptr_resolve(e->want.ptr, e->answers, n);

	for (size_t i = 0; i < n && !err; i++)
		name(&e->answers[i], &out[i]);
	return err;
}

/*
 * What a report said of a row stays, but for the stack, of which it says
 * nothing. It is told from a judgement of ours by having no reason.
 */
static void judge(const struct cs_result *row, const struct cs_judgement *ours,
		  struct cs_enriched *out)
{
	bool reported = row->match == CS_MATCH_REPORT && out->judged &&
			out->judgement.severity_because.len == 0;
	const struct cs_judgement theirs = out->judgement;

	out->judgement = *ours;
	out->judged = true;
	if (!reported)
		return;
	out->judgement.severity = theirs.severity;
	out->judgement.severity_because = theirs.severity_because;
	out->judgement.tags = theirs.tags;
}

static enum cs_err judge_all(struct cs_judged *judged, const struct cs_result *rows,
			     struct cs_enriched *out, size_t n)
{
	const struct cs_judgement *found[CS_JUDGED_AT_ONCE];
	enum cs_err err = CS_OK;

	cs_judged_begin(judged, n);
	for (size_t at = 0; at < n && !err; at += CS_JUDGED_AT_ONCE) {
		size_t some = n - at < CS_JUDGED_AT_ONCE ? n - at : CS_JUDGED_AT_ONCE;

		err = cs_judged_find(judged, &rows[at], found, some);
		for (size_t i = 0; i < some && !err; i++)
			judge(&rows[at + i], found[i], &out[at + i]);
	}
	return err;
}

enum cs_err cs_enricher_fill(void *arg, const struct cs_result *rows,
			     struct cs_enriched *out, size_t n)
{
	struct cs_enricher *e = arg;

	for (size_t i = 0; i < n && e->want.places; i++)
		cs_places_find(e->want.places, &rows[i].ip, &out[i].place);
	if (e->want.ptr) {
		enum cs_err err = name_all(e, rows, out, n);

		if (err)
			return err;
	}
	return e->judged ? judge_all(e->judged, rows, out, n) : CS_OK;
}
