/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one datagram says: bounds of what is pointed at, that the decoder and the inspection
 * agree, and that what was read before with another Message ID and token is read as if it
 * were new. The first byte says how much the snap length cut.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "coap/code.h"
#include "watch/sight.h"
#include "watch/sights.h"

static bool lies_in(struct cs_span part, const uint8_t *data, size_t size)
{
	return part.len == 0 ||
	       (part.ptr >= data && part.len <= size - (size_t)(part.ptr - data));
}

/* What cs_msg_decode() says of the same bytes, read alone. */
static void agree(const struct cs_sight *sight, struct cs_span bytes)
{
	struct cs_flaw flaw;
	struct cs_msg msg;
	bool decodes = cs_msg_decode(bytes, &msg, &flaw) == CS_OK;

	if (sight->kind == CS_SIGHT_ALIEN || sight->kind == CS_SIGHT_VERSION)
		return;
	MUST(decodes == !(sight->traits & CS_SIGHT_FORMAT_ERROR));
	MUST(sight->msg.code == msg.code && sight->msg.mid == msg.mid);
	MUST(cs_span_eq(sight->msg.token, msg.token));
	MUST(cs_span_eq(sight->msg.tail, msg.tail));
	MUST(sight->msg.n_options == msg.n_options);
	if (sight->traits & CS_SIGHT_FORMAT_ERROR)
		MUST(sight->n_flaws == 1 && sight->flaw[0].fault == flaw.fault);
}

static void check(const struct cs_sight *sight, const uint8_t *data, size_t size)
{
	uint8_t target[64];

	MUST(sight->n_flaws <= CS_SIGHT_FLAWS);
	MUST(lies_in(sight->msg.token, data, size) &&
	     lies_in(sight->msg.tail, data, size));
	MUST(lies_in(sight->msg.payload, data, size) && lies_in(sight->echo, data, size));
	for (size_t i = 0; i < sight->n_flaws; i++)
		MUST(sight->flaw[i].at <= size && sight->flaw[i].fault);
	MUST(cs_sight_target(&sight->msg, target, sizeof(target)) <= sizeof(target));
	MUST((sight->kind == CS_SIGHT_ALIEN) == (sight->alien != CS_ALIEN_NONE));
	if (sight->traits & CS_SIGHT_WELL_KNOWN)
		MUST(sight->path == CS_SIGHT_CORE);
	if (sight->traits & (CS_SIGHT_WRITES | CS_SIGHT_OBSERVES | CS_SIGHT_PROXIES))
		MUST(sight->kind == CS_SIGHT_REQUEST);
}

static void is_same(const struct cs_sight *a, const struct cs_sight *b)
{
	MUST(a->kind == b->kind && a->alien == b->alien && a->traits == b->traits);
	MUST(a->msg.version == b->msg.version && a->msg.type == b->msg.type &&
	     a->msg.code == b->msg.code && a->msg.mid == b->msg.mid);
	MUST(cs_span_eq(a->msg.token, b->msg.token) &&
	     cs_span_eq(a->msg.tail, b->msg.tail) &&
	     cs_span_eq(a->msg.payload, b->msg.payload) && cs_span_eq(a->echo, b->echo));
	MUST(a->msg.n_options == b->msg.n_options && a->n_flaws == b->n_flaws);
	for (size_t i = 0; i < a->n_flaws; i++)
		MUST(a->flaw[i].fault == b->flaw[i].fault &&
		     a->flaw[i].at == b->flaw[i].at);
	MUST(a->path == b->path && a->token_hash == b->token_hash &&
	     a->shape == b->shape && a->marks == b->marks);
	MUST(a->block_num == b->block_num && a->block_szx == b->block_szx);
}

/* After a message that differs in Message ID and token, and once more. */
static void agree_again(const struct cs_sight *sight, const struct cs_packet *packet)
{
	struct cs_sights *sights = calloc(1, sizeof(*sights));
	struct cs_packet before = *packet;
	size_t n = packet->payload.len;
	uint8_t *copy = malloc(n + 1);

	MUST(sights && copy);
	memcpy(copy, packet->payload.ptr, n);
	for (size_t i = 2; i < n && i < (size_t)CS_MSG_HEADER + (copy[0] & 0x0f); i++)
		copy[i] ^= 0x5a;
	before.payload.ptr = copy;
	(void)cs_sights_read(sights, &before);
	is_same(cs_sights_read(sights, packet), sight);
	is_same(cs_sights_read(sights, packet), sight);
	free(copy);
	free(sights);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;

	struct cs_packet packet = { .payload = cs_span_of(data + 1, size - 1),
				    .payload_len = (uint32_t)(size - 1 + data[0] % 4) };
	struct cs_sight sight;

	cs_sight_read(&packet, &sight);
	check(&sight, data + 1, size - 1);
	if (packet.payload_len == size - 1)
		agree(&sight, packet.payload);
	agree_again(&sight, &packet);

	struct cs_flaw flaw;
	struct cs_msg msg;

	if (cs_msg_decode(packet.payload, &msg, &flaw) == CS_OK) {
		cs_sight_of_stream(&msg, &flaw, packet.payload, &sight);
		check(&sight, data + 1, size - 1);
	}
	return 0;
}
