/* SPDX-License-Identifier: Apache-2.0 */
/* A verdict with everything in it, whose parts a test may change. */
#pragma once

#include "test.h"

#include "watch/verdict.h"

/* 2026-11-21T20:00:00.123456Z */
#define SEEN_US INT64_C(1795291200123456)

struct made_verdict {
	struct cs_source source;
	struct cs_finding finding;
	struct cs_answer answer;
	struct cs_actor actor;
	struct cs_place place;
	struct cs_sample sample;
	struct cs_verdict verdict;
};

/* nmap's discovery, answered. */
static const uint8_t discovery[] = "\x40\x01\x01\xce\xbb.well-known\x04"
				   "core";

static inline void make_verdict(struct made_verdict *m)
{
	*m = (struct made_verdict){
		.source = { .ip = cs_addr_v4(0xc0000207),
			    .bits = 128,
			    .first_us = SEEN_US,
			    .last_us = SEEN_US + 1500000,
			    .packets = 3,
			    .requests = 3,
			    .unproved = 2,
			    .bytes_in = 63,
			    .bytes_out = 516,
			    .most_in = 21,
			    .most_out = 516,
			    .port = 40000,
			    .n_obs = 2,
			    .obs = { { .count = 3, .kind = CS_OBS_DISCOVERY },
				     { .count = 1,
				       .first_ms = 2,
				       .kind = CS_OBS_ANSWERED } } },
		.finding = { .primary = CS_CLASS_B,
			     .classes = 1 << CS_CLASS_B | 1 << CS_CLASS_F,
			     .answered = true,
			     .confidence = 85,
			     .n_because = 2,
			     .because = { CS_OBS_ANSWERED, CS_OBS_DISCOVERY } },
		.answer = { .worry = CS_WORRY_NOTE,
			    .confidence = 80,
			    .what = "A scan.",
			    .would_change = "A write.",
			    .next = "coapscope scan 198.51.100.5" },
		.actor = { .name = SPAN("Shodan"),
			   .kind = SPAN("search engine"),
			   .by_list = true,
			   .by_name = true,
			   .date_us = SEEN_US,
			   .hostname = SPAN("a.shodan.io") },
		.place = { .asn = 64500, .geo = SPAN("NL"), .as_name = SPAN("EXAMPLE") },
		.sample = { .kind = CS_OBS_DISCOVERY,
			    .wall_us = SEEN_US,
			    .bytes = { discovery, sizeof(discovery) - 1 } },
	};
	m->verdict = (struct cs_verdict){ &m->source, &m->finding, &m->answer, &m->actor,
					  &m->place,  &m->sample,  1 };
}
