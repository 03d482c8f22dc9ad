/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/write_metrics.h"

#include <stdio.h>

#include "base/clock.h"
#include "out/prometheus.h"
#include "watch/write_summary.h"

enum { NAME = 64 };

#define PREFIX "coapscope_watch_"

static void put_counters(FILE *to, const struct cs_post_counts *counts)
{
	for (size_t i = 0; i < cs_n_counters; i++) {
		const struct cs_counter *c = &cs_counters[i];
		char name[NAME];

		(void)snprintf(name, sizeof(name), PREFIX "%s%s", c->name,
			       c->gauge ? "" : "_total");
		cs_prometheus_one(to, name, c->gauge ? "gauge" : "counter", c->help,
				  c->of(counts));
	}
}

/* Series of a fixed set are there from the begin, with 0. */
static void put_kinds(FILE *to, const struct cs_post_counts *counts)
{
	cs_prometheus_begin(to, PREFIX "faults_total", "counter",
			    "Messages with something wrong, by what (M1 to M21).");
	for (int i = 1; i < CS_FAULT_COUNT; i++)
		cs_prometheus_labelled(to, PREFIX "faults_total", "fault",
				       cs_fault_name((enum cs_fault)i),
				       counts->track.faults[i]);
	cs_prometheus_begin(to, PREFIX "not_coap_total", "counter",
			    "Datagrams on CoAP ports that are not CoAP, by what.");
	for (int i = 1; i < CS_ALIENS; i++)
		cs_prometheus_labelled(to, PREFIX "not_coap_total", "kind",
				       cs_alien_name((enum cs_alien)i),
				       counts->track.alien[i]);
}

static void put_verdicts(FILE *to, const struct cs_watch_metrics *m)
{
	cs_prometheus_begin(to, PREFIX "verdicts", "gauge",
			    "Sources by class and by how much they are to worry about.");
	for (int c = 0; c < CS_CLASSES; c++)
		for (int w = 0; w < CS_WORRIES; w++)
			(void)fprintf(to,
				      PREFIX "verdicts{class=\"%s\",worry=\"%s\"} %u\n",
				      cs_class_name((enum cs_class)c),
				      cs_worry_name((enum cs_worry)w), m->verdicts[c][w]);
}

static void put_outputs(FILE *to, const struct cs_watch_metrics *m)
{
	if (m->n_outputs == 0)
		return;
	cs_prometheus_begin(to, PREFIX "output_lines_total", "counter",
			    "Lines that reached an output.");
	for (size_t i = 0; i < m->n_outputs; i++)
		cs_prometheus_labelled(to, PREFIX "output_lines_total", "output",
				       m->outputs[i].name, m->outputs[i].state.lines);
	cs_prometheus_begin(to, PREFIX "output_lost_total", "counter",
			    "Lines that an output lost: disk full, reader slow or gone.");
	for (size_t i = 0; i < m->n_outputs; i++)
		cs_prometheus_labelled(to, PREFIX "output_lost_total", "output",
				       m->outputs[i].name, m->outputs[i].state.lost);
}

static void put_guard(FILE *to, const struct cs_watch_metrics *m)
{
	if (!m->guard)
		return;
	cs_prometheus_one(to, PREFIX "guard_requests_total", "counter",
			  "Requests to block that the guard was handed.",
			  m->guard->lines);
	cs_prometheus_one(to, PREFIX "guard_lost_total", "counter",
			  "Requests to block that could not be handed over.",
			  m->guard->lost);
}

void cs_write_metrics(FILE *to, const struct cs_watch_metrics *m)
{
	cs_prometheus_one(to, PREFIX "start_time_seconds", "gauge",
			  "When the watch was started, in seconds since 1970.",
			  (uint64_t)(m->started_us / CS_US_PER_S));
	cs_prometheus_one(to, PREFIX "tick_time_seconds", "gauge",
			  "When this was written, in seconds since 1970.",
			  (uint64_t)(m->now_us / CS_US_PER_S));
	put_counters(to, m->counts);
	put_kinds(to, m->counts);
	put_verdicts(to, m);
	put_outputs(to, m);
	put_guard(to, m);
}
