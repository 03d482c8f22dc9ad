/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one datagram says: bounds of what is pointed at, and that the quick path, the
 * decoder and the inspection agree. The first byte says how much the snap length cut.
 */
#include "fuzz.h"

#include "coap/code.h"
#include "watch/sight.h"

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

	struct cs_flaw flaw;
	struct cs_msg msg;

	if (cs_msg_decode(packet.payload, &msg, &flaw) == CS_OK) {
		cs_sight_of_stream(&msg, &flaw, packet.payload, &sight);
		check(&sight, data + 1, size - 1);
	}
	return 0;
}
