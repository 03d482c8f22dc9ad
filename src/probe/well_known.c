/* SPDX-License-Identifier: Apache-2.0 */
/* The question "which resources have you?" (RFC 6690 section 4). */
#include "coap/code.h"
#include "coap/option_rule.h"
#include "probe/probe.h"

static void get_well_known(struct cs_wr *w, uint16_t mid, struct cs_span token)
{
	cs_msg_header(w, CS_CON, CS_CODE_GET, mid, token);
	cs_opt_write(w, 0, CS_OPT_URI_PATH, cs_span_str(".well-known"));
	cs_opt_write(w, CS_OPT_URI_PATH, CS_OPT_URI_PATH, cs_span_str("core"));
}

void cs_probe_well_known(struct cs_wr *w, uint16_t mid, struct cs_span token)
{
	get_well_known(w, mid, token);
}

void cs_probe_well_known_block(struct cs_wr *w, uint16_t mid, struct cs_span token,
			       const struct cs_block *block)
{
	uint8_t value[4];
	size_t len = cs_block_write(block, value);

	get_well_known(w, mid, token);
	cs_opt_write(w, CS_OPT_URI_PATH, CS_OPT_BLOCK2, cs_span_of(value, len));
}

void cs_probe_ack(struct cs_wr *w, uint16_t mid)
{
	cs_msg_header(w, CS_ACK, CS_CODE_EMPTY, mid, (struct cs_span){ 0 });
}
