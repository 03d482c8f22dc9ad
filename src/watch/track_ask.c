/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and pings. */
#include "base/sat.h"
#include "coap/block.h"
#include "coap/code.h"
#include "coap/option_rule.h"
#include "watch/hash.h"
#include "watch/track_parts.h"

/* The same question again, sooner than that, is nobody's own doing. */
enum {
	PEER_PACE_US = 20000,
	PEER_PACE_BARE_US = 200000, /* without another token */
	FEW = 4,                    /* requests of which one Message ID says nothing */
	LEISURE_US = 1000000,       /* no flood is so slow on one of its ports */
	OF_USE_US = 30000000,       /* nor one that is of use to anybody */
	LINK_SCOPE = 2,             /* of an IPv6 group (RFC 4291 section 2.7) */
};

/* Ports of services whose users are hit by reflected floods: names, web, time, games. */
static bool port_is_known(uint16_t port)
{
	switch (port) {
	case 22:
	case 53:
	case 80:
	case 123:
	case 443:
	case 1194:
	case 3074:
	case 3478:
	case 3659:
	case 5060:
	case 5222:
	case 7777:
	case 8080:
	case 8443:
	case 9000:
	case 9987:
	case 19132:
	case 25565:
	case 27015:
	case 27016:
	case 30120:
		return true;
	default:
		return false;
	}
}

bool cs_sight_is_malformed(const struct cs_sight *sight)
{
	if (sight->traits & CS_SIGHT_FORMAT_ERROR)
		return true;
	for (size_t i = 0; i < sight->n_flaws; i++)
		if (sight->flaw[i].fault != CS_FAULT_BLOCK_EMPTY)
			return true;
	return false;
}

/* A host of 300 bytes is too long as an option, too: one fault, the one that tells more. */
static bool is_told_better(const struct cs_sight *sight, const struct cs_flaw *flaw)
{
	for (size_t i = 0; i < sight->n_flaws; i++)
		if (sight->flaw[i].fault == CS_FAULT_HOST_LONG &&
		    sight->flaw[i].at == flaw->at)
			return flaw->fault == CS_FAULT_OPTION_LENGTH;
	return false;
}

void cs_turn_flaws(struct cs_turn *turn)
{
	const struct cs_sight *sight = turn->sight;
	uint32_t seen = UINT32_C(1) << CS_FAULT_VERSION;

	for (size_t i = 0; i < sight->n_flaws; i++) {
		enum cs_fault fault = sight->flaw[i].fault;

		if (!(seen & UINT32_C(1) << fault) &&
		    !is_told_better(sight, &sight->flaw[i]))
			cs_turn_note(turn, CS_OBS_FAULT + fault);
		seen |= UINT32_C(1) << fault;
	}
}

/*
 * To a group: by somebody of the same network. Where it was said which one that is, others come
 * from beyond a router, and ask as any stranger does.
 */
static bool is_at_home(const struct cs_turn *turn)
{
	const struct cs_packet *packet = turn->packet;
	bool on_link =
		!cs_addr_is_v4(&packet->to) && (packet->to.b[1] & 0x0f) <= LINK_SCOPE;

	if (turn->track->want.n_local == 0 || on_link ||
	    cs_addr_is_neighbours(&packet->from))
		return true;
	for (size_t i = 0; i < turn->track->want.n_near; i++)
		if (cs_prefix_has(&turn->track->want.near[i], &packet->from))
			return true;
	return false;
}

/* A method of somebody's own asks for nothing that is known. */
static bool is_registered(const struct cs_sight *sight)
{
	return sight->kind == CS_SIGHT_EMPTY || cs_code_name(sight->msg.code);
}

/* What is asked, by the target and the method. */
static enum cs_obs asked_for(const struct cs_sight *sight)
{
	if (sight->kind == CS_SIGHT_EMPTY)
		return CS_OBS_PING;
	if (sight->traits & CS_SIGHT_WRITES)
		return CS_OBS_WRITE;
	if (sight->traits & CS_SIGHT_WELL_KNOWN)
		return CS_OBS_DISCOVERY;
	return sight->traits & CS_SIGHT_SENSITIVE ? CS_OBS_SENSITIVE : CS_OBS_READ;
}

static void note_traits(struct cs_turn *turn)
{
	static const struct {
		uint32_t trait;
		enum cs_obs kind;
	} traits[] = {
		{ CS_SIGHT_OBSERVES, CS_OBS_OBSERVE },
		{ CS_SIGHT_PROXIES, CS_OBS_PROXY },
		{ CS_SIGHT_LARGEST, CS_OBS_BLOCK_LARGE },
		{ CS_SIGHT_CRITICAL, CS_OBS_UNKNOWN_CRITICAL },
	};

	const uint32_t any = CS_SIGHT_OBSERVES | CS_SIGHT_PROXIES | CS_SIGHT_LARGEST |
			     CS_SIGHT_CRITICAL;

	for (size_t i = 0; (turn->sight->traits & any) && i < CS_LEN(traits); i++)
		if (turn->sight->traits & traits[i].trait)
			cs_turn_note(turn, traits[i].kind);
	for (unsigned i = 0; turn->sight->marks >> i; i++)
		if (turn->sight->marks >> i & 1)
			cs_turn_note(turn, CS_OBS_MARK_ZMAP + i);
}

static void note_request(struct cs_turn *turn)
{
	const struct cs_sight *sight = turn->sight;

	if (turn->packet->to_group && is_at_home(turn))
		cs_turn_note(turn, CS_OBS_GROUP);
	if (sight->traits & CS_SIGHT_BIG)
		cs_turn_note(turn, CS_OBS_BIG);
	cs_turn_flaws(turn);
	if (sight->traits & CS_SIGHT_FORMAT_ERROR)
		return;
	if (is_registered(sight))
		cs_turn_note(turn, asked_for(sight));
	note_traits(turn);
}

/* Which destination it is, for the runs of requests: any number but 0. */
static uint32_t host_number(const struct cs_turn *turn)
{
	uint32_t number = (uint32_t)(turn->to_hash >> 16);

	return number ? number : 1;
}

/* When all is handed out it is seen anew who asked for what; a live watch cannot wait. */
static void count_target(struct cs_turn *turn)
{
	struct cs_track *track = turn->track;
	const struct cs_addr *ip = &turn->packet->from;

	cs_source_target(turn->source, turn->sight->path);
	if (track->recent.wanted)
		cs_resources_asked(track->resources, turn->sight->path,
				   cs_track_neighbours(track, ip));
}

/* What the source does over all its requests. */
static void count_request(struct cs_turn *turn)
{
	const struct cs_sight *sight = turn->sight;
	struct cs_source *source = turn->source;
	bool group = turn->packet->to_group && is_at_home(turn);

	cs_source_compare(source,
			  &(struct cs_source_marks){ .port = turn->packet->from_port,
						     .mid = sight->msg.mid,
						     .token = sight->token_hash,
						     .payload = sight->shape });
	if (port_is_known(turn->packet->from_port))
		source->port_known = 1;
	/* A ping has none. */
	if (sight->token_hash == 0 && sight->kind != CS_SIGHT_EMPTY)
		source->no_token = cs_sat8(source->no_token, 1);
	source->group_only = (source->requests == 0 || source->group_only) && group;
	source->requests = cs_sat32(source->requests, 1);
	source->addresses = 1;
	if (!group && !turn->orderly && is_registered(sight))
		cs_source_asked(source, host_number(turn), turn->wall_us,
				turn->track->gap_us);
	if (sight->path != 0)
		count_target(turn);
}

/* 16 bits of an Echo value; never 0. */
uint16_t cs_turn_echo(const struct cs_sight *sight)
{
	return (uint16_t)(cs_hash_end(cs_hash_bytes(1, sight->echo)) | 1);
}

/* Where the block that is @plus blocks on begins, in units of 16 bytes. */
uint16_t cs_turn_block(const struct cs_sight *sight, unsigned plus)
{
	return (uint16_t)((sight->block_num + plus) << sight->block_szx);
}

uint16_t cs_turn_body_block(const struct cs_sight *sight, unsigned plus)
{
	struct cs_block block;
	struct cs_opt opt;

	if (!cs_msg_option(&sight->msg, CS_OPT_BLOCK1, &opt) ||
	    cs_block_read(opt.value, &block))
		return 0;
	return (uint16_t)((block.num + plus) << block.szx);
}

static bool is_next_block(const struct cs_sight *sight, uint16_t next)
{
	if (sight->traits & CS_SIGHT_LATER_BLOCK)
		return next == cs_turn_block(sight, 0);
	return (sight->traits & CS_SIGHT_BODY_BLOCK) && next > 0 &&
	       next == cs_turn_body_block(sight, 0);
}

static void see_proof(struct cs_turn *turn)
{
	const struct cs_flow_head *head = turn->flow.head;
	uint32_t traits = turn->sight->traits;

	if ((traits & CS_SIGHT_ECHO) && (head->flags & CS_FLOW_ECHO) &&
	    head->proof == cs_turn_echo(turn->sight))
		cs_turn_prove(turn, CS_OBS_ECHOED);
	if ((head->flags & CS_FLOW_BLOCK) && is_next_block(turn->sight, head->proof))
		cs_turn_prove(turn, CS_OBS_NEXT_BLOCK);
}

/*
 * Whether a listed peer's request differs from the one before it: another Message ID or
 * token, and, at a pace that only floods have, another question. Who proved that he hears
 * us may be as fast as he likes.
 */
static bool is_ordinary(struct cs_turn *turn)
{
	struct cs_track_peer *peer =
		&turn->track->peers[turn->from_hash % CS_TRACK_PEERS];
	const struct cs_sight *sight = turn->sight;
	struct cs_track_peer now = { .tag = (uint32_t)(turn->from_hash >> 32),
				     .token = sight->token_hash,
				     .shape = sight->shape,
				     .mid = sight->msg.mid,
				     .wall_us = turn->wall_us };
	bool proved = turn->flow.head->flags & CS_FLOW_PROVED;
	bool known = peer->tag == now.tag;
	bool same = peer->mid == now.mid && peer->token == now.token;
	int64_t pace_us = peer->token == now.token ? PEER_PACE_BARE_US : PEER_PACE_US;
	bool hasty = peer->shape == now.shape && now.wall_us - peer->wall_us < pace_us &&
		     !proved;

	*peer = now;
	return !known || (!same && !hasty);
}

/* What a forger would ask for, or from: big answers, the list, ports that others use. */
static bool is_of_use(const struct cs_turn *turn, const struct cs_asked *before)
{
	bool big =
		cs_answers_hurt(&turn->track->want.threshold, 1, before->out, before->in);

	if (before->out == 0)
		big = turn->sight->traits & CS_SIGHT_WELL_KNOWN;
	return big || port_is_known(turn->packet->from_port);
}

/*
 * The next request of a client, on the port of the one before: counted on, with a token of
 * its own, when the one before was answered or was repeated as clients do, and nothing
 * that we sent was refused. Many such clients may be behind one address.
 */
static bool is_orderly(const struct cs_turn *turn)
{
	const struct cs_sight *sight = turn->sight;
	const struct cs_asked *before;
	int64_t least_us = LEISURE_US;
	bool fresh, ended;

	if (turn->tcp || (turn->flow.head->flags & CS_FLOW_REFUSED))
		return false;
	before = cs_flow_before(&turn->flow, turn->flow.up, sight->msg.mid);
	if (!before)
		return false;
	fresh = sight->kind == CS_SIGHT_EMPTY ||
		(sight->token_hash != 0 && sight->token_hash != before->token);
	ended = before->tries > 1 ||
		(before->flags & (CS_ASKED_ANSWERED | CS_ASKED_ACKED));
	if (is_of_use(turn, before))
		least_us = OF_USE_US;
	return fresh && ended && cs_asked_age_us(before, turn->wall_us) >= least_us;
}

static uint16_t flags_of(const struct cs_sight *sight)
{
	uint16_t flags = 0;

	if (sight->kind == CS_SIGHT_EMPTY)
		flags |= CS_ASKED_PINGS;
	if (sight->traits & CS_SIGHT_WRITES)
		flags |= CS_ASKED_WRITES;
	if (sight->traits & CS_SIGHT_OBSERVES)
		flags |= CS_ASKED_OBSERVES;
	if (sight->traits & CS_SIGHT_PROXIES)
		flags |= CS_ASKED_PROXIES;
	return flags;
}

static uint16_t cut16(uint64_t n)
{
	return n > UINT16_MAX ? UINT16_MAX : (uint16_t)n;
}

/* What looked like a client's back-off goes on out of time: it proves nothing. */
static void unproved_again(struct cs_turn *turn, struct cs_asked *asked)
{
	struct cs_flow_head *head = turn->flow.head;

	if (!(asked->flags & CS_ASKED_RETRIED))
		return;
	asked->flags &= (uint16_t)~CS_ASKED_RETRIED;
	cs_turn_unnote(turn, CS_OBS_RETRIED, 1);
	if (!turn->source || !(head->flags & CS_FLOW_PROVED))
		return;
	head->flags &= (uint16_t)~CS_FLOW_PROVED;
	turn->source->unproved = cs_sat32(turn->source->unproved, head->unproved);
}

/* A retransmission: no new request, but it tells forgers from clients. */
static void repeated(struct cs_turn *turn, struct cs_asked *asked)
{
	asked->in = cut16((uint64_t)asked->in + turn->len);
	if (turn->source && !turn->from_ours &&
	    cs_asked_age_us(asked, turn->wall_us) > CS_COPY_US)
		turn->source->paced = cs_sat16(turn->source->paced, 1);
	if (asked->tries > CS_MAX_RETRANSMIT || (asked->flags & CS_ASKED_STRAY))
		unproved_again(turn, asked);
}

/* What looked like retransmissions until now were requests, too. */
static uint32_t taken_for_again(const struct cs_asked *asked)
{
	if (!asked || (asked->flags & CS_ASKED_HAMMERED))
		return 0;
	return (uint32_t)asked->tries - 1 + !!(asked->flags & CS_ASKED_STRAY);
}

static void count_all(struct cs_turn *turn, uint32_t times)
{
	struct cs_flow_head *head = turn->flow.head;

	/* Over TCP nobody can ask in another's name, though its handshake was not seen. */
	if (turn->tcp && cs_source_count(turn->source, CS_OBS_TCP) == 0)
		cs_turn_note(turn, CS_OBS_TCP);
	if (!(head->flags & CS_FLOW_PROVED) && !turn->tcp) {
		turn->source->unproved = cs_sat32(turn->source->unproved, times);
		head->unproved = cut16((uint64_t)head->unproved + times);
	}
	for (; times > 0; times--) {
		count_request(turn);
		note_request(turn);
	}
}

/*
 * A tool's: it asks everybody with one Message ID, and asks again who has answered. What
 * comes again at once was doubled on its way.
 */
static bool is_tools(const struct cs_turn *turn, const struct cs_asked *asked)
{
	const struct cs_source *source = turn->source;

	return source && !turn->from_ours && !source->mids_differ &&
	       source->requests > FEW && (asked->flags & CS_ASKED_ANSWERED) &&
	       cs_asked_age_us(asked, turn->wall_us) > CS_COPY_US;
}

static void asked_anew(struct cs_turn *turn, struct cs_asked *asked, uint32_t skipped)
{
	struct cs_flow_head *head = turn->flow.head;
	bool inward = turn->source && !turn->from_ours;

	if (inward)
		see_proof(turn);
	if (asked) {
		unproved_again(turn, asked);
		asked->flags &= CS_ASKED_UP | CS_ASKED_STRAY | CS_ASKED_HAMMERED;
		asked->out = 0;
	} else {
		turn->orderly = inward && is_orderly(turn);
		asked = cs_flow_slot(&turn->flow, turn->flow.up, turn->sight->token_hash,
				     turn->wall_us);
		asked->mid = turn->sight->msg.mid;
	}
	asked->in = cut16(turn->len);
	asked->flags |= flags_of(turn->sight);
	head->flags |= cs_flow_side(CS_FLOW_ASKED, turn->flow.up);
	if (!inward)
		return;
	if (turn->sight->traits & CS_SIGHT_UNLIKELY) {
		cs_turn_note(turn, CS_OBS_ALIEN + CS_ALIEN_UNKNOWN);
		return;
	}
	if (turn->source->is_peer && is_ordinary(turn))
		asked->flags |= CS_ASKED_ORDINARY;
	turn->source->paced -=
		(uint16_t)(skipped < turn->source->paced ? skipped : turn->source->paced);
	count_all(turn, 1 + skipped);
}

/* Of a request to a group any member answers: its flow has no second end. */
static struct cs_flow_key key_of(const struct cs_turn *turn)
{
	const struct cs_packet *packet = turn->packet;

	if (packet->to_group)
		return cs_flow_key(turn->from_hash, packet->from_port, CS_FLOW_ANY, 0);
	return cs_turn_key(turn);
}

/* A device of ours that answers no more since somebody's malformed message. */
static void see_health(struct cs_turn *turn)
{
	struct cs_devices *devices = turn->track->devices;
	struct cs_turn other;
	struct cs_addr culprit;

	if (!turn->to_ours || turn->packet->to_group)
		return;
	if (cs_sight_is_malformed(turn->sight)) {
		cs_devices_hurt(devices, turn->to_hash, &turn->packet->from,
				turn->wall_us);
		return;
	}
	if (!cs_devices_asked(devices, turn->to_hash, turn->wall_us, &culprit))
		return;
	cs_turn_put(turn);
	other = *turn;
	cs_turn_take_known(&other, &culprit, cs_track_hash(turn->track, &culprit));
	cs_turn_note(&other, CS_OBS_SILENCED);
	cs_turn_put(&other);
}

void cs_turn_request(struct cs_turn *turn)
{
	struct cs_asked *asked;
	uint32_t skipped;

	if (!(turn->sight->traits & CS_SIGHT_UNLIKELY))
		cs_turn_adopt(turn);
	if (!turn->from_ours)
		cs_turn_from(turn);
	else if (!turn->to_ours && !turn->packet->to_group)
		cs_turn_to(turn);

	turn->flow = cs_flows_make(turn->track->flows, key_of(turn), turn->wall_us);
	asked = turn->tcp ? NULL
			  : cs_flow_by_mid(&turn->flow, turn->flow.up,
					   turn->sight->msg.mid, turn->wall_us);
	if (asked && asked->token != turn->sight->token_hash)
		asked = NULL;
	turn->message.again = asked != NULL;
	skipped = taken_for_again(asked);
	if (asked && is_tools(turn, asked))
		asked->flags |= CS_ASKED_HAMMERED;
	if (asked && cs_asked_again(asked, turn->wall_us) != CS_REPEAT_HAMMER)
		repeated(turn, asked);
	else
		asked_anew(turn, asked, skipped);
	see_health(turn);
}
