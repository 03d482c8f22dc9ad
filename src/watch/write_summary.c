/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/write_summary.h"

#define OF(name, field)                                                \
	static uint64_t of_##name(const struct cs_post_counts *counts) \
	{                                                              \
		return counts->field;                                  \
	}

OF(frames, frames)
OF(coap, track.coap)
OF(coap_tcp, track.coap_tcp)
OF(requests, track.requests)
OF(responses, track.responses)
OF(empty, track.empty)
OF(format_errors, track.format_errors)
OF(version_other, track.version_other)
OF(reserved_class, track.reserved_class)
OF(extended_token, track.extended_token)
OF(unknown_critical, track.unknown_critical)
OF(unknown_elective, track.unknown_elective)
OF(fragments, fragments)
OF(icmp_quotes, track.icmp_quotes)
OF(kernel_dropped, kernel_dropped)
OF(evicted, track.evicted)
OF(sources, track.sources)

/* In the order of the summary, `faults` and `not_coap` left out. */
const struct cs_counter cs_counters[] = {
	{ "frames", "Frames that were taken.", false, of_frames },
	{ "coap", "UDP datagrams of CoAP on its ports.", false, of_coap },
	{ "coap_tcp", "CoAP messages over TCP.", false, of_coap_tcp },
	{ "requests", "CoAP requests.", false, of_requests },
	{ "responses", "CoAP responses.", false, of_responses },
	{ "empty", "CoAP messages without a code: pings, ACKs, Resets.", false,
	  of_empty },
	{ "format_errors", "Message format errors of RFC 7252.", false,
	  of_format_errors },
	{ "version_other", "Messages of another version than 1.", false,
	  of_version_other },
	{ "reserved_class", "Codes of a reserved class.", false, of_reserved_class },
	{ "extended_token", "Extended tokens of RFC 8974.", false, of_extended_token },
	{ "unknown_critical", "Messages with an unknown critical option.", false,
	  of_unknown_critical },
	{ "unknown_elective", "Messages with an unknown elective option.", false,
	  of_unknown_elective },
	{ "fragments", "Fragments of IP datagrams.", false, of_fragments },
	{ "icmp_quotes", "ICMP errors that quote CoAP.", false, of_icmp_quotes },
	{ "kernel_dropped", "Frames that the kernel dropped for want of room.", false,
	  of_kernel_dropped },
	{ "evicted", "Sources that were forgotten for want of memory.", false,
	  of_evicted },
	{ "sources", "Sources that are known now.", true, of_sources },
};
const size_t cs_n_counters = CS_LEN(cs_counters);

static void put_faults(struct cs_json *j, const struct cs_post_counts *counts)
{
	cs_json_key(j, "faults");
	cs_json_object(j);
	for (int i = 1; i < CS_FAULT_COUNT; i++) {
		if (counts->track.faults[i] == 0)
			continue;
		cs_json_key(j, cs_fault_name((enum cs_fault)i));
		cs_json_uint(j, counts->track.faults[i]);
	}
	cs_json_object_end(j);
}

static void put_aliens(struct cs_json *j, const struct cs_post_counts *counts)
{
	cs_json_key(j, "not_coap");
	cs_json_object(j);
	for (int i = 1; i < CS_ALIENS; i++) {
		if (counts->track.alien[i] == 0)
			continue;
		cs_json_key(j, cs_alien_name((enum cs_alien)i));
		cs_json_uint(j, counts->track.alien[i]);
	}
	cs_json_object_end(j);
}

void cs_write_summary_in(struct cs_json *j, const struct cs_post_counts *counts)
{
	for (size_t i = 0; i < cs_n_counters; i++) {
		cs_json_key(j, cs_counters[i].name);
		cs_json_uint(j, cs_counters[i].of(counts));
	}
	put_faults(j, counts);
	put_aliens(j, counts);
}

void cs_write_summary(FILE *to, const struct cs_post_counts *counts)
{
	struct cs_json j = cs_json_to(to);

	cs_json_object(&j);
	cs_json_key(&j, "schema");
	cs_json_word(&j, "coapscope.capture/1");
	cs_write_summary_in(&j, counts);
	cs_json_object_end(&j);
	cs_json_line(&j);
}
