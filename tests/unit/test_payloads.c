/* SPDX-License-Identifier: Apache-2.0 */
#include "store_fixture.h"

#include "store/payloads.h"

static const struct cs_db_kind kind = {
	.what = "bodies",
	.application_id = 77,
	.version = 1,
	.schema = "CREATE TABLE body(id INTEGER PRIMARY KEY, payload);"
		  "INSERT INTO body VALUES(1, x'61'), (2, x''), (3, 'text'), (4, NULL),"
		  " (5000, zeroblob(40000)), (9223372036854775807, x'7a')",
	.migrations = (const char *const[]){ NULL },
};

struct bodies {
	struct fixture f;
	struct cs_db db;
	struct cs_why why;
	struct cs_payloads payloads;
};

static void open_bodies(struct bodies *b, size_t room)
{
	char path[256];

	*b = (struct bodies){ .f = fixture_dir() };
	(void)snprintf(path, sizeof(path), "%s/bodies.db", b->f.dir);
	assert_int_equal(cs_db_open(&b->db, path, CS_DB_SHARED, &kind, &b->why), CS_OK);
	assert_int_equal(cs_payloads_open(&b->payloads, &b->db), CS_OK);
	b->payloads.room = room;
}

static void close_bodies(struct bodies *b)
{
	assert_true(b->payloads.arena.total + b->payloads.n * sizeof(struct cs_span) <=
		    b->payloads.room + 64 * 1024);
	cs_payloads_close(&b->payloads);
	cs_db_close(&b->db);
	fixture_free(&b->f);
}

static void expect_body(struct bodies *b, int64_t id, const char *bytes, size_t len)
{
	struct cs_span got;

	assert_int_equal(cs_payloads_get(&b->payloads, id, &got), CS_OK);
	assert_int_equal(got.len, len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(got.ptr[i], bytes ? bytes[i] : 0);
}

/* However much may be kept, it is asked for twice and comes twice. */
static void a_body_comes_back_with_any_room(void **state)
{
	static const size_t rooms[] = { 0,         1,          16 * 1024,
					17 * 1024, 100 * 1024, CS_PAYLOADS_ROOM };

	(void)state;
	for (size_t i = 0; i < CS_LEN(rooms); i++) {
		struct bodies b;

		open_bodies(&b, rooms[i]);
		for (unsigned times = 0; times < 2; times++) {
			expect_body(&b, 5000, NULL, 40000);
			expect_body(&b, 1, "a", 1);
			expect_body(&b, 2, "", 0);
			expect_body(&b, INT64_MAX, "z", 1);
		}
		close_bodies(&b);
	}
}

static void what_is_no_body_is_not_found(void **state)
{
	static const int64_t none[] = { INT64_MIN, -1, 0, 3, 4, 6, 4999, 5001 };
	struct cs_span got;
	struct bodies b;

	(void)state;
	open_bodies(&b, CS_PAYLOADS_ROOM);
	expect_body(&b, 5000, NULL, 40000); /* makes places for all below */
	for (size_t i = 0; i < CS_LEN(none); i++)
		assert_int_equal(cs_payloads_get(&b.payloads, none[i], &got),
				 CS_ERR_NOT_FOUND);
	close_bodies(&b);
}

/* Not looked up again: what was taken from the file is still there. */
static void what_is_kept_needs_no_file(void **state)
{
	struct bodies b;

	(void)state;
	open_bodies(&b, CS_PAYLOADS_ROOM);
	expect_body(&b, 1, "a", 1);
	assert_int_equal(cs_db_exec(&b.db, "UPDATE body SET payload = x'62'"), CS_OK);
	expect_body(&b, 1, "a", 1);
	expect_body(&b, 5000, "b", 1);
	close_bodies(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_comes_back_with_any_room),
		cmocka_unit_test(what_is_no_body_is_not_found),
		cmocka_unit_test(what_is_kept_needs_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
