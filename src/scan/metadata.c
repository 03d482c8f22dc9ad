/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/metadata.h"

#include "base/num.h"
#include "out/json.h"

static void put_question(struct cs_json *j, const struct cs_plan *plan)
{
	uint8_t hash[CS_PLAN_HASH];

	cs_plan_hash(plan, hash);
	cs_json_put_uint(j, "seed", plan->seed);
	cs_json_key(j, "plan_hash");
	cs_json_hex(j, cs_span_of(hash, sizeof(hash)));
	cs_json_put_uint(j, "targets", cs_scope_count(plan->scope));
	cs_json_put_uint(j, "excluded", plan->excluded);
	cs_json_key(j, "ports");
	cs_json_array(j);
	for (uint32_t i = 0; i < plan->n_ports; i++)
		cs_json_uint(j, plan->ports[i]);
	cs_json_array_end(j);
	cs_json_put_uint(j, "max_targets", plan->max_targets);
	cs_json_put_uint(j, "shard", plan->shard);
	cs_json_put_uint(j, "shards", plan->shards);
	cs_json_put_uint(j, "probes", plan->probes);
	cs_json_put_uint(j, "token", plan->token_len);
	cs_json_put_uint(j, "rate", plan->rate_pps);
	cs_json_put_uint(j, "cooldown_s", plan->cooldown_s);
}

static void put_counters(struct cs_json *j, const struct cs_scan *scan)
{
	const struct cs_counters *c = &scan->counters;

	cs_json_put_uint(j, "probes_sent", cs_counted(&c->probes_sent));
	cs_json_put_uint(j, "send_failed", cs_counted(&c->send_failed));
	cs_json_put_uint(j, "send_retried", cs_counted(&c->send_retried));
	cs_json_put_uint(j, "follow_ups_sent", cs_counted(&c->follow_ups_sent));
	cs_json_put_uint(j, "datagrams_received", cs_counted(&c->received));
	cs_json_put_uint(j, "results", cs_counted(&c->results));
	cs_json_key(j, "rejected");
	cs_json_object(j);
	for (enum cs_reject cause = 0; cause < CS_REJECT_COUNT; cause++)
		cs_json_put_uint(j, cs_reject_name(cause),
				 cs_counted(&c->rejected[cause]));
	cs_json_object_end(j);
	cs_json_put_uint(j, "receive_dropped", scan->dropped);
	cs_json_put_uint(j, "bad_checksums", scan->bad_checksums);
	cs_json_key(j, "chunks");
	cs_json_object(j);
	cs_json_put_uint(j, "closed", scan->chunks_closed);
	cs_json_put_uint(j, "open", scan->chunks_open);
	cs_json_object_end(j);
}

static const char *end_name(enum cs_scan_end end)
{
	switch (end) {
	case CS_END_DONE:
		return "done";
	case CS_END_MAX_RUNTIME:
		return "max_runtime";
	case CS_END_MAX_RESULTS:
		return "max_results";
	case CS_END_SIGNAL:
		return "signal";
	case CS_END_CUT:
		return "cut";
	case CS_END_SEND_FAILED:
		return "send_failed";
	case CS_END_STORE_FAILED:
		return "store_failed";
	case CS_END_OUTPUT_FAILED:
		return "output_failed";
	case CS_END_NO_MEMORY:
		return "no_memory";
	}
	return "unknown";
}

void cs_metadata_write(const struct cs_scan *scan, const struct cs_metadata *about,
		       FILE *to)
{
	struct cs_json j = cs_json_to(to);

	cs_json_object(&j);
	cs_json_put_word(&j, "schema", "coapscope.metadata/1");
	cs_json_put_word(&j, "scan", about->scan);
	cs_json_put_word(&j, "version", CS_VERSION);
	put_question(&j, &scan->plan);
	cs_json_put_word(&j, "sender", about->sender);
	cs_json_put_time(&j, "started", about->started_us);
	cs_json_put_time_if(&j, "ended", about->ended_us != 0, about->ended_us);
	cs_json_put_word(&j, "end", about->ended_us ? end_name(scan->end) : NULL);
	put_counters(&j, scan);
	cs_json_object_end(&j);
	cs_json_line(&j);
}
