/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any state of a source, and of its prefix, gives a verdict that keeps its promises: a
 * victim is never blamed, who hears us is never a victim, texts end.
 */
#include "fuzz.h"

#include "watch/judge.h"

/* Fills what cs_source_note() and its kind keep within bounds. */
static struct cs_source source_from(struct cs_rd *rd)
{
	struct cs_source s = { 0 };

	cs_rd_copy(rd, &s, cs_rd_left(rd) < sizeof(s) ? cs_rd_left(rd) : sizeof(s));
	s.n_obs %= CS_SOURCE_OBS + 1;
	s.n_pairs %= CS_SOURCE_PAIRS + 1;
	s.n_paths %= CS_SOURCE_PATHS + 1;
	s.bits = (uint8_t)(s.bits % 129);
	return s;
}

/* A retransmission is none where a tool has one Message ID for all. */
static bool is_proof(uint8_t kind)
{
	return kind >= CS_OBS_ACKED && kind <= CS_OBS_CONNECTED && kind != CS_OBS_RETRIED;
}

static bool hears_us(const struct cs_source *s)
{
	for (size_t i = 0; i < s->n_obs; i++) {
		if (is_proof(s->obs[i].kind) &&
		    cs_source_count(s, (enum cs_obs)s->obs[i].kind) > 0)
			return true;
	}
	return false;
}

static void check_finding(const struct cs_source *s, const struct cs_finding *f)
{
	const struct cs_threshold *t = &cs_threshold_defaults;

	MUST(f->primary < CS_CLASSES && f->classes >> f->primary & 1);
	MUST(f->classes < 1 << CS_CLASSES);
	MUST(f->confidence > 0 && f->confidence < 100);
	MUST(f->victim == (f->primary == CS_CLASS_C1));
	MUST(!f->inherited || f->primary == CS_CLASS_C1);
	MUST(f->n_because <= CS_SOURCE_OBS);
	MUST(!f->answered || cs_source_count(s, CS_OBS_ANSWERED) > 0);

	/* Proof rules it out, unless other flows of the same address are refused. */
	if (f->victim && hears_us(s) && s->bits == 128)
		MUST(s->unproved >= t->reflection &&
		     cs_source_count_range(s, CS_OBS_RESETS, CS_OBS_UNREACHABLE) > 0);
	if (f->primary == CS_CLASS_D)
		MUST(cs_source_count_range(s, CS_OBS_WRITE, CS_OBS_PROXY) > 0 ||
		     cs_source_count(s, CS_OBS_NOTIFIED) > 0);
}

static void check_answer(const struct cs_finding *f, const struct cs_answer *a)
{
	MUST(memchr(a->what, 0, sizeof(a->what)) && a->what[0]);
	MUST(memchr(a->would_change, 0, sizeof(a->would_change)) && a->would_change[0]);
	MUST(memchr(a->next, 0, sizeof(a->next)) && a->next[0]);
	MUST(a->worry <= CS_WORRY_ACT_NOW && a->confidence <= f->confidence);
	MUST(!f->victim || strstr(a->what, "victim, not the attacker"));
	MUST(f->primary != CS_CLASS_I || a->worry <= CS_WORRY_ACT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_rd rd = cs_rd_over(data, size);
	uint8_t flags = cs_rd_u8(&rd);
	struct cs_surroundings around = { .reflectors = cs_rd_u8(&rd) };
	struct cs_source source = source_from(&rd), prefix = source_from(&rd);
	struct cs_actor actor = { .name = cs_span_of("x", 1), .by_list = flags & 4 };
	struct cs_finding finding;
	struct cs_answer answer;

	cs_classify(&source, flags & 1 ? &prefix : NULL, flags & 2,
		    &cs_threshold_defaults, &finding);
	check_finding(&source, &finding);
	cs_answer(&source, &finding, &around, flags & 4 ? &actor : NULL,
		  &cs_threshold_defaults, (int64_t)flags << 48, &answer);
	check_answer(&finding, &answer);
	return 0;
}
