/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/pack.h"

enum {
	US_PER_MS = 1000,
	REST_BITS = 10, /* of microseconds below a millisecond */
	WIDTH_BITS = 6, /* of how many bits a time takes */
	CODE_BITS = 4,  /* of a frequent kind */
	CODE_OTHER = (1 << CODE_BITS) - 1,
	KIND_BITS = 7,
	BOOK_BITS = 8,
	RANK_BITS = 4, /* of a target that is one of the first in the book */
	RANK_OTHER = (1 << RANK_BITS) - 1,

	/* In the head, behind what others may look at: */
	N_PATHS_AT = CS_PACK_N_OBS_AT + 5,
	N_PAIRS_AT = N_PATHS_AT + 4,
};
_Static_assert(CS_OBS_KINDS <= 1 << KIND_BITS, "a kind takes so many bits");
_Static_assert(CS_PACK_BOOK == 1 << BOOK_BITS, "a place in the book takes so many bits");
_Static_assert(CS_SOURCE_OBS < 31 && CS_SOURCE_PATHS < 16 && CS_SOURCE_PAIRS < 16,
	       "the head holds how many");

/* Kinds that most sources have, and their codes. */
#define FREQUENT(ROW)                            \
	ROW(0, CS_OBS_DISCOVERY)                 \
	ROW(1, CS_OBS_READ)                      \
	ROW(2, CS_OBS_WRITE)                     \
	ROW(3, CS_OBS_PING)                      \
	ROW(4, CS_OBS_BACKSCATTER)               \
	ROW(5, CS_OBS_MARK_PLAIN)                \
	ROW(6, CS_OBS_FAULT + CS_FAULT_TKL)      \
	ROW(7, CS_OBS_ANSWERED)                  \
	ROW(8, CS_OBS_MARK_ZMAP)                 \
	ROW(9, CS_OBS_MARK_NMAP)                 \
	ROW(10, CS_OBS_OWN_ANSWER)               \
	ROW(11, CS_OBS_ALIEN + CS_ALIEN_UNKNOWN) \
	ROW(12, CS_OBS_AMPLIFIED)                \
	ROW(13, CS_OBS_UNREACHABLE)              \
	ROW(14, CS_OBS_BACKSCATTER_ICMP)

#define KIND_OF(code, kind) [code] = (kind),
#define CODE_OF(code, kind) [kind] = (code) + 1,
static const uint8_t frequent[CODE_OTHER] = { FREQUENT(KIND_OF) };
static const uint8_t codes[CS_OBS_KINDS] = { FREQUENT(CODE_OF) }; /* 0: none */

/* Bits in and out, lowest first. A step may touch CS_PACK_SLACK bytes beyond it. */
struct bits {
	uint64_t word; /* what is not written yet */
	unsigned n;    /* bits of it */
	uint8_t *at;
};

static void put(struct bits *b, uint64_t value, unsigned n)
{
	uint64_t word = b->word | value << b->n;
	uint64_t le = htole64(word);

	memcpy(b->at, &le, sizeof(le));
	b->n += n;
	b->at += b->n / 8;
	b->word = word >> (b->n & ~7u);
	b->n %= 8;
}

struct taken {
	const uint8_t *base;
	size_t at; /* bits */
};

static uint64_t take(struct taken *t, unsigned n)
{
	uint64_t word = cs_pack_head(t->base + t->at / 8) >> t->at % 8;

	t->at += n;
	return word & ((UINT64_C(1) << n) - 1);
}

/* A number in two bits of how long it is, and itself. */
static const uint8_t lengths[4] = { 4, 8, 16, 32 };

static unsigned length_of(uint32_t value)
{
	return (unsigned)(value >= 1u << 4) + (value >= 1u << 8) + (value >= 1u << 16);
}

static void put_number(struct bits *b, uint32_t value)
{
	unsigned which = length_of(value);

	put(b, which | (uint64_t)value << 2, 2u + lengths[which]);
}

static uint32_t take_number(struct taken *t)
{
	return (uint32_t)take(t, lengths[take(t, 2)]);
}

/* A number that is hardly ever as large as @n bits hold. */
static void put_small(struct bits *b, uint32_t value, unsigned n)
{
	uint32_t most = (1u << n) - 1;

	put(b, value < most ? value : most, n);
	if (value >= most)
		put_number(b, value);
}

static uint32_t take_small(struct taken *t, unsigned n)
{
	uint32_t value = (uint32_t)take(t, n);

	return value < (1u << n) - 1 ? value : take_number(t);
}

/* A number that is often @usual: then one bit. */
static void put_unless(struct bits *b, uint32_t value, uint32_t usual)
{
	put(b, value != usual, 1);
	if (value != usual)
		put_number(b, value);
}

static uint32_t take_unless(struct taken *t, uint32_t usual)
{
	return take(t, 1) ? take_number(t) : usual;
}

/* 16 bits that are often 0. */
static void put_half(struct bits *b, uint16_t value)
{
	put(b, (value != 0) | (uint64_t)value << 1, value ? 17 : 1);
}

static uint16_t take_half(struct taken *t)
{
	return take(t, 1) ? (uint16_t)take(t, 16) : 0;
}

/* A hash: nothing shorter than itself, but often 0. */
static void put_hash(struct bits *b, uint32_t value)
{
	put(b, (value != 0) | (uint64_t)value << 1, value ? 33 : 1);
}

static uint32_t take_hash(struct taken *t)
{
	return take(t, 1) ? (uint32_t)take(t, 32) : 0;
}

static void put_bytes(struct bits *b, uint64_t count)
{
	bool is_long = count >= 1u << 12;

	put(b, is_long, 1);
	if (!is_long) {
		put(b, count, 12);
		return;
	}
	put_number(b, (uint32_t)count);
	put_unless(b, (uint32_t)(count >> 32), 0);
}

static uint64_t take_bytes(struct taken *t)
{
	if (!take(t, 1))
		return take(t, 12);

	uint64_t low = take_number(t);

	return low | (uint64_t)take_unless(t, 0) << 32;
}

static unsigned bit_width(uint64_t value)
{
	return value ? 64u - (unsigned)__builtin_clzll(value) : 0;
}

/* As many bits as the longest of the source's times in milliseconds takes. */
static unsigned time_width(const struct cs_source *source, uint64_t span_ms)
{
	uint64_t all = span_ms;

	for (size_t i = 0; i < source->n_obs; i++)
		all |= source->obs[i].first_ms;
	for (size_t i = 0; i < source->n_pairs; i++)
		all |= source->pair[i].last_ms;
	return bit_width(all);
}

static unsigned flags_of(const struct cs_source *s)
{
	return s->is_peer | (unsigned)s->mids_differ << 1 | (unsigned)s->mids_rise << 2 |
	       (unsigned)s->ports_differ << 3 | (unsigned)s->tokens_differ << 4 |
	       (unsigned)s->port_known << 5 | (unsigned)s->payload_same << 6 |
	       (unsigned)s->group_only << 7;
}

static void set_flags(struct cs_source *s, unsigned flags)
{
	s->is_peer = flags & 1;
	s->mids_differ = flags >> 1 & 1;
	s->mids_rise = flags >> 2 & 1;
	s->ports_differ = flags >> 3 & 1;
	s->tokens_differ = flags >> 4 & 1;
	s->port_known = flags >> 5 & 1;
	s->payload_same = flags >> 6 & 1;
	s->group_only = flags >> 7 & 1;
}

static void put_counts(struct bits *b, const struct cs_source *s)
{
	put_small(b, s->packets, 5);
	put_small(b, s->packets - s->requests, 3);
	put_unless(b, s->unproved, s->requests);
	put_unless(b, s->paced, 0);
	put_bytes(b, s->bytes_in);
	put(b, s->bytes_out != 0, 1);
	if (s->bytes_out)
		put_bytes(b, s->bytes_out);
	put(b, (s->most_out | s->most_in) != 0, 1);
	if (s->most_out | s->most_in) {
		put_number(b, s->most_out);
		put_number(b, s->most_in);
	}
	put_small(b, s->addresses, 2);
	put_unless(b, s->flooded, 0);
}

static void take_counts(struct taken *t, struct cs_source *s)
{
	s->packets = take_small(t, 5);
	s->requests = s->packets - take_small(t, 3);
	s->unproved = take_unless(t, s->requests);
	s->paced = (uint16_t)take_unless(t, 0);
	s->bytes_in = take_bytes(t);
	s->bytes_out = take(t, 1) ? take_bytes(t) : 0;
	s->most_out = s->most_in = 0;
	if (take(t, 1)) {
		s->most_out = take_number(t);
		s->most_in = take_number(t);
	}
	s->addresses = take_small(t, 2);
	s->flooded = take_unless(t, 0);
}

/* Most sources have one run, of all that they asked. */
static void put_run(struct bits *b, const struct cs_source *s)
{
	put_unless(b, s->run_now, s->requests);
	put_unless(b, s->run_most, s->run_now);
	put_unless(b, s->run_seen, (1u << s->n_paths) - 1);
	put_unless(b, s->run_targets, s->n_paths);
}

static void take_run(struct taken *t, struct cs_source *s)
{
	s->run_now = (uint16_t)take_unless(t, s->requests);
	s->run_most = (uint16_t)take_unless(t, s->run_now);
	s->run_seen = (uint16_t)take_unless(t, (1u << s->n_paths) - 1);
	s->run_targets = (uint8_t)take_unless(t, s->n_paths);
}

static void put_marks(struct bits *b, const struct cs_source *s)
{
	uint32_t lost = s->obs_lost | (uint32_t)s->pairs_lost << 8 |
			(uint32_t)s->paths_lost << 16;

	put(b, flags_of(s) | (unsigned)s->hop_low << 8, 16);
	put_unless(b, s->hop_high, s->hop_low);
	put_small(b, s->no_token, 3);
	put_unless(b, s->bits, 128);
	put_unless(b, lost, 0);
	put_half(b, s->port);
	put_half(b, s->mid);
	put_hash(b, s->token);
	put_hash(b, s->payload);
	put_run(b, s);
}

static void take_marks(struct taken *t, struct cs_source *s)
{
	uint32_t lost;

	set_flags(s, (unsigned)take(t, 8));
	s->hop_low = (uint8_t)take(t, 8);
	s->hop_high = (uint8_t)take_unless(t, s->hop_low);
	s->no_token = (uint8_t)take_small(t, 3);
	s->bits = (uint8_t)take_unless(t, 128);
	lost = take_unless(t, 0);
	s->obs_lost = (uint8_t)lost;
	s->pairs_lost = (uint8_t)(lost >> 8);
	s->paths_lost = (uint8_t)(lost >> 16);
	s->port = take_half(t);
	s->mid = take_half(t);
	s->token = take_hash(t);
	s->payload = take_hash(t);
	take_run(t, s);
}

/* Whether it stands in the book, in the one place that its hash gives; now if need be. */
static bool in_book(struct cs_pack *pack, uint32_t path, uint32_t place)
{
	if (pack->book[place] == 0 && path != 0) {
		pack->book[place] = path;
		pack->rank[place] = pack->n_book;
		if (pack->n_book < RANK_OTHER)
			pack->ranked[pack->n_book++] = path;
	}
	return path != 0 && pack->book[place] == path;
}

/* The first that were asked for are the ones that many ask for. */
static void put_path(struct cs_pack *pack, struct bits *b, uint32_t path)
{
	uint32_t place = path * 2654435761u >> (32 - BOOK_BITS);

	if (!in_book(pack, path, place))
		put(b, RANK_OTHER | 1u << RANK_BITS | (uint64_t)path << (RANK_BITS + 1),
		    RANK_BITS + 1 + 32);
	else if (pack->rank[place] < RANK_OTHER)
		put(b, pack->rank[place], RANK_BITS);
	else
		put(b, RANK_OTHER | place << (RANK_BITS + 1), RANK_BITS + 1 + BOOK_BITS);
}

static uint32_t take_path(const struct cs_pack *pack, struct taken *t)
{
	uint32_t rank = (uint32_t)take(t, RANK_BITS);

	if (rank < RANK_OTHER)
		return pack->ranked[rank];
	return take(t, 1) ? (uint32_t)take(t, 32) : pack->book[take(t, BOOK_BITS)];
}

/* Mostly there is one destination, asked just now, in one run. */
static void put_pair(struct bits *b, const struct cs_source_pair *pair,
		     const struct cs_source *s, uint64_t span_ms, unsigned width)
{
	put_unless(b, pair->host, 1);
	put_unless(b, pair->run, s->requests);
	put_unless(b, pair->run_most, pair->run);
	put(b, pair->last_ms != span_ms, 1);
	if (pair->last_ms != span_ms)
		put(b, pair->last_ms, width);
}

static void take_pair(struct taken *t, struct cs_source_pair *pair,
		      const struct cs_source *s, uint64_t span_ms, unsigned width)
{
	pair->host = take_unless(t, 1);
	pair->run = take_unless(t, s->requests);
	pair->run_most = take_unless(t, pair->run);
	pair->last_ms = (uint32_t)(take(t, 1) ? take(t, width) : span_ms);
}

static void put_obs(struct bits *b, const struct cs_source_obs *obs, unsigned width)
{
	unsigned code = codes[obs->kind];

	if (code)
		put(b, code - 1, CODE_BITS);
	else
		put(b, CODE_OTHER | (unsigned)obs->kind << CODE_BITS,
		    CODE_BITS + KIND_BITS);
	put(b, obs->count != 1, 1);
	if (obs->count != 1)
		put_small(b, obs->count, 3);
	put(b, obs->first_ms != 0, 1);
	if (obs->first_ms)
		put(b, obs->first_ms, width);
}

static void take_obs(struct taken *t, struct cs_source_obs *obs, unsigned width)
{
	unsigned code = (unsigned)take(t, CODE_BITS);

	obs->kind = code == CODE_OTHER ? (uint8_t)take(t, KIND_BITS) : frequent[code];
	obs->count = take(t, 1) ? take_small(t, 3) : 1;
	obs->first_ms = take(t, 1) ? (uint32_t)take(t, width) : 0;
}

/* The word that can be looked at, and the address. */
static uint8_t *put_head(const struct cs_source *s, uint64_t last, unsigned weight,
			 uint8_t *out)
{
	bool v4 = cs_addr_is_v4(&s->ip);
	uint64_t head = last | (uint64_t)weight << CS_PACK_LAST_BITS |
			(uint64_t)!v4 << CS_PACK_FAMILY_AT |
			(uint64_t)s->n_obs << CS_PACK_N_OBS_AT |
			(uint64_t)s->n_paths << N_PATHS_AT |
			(uint64_t)s->n_pairs << N_PAIRS_AT;

	head = htole64(head);
	memcpy(out, &head, sizeof(head));
	if (v4)
		memcpy(out + CS_PACK_HEAD, s->ip.b + 12, 4);
	else
		memcpy(out + CS_PACK_HEAD, s->ip.b, sizeof(s->ip.b));
	return out + CS_PACK_HEAD + (v4 ? 4 : sizeof(s->ip.b));
}

static const uint8_t *take_head(const struct cs_pack *pack, const uint8_t *bytes,
				struct cs_source *s)
{
	uint64_t head = cs_pack_head(bytes);

	s->ip = cs_pack_ip(bytes);
	s->last_us = cs_pack_last(pack, bytes);
	s->n_obs = head >> CS_PACK_N_OBS_AT & 31;
	s->n_paths = head >> N_PATHS_AT & 15;
	s->n_pairs = (uint8_t)(head >> N_PAIRS_AT);
	return bytes + CS_PACK_HEAD +
	       (head >> CS_PACK_FAMILY_AT & 1 ? sizeof(s->ip.b) : 4);
}

static void put_rows(struct cs_pack *pack, struct bits *b, const struct cs_source *s,
		     uint64_t span_us)
{
	uint64_t span_ms = span_us / US_PER_MS;
	unsigned width = time_width(s, span_ms);

	put(b, width, WIDTH_BITS);
	put(b, span_ms, width);
	put(b, span_us % US_PER_MS, REST_BITS);
	for (size_t i = 0; i < s->n_paths; i++)
		put_path(pack, b, s->path[i]);
	for (size_t i = 0; i < s->n_pairs; i++)
		put_pair(b, &s->pair[i], s, span_ms, width);
	for (size_t i = 0; i < s->n_obs; i++)
		put_obs(b, &s->obs[i], width);
}

static void take_rows(const struct cs_pack *pack, struct taken *t, struct cs_source *s)
{
	unsigned width = (unsigned)take(t, WIDTH_BITS);
	uint64_t span_ms = take(t, width);
	uint64_t span_us = span_ms * US_PER_MS + take(t, REST_BITS);

	s->first_us = s->last_us - (int64_t)span_us;
	for (size_t i = 0; i < s->n_paths; i++)
		s->path[i] = take_path(pack, t);
	for (size_t i = 0; i < s->n_pairs; i++)
		take_pair(t, &s->pair[i], s, span_ms, width);
	for (size_t i = 0; i < s->n_obs; i++)
		take_obs(t, &s->obs[i], width);
}

size_t cs_pack_write(struct cs_pack *pack, const struct cs_source *source,
		     unsigned weight, uint8_t out[CS_PACK_SPACE])
{
	uint64_t last = (uint64_t)source->last_us - (uint64_t)pack->epoch_us;
	uint64_t span = (uint64_t)source->last_us - (uint64_t)source->first_us;
	struct bits b = { 0 };
	size_t len;

	if (last >> CS_PACK_LAST_BITS || span >> CS_PACK_LAST_BITS)
		return 0;
	b.at = put_head(source, last, weight, out);
	put_counts(&b, source);
	put_marks(&b, source);
	put_rows(pack, &b, source, span);
	len = (size_t)(b.at - out) + (b.n > 0);
	return len <= CS_PACK_MAX ? len : 0;
}

void cs_pack_read(const struct cs_pack *pack, const uint8_t *bytes, struct cs_source *out)
{
	struct taken t = { .base = take_head(pack, bytes, out) };

	take_counts(&t, out);
	take_marks(&t, out);
	take_rows(pack, &t, out);
}
