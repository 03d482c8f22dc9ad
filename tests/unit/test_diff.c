/* SPDX-License-Identifier: Apache-2.0 */
/* Two days beside each other; and a diff of chance beside one made the slow way. */
#include "days_fixture.h"

#include "report/diff.h"

enum { NEXT = DAY + 1, LINES = 64 * 1024 };

static const uint8_t not_found_header[] = { 0x60, 132, 0x12, 0x34 };

/* --- what a diff says, a line for each --- */

struct told {
	char text[LINES];
	size_t at;
};

static void tell_line(struct told *told, enum cs_change change, unsigned parts,
		      const struct cs_addr *ip, uint16_t port, const struct cs_addr *from)
{
	char text[CS_ADDR_TEXT], old[CS_ADDR_TEXT] = "-";

	cs_addr_text(ip, text);
	if (from)
		cs_addr_text(from, old);
	told->at +=
		(size_t)snprintf(told->text + told->at, LINES - told->at,
				 "%s %s:%u %s%s%s%s\n", cs_change_name(change), text,
				 port, old, parts & CS_PART_RESPONSE ? " response" : "",
				 parts & CS_PART_STACK ? " stack" : "",
				 parts & CS_PART_SEVERITY ? " severity" : "");
	assert_true(told->at < LINES);
}

static enum cs_err tell(void *arg, const struct cs_diff_row *row)
{
	const struct cs_result *at = row->after ? row->after : row->before;
	bool moved = row->change == CS_CHANGE_MOVED;

	assert_int_equal(!row->before, row->change == CS_CHANGE_NEW);
	assert_int_equal(!row->after, row->change == CS_CHANGE_GONE ||
					      row->change == CS_CHANGE_NOT_PROBED);
	tell_line(arg, row->change, row->parts, &at->ip, at->port,
		  moved ? &row->from : NULL);
	return CS_OK;
}

static void expect_diff(struct fixture *f, const char *want)
{
	struct told *told = calloc(1, sizeof(*told));

	expect(f, cs_diff(f->store, DAY, NEXT, tell, told), CS_OK);
	assert_string_equal(told->text, want);
	free(told);
}

/* --- rows --- */

static struct cs_result answer(const char *ip, int32_t day, const char *body)
{
	struct cs_result row = result_at(1, day * CS_US_PER_DAY + 5, body);

	assert_true(cs_addr_read(cs_span_str(ip), &row.ip));
	if (row.body.len == 0) /* no payload, no marker */
		row.header.len--;
	return row;
}

static struct cs_result refusal(const char *ip, int32_t day)
{
	struct cs_result row = answer(ip, day, "");

	row.header = cs_span_of(not_found_header, sizeof(not_found_header));
	return row;
}

/* Two days, each one scan of @target with all of its chunks closed. */
static struct fixture two_days(const char *target, const struct cs_result *before,
			       size_t n_before, const struct cs_result *after,
			       size_t n_after)
{
	struct fixture f = fixture_new();
	struct cs_plan plan = days_plan(target, 1, 7);

	days_put(&f, &(struct days_scan){ .day = DAY,
					  .number = 1,
					  .plan = &plan,
					  .rows = before,
					  .n = n_before });
	days_put(&f, &(struct days_scan){ .day = NEXT,
					  .number = 2,
					  .plan = &plan,
					  .rows = after,
					  .n = n_after });
	cs_plan_clear(&plan);
	return f;
}

#define LONG_A "</sensors/temperature>"
#define LONG_B "</sensors/humidity-is-another>"

static void new_gone_and_changed(void **state)
{
	(void)state;
	const struct cs_result before[] = { answer("10.0.0.1", DAY, "</a>"),
					    answer("10.0.0.2", DAY, "</a>"),
					    answer("10.0.0.3", DAY, "</a>") };
	const struct cs_result after[] = { answer("10.0.0.1", NEXT, "</a>"),
					   answer("10.0.0.3", NEXT, "</b>"),
					   answer("10.0.0.4", NEXT, "</a>") };
	struct fixture f = two_days("10.0.0.0/24", before, 3, after, 3);

	expect_diff(&f, "gone 10.0.0.2:5683 -\n"
			"changed 10.0.0.3:5683 - response\n"
			"new 10.0.0.4:5683 -\n");
	fixture_free(&f);
}

static void gone_is_said_of_what_was_asked_alone(void **state)
{
	(void)state;
	const struct cs_result before[] = { answer("10.0.0.1", DAY, "</a>"),
					    answer("10.9.0.1", DAY, "</a>") };
	struct fixture f = two_days("10.0.0.0/24", before, 2, NULL, 0);

	/* A day without any row has a segment all the same. */
	expect_diff(&f, "gone 10.0.0.1:5683 -\nnot_probed 10.9.0.1:5683 -\n");
	fixture_free(&f);
}

static void another_code_is_a_change_and_not_gone(void **state)
{
	(void)state;
	const struct cs_result before[] = { answer("10.0.0.1", DAY, "</a>"),
					    refusal("10.0.0.2", DAY),
					    refusal("10.0.0.3", DAY) };
	const struct cs_result after[] = { refusal("10.0.0.1", NEXT),
					   answer("10.0.0.2", NEXT, "</a>"),
					   refusal("10.0.0.4", NEXT) };
	struct fixture f = two_days("10.0.0.0/24", before, 3, after, 3);

	expect_diff(&f, "changed 10.0.0.1:5683 - response\nnew 10.0.0.2:5683 -\n");
	fixture_free(&f);
}

static void moved_within_the_prefix_one_to_one(void **state)
{
	(void)state;
	const struct cs_result before[] = {
		answer("10.0.0.1", DAY, LONG_A),     answer("10.0.0.2", DAY, LONG_A),
		answer("10.0.0.3", DAY, LONG_B),     answer("10.0.1.1", DAY, LONG_B),
		answer("10.0.0.4", DAY, "</short>"),
	};
	const struct cs_result after[] = {
		answer("10.0.0.11", NEXT, LONG_A),     answer("10.0.0.12", NEXT, LONG_A),
		answer("10.0.0.13", NEXT, LONG_A),     answer("10.0.2.1", NEXT, LONG_B),
		answer("10.0.0.14", NEXT, "</short>"),
	};
	struct fixture f = two_days("10.0.0.0/22", before, 5, after, 5);

	expect_diff(&f, "gone 10.0.0.3:5683 -\n"
			"gone 10.0.0.4:5683 -\n"
			"moved 10.0.0.11:5683 10.0.0.1\n"
			"moved 10.0.0.12:5683 10.0.0.2\n"
			"new 10.0.0.13:5683 -\n"
			"new 10.0.0.14:5683 -\n"
			"gone 10.0.1.1:5683 -\n"
			"new 10.0.2.1:5683 -\n");
	fixture_free(&f);
}

static void moved_within_64_bits_of_ipv6(void **state)
{
	(void)state;
	const struct cs_result before[] = { answer("2001:db8::5", DAY, LONG_A),
					    answer("2001:db8::a:0:1", DAY, LONG_B) };
	const struct cs_result after[] = { answer("2001:db8::c:0:2", NEXT, LONG_B),
					   answer("2001:db8:0:1::5", NEXT, LONG_A) };
	struct fixture f = fixture_new();
	struct cs_plan plan = days_plan("2001:db8::/120", 1, 7);
	struct cs_plan wide = days_plan("2001:db8::a:0:0/120", 1, 7);

	days_put(
		&f,
		&(struct days_scan){
			.day = DAY, .number = 1, .plan = &plan, .rows = before, .n = 2 });
	days_put(&f, &(struct days_scan){ .day = NEXT, .number = 2, .plan = &plan });
	days_put(
		&f,
		&(struct days_scan){
			.day = NEXT, .number = 3, .plan = &wide, .rows = after, .n = 2 });
	expect_diff(&f, "gone 2001:db8::5:5683 -\n"
			"moved 2001:db8::c:0:2:5683 2001:db8::a:0:1\n"
			"new 2001:db8:0:1::5:5683 -\n");
	cs_plan_clear(&plan);
	cs_plan_clear(&wide);
	fixture_free(&f);
}

static void what_a_cut_body_lacks_is_no_change(void **state)
{
	(void)state;
	struct cs_result before[] = { answer("10.0.0.1", DAY, "</a>,</b>"),
				      answer("10.0.0.2", DAY, "</a>,</b>"),
				      answer("10.0.0.3", DAY, "</a>,</b>") };
	struct cs_result after[] = { answer("10.0.0.1", NEXT, "</a>,"),
				     answer("10.0.0.2", NEXT, "</a>,"),
				     answer("10.0.0.3", NEXT, "</b>,") };

	after[0].complete = after[2].complete = false;

	struct fixture f = two_days("10.0.0.0/24", before, 3, after, 3);

	expect_diff(&f, "changed 10.0.0.2:5683 - response\n"
			"changed 10.0.0.3:5683 - response\n");
	fixture_free(&f);
}

static void options_and_message_ids_are_no_change(void **state)
{
	(void)state;
	static const uint8_t other[] = {
		0x50, 69, 0x99, 0x99, 0x42, 1, 2, 0x81, 40, 0xff
	};
	struct cs_result before = answer("10.0.0.1", DAY, "</a>");
	struct cs_result after = answer("10.0.0.1", NEXT, "</a>");

	after.header = cs_span_of(other, sizeof(other));

	struct fixture f = two_days("10.0.0.0/24", &before, 1, &after, 1);

	expect_diff(&f, "");
	fixture_free(&f);
}

static void an_imported_day_asked_nothing(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	struct cs_result before[] = { answer("10.0.0.1", DAY, "</a>"),
				      answer("10.0.0.2", DAY, "</a>,</b>") };
	struct cs_result after = { .ip = cs_addr_v4(0x0a000002),
				   .port = 5683,
				   .reply_port = 5683,
				   .time_us = NEXT * CS_US_PER_DAY,
				   .rtt_us = -1,
				   .match = CS_MATCH_REPORT,
				   .request_size = 21,
				   .body = SPAN("</a>"),
				   .complete = true };
	struct cs_plan plan = days_plan("10.0.0.0/24", 1, 7);

	days_put(
		&f,
		&(struct days_scan){
			.day = DAY, .number = 1, .plan = &plan, .rows = before, .n = 2 });
	days_put(&f,
		 &(struct days_scan){ .day = NEXT, .number = 2, .rows = &after, .n = 1 });
	expect_diff(&f, "not_probed 10.0.0.1:5683 -\n");
	cs_plan_clear(&plan);
	fixture_free(&f);
}

static void a_day_without_data_is_said(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	struct told told = { .at = 0 };

	expect(&f, cs_diff(f.store, DAY, NEXT, tell, &told), CS_ERR_NOT_FOUND);
	fixture_free(&f);
}

/* --- since when --- */

static enum cs_err expect_seen(void *arg, const struct cs_diff_row *row)
{
	unsigned *n = arg;

	(*n)++;
	assert_int_equal(row->change, CS_CHANGE_MOVED);
	assert_true(row->first_us == (DAY - 9) * CS_US_PER_DAY);
	assert_true(row->last_us == NEXT * CS_US_PER_DAY + 5);
	return CS_OK;
}

static void moved_is_as_old_as_it_was_where_it_came_from(void **state)
{
	(void)state;
	const struct cs_result before = answer("10.0.0.1", DAY, LONG_A);
	const struct cs_result after = answer("10.0.0.2", NEXT, LONG_A);
	struct fixture f = two_days("10.0.0.0/24", &before, 1, &after, 1);
	const struct cs_store_seen seen[] = {
		{ before.ip, 5683, (DAY - 9) * CS_US_PER_DAY, before.time_us },
		{ after.ip, 5683, after.time_us, after.time_us },
	};
	unsigned n = 0;

	expect(&f, cs_store_seen_put(f.store, seen, 2), CS_OK);
	expect(&f, cs_diff(f.store, DAY, NEXT, expect_seen, &n), CS_OK);
	assert_int_equal(n, 1);
	fixture_free(&f);
}

/* --- beside a slow one --- */

static int row_order(const struct cs_result *a, const struct cs_result *b)
{
	int order = cs_addr_cmp(&a->ip, &b->ip);

	return order ? order : a->port - b->port;
}

enum { SPACE = 64 * 1024, ROWS_MAX = 512, SCANS = 2, CHUNKS_MAX = 16 };

static uint64_t seed;

static uint32_t chance(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16) % below;
}

struct kept {
	struct cs_result row;
	char body[40];
	bool judged, content;
	unsigned stack, severity;
};

struct slow_day {
	struct kept rows[ROWS_MAX];
	size_t n;
	bool asked[SPACE][2];
};

/* What a day's judgement is: of the address, the body, and the day's mood. */
struct mood {
	unsigned salt;
	bool any;
};

static unsigned mix(const struct cs_result *row, unsigned salt)
{
	unsigned low = cs_addr_low32(&row->ip);

	return (low * 2654435761u ^ (unsigned)row->body.len * 40503u ^ salt * 97u) >> 7;
}

static enum cs_err judge(void *arg, const struct cs_result *rows, struct cs_enriched *out,
			 size_t n)
{
	static const char *const stacks[] = { "", "libcoap", "QLINK" };
	const struct mood *mood = arg;

	for (size_t i = 0; i < n; i++) {
		unsigned x = mix(&rows[i], chance(20) ? 1 : mood->salt);

		out[i].judged = x % 5 > 0;
		out[i].judgement.stack = cs_span_str(stacks[x % 3]);
		out[i].judgement.severity = (enum cs_severity)(x / 3 % 2);
	}
	return CS_OK;
}

static struct cs_result random_row(int32_t day, unsigned number)
{
	static const char *const bodies[] = { "", "</a>", LONG_A, LONG_B };
	struct cs_result row = answer("10.0.0.0", day, bodies[chance(4)]);

	row.ip = cs_addr_v4(0x0a000000 + chance(3) * 8192 + chance(2) * 256 + chance(24));
	row.port = (uint16_t)(5683 + (chance(8) == 0));
	row.time_us += number;
	if (chance(10) == 0)
		row.header = cs_span_of(not_found_header, sizeof(not_found_header));
	if (chance(12) == 0)
		row.complete = false;
	return row;
}

/* Rows of chance that the plan asks, an address and port once. */
static size_t random_rows(const struct cs_plan *plan, int32_t day, unsigned number,
			  struct cs_result *rows)
{
	size_t n = 0;

	for (unsigned tries = chance(150); tries > 0; tries--) {
		struct cs_result row = random_row(day, number);
		bool there = false;
		uint64_t slot;

		for (size_t i = 0; i < n; i++)
			there |= row_order(&rows[i], &row) == 0;
		if (!there && cs_plan_slot(plan, &row.ip, row.port, &slot))
			rows[n++] = row;
	}
	return n;
}

static void note_asked(struct slow_day *slow, const struct cs_plan *plan,
		       const bool *closed)
{
	for (uint64_t chunk = 0; chunk < plan->chunks; chunk++)
		for (uint32_t i = 0; closed[chunk] && i < cs_plan_chunk_len(plan, chunk);
		     i++) {
			struct cs_target t = cs_plan_target(plan, chunk * CS_CHUNK + i);

			slow->asked[cs_addr_low32(&t.ip) % SPACE][t.port - 5683] = true;
		}
}

static enum cs_err keep_row(void *arg, const struct cs_result *row,
			    const struct cs_enriched *enriched)
{
	struct slow_day *slow = arg;
	struct kept *kept = &slow->rows[slow->n++];

	assert_true(slow->n <= ROWS_MAX);
	*kept = (struct kept){ .row = *row, .content = row->header.ptr[1] == 69 };
	if (row->body.len > 0)
		memcpy(kept->body, row->body.ptr, row->body.len);
	if (enriched && enriched->judged) {
		kept->judged = true;
		kept->stack = (unsigned)enriched->judgement.stack.len;
		kept->severity = enriched->judgement.severity;
	}
	return CS_OK;
}

static void random_scan(struct fixture *f, int32_t day, unsigned number,
			struct slow_day *slow)
{
	static const char *const targets[] = { "10.0.0.0/18", "10.0.32.0/19",
					       "10.0.0.0/17" };
	struct cs_plan plan = days_plan(targets[chance(3)], 1 + chance(2), chance(1000));
	struct cs_result rows[ROWS_MAX];
	bool closed[CHUNKS_MAX];

	assert_true(plan.chunks <= CHUNKS_MAX);
	for (size_t i = 0; i < CHUNKS_MAX; i++)
		closed[i] = chance(4) > 0;
	days_put(f, &(struct days_scan){ .day = day,
					 .number = (uint8_t)number,
					 .plan = &plan,
					 .closed = closed,
					 .rows = rows,
					 .n = random_rows(&plan, day, number, rows) });
	note_asked(slow, &plan, closed);
	cs_plan_clear(&plan);
}

static void random_day(struct fixture *f, int32_t day, unsigned first,
		       struct slow_day *slow)
{
	struct mood mood = { .salt = chance(1000) };
	struct cs_store_enrich want = {
		.day = day, .about = SPAN("{}"), .fill = judge, .arg = &mood
	};
	unsigned scans = 1 + chance(SCANS);

	memset(slow, 0, sizeof(*slow));
	for (unsigned i = 0; i < scans; i++)
		random_scan(f, day, first + i, slow);
	if (chance(3) > 0)
		expect(f, cs_store_enrich(f->store, &want), CS_OK);
	expect(f, cs_store_day_each(f->store, day, keep_row, slow), CS_OK);
}

static struct kept *slow_find(struct slow_day *day, const struct cs_result *row)
{
	for (size_t i = 0; i < day->n; i++)
		if (row_order(&day->rows[i].row, row) == 0)
			return &day->rows[i];
	return NULL;
}

static bool slow_is_gone(struct slow_day *after, const struct kept *b)
{
	return b->content && !slow_find(after, &b->row) &&
	       after->asked[cs_addr_low32(&b->row.ip) % SPACE][b->row.port - 5683];
}

static bool any_judged(const struct slow_day *day)
{
	for (size_t i = 0; i < day->n; i++)
		if (day->rows[i].judged)
			return true;
	return false;
}

static bool same_device(const struct kept *b, const struct kept *a, bool stacks)
{
	return strlen(a->body) >= 16 && !strcmp(a->body, b->body) &&
	       a->row.port == b->row.port && !memcmp(a->row.ip.b, b->row.ip.b, 15) &&
	       (!stacks || a->stack == b->stack);
}

/* The first that is gone and not yet found again. */
static struct kept *slow_moved(struct slow_day *before, struct slow_day *after,
			       const struct kept *a, bool *taken)
{
	bool stacks = any_judged(before) && any_judged(after);

	for (size_t i = 0; i < before->n; i++)
		if (!taken[i] && slow_is_gone(after, &before->rows[i]) &&
		    same_device(&before->rows[i], a, stacks)) {
			taken[i] = true;
			return &before->rows[i];
		}
	return NULL;
}

static unsigned slow_parts(const struct kept *b, const struct kept *a)
{
	size_t n = strlen(a->body) < strlen(b->body) ? strlen(a->body) : strlen(b->body);
	bool cut = !a->row.complete || !b->row.complete;
	unsigned parts = 0;

	if (!a->content)
		return CS_PART_RESPONSE;
	if (cut ? strncmp(a->body, b->body, n) != 0 : strcmp(a->body, b->body) != 0)
		parts |= CS_PART_RESPONSE;
	if (!a->judged || !b->judged)
		return parts;
	return parts | (a->stack != b->stack ? CS_PART_STACK : 0) |
	       (a->severity != b->severity ? CS_PART_SEVERITY : 0);
}

struct slow_moves {
	struct kept *from[ROWS_MAX]; /* by row of the later day */
	bool taken[ROWS_MAX];        /* by row of the earlier day */
};

static void slow_moves(struct slow_day *before, struct slow_day *after,
		       struct slow_moves *moves)
{
	memset(moves, 0, sizeof(*moves));
	for (size_t i = 0; i < after->n; i++)
		if (after->rows[i].content && !slow_find(before, &after->rows[i].row))
			moves->from[i] =
				slow_moved(before, after, &after->rows[i], moves->taken);
}

static void slow_lost(struct slow_day *before, struct slow_day *after, size_t b,
		      const struct slow_moves *moves, struct told *told)
{
	const struct kept *kept = &before->rows[b];

	if (!kept->content || slow_find(after, &kept->row) || moves->taken[b])
		return;
	tell_line(told, slow_is_gone(after, kept) ? CS_CHANGE_GONE : CS_CHANGE_NOT_PROBED,
		  0, &kept->row.ip, kept->row.port, NULL);
}

static void slow_here(struct slow_day *before, struct slow_day *after, size_t a,
		      const struct slow_moves *moves, struct told *told)
{
	const struct kept *kept = &after->rows[a];
	const struct kept *was = slow_find(before, &kept->row);
	unsigned parts = was && was->content ? slow_parts(was, kept) : 0;

	if (moves->from[a])
		tell_line(told, CS_CHANGE_MOVED, 0, &kept->row.ip, kept->row.port,
			  &moves->from[a]->row.ip);
	else if (parts)
		tell_line(told, CS_CHANGE_CHANGED, parts, &kept->row.ip, kept->row.port,
			  NULL);
	else if (kept->content && !(was && was->content))
		tell_line(told, CS_CHANGE_NEW, 0, &kept->row.ip, kept->row.port, NULL);
}

static void slow_diff(struct slow_day *before, struct slow_day *after, struct told *told)
{
	static struct slow_moves moves;
	size_t b = 0, a = 0;

	slow_moves(before, after, &moves);
	while (b < before->n || a < after->n)
		if (a == after->n ||
		    (b < before->n &&
		     row_order(&before->rows[b].row, &after->rows[a].row) < 0))
			slow_lost(before, after, b++, &moves, told);
		else
			slow_here(before, after, a++, &moves, told);
}

static void days_of_chance_differ_as_the_slow_way_says(void **state)
{
	(void)state;
	struct slow_day *before = calloc(1, sizeof(*before));
	struct slow_day *after = calloc(1, sizeof(*after));
	struct told *want = calloc(1, sizeof(*want)), *got = calloc(1, sizeof(*got));
	size_t lines[CS_CHANGES] = { 0 };

	for (unsigned round = 1; round <= 40; round++) {
		struct fixture f = fixture_new();

		seed = round * UINT64_C(0x9e3779b97f4a7c15);
		random_day(&f, DAY, 1, before);
		random_day(&f, NEXT, 10, after);
		memset(want, 0, sizeof(*want));
		memset(got, 0, sizeof(*got));
		slow_diff(before, after, want);
		expect(&f, cs_diff(f.store, DAY, NEXT, tell, got), CS_OK);
		assert_string_equal(got->text, want->text);
		for (unsigned c = 0; c < CS_CHANGES; c++)
			lines[c] += strstr(got->text,
					   cs_change_name((enum cs_change)c)) != NULL;
		fixture_free(&f);
	}
	for (unsigned c = 0; c < CS_CHANGES; c++)
		assert_true(lines[c] > 5); /* chance made enough of each */
	free(before);
	free(after);
	free(want);
	free(got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_gone_and_changed),
		cmocka_unit_test(gone_is_said_of_what_was_asked_alone),
		cmocka_unit_test(another_code_is_a_change_and_not_gone),
		cmocka_unit_test(moved_within_the_prefix_one_to_one),
		cmocka_unit_test(moved_within_64_bits_of_ipv6),
		cmocka_unit_test(what_a_cut_body_lacks_is_no_change),
		cmocka_unit_test(options_and_message_ids_are_no_change),
		cmocka_unit_test(an_imported_day_asked_nothing),
		cmocka_unit_test(a_day_without_data_is_said),
		cmocka_unit_test(moved_is_as_old_as_it_was_where_it_came_from),
		cmocka_unit_test(days_of_chance_differ_as_the_slow_way_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
