/* SPDX-License-Identifier: Apache-2.0 */
/* Who is who in one message, and what is noted of the source among the two. */
#include "base/addr_hash.h"
#include "base/sat.h"
#include "watch/track_parts.h"

/* Tells a connection from datagrams between the same endpoints. */
#define TCP_MARK UINT64_C(0x5443500054435000)

enum {
	HEAVY = 20, /* packets from which on a source's samples are kept longest */
	V4_BITS = 120,
	V6_BITS = 64,
};

uint64_t cs_track_hash(const struct cs_track *track, const struct cs_addr *ip)
{
	return cs_addr_hash(&track->want.key, ip);
}

struct cs_addr cs_track_base(const struct cs_addr *ip, uint8_t *bits)
{
	struct cs_addr base = *ip;
	unsigned keep;

	*bits = cs_addr_is_v4(ip) ? V4_BITS : V6_BITS;
	keep = *bits / 8u;
	memset(base.b + keep, 0, sizeof(base.b) - keep);
	return base;
}

uint64_t cs_track_neighbours(const struct cs_track *track, const struct cs_addr *ip)
{
	uint8_t bits;
	struct cs_addr base = cs_track_base(ip, &bits);

	return cs_track_hash(track, &base);
}

/* ::/0 are the addresses of IPv6: whoever lists them has said nothing of IPv4. */
static bool in_any(const struct cs_prefix *prefixes, size_t n, const struct cs_addr *ip)
{
	unsigned least = cs_addr_is_v4(ip) ? 96 : 0;

	for (size_t i = 0; i < n; i++)
		if (prefixes[i].bits >= least && cs_prefix_has(&prefixes[i], ip))
			return true;
	return false;
}

/* Whether to be sent a request makes a host one of ours. */
static bool may_become_ours(const struct cs_track *track, const struct cs_addr *ip)
{
	return track->want.n_local == 0 || in_any(track->near, track->want.n_near, ip);
}

bool cs_track_is_ours(const struct cs_track *track, const struct cs_addr *ip,
		      uint64_t hash)
{
	if (track->want.n_local > 0 && in_any(track->local, track->want.n_local, ip))
		return true;
	return may_become_ours(track, ip) && cs_ours_has(track->ours, hash);
}

static bool in_list(const uint16_t *ports, size_t n, uint16_t port)
{
	for (size_t i = 0; i < n; i++)
		if (ports[i] == port)
			return true;
	return false;
}

enum cs_track_port cs_track_port(const struct cs_track *track, uint16_t port)
{
	if (in_list(track->secure_ports, track->want.n_secure_ports, port))
		return CS_PORT_SECURE;
	return in_list(track->ports, track->want.n_ports, port) ? CS_PORT_PLAIN
								: CS_PORT_OTHER;
}

static enum cs_track_way way_of(const struct cs_turn *turn)
{
	if (turn->from_ours)
		return turn->to_ours ? CS_WAY_INSIDE : CS_WAY_OUT;
	return turn->to_ours || turn->packet->to_group ? CS_WAY_IN : CS_WAY_UNKNOWN;
}

void cs_turn_ends(struct cs_turn *turn)
{
	const struct cs_track *track = turn->track;
	const struct cs_packet *packet = turn->packet;

	if (!turn->from_hash) {
		turn->from_hash = cs_track_hash(track, &packet->from);
		turn->to_hash = cs_track_hash(track, &packet->to);
	}
	turn->from_ours = cs_track_is_ours(track, &packet->from, turn->from_hash);
	turn->to_ours =
		!packet->to_group && cs_track_is_ours(track, &packet->to, turn->to_hash);
	turn->message.way = way_of(turn);
}

struct cs_flow_key cs_turn_key(const struct cs_turn *turn)
{
	const struct cs_packet *packet = turn->packet;
	struct cs_flow_key key = turn->key;

	if (key.hash)
		return key;
	key = cs_flow_key(turn->from_hash, packet->from_port, turn->to_hash,
			  packet->to_port);
	if (packet->kind == CS_PACKET_TCP)
		key.hash ^= TCP_MARK;
	return key;
}

/* What was known of a host that turns out to be ours is no source's. */
static void forget(struct cs_track *track, const struct cs_addr *ip)
{
	struct cs_source source;

	if (!cs_table_find(track->table, ip, &source))
		return;
	if (cs_source_count_range(&source, CS_OBS_BACKSCATTER, CS_OBS_BACKSCATTER_ICMP) &&
	    track->reflectors > 0)
		track->reflectors--;
	cs_table_drop(track->table, ip);
	track->forgot = true;
}

void cs_turn_adopt(struct cs_turn *turn)
{
	if (turn->packet->to_group || turn->to_ours || !turn->to_coap ||
	    !may_become_ours(turn->track, &turn->packet->to))
		return;
	(void)cs_ours_add(turn->track->ours, turn->to_hash);
	forget(turn->track, &turn->packet->to);
	turn->to_ours = true;
	turn->message.way = way_of(turn);
}

/* For the next tick of a live watch; one that finds no room comes with its next packet. */
static void mark_recent(struct cs_track_recent *recent, const struct cs_addr *ip,
			uint64_t hash)
{
	uint64_t *seen = &recent->seen[hash % (CS_TRACK_RECENT * 2)];

	if (!recent->wanted || *seen == hash || recent->n == CS_TRACK_RECENT)
		return;
	*seen = hash;
	recent->ip[recent->n++] = *ip;
}

static void take(struct cs_turn *turn, const struct cs_addr *ip, uint64_t hash,
		 bool *is_new)
{
	struct cs_track *track = turn->track;

	turn->source = cs_table_take_hashed(track->table, ip, hash, turn->place,
					    turn->wall_us, is_new);
	turn->source_hash = hash;
	mark_recent(&track->recent, ip, hash);
	if (*is_new)
		turn->source->is_peer = in_any(track->peer, track->want.n_peer, ip);
}

void cs_turn_put(struct cs_turn *turn)
{
	if (turn->source)
		cs_table_put(turn->track->table, turn->source);
	turn->source = NULL;
}

void cs_turn_take_known(struct cs_turn *turn, const struct cs_addr *ip, uint64_t hash)
{
	bool is_new;

	take(turn, ip, hash, &is_new);
	if (!is_new)
		return;
	cs_turn_put(turn);
	cs_table_drop(turn->track->table, ip);
}

/* Files come in any order, and clocks are set back: the first is the earliest. */
static void see_first(struct cs_source *source, int64_t wall_us)
{
	if (wall_us >= source->first_us)
		return;

	uint64_t ms = ((uint64_t)source->first_us - (uint64_t)wall_us) / 1000;
	uint32_t back = ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;

	for (size_t i = 0; i < source->n_obs; i++)
		source->obs[i].first_ms = cs_sat32(source->obs[i].first_ms, back);
	for (size_t i = 0; i < source->n_pairs; i++)
		source->pair[i].last_ms = cs_sat32(source->pair[i].last_ms, back);
	source->first_us = wall_us;
}

void cs_turn_from(struct cs_turn *turn)
{
	const struct cs_packet *packet = turn->packet;
	struct cs_source *source;
	bool is_new;

	take(turn, &packet->from, turn->from_hash, &is_new);
	source = turn->source;
	if (turn->tcp)
		return;
	if (source->packets == 0 || packet->hop_limit < source->hop_low)
		source->hop_low = packet->hop_limit;
	if (packet->hop_limit > source->hop_high)
		source->hop_high = packet->hop_limit;
	source->packets = cs_sat32(source->packets, 1);
	if (source->packets == HEAVY)
		cs_samples_raise(turn->track->samples, turn->source_hash,
				 CS_SAMPLE_HEAVY);
	source->bytes_in = cs_sat64(source->bytes_in, turn->len);
	see_first(source, turn->wall_us);
	if (turn->wall_us > source->last_us)
		source->last_us = turn->wall_us;
	if (turn->message.way == CS_WAY_UNKNOWN && turn->track->want.n_local == 0)
		turn->message.way = CS_WAY_IN;
}

void cs_turn_to(struct cs_turn *turn)
{
	cs_turn_take_known(turn, &turn->packet->to, turn->to_hash);
	if (turn->message.way == CS_WAY_UNKNOWN && turn->track->want.n_local == 0)
		turn->message.way = CS_WAY_OUT;
	if (!turn->source || turn->tcp)
		return;
	turn->source->bytes_out = cs_sat64(turn->source->bytes_out, turn->len);
	see_first(turn->source, turn->wall_us);
}

void cs_turn_meet(struct cs_turn *turn)
{
	bool is_new;

	take(turn, &turn->packet->to, turn->to_hash, &is_new);
	turn->source->bytes_out = cs_sat64(turn->source->bytes_out, turn->len);
}

static bool is_backscatter(enum cs_obs kind)
{
	return kind == CS_OBS_BACKSCATTER || kind == CS_OBS_BACKSCATTER_ICMP;
}

static uint32_t backscatter(const struct cs_source *source)
{
	return cs_source_count_range(source, CS_OBS_BACKSCATTER, CS_OBS_BACKSCATTER_ICMP);
}

/* What sources show by the thousand, and what verdicts turn on. */
static enum cs_sample_rank rank_of(const struct cs_source *source, enum cs_obs kind)
{
	if (source->packets > HEAVY)
		return CS_SAMPLE_HEAVY;
	if (kind == CS_OBS_DISCOVERY || kind == CS_OBS_READ || kind == CS_OBS_PING ||
	    (kind >= CS_OBS_MARK_ZMAP && kind <= CS_OBS_MARK_PLAIN) ||
	    is_backscatter(kind) || kind >= CS_OBS_ALIEN)
		return CS_SAMPLE_LIGHT;
	return CS_SAMPLE_TELLING;
}

/* Whether each sample that there may be of a source has its row still. */
static bool has_all_rows(const struct cs_track *track, const struct cs_source *source)
{
	return !track->forgot && source->obs_lost == 0 &&
	       cs_table_counted(track->table).evicted == 0;
}

static void keep_sample(struct cs_turn *turn, enum cs_obs kind)
{
	struct cs_track *track = turn->track;
	enum cs_sample_rank rank = rank_of(turn->source, kind);
	const struct cs_sample sample = { .kind = (uint8_t)kind,
					  .tcp = turn->packet->kind == CS_PACKET_TCP,
					  .wall_us = turn->wall_us,
					  .bytes = turn->bytes };

	if (has_all_rows(track, turn->source))
		cs_samples_keep_first(track->samples, turn->source_hash, rank, &sample);
	else
		cs_samples_keep(track->samples, turn->source_hash, rank, &sample);
}

void cs_turn_note(struct cs_turn *turn, enum cs_obs kind)
{
	struct cs_track *track = turn->track;
	const struct cs_source_obs *row;

	if (!turn->source)
		return;
	if (is_backscatter(kind) && backscatter(turn->source) == 0)
		track->reflectors = cs_sat32(track->reflectors, 1);
	row = cs_source_note(turn->source, kind, turn->wall_us);
	if (!row || row->count != 1)
		return;
	keep_sample(turn, kind);
	turn->message.evidence = true;
}

static void drop_row(struct cs_source *source, size_t i)
{
	for (source->n_obs--; i < source->n_obs; i++)
		source->obs[i] = source->obs[i + 1];
	source->obs[source->n_obs] = (struct cs_source_obs){ 0 };
}

void cs_turn_unnote(struct cs_turn *turn, enum cs_obs kind, uint32_t n)
{
	struct cs_source *source = turn->source;
	uint32_t before;

	if (!source)
		return;
	before = backscatter(source);
	for (size_t i = 0; i < source->n_obs; i++) {
		struct cs_source_obs *row = &source->obs[i];

		if (row->kind != (uint8_t)kind)
			continue;
		row->count -= row->count < n ? row->count : n;
		if (row->count == 0) {
			drop_row(source, i);
			turn->track->forgot = true;
		}
	}
	if (before > 0 && backscatter(source) == 0 && turn->track->reflectors > 0)
		turn->track->reflectors--;
}

void cs_turn_prove(struct cs_turn *turn, enum cs_obs how)
{
	cs_turn_note(turn, how);
	cs_turn_hears(turn);
}

void cs_turn_hears(struct cs_turn *turn)
{
	struct cs_flow_head *head = turn->flow.head;
	struct cs_source *source = turn->source;

	if (!source || !head || (head->flags & CS_FLOW_PROVED))
		return;
	head->flags |= CS_FLOW_PROVED;
	source->unproved -=
		source->unproved < head->unproved ? source->unproved : head->unproved;
}
