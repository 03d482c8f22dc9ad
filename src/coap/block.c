/* SPDX-License-Identifier: Apache-2.0 */
#include "coap/block.h"

#include <assert.h>

/* RFC 7959 section 2.2: NUM in all but the last four bits, then M, then SZX. */
enum {
	NUM_SHIFT = 4,
	MORE = 0x08,
	SZX = 0x07,
	SZX_RESERVED = 7,
	VALUE_MAX_LEN = 3,
	NUM_MAX = 0xfffff,
};

enum cs_err cs_block_read(struct cs_span value, struct cs_block *out)
{
	uint32_t bits = 0;

	if (value.len > VALUE_MAX_LEN || !cs_opt_uint(value, &bits))
		return CS_ERR_RANGE;
	if ((bits & SZX) == SZX_RESERVED)
		return CS_ERR_RESERVED;

	*out = (struct cs_block){
		.num = bits >> NUM_SHIFT,
		.more = bits & MORE,
		.szx = (uint8_t)(bits & SZX),
	};
	return CS_OK;
}

size_t cs_block_write(const struct cs_block *block, uint8_t bytes[4])
{
	assert(block->num <= NUM_MAX && block->szx < SZX_RESERVED);

	uint32_t bits = block->num << NUM_SHIFT | block->szx;

	if (block->more)
		bits |= MORE;

	size_t len = cs_opt_uint_write(bits, bytes);

	if (len > 0)
		return len;
	bytes[0] = 0;
	return 1;
}
