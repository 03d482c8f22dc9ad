/* SPDX-License-Identifier: Apache-2.0 */
/* A judgement that is kept is the one that would be made again. */
#include "base/wr.h"
#include "enrich/judged.h"
#include "result.h"

/* Room for what a change writes. */
struct drawn {
	struct cs_result result;
	uint8_t header[64], body[512];
};

static uint64_t state = 1;

static uint32_t draw(uint32_t below)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)((state >> 32) % below);
}

/* --- one change to a result --- */

static void code(struct drawn *d)
{
	d->header[1] = (uint8_t)(d->header[1] ^ (1 + draw(255)));
}

static void type(struct drawn *d)
{
	d->header[0] = (uint8_t)(d->header[0] ^ (1 + draw(255)));
}

static void options(struct drawn *d)
{
	size_t behind = d->result.header.len - 4;

	d->header[4 + draw((uint32_t)behind)] ^= (uint8_t)(1 + draw(255));
}

static void header_len(struct drawn *d)
{
	d->result.header.len = draw((uint32_t)d->result.header.len);
}

static void body(struct drawn *d)
{
	d->body[draw((uint32_t)d->result.body.len)] ^= (uint8_t)(1 + draw(255));
}

static void body_len(struct drawn *d)
{
	d->result.body.len = draw((uint32_t)d->result.body.len);
}

static void request_size(struct drawn *d)
{
	d->result.request_size = d->result.request_size == 4 ? RESULT_REQUEST : 4;
}

static void response_size(struct drawn *d)
{
	d->result.response_size += 1 + draw(1000);
}

static void datagrams(struct drawn *d)
{
	d->result.datagrams += 1 + draw(40);
}

static void bytes(struct drawn *d)
{
	d->result.bytes += 1 + draw(1000);
}

static void complete(struct drawn *d)
{
	d->result.complete = !d->result.complete;
}

static void blocks(struct drawn *d)
{
	d->result.blocks++;
}

static void match(struct drawn *d)
{
	d->result.match = (enum cs_match)((d->result.match + 1 + draw(2)) % 3);
}

static void fault(struct drawn *d)
{
	d->result.malformed.fault =
		d->result.malformed.fault ? CS_FAULT_NONE : CS_FAULT_SHORT;
}

static void fault_at(struct drawn *d)
{
	d->result.malformed.at++;
}

static void address(struct drawn *d)
{
	d->result.ip.b[draw(16)] ^= 0xff;
}

static void port(struct drawn *d)
{
	d->result.port++;
}

static void reply_port(struct drawn *d)
{
	d->result.reply_port++;
}

static void time_us(struct drawn *d)
{
	d->result.time_us++;
}

static void rtt(struct drawn *d)
{
	d->result.rtt_us++;
}

static void message_id(struct drawn *d)
{
	d->header[2 + draw(2)] ^= 0xff;
}

static const struct {
	const char *name;
	void (*make)(struct drawn *d);
	bool known_by; /* the hash is of it */
	bool read;     /* the judgement is of it, at times */
} changes[] = {
	{ "code", code, true, true },
	{ "type and version", type, true, true },
	{ "options", options, true, true },
	{ "length of the header", header_len, true, true },
	{ "body", body, true, true },
	{ "length of the body", body_len, true, true },
	{ "request size", request_size, true, true },
	{ "response size", response_size, true, true },
	{ "datagrams", datagrams, true, true },
	{ "bytes", bytes, true, false },
	{ "complete", complete, true, true },
	{ "blocks", blocks, true, false },
	{ "match", match, true, true },
	{ "fault", fault, true, false },
	{ "where the fault is", fault_at, true, false },
	{ "address", address, false, false },
	{ "port", port, false, false },
	{ "reply port", reply_port, false, false },
	{ "time", time_us, false, false },
	{ "round trip", rtt, false, false },
	{ "message ID", message_id, false, false },
};

/* --- results --- */

static void draw_header(struct drawn *d)
{
	static const struct cs_span pool[] = {
		SPAN_ROW("\x60\x45\x00\x00\xc1\x28\xff"), /* 2.05, a list of links */
		SPAN_ROW("\x60\x45\x00\x00\xc0\xff"),     /* text */
		SPAN_ROW("\x50\x84\x00\x00\xd2\x0f\x01\x02"),
		SPAN_ROW("\x64\x81\x00\x00tokn"),
		/* ETag of two bytes, Block2: what one family answers. */
		SPAN_ROW("\x60\x45\x00\x00\x42\x00\x00\x81\x28\xb1\x06\xff"),
		SPAN_ROW("\x60\x45\x00\x00\x41\x01\xd1\x06\x06\x51\x09\xff"),
		SPAN_ROW("\x60\x45\x00\x00\xf0\xff"), /* a reserved nibble */
		/* Longer than what is compared as it is. */
		SPAN_ROW("\x68\x45\x00\x00tokentok\xc1\x28\xd1\x0f\x06\xdf\x06\x02longer "
			 "than that\xff"),
	};
	struct cs_span header = pool[draw(CS_LEN(pool))];

	memcpy(d->header, header.ptr, header.len);
	d->header[2] = (uint8_t)draw(256);
	d->header[3] = (uint8_t)draw(256);
	d->result.header = cs_span_of(d->header, header.len);
}

static void draw_body(struct drawn *d)
{
	static const struct cs_span pool[] = {
		SPAN_ROW("</fw>;title=\"x\","),
		SPAN_ROW("</light/1>;rt=lamp;if=core.a,"),
		SPAN_ROW("</qlink/request>,"),
		SPAN_ROW("</.well-known/core>;ct=40,"),
		SPAN_ROW("</rd>;rt=core.rd,"),
		SPAN_ROW("</3/0>,</1/0>,"),
		SPAN_ROW("</api>,</api/v1>,"),
		SPAN_ROW("This is a test server made with libcoap"),
		SPAN_ROW("Californium CoAP"),
		SPAN_ROW("</oic/res>;rt=\"oic.wk.res\";obs"),
	};
	struct cs_wr w = cs_wr_over(d->body, sizeof(d->body));

	for (uint32_t n = 1 + draw(4); n > 0; n--)
		cs_wr_span(&w, pool[draw(CS_LEN(pool))]);
	d->result.body = cs_wr_done(&w);
}

static void draw_result(struct drawn *d)
{
	*d = (struct drawn){ .result = result_of((struct cs_span){ 0 },
						 (struct cs_span){ 0 }) };
	draw_header(d);
	draw_body(d);
	d->result.response_size = (uint32_t)(d->result.header.len + d->result.body.len);
	d->result.complete = draw(4) > 0;
	d->result.match = (enum cs_match)draw(3);
}

static void copy(struct drawn *to, const struct drawn *from)
{
	*to = *from;
	to->result.header.ptr = to->header;
	to->result.body.ptr = to->body;
}

/* --- comparing --- */

static struct cs_judgement judge(const struct cs_result *result, enum cs_judge_by by,
				 struct cs_judge_room *room)
{
	struct cs_judgement out;
	struct cs_reading reading;

	cs_result_read(result, &reading);
	cs_judge(result, &reading, by, room, &out);
	return out;
}

static bool same(const struct cs_judgement *a, const struct cs_judgement *b)
{
	return cs_span_eq(a->stack, b->stack) && a->confidence == b->confidence &&
	       cs_span_eq(a->stack_because, b->stack_because) &&
	       a->severity == b->severity &&
	       cs_span_eq(a->severity_because, b->severity_because) &&
	       cs_span_eq(a->tags, b->tags);
}

static void must_find(struct cs_judged *judged, const struct drawn *d,
		      const struct cs_judgement *want, const char *change)
{
	const struct cs_judgement *got;

	assert_int_equal(cs_judged_find(judged, &d->result, &got, 1), CS_OK);
	if (!same(got, want))
		fail_msg("after a change of %s: '%.*s', want '%.*s'", change,
			 (int)got->severity_because.len,
			 (const char *)got->severity_because.ptr,
			 (int)want->severity_because.len,
			 (const char *)want->severity_because.ptr);
}

/* One result, and what one change of it does. Returns whether it is judged anew. */
static bool try_change(struct cs_judged *judged, enum cs_judge_by by, size_t change)
{
	struct cs_judge_room room[2];
	struct cs_judgement want[2];
	struct drawn d[2];

	draw_result(&d[0]);
	copy(&d[1], &d[0]);
	changes[change].make(&d[1]);
	for (size_t i = 0; i < 2; i++) {
		want[i] = judge(&d[i].result, by, &room[i]);
		must_find(judged, &d[i], &want[i], changes[change].name);
	}
	/* Twice: now it is kept, and the other did not take its place. */
	for (size_t i = 0; i < 2; i++)
		must_find(judged, &d[i], &want[i], changes[change].name);
	return !same(&want[0], &want[1]);
}

static void try_changes(enum cs_judge_by by)
{
	enum { ROUNDS = 1500 };
	struct cs_judged *judged;

	assert_int_equal(cs_judged_open(by, &judged), CS_OK);
	for (size_t change = 0; change < CS_LEN(changes); change++) {
		unsigned differ = 0;

		cs_judged_begin(judged, 2 * ROUNDS);
		for (unsigned i = 0; i < ROUNDS; i++)
			differ += try_change(judged, by, change);
		if (changes[change].read && differ == 0)
			fail_msg("%s: no judgement differs", changes[change].name);
		if (!changes[change].known_by && differ > 0)
			fail_msg("%s: %u judgements differ", changes[change].name,
				 differ);
	}
	cs_judged_close(judged);
}

static void a_judgement_that_is_kept_is_the_one_made_again(void **arg)
{
	(void)arg;
	try_changes(CS_JUDGE_OWN);
}

static void the_hash_is_of_every_field_but_those_that_devices_differ_in(void **arg)
{
	const struct cs_sipkey key = { 1, 2 };

	(void)arg;
	for (size_t change = 0; change < CS_LEN(changes); change++) {
		struct cs_sip128 hash[2];
		struct drawn d[2];

		for (unsigned round = 0; round < 200; round++) {
			draw_result(&d[0]);
			copy(&d[1], &d[0]);
			changes[change].make(&d[1]);
			for (size_t i = 0; i < 2; i++)
				hash[i] = cs_judged_hash(&key, &d[i].result);
			if ((hash[0].lo != hash[1].lo && hash[0].hi != hash[1].hi) !=
			    changes[change].known_by)
				fail_msg("%s", changes[change].name);
		}
	}
}

static void where_the_header_ends_and_the_body_begins_is_part_of_it(void **arg)
{
	const struct cs_sipkey key = { 1, 2 };
	struct cs_result a = result_of(SPAN("\x60\x45\x01\x02\xc0"), SPAN("ab"));
	struct cs_result b = a;

	(void)arg;
	b.header = SPAN("\x60\x45\x01\x02\xc0"
			"a");
	b.body = SPAN("b");
	assert_int_not_equal(cs_judged_hash(&key, &a).lo, cs_judged_hash(&key, &b).lo);
}

/* Every header that is too short to have a Message ID is told by all its bytes. */
static void short_headers_are_told_apart(void **arg)
{
	static const uint8_t bytes_of[] = { 0x60, 0x45, 0x01 };
	const struct cs_sipkey key = { 1, 2 };

	(void)arg;
	for (size_t len = 0; len <= sizeof(bytes_of); len++) {
		uint8_t *exact = len ? malloc(len) : NULL;
		struct cs_result result =
			result_of(cs_span_of(exact, len), (struct cs_span){ 0 });

		if (exact)
			memcpy(exact, bytes_of, len);

		struct cs_sip128 before = cs_judged_hash(&key, &result);

		for (size_t i = 0; i < len; i++) {
			exact[i] ^= 1;
			assert_int_not_equal(cs_judged_hash(&key, &result).lo, before.lo);
			exact[i] ^= 1;
		}
		free(exact);
	}
}

static void shadowservers_judgements_are_kept_by_themselves(void **arg)
{
	struct cs_result one = result_of(RESULT_LINKS, SPAN("</fw>"));
	const struct cs_judgement *out;
	struct cs_judged *judged;

	(void)arg;
	one.response_size = 60000;
	assert_int_equal(cs_judged_open(CS_JUDGE_SHADOWSERVER, &judged), CS_OK);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(cs_judged_find(judged, &one, &out, 1), CS_OK);
		assert_int_equal(out->severity, CS_SEVERITY_MEDIUM);
		assert_int_equal(cs_judged_count(judged), 1);
	}
	cs_judged_close(judged);
}

static void when_it_is_full_it_begins_anew(void **arg)
{
	enum { TURN = 4096 };
	struct cs_result one = result_of(RESULT_EMPTY, (struct cs_span){ 0 });
	const struct cs_judgement *out, *first = NULL;
	struct cs_judged *judged;

	(void)arg;
	assert_int_equal(cs_judged_open(CS_JUDGE_OWN, &judged), CS_OK);
	for (unsigned i = 0; i <= CS_JUDGED_MOST; i++) {
		if (i % TURN == 0)
			cs_judged_begin(judged, TURN);
		assert_int_equal(cs_judged_count(judged), i % CS_JUDGED_MOST);
		one.bytes = i;
		assert_int_equal(cs_judged_find(judged, &one, &out, 1), CS_OK);
		if (i == CS_JUDGED_MOST - TURN)
			first = out;
		/* Until the next call all that were given are there. */
		if (i == CS_JUDGED_MOST - 1)
			assert_memory_equal(first->tags.ptr, CS_TAGS_PLAIN,
					    strlen(CS_TAGS_PLAIN));
	}
	assert_int_equal(cs_judged_count(judged), 1);
	cs_judged_close(judged);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_judgement_that_is_kept_is_the_one_made_again),
		cmocka_unit_test(
			the_hash_is_of_every_field_but_those_that_devices_differ_in),
		cmocka_unit_test(where_the_header_ends_and_the_body_begins_is_part_of_it),
		cmocka_unit_test(short_headers_are_told_apart),
		cmocka_unit_test(shadowservers_judgements_are_kept_by_themselves),
		cmocka_unit_test(when_it_is_full_it_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
