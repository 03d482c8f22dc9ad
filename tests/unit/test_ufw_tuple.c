/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "protect/ufw_tuple.h"

/* As ufw 0.36.2 writes them. */
static const struct {
	const char *name; /* what is special about it */
	const char *line;
	enum cs_err err;
	enum cs_ufw_action action;
	bool route, out;
	const char *port, *from, *in, *app;
} cases[] = {
	{ "a port from anywhere",
	  "### tuple ### allow any 5683 0.0.0.0/0 any 0.0.0.0/0 in", CS_OK, CS_UFW_ALLOW,
	  false, false, "5683", "0.0.0.0/0", "", "" },
	{ "a source and an interface",
	  "### tuple ### deny udp 5683 0.0.0.0/0 any 10.0.0.0/24 in_eth0", CS_OK,
	  CS_UFW_DENY, false, false, "5683", "10.0.0.0/24", "eth0", "" },
	{ "a comment, which is last",
	  "### tuple ### limit tcp 22 0.0.0.0/0 any 0.0.0.0/0 in "
	  "comment=7373682069732069",
	  CS_OK, CS_UFW_LIMIT, false, false, "22", "0.0.0.0/0", "", "" },
	{ "a profile",
	  "### tuple ### reject_log udp 137,138 0.0.0.0/0 any 192.0.2.1 Samba%20x - in",
	  CS_OK, CS_UFW_REJECT, false, false, "137,138", "192.0.2.1/32", "",
	  "Samba%20x" },
	{ "what is forwarded, by two interfaces",
	  "### tuple ### route:allow_log-all udp 5683 0.0.0.0/0 any 0.0.0.0/0 "
	  "in_eth0!out_br0",
	  CS_OK, CS_UFW_ALLOW, true, false, "5683", "0.0.0.0/0", "eth0", "" },
	{ "what leaves", "### tuple ### deny any any 0.0.0.0/0 any 0.0.0.0/0 out_eth1",
	  CS_OK, CS_UFW_DENY, false, true, "any", "0.0.0.0/0", "", "" },
	{ "the oldest form, without a direction",
	  "### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0", CS_OK, CS_UFW_ALLOW,
	  false, false, "22", "0.0.0.0/0", "", "" },
	{ "an action that ufw does not know is a deny to it",
	  "### tuple ### block tcp 22 0.0.0.0/0 any 0.0.0.0/0 in", CS_OK, CS_UFW_DENY,
	  false, false, "22", "0.0.0.0/0", "", "" },
	{ "one field too few", "### tuple ### allow tcp 22 0.0.0.0/0 any", CS_ERR_SYNTAX,
	  0, 0, 0, 0, 0, 0, 0 },
	{ "one field too many", "### tuple ### allow tcp 22 0.0.0.0/0 any any - - in x",
	  CS_ERR_SYNTAX, 0, 0, 0, 0, 0, 0, 0 },
	{ "a broken interface",
	  "### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 x_eth0", CS_ERR_SYNTAX, 0,
	  0, 0, 0, 0, 0, 0 },
	{ "an iptables line", "-A ufw-user-input -p tcp --dport 22 -j ACCEPT",
	  CS_ERR_NOT_FOUND, 0, 0, 0, 0, 0, 0, 0 },
};

static void assert_span(struct cs_span got, const char *want)
{
	assert_int_equal(got.len, strlen(want));
	assert_memory_equal(got.ptr ? got.ptr : (const uint8_t *)"", want, got.len);
}

static void each_line_is_read_as_ufw_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		char from[CS_PREFIX_TEXT];
		struct cs_ufw_tuple t;

		print_message("# %s\n", cases[i].name);
		assert_int_equal(cs_ufw_tuple_read(cs_span_str(cases[i].line), false, &t),
				 cases[i].err);
		if (cases[i].err)
			continue;
		cs_prefix_text(&t.from, from);
		assert_int_equal(t.action, cases[i].action);
		assert_int_equal(t.route, cases[i].route);
		assert_int_equal(t.out, cases[i].out);
		assert_span(t.to_port, cases[i].port);
		assert_string_equal(from, cases[i].from);
		assert_span(t.in, cases[i].in);
		assert_span(t.to_app, cases[i].app);
	}
}

static void tuples_of_one_profile_have_one_number(void **state)
{
	static const char user[] =
		"*filter\n### RULES ###\n\n"
		"### tuple ### allow udp 137,138 0.0.0.0/0 any 0.0.0.0/0 Samba - in\n"
		"### tuple ### allow tcp 139,445 0.0.0.0/0 any 0.0.0.0/0 Samba - in\n"
		"### tuple ### allow tcp 139,445 0.0.0.0/0 any 0.0.0.0/0 Samba - "
		"in_eth0\n"
		"-A ufw-user-input -j ACCEPT\n"
		"### tuple ### broken\n"
		"### tuple ### allow any 5683 0.0.0.0/0 any 0.0.0.0/0 in\n";
	static const char user6[] =
		"### tuple ### deny udp 5683 ::/0 any 2001:db8::/32 in comment=41\n";
	static const uint32_t want[] = { 1, 1, 2, 3, 4 };
	struct cs_arena arena = { 0 };
	struct cs_ufw_tuples all;

	(void)state;
	assert_int_equal(cs_ufw_tuples_read(SPAN(user), SPAN(user6), &arena, &all),
			 CS_OK);
	assert_int_equal(all.n, CS_LEN(want));
	for (size_t i = 0; i < all.n; i++)
		assert_int_equal(all.at[i].number, want[i]);
	assert_int_equal(all.count4, 3);
	assert_int_equal(all.count6, 1);
	assert_true(all.at[4].v6);
	assert_int_equal(all.at[4].from.bits, 32);
	assert_span(all.at[4].comment, "41");
	cs_arena_clear(&arena);
}

static void an_address_that_cannot_be_read_is_anywhere(void **state)
{
	struct cs_ufw_tuple t;

	(void)state;
	assert_int_equal(cs_ufw_tuple_read(SPAN("### tuple ### deny udp 1 0.0.0.0/0 any "
						"10.0.0.0/255.0.255.0 in"),
					   false, &t),
			 CS_OK);
	assert_true(t.odd);
	assert_int_equal(t.from.bits, 96);
}

static void a_list_of_ports_has_what_it_names(void **state)
{
	static const struct {
		const char *list;
		bool has;
	} lists[] = {
		{ "any", true },       { "5683", true },       { "5682", false },
		{ "80,5683", true },   { "80,443", false },    { "5683:5684", true },
		{ "5000:5683", true }, { "5684:6000", false }, { "1,5600:5700,9", true },
		{ "", false },         { "coap", false },      { "5683:", true },
		{ "99999", false },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(lists); i++)
		if (cs_ufw_ports_have(cs_span_str(lists[i].list), 5683) != lists[i].has)
			fail_msg("%s", lists[i].list);
}

static void a_cut_line_is_never_a_crash(void **state)
{
	static const char good[] =
		"### tuple ### route:allow_log udp 5683,5684 0.0.0.0/0 any "
		"10.0.0.0/24 coapscope - in_eth0!out_br0 comment=636f";
	struct cs_ufw_tuple t;

	(void)state;
	for (size_t n = 0; n < sizeof(good); n++) {
		uint8_t *copy = heap_copy(good, n);
		enum cs_err err = cs_ufw_tuple_read(cs_span_of(copy, n), false, &t);

		assert_true(err == CS_OK || err == CS_ERR_SYNTAX ||
			    err == CS_ERR_NOT_FOUND);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_is_read_as_ufw_does),
		cmocka_unit_test(tuples_of_one_profile_have_one_number),
		cmocka_unit_test(an_address_that_cannot_be_read_is_anywhere),
		cmocka_unit_test(a_list_of_ports_has_what_it_names),
		cmocka_unit_test(a_cut_line_is_never_a_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
