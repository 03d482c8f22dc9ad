/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/fragment.h"

#include <string.h>

#include "base/clock.h"

static const int64_t hold_ns = CS_FRAGS_HOLD_S * CS_NS_PER_S;
static const uint64_t soon_ns = CS_FRAGS_SOON_MS * CS_NS_PER_MS;

void cs_frags_init(struct cs_frags *frags, void *room)
{
	memset(frags, 0, sizeof(*frags));
	frags->room = room;
	frags->begun_ns = INT64_MAX;
}

static uint8_t *bytes_of(const struct cs_frags *frags, const struct cs_frag *slot)
{
	return frags->room + (size_t)(slot - frags->slot) * CS_FRAGS_SIZE;
}

/* Parts of one IPv6 datagram may name different protocols (RFC 8200 4.5). */
static uint8_t key_protocol(const struct cs_ip *part)
{
	return cs_addr_is_v4(&part->from) ? part->protocol : 0;
}

static bool belongs(const struct cs_frag *slot, const struct cs_ip *part)
{
	return slot->used && slot->id == part->id &&
	       slot->protocol == key_protocol(part) &&
	       cs_addr_cmp(&slot->from, &part->from) == 0 &&
	       cs_addr_cmp(&slot->to, &part->to) == 0;
}

static void give_up(struct cs_frags *frags, struct cs_frag *slot)
{
	frags->lost += slot->parts;
	slot->used = false;
	frags->used--;
}

void cs_frags_expire(struct cs_frags *frags, int64_t now_ns)
{
	for (unsigned i = 0; i < CS_FRAGS_SLOTS; i++) {
		struct cs_frag *slot = &frags->slot[i];

		if (slot->used && now_ns - slot->since_ns > hold_ns)
			give_up(frags, slot);
	}
}

/* The part's slot: its own, else a free one, else the oldest's. */
static struct cs_frag *slot_for(struct cs_frags *frags, const struct cs_ip *part,
				int64_t now_ns)
{
	struct cs_frag *best = &frags->slot[0];

	for (unsigned i = 0; i < CS_FRAGS_SLOTS; i++) {
		struct cs_frag *slot = &frags->slot[i];

		if (belongs(slot, part))
			return slot;
		if (best->used && (!slot->used || slot->since_ns < best->since_ns))
			best = slot;
	}
	if (best->used)
		give_up(frags, best);
	frags->used++;
	*best = (struct cs_frag){
		.from = part->from,
		.to = part->to,
		.id = part->id,
		.protocol = key_protocol(part),
		.used = true,
		.since_ns = now_ns,
	};
	return best;
}

static bool unit_filled(const struct cs_frag *slot, uint32_t unit)
{
	return slot->filled[unit / 64] >> (unit % 64) & 1;
}

/* How many of the units first..end-1 have come already. */
static uint32_t units_filled(const struct cs_frag *slot, uint32_t first, uint32_t end)
{
	uint32_t n = 0;

	for (uint32_t unit = first; unit < end; unit++)
		n += unit_filled(slot, unit);
	return n;
}

/* Whether the part can be a part at all, whatever others say. */
static bool is_possible(const struct cs_ip *part)
{
	if (part->payload.len == 0 || part->offset % CS_FRAGS_UNIT)
		return false;
	if (part->more && part->payload.len % CS_FRAGS_UNIT)
		return false;
	return part->offset < CS_FRAGS_SIZE &&
	       part->payload.len < CS_FRAGS_SIZE - part->offset;
}

enum verdict { NEW, REPEATED, CONTRADICTS };

/* What the part says of the datagram, against what others said. */
static enum verdict compare(const struct cs_frags *frags, const struct cs_frag *slot,
			    const struct cs_ip *part)
{
	uint32_t len = (uint32_t)part->payload.len;
	uint32_t end = part->offset + len;
	uint32_t first = part->offset / CS_FRAGS_UNIT;
	uint32_t after = (end + CS_FRAGS_UNIT - 1) / CS_FRAGS_UNIT;
	uint32_t filled = units_filled(slot, first, after);

	if (slot->total && (part->more ? end >= slot->total : end != slot->total))
		return CONTRADICTS;
	if (!part->more && end < slot->end)
		return CONTRADICTS;
	if (filled == 0)
		return NEW;
	if (filled == after - first && end <= slot->end &&
	    memcmp(bytes_of(frags, slot) + part->offset, part->payload.ptr, len) == 0)
		return REPEATED;
	return CONTRADICTS;
}

static void take_in(struct cs_frags *frags, struct cs_frag *slot,
		    const struct cs_ip *part)
{
	uint32_t len = (uint32_t)part->payload.len;
	uint32_t end = part->offset + len;

	memcpy(bytes_of(frags, slot) + part->offset, part->payload.ptr, len);
	for (uint32_t at = part->offset; at < end; at += CS_FRAGS_UNIT) {
		uint32_t unit = at / CS_FRAGS_UNIT;

		slot->filled[unit / 64] |= UINT64_C(1) << (unit % 64);
	}
	slot->have += len;
	slot->parts++;
	if (end > slot->end)
		slot->end = end;
	if (!part->more)
		slot->total = end;
	if (part->offset == 0) {
		slot->begins = part->protocol;
		slot->hop_limit = part->hop_limit;
		if (slot->since_ns < frags->begun_ns)
			frags->begun_ns = slot->since_ns;
	}
}

/* Hands the datagram out and frees its slot; the bytes stay for now. */
static enum cs_frags_step finish(struct cs_frags *frags, struct cs_frag *slot,
				 const struct cs_ip *part, struct cs_ip *whole)
{
	struct cs_ip joined = *part;

	joined.is_fragment = joined.more = false;
	joined.offset = 0;
	joined.protocol = slot->begins;
	joined.payload = cs_span_of(bytes_of(frags, slot), slot->total);
	joined.payload_len = slot->total;
	if (cs_ip_walk(&joined)) {
		give_up(frags, slot);
		return CS_FRAGS_WRONG;
	}
	slot->used = false;
	frags->used--;
	*whole = joined;
	return CS_FRAGS_WHOLE;
}

enum cs_frags_step cs_frags_take(struct cs_frags *frags, const struct cs_ip *part,
				 int64_t now_ns, struct cs_ip *whole)
{
	cs_frags_expire(frags, now_ns);
	if (!is_possible(part)) {
		frags->lost++;
		return CS_FRAGS_WRONG;
	}

	struct cs_frag *slot = slot_for(frags, part, now_ns);

	if (!slot->spoilt) {
		switch (compare(frags, slot, part)) {
		case NEW:
			take_in(frags, slot, part);
			if (slot->have == slot->total)
				return finish(frags, slot, part, whole);
			return CS_FRAGS_WAIT;
		case REPEATED:
			return CS_FRAGS_WAIT;
		case CONTRADICTS:
			slot->spoilt = true;
			break;
		}
	}
	slot->parts++; /* lost with the rest, when the slot is given up */
	return CS_FRAGS_WRONG;
}

bool cs_frag_as_begun(const struct cs_ip *part, struct cs_ip *begun)
{
	struct cs_ip cut = *part;

	if (part->offset > 0)
		return false;
	cut.is_fragment = cut.more = false;
	cut.payload_len = CS_FRAGS_SIZE - 1;
	if (cs_ip_walk(&cut) || cut.protocol != CS_IPPROTO_UDP)
		return false;
	*begun = cut;
	return true;
}

static bool has_begun(const struct cs_frag *slot)
{
	return slot->used && !slot->spoilt && unit_filled(slot, 0);
}

/* What is there without a gap, from the first byte on. */
static struct cs_ip begin_of(const struct cs_frags *frags, const struct cs_frag *slot)
{
	uint32_t units = 1;

	while (units < CS_FRAGS_SIZE / CS_FRAGS_UNIT && unit_filled(slot, units))
		units++;

	uint32_t len =
		units * CS_FRAGS_UNIT < slot->end ? units * CS_FRAGS_UNIT : slot->end;

	return (struct cs_ip){ .from = slot->from,
			       .to = slot->to,
			       .hop_limit = slot->hop_limit,
			       .protocol = slot->begins,
			       .checksum_ok = true,
			       .id = slot->id,
			       .payload = cs_span_of(bytes_of(frags, slot), len) };
}

/* The one whose first part came first, or NULL. */
static struct cs_frag *oldest_begun(struct cs_frags *frags)
{
	struct cs_frag *oldest = NULL;

	for (unsigned i = 0; i < CS_FRAGS_SLOTS; i++) {
		struct cs_frag *slot = &frags->slot[i];

		if (has_begun(slot) && (!oldest || slot->since_ns < oldest->since_ns))
			oldest = slot;
	}
	return oldest;
}

static bool is_soon(int64_t since_ns, int64_t now_ns)
{
	return now_ns <= since_ns || (uint64_t)now_ns - (uint64_t)since_ns <= soon_ns;
}

bool cs_frags_begun(struct cs_frags *frags, int64_t now_ns, struct cs_ip *begun,
		    int64_t *since_ns)
{
	bool full = frags->used == CS_FRAGS_SLOTS;

	while (frags->begun_ns != INT64_MAX &&
	       (full || !is_soon(frags->begun_ns, now_ns))) {
		struct cs_frag *slot = oldest_begun(frags);

		frags->begun_ns = slot ? slot->since_ns : INT64_MAX;
		if (!slot || (!full && is_soon(slot->since_ns, now_ns)))
			return false;

		struct cs_ip part = begin_of(frags, slot);

		*since_ns = slot->since_ns;
		give_up(frags, slot);
		full = false;
		if (cs_frag_as_begun(&part, begun))
			return true;
	}
	return false;
}
