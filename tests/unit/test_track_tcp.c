/* SPDX-License-Identifier: Apache-2.0 */
/* What comes by TCP, DTLS and ICMP, and what is handed out besides single sources. */
#include "talk_rows.h"

#include "coap/stream.h"

static uint32_t count_of(struct cs_track *track, enum host host, enum cs_obs kind)
{
	struct cs_source source;

	return known(track, host, &source) ? cs_source_count(&source, kind) : 0;
}

/* --- TCP --- */

struct segment {
	int64_t ms;
	enum host from, to;
	uint8_t flags;
	uint32_t seq, ack;
	uint8_t code; /* of the message in it; 0: none */
	enum body body;
	size_t skip, most; /* only these of its bytes; most 0: all */
};

static void send_segment(struct cs_track *track, const struct segment *segment)
{
	struct cs_packet packet = packet_between(segment->from, 0, segment->to, 0);
	uint8_t bytes[DATAGRAM_MAX], rest[DATAGRAM_MAX];
	struct cs_wr w = cs_wr_over(bytes, sizeof(bytes));
	struct cs_wr r = cs_wr_over(rest, sizeof(rest));

	write_body(&r, segment->body);
	if (segment->code)
		cs_stream_write(&w, segment->code, SPAN("t"), cs_wr_done(&r));
	packet.kind = CS_PACKET_TCP;
	packet.protocol = 6;
	packet.flags = segment->flags;
	packet.seq = segment->seq;
	packet.ack = segment->ack;
	packet.payload = cs_span_of(bytes + segment->skip, w.pos - segment->skip);
	if (segment->most)
		packet.payload.len = segment->most;
	packet.payload_len = (uint32_t)packet.payload.len;
	cs_track_packet(track, wall_of(segment->ms), &packet);
}

#define SYN CS_TCP_SYN
#define ACK CS_TCP_ACK
#define CSM CS_CODE(7, 1)

static const struct segment exchange[] = {
	{ 0, SRC, DEV, .flags = SYN, .seq = 999 },
	{ 1, DEV, SRC, .flags = SYN | ACK, .seq = 4999, .ack = 1000 },
	{ 2, SRC, DEV, .flags = ACK, .seq = 1000, .ack = 5000 },
	{ 3, SRC, DEV, .flags = ACK, .seq = 1000, .ack = 5000, .code = CSM },
	{ 4, DEV, SRC, .flags = ACK, .seq = 5000, .ack = 1003, .code = CSM },
	{ 5, SRC, DEV, .flags = ACK, .seq = 1003, .ack = 5003, .code = PUT, .body = LIGHT,
	  .most = 4 },
	{ 6, SRC, DEV, .flags = ACK, .seq = 1007, .ack = 5003, .code = PUT, .body = LIGHT,
	  .skip = 4 },
	{ 7, DEV, SRC, .flags = ACK, .seq = 5003, .ack = 1012, .code = C204 },
};

static void a_connection_that_is_established_is_proof(void **state)
{
	struct cs_track *track = track_new(false, NULL, NULL);
	struct cs_track_counts counts;
	struct cs_source source;

	(void)state;
	for (size_t i = 0; i < sizeof(exchange) / sizeof(exchange[0]); i++)
		send_segment(track, &exchange[i]);
	assert_true(known(track, SRC, &source));
	assert_false(known(track, DEV, &source));
	assert_int_equal(count_of(track, SRC, CS_OBS_TCP), 1);
	assert_int_equal(count_of(track, SRC, CS_OBS_CONNECTED), 1);
	assert_int_equal(count_of(track, SRC, CS_OBS_WRITE), 1);
	assert_int_equal(count_of(track, SRC, CS_OBS_WRITE_DONE), 1);
	assert_int_equal(count_of(track, SRC, CS_OBS_ANSWERED), 1);
	assert_true(known(track, SRC, &source));
	assert_int_equal(source.packets, 5);
	assert_int_equal(source.requests, 1);
	assert_int_equal(source.unproved, 0);
	cs_track_counted(track, &counts);
	assert_int_equal(counts.coap_tcp, 4);
	assert_int_equal(counts.coap, 0);
	cs_track_close(track);
}

/* Where the handshake ends is known where data begins, in whatever order that is captured. */
static void data_in_another_order_is_read_all_the_same(void **state)
{
	static const unsigned order[] = { 0, 1, 2, 6, 5, 3, 7, 4 };
	struct cs_track *track = track_new(false, NULL, NULL);
	struct cs_track_counts counts;

	(void)state;
	for (size_t i = 0; i < CS_LEN(order); i++) {
		struct segment segment = exchange[order[i]];

		segment.ms = (int64_t)i;
		send_segment(track, &segment);
	}
	assert_int_equal(count_of(track, SRC, CS_OBS_WRITE), 1);
	assert_int_equal(count_of(track, SRC, CS_OBS_WRITE_DONE), 1);
	assert_int_equal(count_of(track, SRC, CS_OBS_ALIEN + CS_ALIEN_UNKNOWN), 0);
	cs_track_counted(track, &counts);
	assert_int_equal(counts.coap_tcp, 4);
	cs_track_close(track);
}

/* A capture that begins with the second half of a message: the next segment begins well. */
static void a_message_that_was_captured_in_part_is_passed_over(void **state)
{
	struct cs_track *track = track_new(false, NULL, NULL);
	struct segment write = exchange[5];

	(void)state;
	write.skip = 4;
	write.most = 0;
	send_segment(track, &write);
	write = (struct segment){ 7,           SRC,         DEV,         .flags = ACK,
				  .seq = 1008, .ack = 5003, .code = PUT, .body = LIGHT };
	send_segment(track, &write);
	assert_int_equal(count_of(track, SRC, CS_OBS_WRITE), 1);
	assert_int_equal(count_of(track, SRC, CS_OBS_ALIEN + CS_ALIEN_UNKNOWN), 0);
	cs_track_close(track);
}

static void a_refused_syn_is_only_tried(void **state)
{
	static const struct segment tries[] = {
		{ 0, SRC, DEV, .flags = SYN, .seq = 999 },
		{ 1, DEV, SRC, .flags = CS_TCP_RST | ACK, .ack = 1000 },
		{ 1000, SRC, DEV, .flags = SYN, .seq = 999 },
		{ 1001, DEV, SRC, .flags = CS_TCP_RST | ACK, .ack = 1000 },
	};
	struct cs_track *track = track_new(true, NULL, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
		send_segment(track, &tries[i]);
	assert_int_equal(count_of(track, SRC, CS_OBS_TCP), 1);
	assert_int_equal(count_of(track, SRC, CS_OBS_CLOSED), 2);
	assert_int_equal(count_of(track, SRC, CS_OBS_CONNECTED), 0);
	cs_track_close(track);
}

static void a_guessed_acknowledgement_connects_nobody(void **state)
{
	struct segment guess = exchange[2];
	struct cs_track *track = track_new(true, NULL, NULL);

	(void)state;
	guess.ack++;
	send_segment(track, &exchange[0]);
	send_segment(track, &exchange[1]);
	send_segment(track, &guess);
	assert_int_equal(count_of(track, SRC, CS_OBS_CONNECTED), 0);
	cs_track_close(track);
}

/* --- DTLS --- */

static void send_bytes(struct cs_track *track, int64_t ms, enum host from, enum host to,
		       uint16_t from_port, uint16_t to_port, struct cs_span bytes)
{
	struct cs_packet packet = packet_between(from, from_port, to, to_port);

	packet.payload = bytes;
	packet.payload_len = (uint32_t)bytes.len;
	cs_track_packet(track, wall_of(ms), &packet);
}

static void data_both_ways_ends_a_dtls_handshake(void **state)
{
	const struct cs_span hello = SPAN("\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\x01\x01");
	const struct cs_span data = SPAN("\x17\xfe\xfd\0\x01\0\0\0\0\0\x01\0\x04"
					 "abcd");
	struct cs_track *track = track_new(false, NULL, NULL);
	struct cs_track_counts counts;
	struct cs_source source;

	(void)state;
	send_bytes(track, 0, SRC, DEV, 4000, 5684, hello);
	send_bytes(track, 1, DEV, SRC, 5684, 4000, hello);
	send_bytes(track, 2, SRC, DEV, 4000, 5684, data);
	assert_int_equal(count_of(track, SRC, CS_OBS_CONNECTED), 0);
	send_bytes(track, 3, DEV, SRC, 5684, 4000, data);
	assert_int_equal(count_of(track, SRC, CS_OBS_CONNECTED), 1);
	assert_int_equal(count_of(track, SRC, CS_OBS_ALIEN + CS_ALIEN_DTLS), 2);
	assert_false(known(track, DEV, &source));
	cs_track_counted(track, &counts);
	assert_int_equal(counts.alien[CS_ALIEN_DTLS], 4);
	assert_int_equal(counts.coap, 0);
	cs_track_close(track);
}

/* --- ICMP --- */

static void send_icmp(struct cs_track *track, int64_t ms, enum host reporter,
		      enum host sender, uint16_t sender_port, enum host receiver,
		      uint16_t receiver_port)
{
	struct cs_packet packet = {
		.kind = CS_PACKET_ICMP,
		.from = cs_addr_v4(endpoints[reporter].ip),
		.to = cs_addr_v4(endpoints[sender].ip),
		.protocol = 1,
		.hop_limit = 60,
		.quote = { .type = 3,
			   .code = 3,
			   .port_closed = true,
			   .from = cs_addr_v4(endpoints[sender].ip),
			   .to = cs_addr_v4(endpoints[receiver].ip),
			   .from_port =
				   sender_port ? sender_port : endpoints[sender].port,
			   .to_port = receiver_port ? receiver_port
						    : endpoints[receiver].port,
			   .protocol = 17 },
	};

	cs_track_packet(track, wall_of(ms), &packet);
}

static const struct row ask = { 0, SRC, DEV, CS_CON, GET, 1, 7, .body = CORE };
static const struct row answer = { 5, DEV, SRC, CS_ACK, C205, 1, 7, .body = TEXT };

static void errors_say_who_refused_whom(void **state)
{
	(void)state;
	for (int local = 0; local < 2; local++) {
		struct cs_track *track = track_new(local, NULL, NULL);
		struct cs_track_counts counts;

		send_row(track, &ask);
		send_icmp(track, 1, DEV, SRC, 0, DEV, 0);
		assert_int_equal(count_of(track, SRC, CS_OBS_CLOSED), 1);
		send_row(track, &answer);
		send_icmp(track, 6, SRC, DEV, 0, SRC, 0);
		assert_int_equal(count_of(track, SRC, CS_OBS_UNREACHABLE), 1);
		send_icmp(track, 9, OUT, DEV, 77, OUT, 0);
		assert_int_equal(count_of(track, OUT, CS_OBS_BACKSCATTER_ICMP), 1);
		cs_track_counted(track, &counts);
		assert_int_equal(counts.icmp_quotes, 3);
		assert_int_equal(counts.coap, 2);
		cs_track_close(track);
	}
}

static void an_error_about_what_nobody_sent_is_backscatter(void **state)
{
	struct cs_track *track = track_new(false, NULL, NULL);
	struct cs_surroundings around;
	struct cs_source source;

	(void)state;
	send_icmp(track, 0, OUT, SRC, 0, OUT, 0);
	assert_int_equal(count_of(track, OUT, CS_OBS_BACKSCATTER_ICMP), 1);
	assert_false(known(track, SRC, &source));
	cs_track_surroundings(track, &around);
	assert_int_equal(around.reflectors, 1);
	cs_track_close(track);
}

/* --- the whole --- */

struct heard {
	unsigned messages, matched, again, evidence;
	int64_t request_us;
	enum cs_track_way way[8];
};

static void hear(void *arg, const struct cs_track_message *message)
{
	struct heard *heard = arg;

	heard->way[heard->messages++ % 8] = message->way;
	heard->matched += message->matched;
	heard->again += message->again;
	heard->evidence += message->evidence;
	if (message->matched)
		heard->request_us = message->request_us;
}

static void each_message_is_told_with_its_request(void **state)
{
	struct heard heard = { 0 };
	struct cs_track *track = track_new(true, hear, &heard);
	struct row again = ask;

	(void)state;
	again.ms = 3;
	send_row(track, &ask);
	send_row(track, &again);
	send_row(track, &answer);
	assert_int_equal(heard.messages, 3);
	assert_int_equal(heard.again, 1);
	assert_int_equal(heard.matched, 1);
	assert_true(heard.request_us == wall_of(0));
	assert_int_equal(heard.way[0], CS_WAY_IN);
	assert_int_equal(heard.way[2], CS_WAY_OUT);
	assert_int_equal(heard.evidence, 2);
	cs_track_close(track);
}

static void other_ports_do_not_count(void **state)
{
	struct heard heard = { 0 };
	struct cs_track *track = track_new(true, hear, &heard);
	struct cs_track_counts counts;

	(void)state;
	send_bytes(track, 0, SRC, DEV, 4000, 5685, SPAN("\x40\0\0\1"));
	cs_track_counted(track, &counts);
	assert_int_equal(counts.coap, 0);
	assert_int_equal(counts.sources, 0);
	assert_int_equal(heard.messages, 0);
	cs_track_close(track);
}

static void each_datagram_is_counted_once(void **state)
{
	struct cs_track *track = track_new(true, NULL, NULL);
	struct cs_track_counts counts;

	(void)state;
	send_row(track, &ask);
	send_row(track, &answer);
	send_bytes(track, 0, SRC, DEV, 0, 0, SPAN("\x40"));           /* M1 */
	send_bytes(track, 0, SRC, DEV, 0, 0, SPAN("\x40\1\0\1\xff")); /* M11, a request */
	send_bytes(track, 0, SRC, DEV, 0, 0, SPAN("\x70\0\0\1\xff")); /* M12, Empty */
	send_bytes(track, 0, SRC, DEV, 0, 0, SPAN("\x80\1\0\1"));     /* version 2 */
	send_bytes(track, 0, SRC, DEV, 0, 0, SPAN("\x40\x20\0\1"));   /* reserved class */
	send_bytes(track, 0, SRC, DEV, 0, 0, SPAN("\0\0\0\0\0\0\0\0"));
	cs_track_counted(track, &counts);
	assert_int_equal(counts.coap, 6);
	assert_int_equal(counts.requests, 2);
	assert_int_equal(counts.responses, 1);
	assert_int_equal(counts.empty, 1);
	assert_int_equal(counts.reserved_class, 1);
	assert_int_equal(counts.format_errors, 3);
	assert_int_equal(counts.faults[CS_FAULT_SHORT], 1);
	assert_int_equal(counts.faults[CS_FAULT_MARKER], 1);
	assert_int_equal(counts.faults[CS_FAULT_EMPTY], 1);
	assert_int_equal(counts.version_other, 1);
	assert_int_equal(counts.alien[CS_ALIEN_ZEROS], 1);
	cs_track_close(track);
}

struct handed {
	unsigned prefixes, inside, outside;
	uint32_t requests;
};

static bool count_handed(void *arg, const struct cs_source *source,
			 const struct cs_source *prefix, const struct cs_sample *samples,
			 size_t n_samples)
{
	struct handed *handed = arg;

	(void)samples;
	(void)n_samples;
	if (source->bits < 128) {
		handed->prefixes++;
		handed->requests = source->requests;
	} else if (prefix) {
		handed->inside++;
	} else {
		handed->outside++;
	}
	return true;
}

static void send_from(struct cs_track *track, uint32_t ip)
{
	struct cs_packet packet = packet_between(SRC, 0, DEV, 0);

	packet.from = cs_addr_v4(ip);
	packet.payload = SPAN("\x40\1\0\1\xb5light");
	packet.payload_len = (uint32_t)packet.payload.len;
	cs_track_packet(track, wall_of(ip % 256), &packet);
}

static void a_prefix_is_handed_out_from_ten_addresses_on(void **state)
{
	struct cs_track *track = track_new(true, NULL, NULL);
	struct handed handed = { 0 };

	(void)state;
	send_from(track, 0x01020304);
	for (uint32_t i = 0; i < 9; i++)
		send_from(track, 0x05060700 + i);
	assert_int_equal(cs_track_each(track, count_handed, &handed), CS_OK);
	assert_int_equal(handed.prefixes, 0);
	assert_int_equal(handed.outside, 10);
	send_from(track, 0x05060709);
	handed = (struct handed){ 0 };
	assert_int_equal(cs_track_each(track, count_handed, &handed), CS_OK);
	assert_int_equal(handed.prefixes, 1);
	assert_int_equal(handed.requests, 10);
	assert_int_equal(handed.inside, 10);
	assert_int_equal(handed.outside, 1);
	cs_track_close(track);
}

static void a_tick_hands_out_what_changed(void **state)
{
	struct cs_track *track = track_new(true, NULL, NULL);
	struct handed handed = { 0 };

	(void)state;
	send_from(track, 0x01020304);
	send_from(track, 0x01020404);
	assert_int_equal(cs_track_changed(track, count_handed, &handed), CS_OK);
	assert_int_equal(handed.outside, 2);
	handed = (struct handed){ 0 };
	assert_int_equal(cs_track_changed(track, count_handed, &handed), CS_OK);
	assert_int_equal(handed.outside, 0);
	send_from(track, 0x01020404);
	send_from(track, 0x01020404);
	assert_int_equal(cs_track_changed(track, count_handed, &handed), CS_OK);
	assert_int_equal(handed.outside, 1);
	cs_track_close(track);
}

static void a_tick_has_the_prefix_of_what_changed(void **state)
{
	struct cs_track *track = track_new(true, NULL, NULL);
	struct handed handed = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 12; i++)
		send_from(track, 0x05060700 + i);
	assert_int_equal(cs_track_changed(track, count_handed, &handed), CS_OK);
	assert_int_equal(handed.prefixes, 1);
	send_from(track, 0x05060703);
	send_from(track, 0x05060704);
	handed = (struct handed){ 0 };
	assert_int_equal(cs_track_changed(track, count_handed, &handed), CS_OK);
	assert_int_equal(handed.prefixes, 1);
	assert_int_equal(handed.requests, 12);
	assert_int_equal(handed.inside, 2);
	assert_int_equal(handed.outside, 0);
	cs_track_close(track);
}

static void a_resource_that_two_ask_for_is_nobodys_own(void **state)
{
	struct cs_track *track = track_new(true, NULL, NULL);
	struct cs_source source;

	(void)state;
	send_row(track, &(struct row){ 0, SRC, DEV, CS_CON, GET, 1, 7, .body = LIGHT });
	assert_true(known(track, SRC, &source));
	assert_true(cs_track_is_alone(track, &source));
	send_row(track, &(struct row){ 9, SRC2, DEV, CS_CON, GET, 1, 7, .body = LIGHT });
	assert_true(known(track, SRC, &source));
	assert_false(cs_track_is_alone(track, &source));
	cs_track_close(track);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_that_is_established_is_proof),
		cmocka_unit_test(data_in_another_order_is_read_all_the_same),
		cmocka_unit_test(a_message_that_was_captured_in_part_is_passed_over),
		cmocka_unit_test(a_refused_syn_is_only_tried),
		cmocka_unit_test(a_guessed_acknowledgement_connects_nobody),
		cmocka_unit_test(data_both_ways_ends_a_dtls_handshake),
		cmocka_unit_test(errors_say_who_refused_whom),
		cmocka_unit_test(an_error_about_what_nobody_sent_is_backscatter),
		cmocka_unit_test(each_message_is_told_with_its_request),
		cmocka_unit_test(other_ports_do_not_count),
		cmocka_unit_test(each_datagram_is_counted_once),
		cmocka_unit_test(a_prefix_is_handed_out_from_ten_addresses_on),
		cmocka_unit_test(a_tick_hands_out_what_changed),
		cmocka_unit_test(a_tick_has_the_prefix_of_what_changed),
		cmocka_unit_test(a_resource_that_two_ask_for_is_nobodys_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
