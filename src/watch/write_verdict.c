/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/write_verdict.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "watch/message.h"

/* --- whose it is --- */

/* An address has no prefix, a prefix no address. */
static void put_source(struct cs_json *j, const struct cs_source *source)
{
	struct cs_prefix prefix = { .addr = source->ip, .bits = source->bits };
	bool single = source->bits >= 128;
	char ip[CS_ADDR_TEXT], net[CS_PREFIX_TEXT];

	cs_addr_text(&source->ip, ip);
	cs_prefix_text(&prefix, net);
	cs_json_key(j, "source");
	cs_json_word(j, single ? ip : NULL);
	cs_json_key(j, "prefix");
	cs_json_word(j, single ? NULL : net);
	cs_json_put_uint(j, "addresses", single ? 1 : source->addresses);
}

static const char *known_by(const struct cs_actor *actor)
{
	if (actor->by_list)
		return actor->by_name ? "both" : "list";
	return "name";
}

static void put_actor(struct cs_json *j, const struct cs_actor *actor)
{
	cs_json_key(j, "actor");
	if (!actor || actor->name.len == 0) {
		cs_json_null(j);
		return;
	}
	cs_json_object(j);
	cs_json_put_text(j, "name", actor->name);
	cs_json_put_text(j, "kind", actor->kind);
	cs_json_put_word(j, "by", known_by(actor));
	cs_json_put_time_if(j, "date", actor->date_us != 0, actor->date_us);
	cs_json_object_end(j);
}

static void put_place(struct cs_json *j, const struct cs_place *place)
{
	static const struct cs_place nowhere;

	if (!place)
		place = &nowhere;
	cs_json_put_uint_if(j, "asn", place->asn != 0, place->asn);
	cs_json_put_text(j, "as_name", place->as_name);
	cs_json_put_text(j, "geo", place->geo);
}

/* --- why --- */

static const struct cs_sample *sample_of(const struct cs_verdict *v, unsigned kind)
{
	for (size_t i = 0; i < v->n_samples; i++)
		if (v->samples[i].kind == kind)
			return &v->samples[i];
	return NULL;
}

/* What else was said over TCP is named by its bytes alone. */
static bool is_of_stream(const struct cs_sample *sample)
{
	return sample->tcp &&
	       (sample->kind < CS_OBS_ALIEN || sample->kind >= CS_OBS_FAULT);
}

static void put_decoded(struct cs_json *j, const struct cs_sample *sample)
{
	uint8_t options[CS_MESSAGE_OPTIONS], line[CS_MESSAGE_LINE];
	struct cs_post_message message;

	if (sample->tcp && sample->bytes.len == 0) {
		cs_json_put_word(j, "decoded", "TCP, no data");
		return;
	}
	if (is_of_stream(sample))
		cs_message_of_stream(sample->bytes, options, &message);
	else
		cs_message_of_sample(sample->bytes, options, &message);
	cs_json_put_text(j, "decoded",
			 cs_span_of(line, cs_message_line(&message, line, sizeof(line))));
}

static void put_sample(struct cs_json *j, const struct cs_sample *sample)
{
	cs_json_key(j, "sample_hex");
	if (sample) {
		cs_json_hex(j, sample->bytes);
		put_decoded(j, sample);
		return;
	}
	cs_json_null(j);
	cs_json_key(j, "decoded");
	cs_json_null(j);
}

/* A sample has its own time; else it is known to a millisecond. */
static int64_t first_of(const struct cs_verdict *v, const struct cs_source_obs *obs,
			const struct cs_sample *sample)
{
	return sample ? sample->wall_us
		      : v->source->first_us + obs->first_ms * CS_US_PER_MS;
}

static void put_observation(struct cs_json *j, const struct cs_verdict *v, uint8_t kind)
{
	const struct cs_source_obs *obs = cs_source_find(v->source, (enum cs_obs)kind);
	const struct cs_sample *sample = sample_of(v, kind);

	cs_json_object(j);
	cs_json_put_word(j, "what", cs_obs_name((enum cs_obs)kind));
	cs_json_put_uint(j, "count", obs ? obs->count : 0);
	cs_json_key(j, "first");
	if (obs)
		cs_json_time(j, first_of(v, obs, sample));
	else
		cs_json_null(j);
	put_sample(j, sample);
	cs_json_object_end(j);
}

static void put_evidence(struct cs_json *j, const struct cs_verdict *v)
{
	const struct cs_finding *f = v->finding;

	cs_json_key(j, "evidence");
	cs_json_array(j);
	for (size_t i = 0; i < f->n_because && i < CS_LEN(f->because); i++)
		put_observation(j, v, f->because[i]);
	cs_json_array_end(j);
}

/* --- what it is --- */

static void put_classes(struct cs_json *j, const struct cs_finding *f)
{
	cs_json_put_word(j, "class", cs_class_name(f->primary));
	cs_json_key(j, "classes");
	cs_json_array(j);
	for (int i = 0; i < CS_CLASSES; i++)
		if (f->classes & 1u << i || i == (int)f->primary)
			cs_json_word(j, cs_class_name((enum cs_class)i));
	cs_json_array_end(j);
}

static void put_traffic(struct cs_json *j, const struct cs_verdict *v)
{
	const struct cs_source *s = v->source;
	uint64_t ratio = cs_verdict_ratio(v);

	cs_json_put_time(j, "first", s->first_us);
	cs_json_put_time(j, "last", s->last_us);
	cs_json_put_uint(j, "packets", s->packets);
	cs_json_put_uint(j, "bytes_in", s->bytes_in);
	cs_json_put_uint(j, "bytes_out", s->bytes_out);
	cs_json_put_bool(j, "answered", v->finding->answered);
	cs_json_put_uint(j, "unproved", s->unproved);
	cs_json_key(j, "amplification");
	if (ratio)
		cs_json_fixed(j, ratio, 2);
	else
		cs_json_null(j);
}

static void put_answer(struct cs_json *j, const struct cs_answer *answer)
{
	cs_json_put_word(j, "worry", cs_worry_name(answer->worry));
	cs_json_key(j, "confidence");
	cs_json_fixed(j, answer->confidence, 2);
	cs_json_put_word(j, "what", answer->what);
}

void cs_write_verdict_in(struct cs_json *j, const struct cs_verdict *v)
{
	cs_json_object(j);
	cs_json_put_word(j, "schema", "coapscope.verdict/1");
	put_source(j, v->source);
	put_traffic(j, v);
	put_classes(j, v->finding);
	put_actor(j, v->actor);
	cs_json_put_bool(j, "victim", v->finding->victim);
	put_answer(j, v->answer);
	put_evidence(j, v);
	cs_json_put_text(j, "would_change", cs_span_str(v->answer->would_change));
	cs_json_put_text(j, "next", cs_span_str(v->answer->next));
	cs_json_put_text(j, "hostname",
			 v->actor ? v->actor->hostname : (struct cs_span){ 0 });
	put_place(j, v->place);
	cs_json_object_end(j);
}

void cs_write_verdict(FILE *to, const struct cs_verdict *verdict)
{
	struct cs_json j = cs_json_to(to);

	cs_write_verdict_in(&j, verdict);
	cs_json_line(&j);
}

char *cs_verdict_json(const struct cs_verdict *verdict, size_t *len)
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, len ? len : &size);

	if (!memory)
		return NULL;

	struct cs_json j = cs_json_to(memory);

	cs_write_verdict_in(&j, verdict);
	if (fclose(memory) == 0)
		return text;
	free(text);
	return NULL;
}
