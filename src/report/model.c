/* SPDX-License-Identifier: Apache-2.0 */
#include "report/rows.h"

#include <stdlib.h>

void cs_model_free(struct cs_model *model)
{
	if (!model)
		return;
	cs_texts_clear(&model->texts);
	free(model->places);
	free(model->judged);
	free(model->hot);
	free(model->cold);
	free(model->fault);
	free(model->worst);
	free(model);
}

size_t cs_model_count(const struct cs_model *model)
{
	return model->n;
}

int32_t cs_model_day(const struct cs_model *model)
{
	return model->day;
}

uint64_t cs_model_stamp(const struct cs_model *model)
{
	return model->stamp;
}

uint64_t cs_model_bytes(const struct cs_model *model)
{
	size_t row = sizeof(*model->hot) + sizeof(*model->cold) + sizeof(*model->fault) +
		     sizeof(*model->worst);

	return sizeof(*model) + cs_texts_bytes(&model->texts) +
	       model->n_places * sizeof(*model->places) +
	       model->n_judged * sizeof(*model->judged) + model->n * row;
}

static struct cs_result result_of(const struct cs_model *m, size_t i)
{
	const struct cs_row_hot *hot = &m->hot[i];
	const struct cs_row_cold *cold = &m->cold[i];

	return (struct cs_result){
		.ip = cold->ip,
		.port = cold->port,
		.reply_port = hot->reply_port,
		.time_us = cold->time_us,
		.rtt_us = cold->rtt_us,
		.match = (enum cs_match)hot->match,
		.request_size = cold->request_size,
		.response_size = cold->response_size,
		.datagrams = cold->datagrams,
		.bytes = cold->bytes,
		.header = cs_span_of(cold->header, cold->header_len),
		.body = cs_texts_at(&m->texts, hot->body),
		.complete = hot->flags & CS_ROW_COMPLETE,
		.blocks = cold->blocks,
		.malformed = { .fault = (enum cs_fault)m->fault[i],
			       .at = cold->fault_at },
	};
}

static struct cs_place place_of(const struct cs_model *m, const struct cs_row_place *p)
{
	const struct cs_texts *t = &m->texts;

	return (struct cs_place){
		.asn = p->asn,
		.naics = p->naics,
		.geo = cs_texts_at(t, p->geo),
		.as_name = cs_texts_at(t, p->as_name),
		.region = cs_texts_at(t, p->region),
		.city = cs_texts_at(t, p->city),
		.sector = cs_texts_at(t, p->sector),
		.owner = cs_texts_at(t, p->owner),
	};
}

static struct cs_judgement judgement_of(const struct cs_model *m,
					const struct cs_row_judged *j)
{
	const struct cs_texts *t = &m->texts;

	return (struct cs_judgement){
		.stack = cs_texts_at(t, j->stack),
		.confidence = j->confidence,
		.stack_because = cs_texts_at(t, j->stack_because),
		.severity = (enum cs_severity)j->severity,
		.severity_because = cs_texts_at(t, j->severity_because),
		.tags = cs_texts_at(t, j->tags),
	};
}

void cs_model_get(const struct cs_model *m, size_t i, struct cs_service *out)
{
	const struct cs_row_hot *hot = &m->hot[i];
	const struct cs_row_place *place = &m->places[hot->place];
	const struct cs_row_judged *judged = &m->judged[hot->judged];

	*out = (struct cs_service){
		.result = result_of(m, i),
		.is_enriched = hot->flags & CS_ROW_ENRICHED,
		.enriched = { .hostname = cs_texts_at(&m->texts, hot->hostname),
			      .hostname_source =
				      cs_texts_at(&m->texts, place->hostname_source),
			      .place = place_of(m, place),
			      .judged = judged->judged },
	};
	if (judged->judged)
		out->enriched.judgement = judgement_of(m, judged);
	out->has_amplification =
		cs_result_amplification(&out->result, &out->amplification);
}
