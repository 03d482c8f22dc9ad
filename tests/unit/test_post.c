/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "coap/code.h"
#include "watch/post.h"

static uint8_t room[2 * CS_POST_MAX];

static void write_source(struct cs_wr *w, const struct cs_post_source *post)
{
	cs_post_source_write(w, &post->source, &post->finding, post->samples,
			     post->n_samples);
}

/* The one frame that @w has; it is of @want. */
static struct cs_rd frame_of(const struct cs_wr *w, enum cs_post_kind want)
{
	struct cs_rd rd = cs_rd_over(w->base, w->pos), body;
	enum cs_post_kind kind;

	assert_int_equal(w->err, CS_OK);
	assert_true(cs_post_next(&rd, &kind, &body));
	assert_int_equal(kind, want);
	assert_int_equal(cs_rd_left(&rd), 0);
	return body;
}

/* A state with something in each of its bytes, and lists of these lengths. */
static struct cs_source state_with(uint8_t n_obs, uint8_t n_pairs, uint8_t n_paths)
{
	struct cs_source s;
	uint8_t *bytes = (uint8_t *)&s;

	for (size_t i = 0; i < sizeof(s); i++)
		bytes[i] = (uint8_t)(i * 7 + 1);
	s.bits = 120;
	s.n_obs = n_obs;
	s.n_pairs = n_pairs;
	s.n_paths = n_paths;
	memset(s.path + n_paths, 0, (CS_SOURCE_PATHS - n_paths) * sizeof(s.path[0]));
	memset(s.pair + n_pairs, 0, (CS_SOURCE_PAIRS - n_pairs) * sizeof(s.pair[0]));
	memset(s.obs + n_obs, 0, (CS_SOURCE_OBS - n_obs) * sizeof(s.obs[0]));
	for (uint8_t i = 0; i < n_obs; i++)
		s.obs[i].kind = i;
	return s;
}

static struct cs_post_source source_with(uint8_t n)
{
	struct cs_post_source post = {
		.source = state_with(n, n % (CS_SOURCE_PAIRS + 1),
				     n % (CS_SOURCE_PATHS + 1)),
		.finding = { .primary = CS_CLASS_C1,
			     .classes = 1 << CS_CLASS_C1 | 1 << CS_CLASS_B,
			     .victim = true,
			     .answered = true,
			     .confidence = 87,
			     .n_because = 2,
			     .because = { CS_OBS_DISCOVERY, CS_OBS_FAULT + 3 } },
		.samples = { { .kind = CS_OBS_WRITE, .wall_us = 5, .bytes = SPAN("abc") },
			     { .kind = CS_OBS_PING, .wall_us = -1 } },
		.n_samples = 2,
	};

	return post;
}

static void a_source_comes_back_as_it_was(void **state)
{
	(void)state;
	for (uint8_t n = 0; n <= CS_SOURCE_OBS; n++) {
		struct cs_post_source post = source_with(n), got;
		struct cs_wr w = cs_wr_over(room, sizeof(room));
		struct cs_rd body;

		write_source(&w, &post);
		body = frame_of(&w, CS_POST_SOURCE);
		assert_int_equal(cs_post_source_read(&body, &got), CS_OK);
		assert_memory_equal(&got.source, &post.source,
				    offsetof(struct cs_source, obs) +
					    sizeof(post.source.obs));
		assert_int_equal(got.finding.primary, CS_CLASS_C1);
		assert_int_equal(got.finding.classes, post.finding.classes);
		assert_true(got.finding.victim && got.finding.answered);
		assert_false(got.finding.inherited);
		assert_int_equal(got.finding.confidence, 87);
		assert_int_equal(got.finding.n_because, 2);
		assert_int_equal(got.finding.because[1], CS_OBS_FAULT + 3);
		assert_int_equal(got.n_samples, 2);
		assert_int_equal(got.samples[0].kind, CS_OBS_WRITE);
		assert_true(cs_span_eq(got.samples[0].bytes, SPAN("abc")));
		assert_true(got.samples[1].wall_us == -1);
		assert_int_equal(got.samples[1].bytes.len, 0);
	}
}

static const uint8_t request[] = "\x42\x03\x12\x34to\xb5light\x11\x32\xff{on}";

static struct cs_track_message message_of(struct cs_packet *packet,
					  struct cs_sight *sight)
{
	struct cs_flaw flaw;

	*packet = (struct cs_packet){ .kind = CS_PACKET_UDP,
				      .from = cs_addr_v4(0x0a000001),
				      .to = cs_addr_v4(0xe00001bb),
				      .from_port = 40000,
				      .to_port = 5683,
				      .hop_limit = 63,
				      .to_group = true,
				      .payload = SPAN(request),
				      .payload_len = 1000 };
	*sight = (struct cs_sight){ .kind = CS_SIGHT_REQUEST,
				    .traits = CS_SIGHT_WRITES,
				    .n_flaws = 1,
				    .flaw = { { CS_FAULT_REPEATED, 6 } } };
	assert_int_equal(cs_msg_decode(packet->payload, &sight->msg, &flaw), CS_OK);
	return (struct cs_track_message){ .wall_us = 1700000000123456,
					  .packet = packet,
					  .sight = sight,
					  .bytes = SPAN(request),
					  .len = 1000,
					  .way = CS_WAY_OUT,
					  .again = true,
					  .matched = true,
					  .request_us = 77,
					  .request_len = 21 };
}

static void a_message_comes_back_with_its_options(void **state)
{
	struct cs_wr w = cs_wr_over(room, sizeof(room));
	struct cs_packet packet;
	struct cs_sight sight;
	struct cs_track_message message = message_of(&packet, &sight);
	struct cs_post_message got;
	struct cs_rd body;

	(void)state;
	cs_post_message_write(&w, &message);
	body = frame_of(&w, CS_POST_MESSAGE);
	assert_int_equal(cs_post_message_read(&body, &got), CS_OK);
	assert_true(got.wall_us == message.wall_us && got.request_us == 77);
	assert_int_equal(cs_addr_cmp(&got.from, &packet.from), 0);
	assert_int_equal(cs_addr_cmp(&got.to, &packet.to), 0);
	assert_int_equal(got.from_port, 40000);
	assert_int_equal(got.to_port, 5683);
	assert_int_equal(got.hop_limit, 63);
	assert_int_equal(got.way, CS_WAY_OUT);
	assert_true(got.again && got.matched && got.to_group);
	assert_int_equal(got.payload_len,
			 got.payload.len ? got.payload.len + 1000 - got.bytes.len : 0);
	assert_false(got.tcp || got.secure);
	assert_int_equal(got.request_len, 21);
	assert_int_equal(got.len, 1000);
	assert_int_equal(got.kind, CS_SIGHT_REQUEST);
	assert_int_equal(got.traits, CS_SIGHT_WRITES);
	assert_int_equal(got.n_flaws, 1);
	assert_int_equal(got.flaw[0].fault, CS_FAULT_REPEATED);
	assert_int_equal(got.flaw[0].at, 6);
	assert_int_equal(got.code, CS_CODE(0, 3));
	assert_int_equal(got.mid, 0x1234);
	assert_true(cs_span_eq(got.token, SPAN("to")));
	assert_true(cs_span_eq(got.options, SPAN("\0\x0b\0\5light\0\x0c\0\1\x32")));
	assert_true(cs_span_eq(got.payload, SPAN("{on}")));
	assert_true(cs_span_eq(got.bytes, packet.payload));
}

static void a_datagram_of_nothing_but_options_fits(void **state)
{
	static uint8_t many[65507] = "\x40\x01\0\1"; /* and empty options, number 0 */
	struct cs_wr w = cs_wr_over(room, CS_POST_MAX);
	struct cs_packet packet;
	struct cs_sight sight;
	struct cs_track_message message = message_of(&packet, &sight);
	struct cs_post_message got;
	struct cs_flaw flaw;
	struct cs_rd body;

	(void)state;
	message.bytes = cs_span_of(many, sizeof(many));
	assert_int_equal(cs_msg_decode(message.bytes, &sight.msg, &flaw), CS_OK);
	cs_post_message_write(&w, &message);
	body = frame_of(&w, CS_POST_MESSAGE);
	assert_int_equal(cs_post_message_read(&body, &got), CS_OK);
	assert_int_equal(got.bytes.len, sizeof(many));
	assert_int_equal(got.options.len, 256 * 4);
}

static void counts_evidence_and_notes_come_back(void **state)
{
	struct cs_wr w = cs_wr_over(room, sizeof(room));
	struct cs_post_counts counts = { .frames = 9, .around = { .reflectors = 3 } }, c;
	struct cs_post_evidence evidence = { 5, 113, 70, SPAN("frame") }, e;
	struct cs_rd rd, body;
	enum cs_post_kind kind;
	struct cs_span text;

	(void)state;
	counts.track.faults[CS_FAULT_MARKER] = 4;
	counts.last = true;
	cs_post_counts_write(&w, &counts);
	cs_post_evidence_write(&w, &evidence);
	cs_post_text_write(&w, CS_POST_NOTE, "eth0: gone");
	rd = cs_rd_over(w.base, w.pos);
	assert_true(cs_post_next(&rd, &kind, &body));
	assert_int_equal(cs_post_counts_read(&body, &c), CS_OK);
	assert_true(c.frames == 9 && c.last && c.around.reflectors == 3);
	assert_true(c.track.faults[CS_FAULT_MARKER] == 4);
	assert_true(cs_post_next(&rd, &kind, &body));
	assert_int_equal(kind, CS_POST_EVIDENCE);
	assert_int_equal(cs_post_evidence_read(&body, &e), CS_OK);
	assert_true(e.wall_us == 5 && e.dlt == 113 && e.wire_len == 70);
	assert_true(cs_span_eq(e.bytes, evidence.bytes));
	assert_true(cs_post_next(&rd, &kind, &body));
	assert_int_equal(kind, CS_POST_NOTE);
	assert_int_equal(cs_post_text_read(&body, &text), CS_OK);
	assert_true(cs_span_eq(text, SPAN("eth0: gone")));
	assert_false(cs_post_next(&rd, &kind, &body));
	assert_int_equal(rd.err, CS_OK);
}

static void a_cut_frame_is_waited_for_and_never_read(void **state)
{
	struct cs_wr w = cs_wr_over(room, sizeof(room));
	struct cs_post_source post = source_with(3);

	(void)state;
	write_source(&w, &post);
	for (size_t n = 0; n < w.pos; n++) {
		uint8_t *copy = heap_copy(room, n);
		struct cs_rd rd = cs_rd_over(copy, n), body;
		enum cs_post_kind kind;

		assert_false(cs_post_next(&rd, &kind, &body));
		assert_int_equal(rd.err, CS_OK);
		assert_int_equal(rd.pos, 0);
		free(copy);
	}
}

static void a_cut_body_is_an_error(void **state)
{
	struct cs_wr w = cs_wr_over(room, sizeof(room));
	struct cs_post_source post = source_with(3), got;
	struct cs_rd body;
	size_t len;

	(void)state;
	write_source(&w, &post);
	body = frame_of(&w, CS_POST_SOURCE);
	len = body.len;
	for (size_t n = 0; n < len; n++) {
		uint8_t *copy = heap_copy(body.base, n);
		struct cs_rd cut = cs_rd_over(copy, n);

		assert_int_not_equal(cs_post_source_read(&cut, &got), CS_OK);
		free(copy);
	}
}

static const struct {
	const char *name;
	struct cs_span bytes;
} untrue[] = {
	{ "no length", SPAN_ROW("\0\0\0\0\1") },
	{ "longer than any", SPAN_ROW("\xff\xff\xff\xff\1") },
	{ "of no kind", SPAN_ROW("\0\0\0\1\0") },
	{ "of a kind that is not yet", SPAN_ROW("\0\0\0\1\10") },
};

static void what_is_no_frame_ends_the_reading(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(untrue); i++) {
		struct cs_rd rd = cs_rd_over(untrue[i].bytes.ptr, untrue[i].bytes.len);
		struct cs_rd body;
		enum cs_post_kind kind;

		if (cs_post_next(&rd, &kind, &body) || rd.err != CS_ERR_RANGE)
			fail_msg("%s: %s", untrue[i].name, cs_strerror(rd.err));
	}
}

static void a_state_out_of_its_bounds_is_refused(void **state)
{
	struct cs_post_source good = source_with(2), got;
	struct cs_post_source bad[5] = { good, good, good, good, good };

	(void)state;
	bad[0].source.bits = 129;
	bad[1].source.obs[1].kind = CS_OBS_KINDS;
	bad[2].finding.primary = CS_CLASSES;
	bad[3].finding.confidence = 101;
	bad[4].samples[0].kind = CS_OBS_KINDS;
	for (size_t i = 0; i < CS_LEN(bad); i++) {
		struct cs_wr w = cs_wr_over(room, sizeof(room));
		struct cs_rd body;

		write_source(&w, &bad[i]);
		body = frame_of(&w, CS_POST_SOURCE);
		assert_int_equal(cs_post_source_read(&body, &got), CS_ERR_RANGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_comes_back_as_it_was),
		cmocka_unit_test(a_message_comes_back_with_its_options),
		cmocka_unit_test(a_datagram_of_nothing_but_options_fits),
		cmocka_unit_test(counts_evidence_and_notes_come_back),
		cmocka_unit_test(a_cut_frame_is_waited_for_and_never_read),
		cmocka_unit_test(a_cut_body_is_an_error),
		cmocka_unit_test(what_is_no_frame_ends_the_reading),
		cmocka_unit_test(a_state_out_of_its_bounds_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
