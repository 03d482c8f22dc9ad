/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write_eve: events as Suricata writes them (EVE JSON), so that what reads its log reads
 * ours: a line a message (event_type "coap"), a verdict ("alert") and a round of
 * counters ("stats"). Write errors are left in the stream.
 */
#pragma once

#include <stdio.h>

#include "watch/post.h"
#include "watch/verdict.h"

struct cs_eve;

/* Before a jail. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_eve_open(struct cs_eve **out);
void cs_eve_close(struct cs_eve *eve);

/* One line each. */
void cs_eve_message(struct cs_eve *eve, FILE *to, const struct cs_post_message *message);

/* At the time of the source's latest packet. */
void cs_eve_alert(struct cs_eve *eve, FILE *to, const struct cs_verdict *verdict);

/* @uptime_s: for how long it has been watched; @lost: events that did not get out. */
void cs_eve_stats(struct cs_eve *eve, FILE *to, int64_t wall_us, uint64_t uptime_s,
		  const struct cs_post_counts *counts, uint64_t lost);

/*
 * Whether a verdict is worth an alert: all but our own traffic that needs no look.
 */
bool cs_eve_wants(const struct cs_verdict *verdict);
