/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequences of packets between a few endpoints, by UDP, TCP and in ICMP errors, at times
 * that jump. Whatever comes: no count wraps, nothing is proved or answered that was not
 * asked, the counters add up, and hosts of ours have no line.
 */
#include "fuzz.h"

#include "watch/track.h"
#include "wire/tcp.h"

enum { PACKETS_MAX = 400, HOSTS = 8, PORTS = 6 };

static const uint16_t ports[PORTS] = { 5683, 5684, 40000, 40001, 80, 5683 };

static unsigned long told, sent;

static void tell(void *arg, const struct cs_track_message *message)
{
	(void)arg;
	told++;
	MUST(message->packet != NULL && message->sight != NULL);
	MUST(!message->matched || message->sight->kind == CS_SIGHT_RESPONSE ||
	     message->sight->kind == CS_SIGHT_EMPTY);
}

static struct cs_addr host(uint8_t n)
{
	struct cs_addr six = { .b = { 0x20, 0x01, 0x0d, 0xb8, [15] = n } };

	n %= HOSTS;
	return n < HOSTS / 2 ? cs_addr_v4(0xc0000200u + n) : six;
}

static struct cs_span payload(struct cs_rd *rd, uint32_t *stated)
{
	size_t n = cs_rd_u8(rd) % 64;
	struct cs_span bytes = cs_rd_take(rd, n < cs_rd_left(rd) ? n : cs_rd_left(rd));

	*stated = (uint32_t)bytes.len;
	return bytes;
}

/* What kind and flags, who from and to, ports, how much later, and bytes. */
static void step(struct cs_track *track, struct cs_rd *rd, int64_t *wall_us)
{
	uint8_t what = cs_rd_u8(rd), from = cs_rd_u8(rd), to = cs_rd_u8(rd);
	struct cs_packet packet = {
		.kind = what % 8 == 7   ? CS_PACKET_ICMP
			: what % 8 >= 5 ? CS_PACKET_TCP
					: CS_PACKET_UDP,
		.from = host(from & 15),
		.to = host(to & 15),
		.from_port = ports[(from >> 4) % PORTS],
		.to_port = ports[(to >> 4) % PORTS],
		.flags = what >> 3,
		.hop_limit = from,
		.to_group = what == 0x80,
	};

	*wall_us += (int64_t)(int16_t)cs_rd_u16(rd) * 100000;
	packet.payload = payload(rd, &packet.payload_len);
	if (packet.kind == CS_PACKET_TCP) {
		packet.seq = packet.payload.len ? packet.payload.ptr[0] : 0;
		packet.ack = packet.flags;
	}
	if (packet.kind == CS_PACKET_ICMP)
		packet.quote = (struct cs_quote){ .from = packet.to,
						  .to = packet.from,
						  .from_port = packet.from_port,
						  .to_port = packet.to_port,
						  .protocol = 17,
						  .payload = packet.payload };
	sent++;
	cs_track_packet(track, *wall_us, &packet);
}

/* Far below what would wrap: a count that is larger went below 0. */
static void is_small(uint64_t n)
{
	MUST(n <= PACKETS_MAX * 64);
}

static bool look(void *arg, const struct cs_source *source,
		 const struct cs_source *prefix, const struct cs_sample *samples,
		 size_t n_samples)
{
	const struct cs_prefix *local = arg;

	(void)prefix;
	MUST(n_samples <= CS_SOURCE_OBS && source->n_obs <= CS_SOURCE_OBS);
	MUST(source->n_pairs <= CS_SOURCE_PAIRS && source->n_paths <= CS_SOURCE_PATHS);
	MUST(source->bits < 128 || !local || !cs_prefix_has(local, &source->ip));
	MUST(source->last_us >= source->first_us);
	is_small(source->packets);
	is_small(source->requests);
	is_small(source->unproved);
	MUST(source->unproved <= source->requests);
	for (size_t i = 0; i < source->n_obs; i++) {
		MUST(source->obs[i].count > 0);
		is_small(source->obs[i].count);
	}
	for (size_t i = 0; i < n_samples; i++)
		MUST(samples[i].bytes.len <= CS_SAMPLE_MAX);
	return true;
}

static void counters_add_up(const struct cs_track *track)
{
	struct cs_track_counts counts;
	uint64_t alien = 0, broken;

	cs_track_counted(track, &counts);
	for (size_t i = 0; i < CS_ALIENS; i++)
		alien += counts.alien[i];
	broken = counts.coap - counts.requests - counts.responses - counts.empty -
		 counts.reserved_class;
	MUST(broken <= counts.faults[CS_FAULT_SHORT]);
	MUST(told == counts.coap + counts.version_other + alien + counts.coap_tcp);
	MUST(counts.icmp_quotes <= sent && counts.format_errors <= told);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct cs_prefix local = {
		.addr = { .b = { 0x20, 0x01, 0x0d, 0xb8 } }, .bits = 64
	};
	struct cs_rd rd = cs_rd_over(data, size);
	bool with_local = cs_rd_u8(&rd) & 1;
	int64_t wall_us = INT64_C(1700000000000000);
	struct cs_track_want want = { .memory = 4 << 20,
				      .key = { 1, 2 },
				      .ports = ports,
				      .n_ports = 1,
				      .secure_ports = ports + 1,
				      .n_secure_ports = 1,
				      .local = &local,
				      .n_local = with_local,
				      .peer = &local,
				      .n_peer = !with_local,
				      .threshold = cs_threshold_defaults,
				      .message = tell };
	struct cs_track *track;

	told = sent = 0;
	if (cs_track_open(&want, &track))
		return 0;
	for (unsigned i = 0; i < PACKETS_MAX && cs_rd_left(&rd) > 0; i++)
		step(track, &rd, &wall_us);
	counters_add_up(track);
	MUST(cs_track_changed(track, look,
			      with_local ? (void *)(uintptr_t)&local : NULL) == CS_OK);
	MUST(cs_track_each(track, look, with_local ? (void *)(uintptr_t)&local : NULL) ==
	     CS_OK);
	cs_track_close(track);
	return 0;
}
