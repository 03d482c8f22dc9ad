/* SPDX-License-Identifier: Apache-2.0 */
/* Any datagram gets one name, and a request of a known method is never called anything else. */
#include "fuzz.h"

#include "coap/code.h"
#include "coap/msg.h"
#include "wire/alien.h"

static bool is_request(struct cs_span datagram)
{
	struct cs_flaw flaw;
	struct cs_msg msg;

	return cs_msg_decode(datagram, &msg, &flaw) == CS_OK &&
	       cs_code_is_request(msg.code) && cs_code_name(msg.code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_span datagram = cs_span_of(data, size);
	enum cs_alien alien = cs_alien_of(datagram);
	bool is_version_1 = size > 0 && data[0] >> 6 == 1;

	MUST(alien < CS_ALIENS);
	MUST((alien == CS_ALIEN_EMPTY) == (size == 0));
	MUST(alien != CS_ALIEN_NONE || is_version_1);
	MUST(alien != CS_ALIEN_UNKNOWN || !is_version_1);

	/* A DNS question may read as a request by chance: its own proof is stronger. */
	if (is_request(datagram))
		MUST(alien == CS_ALIEN_NONE || alien == CS_ALIEN_DNS);
	return 0;
}
