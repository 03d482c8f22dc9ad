/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/scan_show.h"

#include <inttypes.h>
#include <string.h>

#include "base/num.h"

enum {
	/* A probe's frame with preamble and gap, as a rate's bandwidth is meant. */
	PROBE_WIRE_BITS = 8 * 87,
	WAYS_SHOWN = 20,
};

static void show_duration(const struct cs_plan *plan, uint64_t rate_pps, FILE *to)
{
	uint64_t probes = plan->slots * plan->probes;

	if (!rate_pps) {
		fprintf(to, "rate        unpaced, as fast as the machine can\n");
		return;
	}

	uint64_t s = probes / rate_pps + plan->cooldown_s;

	fprintf(to, "rate        %" PRIu64 " packets/s, %.3g Mbit/s on the wire\n",
		rate_pps, (double)rate_pps * PROBE_WIRE_BITS / 1e6);
	fputs("duration    ", to);
	if (s >= 86400)
		fprintf(to, "%" PRIu64 " d ", s / 86400);
	fprintf(to,
		"%" PRIu64 " h %" PRIu64 " min %" PRIu64 " s, of it %" PRIu32
		" s for late answers\n",
		s / 3600 % 24, s / 60 % 60, s % 60, plan->cooldown_s);
}

static const char *kind_name(enum cs_way_kind kind)
{
	switch (kind) {
	case CS_WAY_NONE:
		return "no route";
	case CS_WAY_LOOPBACK:
		return "this host";
	case CS_WAY_ON_LINK:
		return "on the own link";
	case CS_WAY_GATEWAY:
		return "by gateway";
	case CS_WAY_POINT:
		return "by tunnel";
	case CS_WAY_BROADCAST:
		return "broadcast";
	}
	return "?";
}

static void way_text(const struct cs_setup_way *way, char *out, size_t cap)
{
	char lo[CS_ADDR_TEXT], hi[CS_ADDR_TEXT], gateway[CS_ADDR_TEXT] = "";
	bool one = cs_addr_cmp(&way->way.range.lo, &way->way.range.hi) == 0;

	cs_addr_text(&way->way.range.lo, lo);
	cs_addr_text(&way->way.range.hi, hi);
	if (way->way.kind == CS_WAY_GATEWAY)
		cs_addr_text(&way->way.gateway, gateway);
	int n = one ? snprintf(out, cap, "%s", lo)
		    : snprintf(out, cap, "%" PRIu64 " addresses in %s-%s", way->addresses,
			       lo, hi);

	if (n < 0 || (size_t)n >= cap)
		return;
	(void)snprintf(out + n, cap - (size_t)n, ": %s%s%s%s%s, %s",
		       kind_name(way->way.kind), gateway[0] ? " " : "", gateway,
		       way->way.interface[0] ? " on " : "", way->way.interface,
		       way->unused                       ? "not asked"
		       : way->sender == CS_SENDER_PACKET ? "packet"
							 : "udp");
}

void cs_scan_show_ways(const struct cs_setup *setup, const struct cs_log *log)
{
	char text[256];

	for (size_t i = 0; i < setup->n && i < WAYS_SHOWN; i++) {
		way_text(&setup->ways[i], text, sizeof(text));
		cs_log(log, CS_DETAIL, "%s", text);
	}
	if (setup->n > WAYS_SHOWN)
		cs_log(log, CS_DETAIL, "and %zu more ways", setup->n - WAYS_SHOWN);
}

static void show_ports(const struct cs_plan *plan, FILE *to)
{
	fputs("ports       ", to);
	for (uint32_t i = 0; i < plan->n_ports; i++) {
		uint32_t last = i;

		while (last + 1 < plan->n_ports &&
		       plan->ports[last + 1] == plan->ports[last] + 1)
			last++;
		fprintf(to, "%s%u", i ? "," : "", plan->ports[i]);
		if (last > i)
			fprintf(to, "-%u", plan->ports[last]);
		i = last;
	}
	fputc('\n', to);
}

void cs_scan_show_plan(const struct cs_plan *plan, const struct cs_setup *setup, FILE *to)
{
	char text[256];

	fprintf(to, "addresses   %" PRIu64, cs_scope_count(plan->scope));
	if (plan->excluded)
		fprintf(to,
			" (%" PRIu64
			" more were named and are left out: excluded or special)",
			plan->excluded);
	fputc('\n', to);
	show_ports(plan, to);
	fprintf(to, "probes      %" PRIu64 ", %u to each of %" PRIu64,
		plan->slots * plan->probes, plan->probes, plan->slots);
	if (plan->slots < plan->order.n)
		fprintf(to, " of %" PRIu64, plan->order.n);
	fputs(plan->slots == 1 ? " pair of address and port"
			       : " pairs of address and port",
	      to);
	if (plan->shards > 1)
		fprintf(to, ", shard %" PRIu32 " of 0 to %" PRIu32, plan->shard,
			plan->shards - 1);
	fprintf(to, "\nrequest     CON GET /.well-known/core, %u bytes\n",
		21u + plan->token_len);
	show_duration(plan, setup->rate_pps, to);
	if (setup->slowed_by)
		fprintf(to,
			"            slowed from %" PRIu64
			": the %s table has no more room\n",
			plan->rate_pps, setup->slowed_by);
	fprintf(to, "sender      %s\n", cs_setup_senders(setup));
	for (size_t i = 0; i < setup->n && i < WAYS_SHOWN; i++) {
		way_text(&setup->ways[i], text, sizeof(text));
		fprintf(to, "way         %s\n", text);
	}
	fprintf(to, "chunks      %" PRIu64 " of %d probes\n", plan->chunks, CS_CHUNK);
	fprintf(to, "memory      %.1f MiB at most, and what the results need\n",
		(double)cs_scan_memory(plan) / (1 << 20));
	fprintf(to, "seed        %" PRIu64 "\n", plan->seed);
	fputs("nothing was sent\n", to);
}

static void show_losses(struct cs_scan *scan, const struct cs_log *log)
{
	const struct cs_counters *c = &scan->counters;
	uint64_t failed = cs_counted(&c->send_failed), dropped = cs_scan_dropped(scan);

	if (dropped)
		cs_log(log, CS_WARN,
		       "%" PRIu64
		       " datagrams came and were lost for want of room: results may "
		       "be missing; want a lower --rate",
		       dropped);
	if (failed)
		cs_log(log, CS_WARN, "%" PRIu64 " packets could not be sent", failed);
	for (enum cs_reject cause = 0; cause < CS_REJECT_COUNT; cause++)
		if (cs_counted(&c->rejected[cause]))
			cs_log(log, CS_DETAIL, "%" PRIu64 " datagrams rejected: %s",
			       cs_counted(&c->rejected[cause]), cs_reject_name(cause));
}

void cs_scan_show_summary(struct cs_scan *scan, int64_t elapsed_ns,
			  const struct cs_log *log)
{
	const struct cs_counters *c = &scan->counters;

	uint64_t results = cs_counted(&c->results), probes = cs_counted(&c->probes_sent),
		 more = cs_counted(&c->follow_ups_sent);

	cs_log(log, CS_NOTE,
	       "%" PRIu64 " result%s; %" PRIu64 " probe%s and %" PRIu64
	       " follow-up%s sent in %.1f s; %" PRIu64 " of %" PRIu64 " chunk%s closed",
	       results, cs_plural(results), probes, cs_plural(probes), more,
	       cs_plural(more), (double)elapsed_ns / 1e9, scan->chunks_closed,
	       scan->plan.chunks, cs_plural(scan->plan.chunks));
	show_losses(scan, log);
}
