/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/track.h"

#include <stdlib.h>

#include "watch/track_parts.h"

/* Shares of the budget: all but these is the table's. */
enum {
	FLOWS_SHARE = 8,
	SAMPLES_SHARE = 16,
	HOSTS_SHARE = 64,
	DEVICES_SHARE = 64,
	STREAMS_SHARE = 32,
	RESOURCES_SHARE = 256,
};

enum { TRIES = 5 /* requests at most of who tries an amplifier */ };

static size_t copy_ports(uint16_t *to, const uint16_t *from, size_t n)
{
	if (n > CS_TRACK_PORTS)
		n = CS_TRACK_PORTS;
	for (size_t i = 0; i < n; i++)
		to[i] = from[i];
	return n;
}

static size_t copy_prefixes(struct cs_prefix *to, const struct cs_prefix *from, size_t n)
{
	if (n > CS_TRACK_PREFIXES)
		n = CS_TRACK_PREFIXES;
	for (size_t i = 0; i < n; i++)
		to[i] = from[i];
	return n;
}

/* A copy that lives as long as the tracker. */
static void keep_want(struct cs_track *track, const struct cs_track_want *want)
{
	track->want = *want;
	track->want.n_ports = copy_ports(track->ports, want->ports, want->n_ports);
	track->want.n_secure_ports =
		copy_ports(track->secure_ports, want->secure_ports, want->n_secure_ports);
	track->want.n_local = copy_prefixes(track->local, want->local, want->n_local);
	track->want.n_peer = copy_prefixes(track->peer, want->peer, want->n_peer);
	track->want.n_near = copy_prefixes(track->near, want->near, want->n_near);
	track->want.near = track->near;
	track->want.ports = track->ports;
	track->want.secure_ports = track->secure_ports;
	track->want.local = track->local;
	track->want.peer = track->peer;
	track->gap_us = (int64_t)want->threshold.reflection_gap_s * CS_US_PER_S;
}

static enum cs_err open_parts(struct cs_track *track)
{
	size_t memory = track->want.memory;
	const struct cs_sipkey *key = &track->want.key;
	size_t flows = memory / FLOWS_SHARE, samples = memory / SAMPLES_SHARE;
	size_t hosts = memory / HOSTS_SHARE, devices = memory / DEVICES_SHARE;
	size_t resources = memory / RESOURCES_SHARE, streams = memory / STREAMS_SHARE;
	size_t rest = memory - flows - samples - hosts - devices - resources - streams;
	enum cs_err err = cs_flows_open(flows, &track->flows);

	if (!err)
		err = cs_samples_open(samples, &track->samples);
	if (!err)
		err = cs_ours_open(hosts, &track->ours);
	if (!err)
		err = cs_devices_open(devices, &track->devices);
	if (!err)
		err = cs_resources_open(resources, track->want.threshold.reflection,
					&track->resources);
	if (!err)
		err = cs_streams_open(streams, &track->streams);
	if (!err)
		err = cs_table_open(rest, key, &track->table);
	return err;
}

enum cs_err cs_track_open(const struct cs_track_want *want, struct cs_track **out)
{
	struct cs_track *track = calloc(1, sizeof(*track));
	enum cs_err err;

	if (!track)
		return CS_ERR_NOMEM;
	keep_want(track, want);
	err = open_parts(track);
	if (err) {
		cs_track_close(track);
		return err;
	}
	*out = track;
	return CS_OK;
}

void cs_track_close(struct cs_track *track)
{
	if (!track)
		return;
	cs_table_close(track->table);
	cs_streams_close(track->streams);
	cs_resources_close(track->resources);
	cs_devices_close(track->devices);
	cs_ours_close(track->ours);
	cs_samples_close(track->samples);
	cs_flows_close(track->flows);
	free(track);
}

static void dispatch(struct cs_turn *turn)
{
	switch (turn->sight->kind) {
	case CS_SIGHT_REQUEST:
		cs_turn_request(turn);
		break;
	case CS_SIGHT_RESPONSE:
		cs_turn_response(turn);
		break;
	case CS_SIGHT_EMPTY:
		if (turn->sight->msg.type == CS_ACK || turn->sight->msg.type == CS_RST)
			cs_turn_empty(turn);
		else
			cs_turn_request(turn);
		break;
	case CS_SIGHT_RESERVED:
	case CS_SIGHT_VERSION:
	case CS_SIGHT_BROKEN:
	case CS_SIGHT_ALIEN:
		cs_turn_other(turn);
		break;
	}
}

/* The source goes back, and who asks for messages is told of this one. */
static void finish(struct cs_turn *turn)
{
	struct cs_track *track = turn->track;

	cs_turn_put(turn);
	if (track->want.message)
		track->want.message(track->want.arg, &turn->message);
}

/* The end that is a source, as far as is known now: who asks, or whom one of ours answers. */
static uint64_t source_of(const struct cs_track *track, const struct cs_packet *packet,
			  const struct cs_track_ahead *ahead)
{
	return ahead->from_coap &&
			       cs_track_is_ours(track, &packet->from, ahead->from_hash)
		       ? ahead->to_hash
		       : ahead->from_hash;
}

/* Most packets go to few hosts, one after the other to the same. */
static uint64_t hash_of_receiver(struct cs_track *track, const struct cs_addr *ip)
{
	if (cs_addr_cmp(&track->receiver, ip) != 0 || track->receiver_hash == 0) {
		track->receiver = *ip;
		track->receiver_hash = cs_track_hash(track, ip);
	}
	return track->receiver_hash;
}

void cs_track_expect(struct cs_track *track, const struct cs_packet *packet,
		     struct cs_track_ahead *out)
{
	*out = (struct cs_track_ahead){ 0 };
	if (packet->kind != CS_PACKET_UDP)
		return;

	enum cs_track_port from = cs_track_port(track, packet->from_port);
	enum cs_track_port to = cs_track_port(track, packet->to_port);

	if (!from && !to)
		return;
	out->from_coap = from;
	out->to_coap = to;
	out->secure = from == CS_PORT_SECURE || to == CS_PORT_SECURE;
	out->from_hash = cs_track_hash(track, &packet->from);
	out->to_hash = hash_of_receiver(track, &packet->to);
	out->key = cs_flow_key(out->from_hash, packet->from_port, out->to_hash,
			       packet->to_port);
	cs_flows_expect(track->flows, out->key);
	/* Where nobody asked who answers, it is seen whether a group was asked. */
	if (out->from_coap)
		cs_flows_expect(track->flows, cs_flow_key(out->to_hash, packet->to_port,
							  CS_FLOW_ANY, 0));
	out->source_hash = source_of(track, packet, out);
	cs_table_expect(track->table, out->source_hash);
	cs_samples_expect(track->samples, out->source_hash);
}

void cs_track_approach(const struct cs_track *track, struct cs_track_ahead *ahead)
{
	if (!ahead->from_hash)
		return;
	cs_flows_approach(track->flows, ahead->key);
	ahead->place = cs_table_approach(track->table, ahead->source_hash);
}

static void take_datagram(struct cs_track *track, int64_t wall_us,
			  const struct cs_packet *packet,
			  const struct cs_track_ahead *ahead)
{
	const struct cs_sight *sight;

	if (!ahead->from_coap && !ahead->to_coap)
		return;
	sight = cs_sights_read(&track->sights, packet);
	struct cs_turn turn = {
		.track = track,
		.wall_us = wall_us,
		.packet = packet,
		.sight = sight,
		.bytes = packet->payload,
		.len = packet->payload_len,
		.from_hash = ahead->from_hash,
		.to_hash = ahead->to_hash,
		.key = ahead->key,
		.place = ahead->place,
		.from_coap = ahead->from_coap,
		.to_coap = ahead->to_coap,
		.message = { .wall_us = wall_us,
			     .packet = packet,
			     .sight = sight,
			     .bytes = packet->payload,
			     .len = packet->payload_len,
			     .secure = ahead->secure },
	};
	cs_turn_ends(&turn);
	cs_counts_datagram(&track->counts, sight);
	dispatch(&turn);
	finish(&turn);
}

static void take_icmp(struct cs_track *track, int64_t wall_us,
		      const struct cs_packet *packet)
{
	struct cs_turn turn = {
		.track = track,
		.wall_us = wall_us,
		.packet = packet,
		.bytes = packet->quote.payload,
		.from_coap = cs_track_port(track, packet->quote.from_port),
		.to_coap = cs_track_port(track, packet->quote.to_port),
	};

	if (!turn.from_coap && !turn.to_coap)
		return;
	track->counts.icmp_quotes++;
	cs_turn_ends(&turn);
	cs_turn_icmp(&turn);
	cs_turn_put(&turn);
}

static void take_segment(struct cs_track *track, int64_t wall_us,
			 const struct cs_packet *packet)
{
	struct cs_turn turn = {
		.track = track,
		.wall_us = wall_us,
		.packet = packet,
		.bytes = packet->payload,
		.len = packet->payload_len,
		.from_coap = cs_track_port(track, packet->from_port) == CS_PORT_PLAIN,
		.to_coap = cs_track_port(track, packet->to_port) == CS_PORT_PLAIN,
		.message = { .wall_us = wall_us, .packet = packet },
	};

	if (!turn.from_coap && !turn.to_coap)
		return;
	cs_turn_ends(&turn);
	cs_turn_segment(&turn);
	cs_turn_put(&turn);
}

void cs_track_packet(struct cs_track *track, int64_t wall_us,
		     const struct cs_packet *packet)
{
	struct cs_track_ahead ahead;

	cs_track_expect(track, packet, &ahead);
	cs_track_expected(track, wall_us, packet, &ahead);
}

void cs_track_expected(struct cs_track *track, int64_t wall_us,
		       const struct cs_packet *packet, const struct cs_track_ahead *ahead)
{
	switch (packet->kind) {
	case CS_PACKET_UDP:
		take_datagram(track, wall_us, packet, ahead);
		break;
	case CS_PACKET_ICMP:
		take_icmp(track, wall_us, packet);
		break;
	case CS_PACKET_TCP:
		take_segment(track, wall_us, packet);
		break;
	case CS_PACKET_FRAGMENT:
	case CS_PACKET_OTHER:
	case CS_PACKET_BROKEN:
		break;
	}
}

void cs_track_counted(const struct cs_track *track, struct cs_track_counts *out)
{
	struct cs_table_counts table = cs_table_counted(track->table);

	*out = track->counts;
	out->sources = table.sources;
	out->evicted = table.evicted;
}

void cs_track_surroundings(const struct cs_track *track, struct cs_surroundings *out)
{
	*out = (struct cs_surroundings){ .reflectors = track->reflectors };
}

bool cs_track_is_alone(const struct cs_track *track, const struct cs_source *source)
{
	uint64_t asker = cs_track_neighbours(track, &source->ip);

	/* Who asks for the well-known one discovers; that says nothing of what he found. */
	for (size_t i = 0; i < source->n_paths; i++) {
		if (source->path[i] == CS_SIGHT_CORE)
			continue;
		if (cs_resources_alone(track->resources, source->path[i], asker))
			return true;
		if (source->requests <= TRIES &&
		    cs_resources_tried(track->resources, source->path[i],
				       source->first_us))
			return true;
	}
	return false;
}
