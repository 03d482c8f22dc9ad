/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "coap/block.h"
#include "coap/code.h"
#include "coap/option_rule.h"

enum { NO_BLOCK = 255, BAD_BLOCK = 7 }; /* szx */

/* One answer of a device, and what the body must make of it. */
struct answer {
	uint32_t num;
	bool more;
	uint8_t szx;      /* or NO_BLOCK, BAD_BLOCK */
	uint32_t len;     /* of the payload */
	const char *etag; /* NULL: none */
	uint8_t code;     /* 0: 2.05 */
	enum cs_body_state want;
	uint32_t want_next; /* block asked for while CS_BODY_MORE */
	uint32_t want_len;  /* of the body after it */
};

enum { ROOM = 4096, MAX_ANSWERS = 8 };

static struct cs_msg answer_msg(const struct answer *a, uint8_t room[ROOM])
{
	static const uint8_t payload[2048];
	struct cs_wr w = cs_wr_over(room, ROOM);
	uint8_t value[4] = { BAD_BLOCK };
	uint32_t previous = 0;
	struct cs_flaw flaw;
	struct cs_msg msg;

	cs_msg_header(&w, CS_ACK, a->code ? a->code : CS_CODE_CONTENT, 1,
		      cs_span_of(NULL, 0));
	if (a->etag) {
		cs_opt_write(&w, 0, CS_OPT_ETAG, cs_span_str(a->etag));
		previous = CS_OPT_ETAG;
	}
	if (a->szx != NO_BLOCK) {
		const struct cs_block block = { a->num, a->more, a->szx };
		size_t n = a->szx == BAD_BLOCK ? 1 : cs_block_write(&block, value);

		cs_opt_write(&w, previous, CS_OPT_BLOCK2, cs_span_of(value, n));
	}
	cs_msg_payload(&w, cs_span_of(payload, a->len));
	assert_int_equal(w.err, CS_OK);
	assert_int_equal(cs_msg_decode(cs_wr_done(&w), &msg, &flaw), CS_OK);
	return msg;
}

/* clang-format off */
static const struct {
	const char *name;
	uint32_t max_blocks, max_len;
	struct answer answers[MAX_ANSWERS]; /* up to the first with code 255 */
} transfers[] = {
#define END { .code = 255 }
	{ "no Block2 at all",
	  8, 4096,
	  { { 0, 0, NO_BLOCK, 100, NULL, 0, CS_BODY_COMPLETE, 0, 100 }, END } },
	{ "no Block2 and no payload",
	  8, 4096,
	  { { 0, 0, NO_BLOCK, 0, NULL, 0, CS_BODY_COMPLETE, 0, 0 }, END } },
	{ "a single block",
	  8, 4096,
	  { { 0, 0, 2, 64, NULL, 0, CS_BODY_COMPLETE, 0, 64 }, END } },
	{ "three blocks, the last short",
	  8, 4096,
	  { { 0, 1, 2, 64, "e", 0, CS_BODY_MORE, 1, 64 },
	    { 1, 1, 2, 64, "e", 0, CS_BODY_MORE, 2, 128 },
	    { 2, 0, 2, 5, "e", 0, CS_BODY_COMPLETE, 0, 133 }, END } },
	{ "an empty last block",
	  8, 4096,
	  { { 0, 1, 2, 64, NULL, 0, CS_BODY_MORE, 1, 64 },
	    { 1, 0, 2, 0, NULL, 0, CS_BODY_COMPLETE, 0, 64 }, END } },
	{ "the server goes on with smaller blocks: the offset stays right",
	  64, 4096,
	  { { 0, 1, 6, 1024, NULL, 0, CS_BODY_MORE, 1, 1024 },
	    { 16, 1, 2, 64, NULL, 0, CS_BODY_MORE, 17, 1088 },
	    { 68, 1, 0, 16, NULL, 0, CS_BODY_MORE, 69, 1104 },
	    { 69, 0, 0, 3, NULL, 0, CS_BODY_COMPLETE, 0, 1107 }, END } },
	{ "smaller blocks under the old numbers",
	  8, 4096,
	  { { 0, 1, 6, 1024, NULL, 0, CS_BODY_MORE, 1, 1024 },
	    { 1, 1, 2, 64, NULL, 0, CS_BODY_BROKEN, 0, 1024 }, END } },
	{ "blocks grow",
	  8, 4096,
	  { { 0, 1, 1, 32, NULL, 0, CS_BODY_MORE, 1, 32 },
	    { 1, 1, 1, 32, NULL, 0, CS_BODY_MORE, 2, 64 },
	    { 1, 1, 2, 64, NULL, 0, CS_BODY_BROKEN, 0, 64 }, END } },
	{ "an old block again, then the right one",
	  8, 4096,
	  { { 0, 1, 2, 64, NULL, 0, CS_BODY_MORE, 1, 64 },
	    { 0, 1, 2, 64, NULL, 0, CS_BODY_REPEATED, 1, 64 },
	    { 1, 0, 2, 1, NULL, 0, CS_BODY_COMPLETE, 0, 65 }, END } },
	{ "an old large block again after the size shrank",
	  8, 4096,
	  { { 0, 1, 6, 1024, NULL, 0, CS_BODY_MORE, 1, 1024 },
	    { 16, 1, 2, 64, NULL, 0, CS_BODY_MORE, 17, 1088 },
	    { 0, 1, 6, 1024, NULL, 0, CS_BODY_REPEATED, 17, 1088 },
	    { 17, 0, 2, 1, NULL, 0, CS_BODY_COMPLETE, 0, 1089 }, END } },
	{ "a block is left out",
	  8, 4096,
	  { { 0, 1, 2, 64, NULL, 0, CS_BODY_MORE, 1, 64 },
	    { 2, 1, 2, 64, NULL, 0, CS_BODY_BROKEN, 0, 64 }, END } },
	{ "the first answer is not block 0",
	  8, 4096,
	  { { 1, 1, 2, 64, NULL, 0, CS_BODY_BROKEN, 0, 0 }, END } },
	{ "M with a short first block",
	  8, 4096,
	  { { 0, 1, 2, 63, NULL, 0, CS_BODY_BROKEN, 0, 0 }, END } },
	{ "M with a short later block",
	  8, 4096,
	  { { 0, 1, 2, 64, NULL, 0, CS_BODY_MORE, 1, 64 },
	    { 1, 1, 2, 63, NULL, 0, CS_BODY_BROKEN, 0, 64 }, END } },
	{ "a last block that is too long",
	  8, 4096,
	  { { 0, 1, 2, 64, NULL, 0, CS_BODY_MORE, 1, 64 },
	    { 1, 0, 2, 65, NULL, 0, CS_BODY_BROKEN, 0, 64 }, END } },
	{ "the first Block2 is reserved",
	  8, 4096,
	  { { 0, 0, BAD_BLOCK, 64, NULL, 0, CS_BODY_BROKEN, 0, 0 }, END } },
	{ "a later Block2 is reserved",
	  8, 4096,
	  { { 0, 1, 2, 64, NULL, 0, CS_BODY_MORE, 1, 64 },
	    { 1, 1, BAD_BLOCK, 64, NULL, 0, CS_BODY_BROKEN, 0, 64 }, END } },
	{ "another ETag",
	  8, 4096,
	  { { 0, 1, 2, 64, "12345678", 0, CS_BODY_MORE, 1, 64 },
	    { 1, 1, 2, 64, "12345679", 0, CS_BODY_CHANGED, 0, 64 }, END } },
	{ "a longer ETag",
	  8, 4096,
	  { { 0, 1, 2, 64, "a", 0, CS_BODY_MORE, 1, 64 },
	    { 1, 1, 2, 64, "ab", 0, CS_BODY_CHANGED, 0, 64 }, END } },
	{ "the ETag appears",
	  8, 4096,
	  { { 0, 1, 2, 64, NULL, 0, CS_BODY_MORE, 1, 64 },
	    { 1, 1, 2, 64, "a", 0, CS_BODY_CHANGED, 0, 64 }, END } },
	{ "the ETag disappears",
	  8, 4096,
	  { { 0, 1, 2, 64, "a", 0, CS_BODY_MORE, 1, 64 },
	    { 1, 1, 2, 64, NULL, 0, CS_BODY_CHANGED, 0, 64 }, END } },
	{ "an ETag of nine bytes is none",
	  8, 4096,
	  { { 0, 1, 2, 64, "123456789", 0, CS_BODY_MORE, 1, 64 },
	    { 1, 0, 2, 1, NULL, 0, CS_BODY_COMPLETE, 0, 65 }, END } },
	{ "the first answer is an error",
	  8, 4096,
	  { { 0, 0, NO_BLOCK, 9, NULL, CS_CODE(4, 4), CS_BODY_REFUSED, 0, 0 }, END } },
	{ "a later answer is an error",
	  8, 4096,
	  { { 0, 1, 2, 64, NULL, 0, CS_BODY_MORE, 1, 64 },
	    { 1, 0, 2, 4, NULL, CS_CODE(4, 8), CS_BODY_REFUSED, 0, 64 }, END } },
	{ "a later answer has no Block2",
	  8, 4096,
	  { { 0, 1, 2, 64, NULL, 0, CS_BODY_MORE, 1, 64 },
	    { 0, 0, NO_BLOCK, 64, NULL, 0, CS_BODY_REFUSED, 0, 64 }, END } },
	{ "as many blocks as allowed",
	  2, 4096,
	  { { 0, 1, 2, 64, NULL, 0, CS_BODY_MORE, 1, 64 },
	    { 1, 1, 2, 64, NULL, 0, CS_BODY_LIMIT, 0, 128 }, END } },
	{ "the last allowed block is the last one",
	  2, 4096,
	  { { 0, 1, 2, 64, NULL, 0, CS_BODY_MORE, 1, 64 },
	    { 1, 0, 2, 64, NULL, 0, CS_BODY_COMPLETE, 0, 128 }, END } },
	{ "one block allowed",
	  1, 4096,
	  { { 0, 1, 2, 64, NULL, 0, CS_BODY_LIMIT, 0, 64 }, END } },
	{ "more bytes than allowed, cut in a block",
	  8, 100,
	  { { 0, 1, 2, 64, NULL, 0, CS_BODY_MORE, 1, 64 },
	    { 1, 0, 2, 64, NULL, 0, CS_BODY_LIMIT, 0, 100 }, END } },
	{ "as many bytes as allowed, and more would follow",
	  8, 128,
	  { { 0, 1, 2, 64, NULL, 0, CS_BODY_MORE, 1, 64 },
	    { 1, 1, 2, 64, NULL, 0, CS_BODY_LIMIT, 0, 128 }, END } },
	{ "as many bytes as allowed, and that was all",
	  8, 128,
	  { { 0, 1, 2, 64, NULL, 0, CS_BODY_MORE, 1, 64 },
	    { 1, 0, 2, 64, NULL, 0, CS_BODY_COMPLETE, 0, 128 }, END } },
	{ "a first answer that is too long already",
	  8, 10,
	  { { 0, 0, NO_BLOCK, 11, NULL, 0, CS_BODY_LIMIT, 0, 10 }, END } },
};
/* clang-format on */

static void run(size_t i)
{
	struct cs_body body = { 0 };
	uint8_t room[ROOM];

	for (size_t k = 0; transfers[i].answers[k].code != 255; k++) {
		const struct answer *a = &transfers[i].answers[k];
		struct cs_msg msg = answer_msg(a, room);
		struct cs_span bytes = { 0 };
		uint32_t before = body.len;
		enum cs_body_state got;

		if (k == 0)
			got = cs_body_first(&body, &msg, transfers[i].max_blocks,
					    transfers[i].max_len);
		else
			got = cs_body_next(&body, &msg, &bytes);

		if (got != a->want || body.len != a->want_len)
			fail_msg("%s, answer %zu: state %d, %u bytes", transfers[i].name,
				 k, got, body.len);
		if (k > 0 && bytes.len != body.len - before)
			fail_msg("%s, answer %zu: %zu bytes to append", transfers[i].name,
				 k, bytes.len);
		if (got == CS_BODY_MORE && body.next.num != a->want_next)
			fail_msg("%s, answer %zu: next %u", transfers[i].name, k,
				 body.next.num);
		if (got == CS_BODY_MORE && body.next.szx != a->szx)
			fail_msg("%s, answer %zu: next has szx %u", transfers[i].name, k,
				 body.next.szx);
	}
}

static void each_transfer_ends_as_it_must(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(transfers); i++)
		run(i);
}

/* 2^20 blocks of 16 bytes are all that a block number can count. */
static void the_largest_block_number_ends_the_body(void **state)
{
	const struct answer last = { .num = 1048575, .more = true, .len = 16 };
	struct cs_body body = { .max_blocks = UINT32_MAX, .max_len = UINT32_MAX };
	uint8_t room[ROOM];
	struct cs_msg msg = answer_msg(&last, room);
	struct cs_span bytes;

	(void)state;
	body.next = (struct cs_block){ .num = 1048575 };
	body.len = 1048575 * 16;
	assert_int_equal(cs_body_next(&body, &msg, &bytes), CS_BODY_LIMIT);
	assert_int_equal(bytes.len, 16);
	assert_int_equal(body.len, 1048576 * 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_transfer_ends_as_it_must),
		cmocka_unit_test(the_largest_block_number_ends_the_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
