/* SPDX-License-Identifier: Apache-2.0 */
/* The resolver and the routes are stand-ins (-Wl,--wrap): no test asks the network. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>

#include "test.h"

#include "net/resolve.h"
#include "net/route.h"

int __wrap_getaddrinfo(const char *node, const char *service,
		       const struct addrinfo *hints, struct addrinfo **out);
void __wrap_freeaddrinfo(struct addrinfo *list);
enum cs_err __wrap_cs_route_local(const char *interface, struct cs_arena *arena,
				  struct cs_range **ranges, size_t *n);

static const struct {
	const char *name;
	int gai;
	const char *addrs[3];
	enum cs_err want;
	size_t n; /* ranges added */
	const char *why;
} hosts[] = {
	{ "one.example", 0, { "192.0.2.7" }, CS_OK, 1, "" },
	{ "both.example", 0, { "192.0.2.7", "2001:db8::7", "192.0.2.8" }, CS_OK, 3, "" },
	{ "none.example",
	  EAI_NONAME,
	  { 0 },
	  CS_ERR_NOT_FOUND,
	  0,
	  "f:3: 'none.example': Name or service not known" },
	{ "nodata.example",
	  EAI_NODATA,
	  { 0 },
	  CS_ERR_NOT_FOUND,
	  0,
	  "f:3: 'nodata.example': No address associated with hostname" },
	{ "later.example",
	  EAI_AGAIN,
	  { 0 },
	  CS_ERR_IO,
	  0,
	  "f:3: 'later.example': Temporary failure in name resolution" },
	{ "system.example",
	  EAI_SYSTEM,
	  { 0 },
	  CS_ERR_IO,
	  0,
	  "f:3: 'system.example': Too many open files" },
	{ "memory.example",
	  EAI_MEMORY,
	  { 0 },
	  CS_ERR_NOMEM,
	  0,
	  "f:3: 'memory.example': Memory allocation failure" },
	{ "empty.example",
	  0,
	  { 0 },
	  CS_ERR_NOT_FOUND,
	  0,
	  "f:3: 'empty.example': the name has no address" },
	{ "blocked.example",
	  0,
	  { "0.0.0.0" },
	  CS_ERR_REFUSED,
	  0,
	  "f:3: 'blocked.example' is 0.0.0.0: nothing is ever sent there" },
	{ "group.example",
	  0,
	  { "192.0.2.7", "ff02::1" },
	  CS_ERR_REFUSED,
	  1,
	  "f:3: 'group.example' is ff02::1: nothing is ever sent there" },
};

static struct addrinfo infos[3];
static struct sockaddr_storage addresses[3];
static unsigned freed;

int __wrap_getaddrinfo(const char *node, const char *service,
		       const struct addrinfo *hints, struct addrinfo **out)
{
	size_t i = 0;

	assert_null(service);
	assert_int_equal(hints->ai_family, AF_UNSPEC);
	assert_int_equal(hints->ai_socktype, SOCK_DGRAM);
	while (strcmp(hosts[i].name, node) != 0)
		i++;
	*out = NULL;
	for (size_t k = 3; k-- > 0;) {
		struct cs_addr a;

		if (!hosts[i].addrs[k])
			continue;
		assert_true(cs_addr_read(cs_span_str(hosts[i].addrs[k]), &a));
		infos[k] = (struct addrinfo){
			.ai_addrlen = cs_addr_to_sockaddr(&a, 0, 0, &addresses[k]),
			.ai_addr = (struct sockaddr *)&addresses[k],
			.ai_next = *out,
		};
		*out = &infos[k];
	}
	errno = EMFILE;
	return hosts[i].gai;
}

void __wrap_freeaddrinfo(struct addrinfo *list)
{
	(void)list;
	freed++;
}

static const char *asked_interface;
static enum cs_err route_err;
static size_t n_local;

enum cs_err __wrap_cs_route_local(const char *interface, struct cs_arena *arena,
				  struct cs_range **ranges, size_t *n)
{
	static struct cs_range own[2];

	(void)arena;
	own[0] = (struct cs_range){ cs_addr_v4(0x0a000000), cs_addr_v4(0x0a0000ff) };
	own[1] = (struct cs_range){ cs_addr_v4(0xc0000200), cs_addr_v4(0xc00002ff) };
	asked_interface = interface;
	*ranges = own;
	*n = n_local;
	return route_err;
}

static const struct cs_source source = { "f", 3 };

static void a_name_gives_all_its_addresses_or_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(hosts); i++) {
		struct cs_resolver resolver = { 0 };
		struct cs_scope_draft draft = { 0 };
		unsigned freed_before = freed;
		enum cs_err err = cs_resolve_name(&resolver, &draft,
						  cs_span_str(hosts[i].name), &source);

		if (err != hosts[i].want)
			fail_msg("%s: %s", hosts[i].name, cs_strerror(err));
		assert_string_equal(draft.why, hosts[i].why);
		assert_int_equal(draft.targets.n, hosts[i].n);
		assert_int_equal(freed - freed_before, hosts[i].gai == 0);
		for (size_t k = 0; k < hosts[i].n; k++) {
			char text[CS_ADDR_TEXT];

			cs_addr_text(&draft.targets.at[k].lo, text);
			assert_string_equal(text, hosts[i].addrs[k]);
			assert_int_equal(cs_addr_cmp(&draft.targets.at[k].lo,
						     &draft.targets.at[k].hi),
					 0);
		}
		cs_scope_draft_clear(&draft);
	}
}

static void excludes_are_resolved_too_and_may_be_anything(void **state)
{
	struct cs_resolver resolver = { .exclude = true };
	struct cs_scope_draft draft = { 0 };

	(void)state;
	assert_int_equal(
		cs_resolve_name(&resolver, &draft, SPAN("group.example"), &source),
		CS_OK);
	assert_int_equal(draft.excludes.n, 2);
	assert_int_equal(draft.targets.n, 0);
	cs_scope_draft_clear(&draft);
}

static void local_is_the_hosts_own_prefixes(void **state)
{
	struct cs_resolver resolver = { .interface = "eth7" };
	struct cs_scope_draft draft = { 0 };

	(void)state;
	n_local = 2;
	route_err = CS_OK;
	assert_int_equal(cs_resolve_name(&resolver, &draft, SPAN("local"), NULL), CS_OK);
	assert_string_equal(asked_interface, "eth7");
	assert_int_equal(draft.targets.n, 2);
	assert_int_equal(cs_addr_low32(&draft.targets.at[1].hi), 0xc00002ff);

	n_local = 0;
	assert_int_equal(cs_resolve_name(&resolver, &draft, SPAN("local"), NULL),
			 CS_ERR_NOT_FOUND);
	assert_string_equal(draft.why, "'local': eth7 has no prefix of its own");
	resolver.interface = NULL;
	assert_int_equal(cs_resolve_name(&resolver, &draft, SPAN("local"), NULL),
			 CS_ERR_NOT_FOUND);
	assert_string_equal(draft.why, "'local': this host has no prefix of its own");
	assert_null(asked_interface);

	route_err = CS_ERR_IO;
	assert_int_equal(cs_resolve_name(&resolver, &draft, SPAN("local"), NULL),
			 CS_ERR_IO);
	assert_string_equal(draft.why,
			    "'local': the host's own prefixes: input or output failed");
	cs_scope_draft_clear(&draft);
}

static void what_is_no_name_is_not_asked_for(void **state)
{
	struct cs_resolver resolver = { 0 };
	struct cs_scope_draft draft = { 0 };
	char text[300];

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(
		cs_resolve_name(&resolver, &draft, cs_span_of(text, sizeof(text)), NULL),
		CS_ERR_NOT_FOUND);
	assert_int_equal(cs_resolve_name(&resolver, &draft, SPAN("a\0b"), NULL),
			 CS_ERR_NOT_FOUND);
	assert_string_equal(draft.why, "'a\\x00b': want a host name");
	assert_int_equal(cs_resolve_name(&resolver, &draft, SPAN("127.1"), NULL),
			 CS_ERR_NOT_FOUND);
	cs_scope_draft_clear(&draft);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_gives_all_its_addresses_or_a_reason),
		cmocka_unit_test(excludes_are_resolved_too_and_may_be_anything),
		cmocka_unit_test(local_is_the_hosts_own_prefixes),
		cmocka_unit_test(what_is_no_name_is_not_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
