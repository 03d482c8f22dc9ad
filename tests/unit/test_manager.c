/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/manager.h"

#include "test.h"

static size_t find(const char *text, struct cs_manager out[CS_MANAGERS_MAX])
{
	size_t len = strlen(text);
	uint8_t *copy = heap_copy(text, len);
	size_t n = cs_managers_find(cs_span_of(copy, len), out);

	free(copy);
	return n;
}

static const struct {
	const char *rules, *name; /* NULL: nobody's */
} cases[] = {
	{ "table inet firewalld {\n}\n", "firewalld" },
	{ "table inet firewalld { # handle 3\n}\n", "firewalld" },
	{ "table ip nat {\n\tchain DOCKER {\n\t}\n}\n", "docker" },
	{ "table ip filter {\n\tchain DOCKER-USER {\n\t}\n}\n", "docker" },
	{ "table ip filter {\n\tchain ufw-user-input {\n\t}\n}\n", "ufw" },
	{ "table ip6 filter {\n\tchain ufw6-user-input {\n\t}\n}\n", "ufw" },
	{ "table inet netavark {\n}\n", "podman" },
	{ "table ip nat {\n\tchain KUBE-SERVICES {\n\t}\n}\n", "kubernetes" },
	{ "table ip filter {\n\tchain LIBVIRT_INP {\n\t}\n}\n", "libvirt" },
	{ "table inet f2b-table {\n}\n", "fail2ban" },
	/* Somebody's own names. */
	{ "table inet firewalldrop {\n}\n", NULL },
	{ "table inet filter {\n\tchain DOCKERS {\n\t}\n}\n", NULL },
	{ "table inet filter {\n\tchain input {\n\t\tjump DOCKER\n\t}\n}\n", NULL },
	{ "table inet filter {\n\tchain ufw {\n\t}\n}\n", NULL },
	{ "table inet coapscope {\n}\n", NULL },
	{ "", NULL },
};

static void managers_are_known_by_their_tables_and_chains(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_manager found[CS_MANAGERS_MAX];
		size_t n = find(cases[i].rules, found);

		if (n != (cases[i].name != NULL) ||
		    (n && strcmp(found[0].name, cases[i].name) != 0))
			fail_msg("%s: %zu", cases[i].rules, n);
	}
}

static void each_is_named_once(void **state)
{
	static const char rules[] = "table ip nat {\n\tchain DOCKER {\n\t}\n}\n"
				    "table ip filter {\n\tchain DOCKER {\n\t}\n"
				    "\tchain ufw-user-input {\n\t}\n}\n"
				    "table inet firewalld {\n}\n";
	struct cs_manager found[CS_MANAGERS_MAX];

	(void)state;
	assert_int_equal(find(rules, found), 3);
	assert_string_equal(found[0].name, "docker");
	assert_string_equal(found[0].mark, "chain DOCKER");
	assert_string_equal(found[1].name, "ufw");
	assert_string_equal(found[2].name, "firewalld");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(managers_are_known_by_their_tables_and_chains),
		cmocka_unit_test(each_is_named_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
