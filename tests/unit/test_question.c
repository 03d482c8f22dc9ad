/* SPDX-License-Identifier: Apache-2.0 */
#include "addresses.h"

#include <stdio.h>

#include "net/special.h"
#include "protect/question.h"
#include "protect/question_host.h"

enum { ETH, LAN, DOCK, N_LINKS };

/* A router of a home: eth0 to the internet, lan0 with a network of each family. */
struct home {
	struct cs_host_link links[N_LINKS];
	struct cs_host_address addresses[8];
	struct cs_host_route routes[8];
	struct cs_host_sysctl sysctls[2];
	struct cs_host host;
	struct cs_rules rules;
	struct cs_meaning_request request;
	struct cs_arena arena;
	struct cs_questions q;
	char why[CS_RULES_WHY];
};

static void put_address(struct home *h, unsigned link, const char *text, uint8_t len)
{
	h->addresses[h->host.n_addresses++] =
		(struct cs_host_address){ addr(text), len, link + 1 };
}

static void put_route(struct home *h, unsigned link, struct cs_prefix to,
		      const char *gateway)
{
	struct cs_host_route route = { .to = to, .link = link + 1, .table = 254 };

	if (gateway)
		route.gateway = addr(gateway);
	h->routes[h->host.n_routes++] = route;
}

static void make_home(struct home *h)
{
	static const char *const names[] = { "eth0", "lan0", "dock0" };
	const struct cs_prefix all4 = { cs_addr_v4(0), 96 }, all6 = { 0 };

	*h = (struct home){ 0 };
	for (unsigned i = 0; i < N_LINKS; i++) {
		h->links[i] = (struct cs_host_link){ .index = i + 1,
						     .up = i != DOCK,
						     .ethernet = true };
		(void)snprintf(h->links[i].name, sizeof(h->links[i].name), "%s",
			       names[i]);
	}
	h->host = (struct cs_host){ .links = h->links,
				    .n_links = N_LINKS,
				    .addresses = h->addresses,
				    .routes = h->routes,
				    .sysctls = h->sysctls };
	put_address(h, ETH, "93.184.77.10", 96 + 24);
	put_address(h, ETH, "2a03:b0c0:77::10", 64);
	put_address(h, LAN, "192.168.1.1", 96 + 24);
	put_address(h, LAN, "fd12:3456::1", 64);
	put_address(h, DOCK, "172.17.0.1", 96 + 16);
	put_route(h, ETH, all4, "93.184.77.1");
	put_route(h, ETH, all6, "2a03:b0c0:77::1");
	put_route(h, ETH, prefix("93.184.77.0/24"), NULL);
	put_route(h, LAN, prefix("192.168.1.0/24"), NULL);
	put_route(h, LAN, prefix("fd12:3456::/64"), NULL);
	h->request.host = &h->host;
	h->request.rules = &h->rules;
}

static void ask(struct home *h)
{
	enum cs_err err = cs_questions_make(&h->request, &h->arena, &h->q, h->why);

	if (err)
		fail_msg("%s", h->why);
}

static bool is_group(const struct cs_addr *a)
{
	return cs_addr_is_v4(a) ? a->b[12] >= 224 : a->b[0] == 0xff;
}

/* Questions of @from (NULL: all), of @to (NULL: all). */
static size_t count(const struct home *h, const char *from, const char *to)
{
	struct cs_addr a = to ? addr(to) : (struct cs_addr){ 0 };
	size_t n = 0;

	for (size_t i = 0; i < h->q.n; i++)
		n += (!from || strcmp(h->q.list[i].from, from) == 0) &&
		     (!to || cs_addr_cmp(&h->q.list[i].ask.to, &a) == 0);
	return n;
}

enum { EACH = 8 /* questions of an address: 2 ports, 2 protocols, 2 flows */ };

static void the_internet_is_ordinary_addresses_far_from_each_other(void **state)
{
	struct home h;

	(void)state;
	make_home(&h);
	ask(&h);
	const struct cs_question *q = &h.q.list[0];

	assert_string_equal(q->from, "internet");
	assert_int_equal(q->asker, CS_ASKER_INTERNET);
	assert_true(q->n_askers >= 4);
	for (size_t i = 0; i < q->n_askers; i++) {
		assert_null(cs_special_of(&q->askers[i]));
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(q->askers[i].b[12], q->askers[k].b[12]);
	}
	cs_arena_clear(&h.arena);
}

static void who_is_ours_or_allowed_does_not_stand_for_the_internet(void **state)
{
	const struct cs_peer peers[] = { { .prefix = prefix("91.0.0.0/8") },
					 { .prefix = prefix("2a00::/8") } };
	const struct cs_addr from = addr("73.158.24.91");
	struct home h;

	(void)state;
	make_home(&h);
	h.request.peers = peers;
	h.request.n_peers = 2;
	h.request.froms = &from;
	h.request.n_froms = 1;
	ask(&h);
	for (size_t i = 0; i < h.q.n; i++) {
		const struct cs_question *q = &h.q.list[i];

		for (size_t k = 0; q->asker == CS_ASKER_INTERNET && k < q->n_askers;
		     k++) {
			assert_false(cs_prefix_has(&peers[0].prefix, &q->askers[k]));
			assert_false(cs_prefix_has(&peers[1].prefix, &q->askers[k]));
			assert_int_not_equal(cs_addr_cmp(&q->askers[k], &from), 0);
		}
	}
	cs_arena_clear(&h.arena);
}

static void each_asker_is_asked_of_our_address_on_its_link(void **state)
{
	struct home h;

	(void)state;
	make_home(&h);
	ask(&h);
	assert_int_equal(count(&h, "internet", "93.184.77.10"), EACH);
	assert_int_equal(count(&h, "internet", "2a03:b0c0:77::10"), EACH);
	assert_int_equal(count(&h, "192.168.1.0/24", "192.168.1.1"), EACH);
	assert_int_equal(count(&h, "fd12:3456::/64", "fd12:3456::1"), EACH);
	assert_int_equal(count(&h, "93.184.77.0/24", "93.184.77.10"), EACH);
	/* Nothing comes from a link that is down. */
	assert_int_equal(count(&h, "172.17.0.0/16", NULL), 0);
	assert_false(h.q.assumed_route);
	cs_arena_clear(&h.arena);
}

/* On the loopback or a link of its own: who is routed here reaches it. */
static void the_internet_asks_of_our_public_addresses_wherever_they_are(void **state)
{
	const struct cs_addr public = addr("45.83.64.9"), lan = addr("192.168.1.1");
	struct home h;
	size_t from_far = 0;

	(void)state;
	make_home(&h);
	put_address(&h, DOCK, "45.83.64.9", 128);
	ask(&h);
	for (size_t i = 0; i < h.q.n; i++) {
		const struct cs_question *q = &h.q.list[i];

		if (q->asker != CS_ASKER_INTERNET || q->routed)
			continue;
		assert_int_not_equal(cs_addr_cmp(&q->ask.to, &lan), 0);
		from_far += cs_addr_cmp(&q->ask.to, &public) == 0;
	}
	assert_int_equal(from_far, 8);
	cs_arena_clear(&h.arena);
}

/*
 * Two uplinks: by further next hops, or by a table of its own where the link has a public
 * address.
 */
static void the_internet_asks_by_each_link_that_leads_to_it(void **state)
{
	static const struct {
		bool hop, up, public, asked;
	} cases[] = {
		{ true, true, true, true },   { true, true, false, true },
		{ false, true, true, true },  { false, true, false, false },
		{ true, false, true, false },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		const char *second = cases[i].public ? "81.2.69.142" : "192.168.7.1";
		struct home h;

		make_home(&h);
		h.links[DOCK].up = cases[i].up;
		put_address(&h, DOCK, second, 96 + 24);
		if (cases[i].hop) {
			h.routes[0].more[0] = DOCK + 1;
		} else {
			put_route(&h, DOCK, (struct cs_prefix){ cs_addr_v4(0), 96 },
				  "81.2.69.1");
			h.routes[h.host.n_routes - 1].table = 100;
		}
		ask(&h);
		assert_int_equal(count(&h, "internet", "93.184.77.10"), EACH);
		/* A public address of ours is asked of wherever it is. */
		assert_int_equal(count(&h, "internet", second),
				 cases[i].asked || cases[i].public ? EACH : 0);
		for (size_t k = 0; k < h.q.n; k++) {
			const struct cs_question *q = &h.q.list[k];
			struct cs_addr a = addr(second);

			if (q->asker == CS_ASKER_INTERNET &&
			    cs_addr_cmp(&q->ask.to, &a) == 0)
				assert_int_equal(q->ask.link,
						 (cases[i].asked ? DOCK : ETH) + 1);
			/* What is not ours is asked of by both. */
			if (q->asker == CS_ASKER_INTERNET && cs_addr_is_v4(&q->ask.to))
				assert_int_equal(q->others[0],
						 is_group(&q->ask.to) && cases[i].asked
							 ? DOCK + 1
							 : 0);
		}
		cs_arena_clear(&h.arena);
	}
}

static void groups_are_asked_of_by_udp_alone_and_on_the_link(void **state)
{
	const struct cs_addr far = addr("198.51.100.7");
	struct home h;
	size_t groups = 0;

	(void)state;
	make_home(&h);
	h.request.froms = &far;
	h.request.n_froms = 1;
	ask(&h);
	assert_int_equal(count(&h, "192.168.1.0/24", "224.0.1.187"), 1);
	assert_int_equal(count(&h, "fd12:3456::/64", "ff02::fd"), 1);
	assert_int_equal(count(&h, "fd12:3456::/64", "ff05::fd"), 1);
	assert_int_equal(count(&h, "internet", "224.0.1.187"), 1);
	assert_int_equal(count(&h, "198.51.100.7", "224.0.1.187"), 0);
	for (size_t i = 0; i < h.q.n; i++) {
		const struct cs_probe_ask *a = &h.q.list[i].ask;

		if (!is_group(&a->to))
			continue;
		groups++;
		assert_false(a->tcp);
		assert_int_equal(a->flow, CS_FLOW_NEW);
		assert_int_equal(a->port, 5683);
	}
	assert_int_equal(groups, 1 + 2 + 1 + 1 + 2 + 2);
	cs_arena_clear(&h.arena);
}

static void hosts_behind_are_asked_of_only_when_it_forwards(void **state)
{
	struct home h;

	(void)state;
	make_home(&h);
	ask(&h);
	for (size_t i = 0; i < h.q.n; i++)
		assert_false(h.q.list[i].routed);
	cs_arena_clear(&h.arena);

	make_home(&h);
	h.sysctls[0] = (struct cs_host_sysctl){ "ipv4/ip_forward", "1" };
	h.sysctls[1] = (struct cs_host_sysctl){ "ipv6/conf/all/forwarding", "0" };
	h.host.n_sysctls = 2;
	ask(&h);
	size_t routed = 0;

	for (size_t i = 0; i < h.q.n; i++) {
		const struct cs_question *q = &h.q.list[i];

		if (!q->routed)
			continue;
		assert_true(cs_addr_is_v4(&q->ask.to));
		assert_false(cs_host_is_own(&h.host, &q->ask.to));
		routed += q->asker == CS_ASKER_INTERNET;
	}
	assert_int_equal(routed,
			 EACH); /* to the LAN; its own link and what is down: no */
	cs_arena_clear(&h.arena);
}

static void who_is_named_twice_is_asked_once(void **state)
{
	const struct cs_peer peers[] = {
		{ .prefix = prefix("192.168.1.0/24") },
		{ .prefix = prefix("10.0.0.0/8") },
		{ .prefix = prefix("::ffff:198.51.100.7") },
		{ .prefix = prefix("192.168.1.20"), .interface = "lan0" },
	};
	const struct cs_addr from = addr("198.51.100.7");
	struct home h;

	(void)state;
	make_home(&h);
	h.request.peers = peers;
	h.request.n_peers = 4;
	h.request.froms = &from;
	h.request.n_froms = 1;
	ask(&h);
	assert_int_equal(count(&h, "192.168.1.0/24", "192.168.1.1"), EACH);
	assert_int_equal(count(&h, "10.0.0.0/8", "93.184.77.10"), EACH);
	assert_int_equal(count(&h, "198.51.100.7", "93.184.77.10"), EACH);
	assert_int_equal(count(&h, "192.168.1.20", "192.168.1.1"), EACH);
	cs_arena_clear(&h.arena);
}

static const struct {
	const char *from;
	const char *says;
} refused[] = {
	{ "93.184.77.10", "an address of this host itself" },
	{ "127.0.0.1", "no packet comes from there" },
	{ "::1", "no packet comes from there" },
	{ "224.0.1.187", "no packet comes from there" },
	{ "0.0.0.0", "no packet comes from there" },
	{ "ff02::fd", "no packet comes from there" },
};

static void who_cannot_ask_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(refused); i++) {
		const struct cs_addr from = addr(refused[i].from);
		struct home h;

		make_home(&h);
		h.request.froms = &from;
		h.request.n_froms = 1;
		assert_int_equal(cs_questions_make(&h.request, &h.arena, &h.q, h.why),
				 CS_ERR_USAGE);
		if (!strstr(h.why, refused[i].says) || !strstr(h.why, refused[i].from))
			fail_msg("%s: %s", refused[i].from, h.why);
		cs_arena_clear(&h.arena);
	}
}

static void a_peer_at_an_interface_that_is_not_there_is_refused(void **state)
{
	const struct cs_peer peer = { .prefix = prefix("10.0.0.7"), .interface = "wg9" };
	struct home h;

	(void)state;
	make_home(&h);
	h.request.peers = &peer;
	h.request.n_peers = 1;
	assert_int_equal(cs_questions_make(&h.request, &h.arena, &h.q, h.why),
			 CS_ERR_USAGE);
	assert_string_equal(h.why, "10.0.0.7: there is no interface wg9 here");
	cs_arena_clear(&h.arena);
}

/* The first question of that name; fails where there is none. */
static const struct cs_question *question_from(const struct home *h, const char *from)
{
	for (size_t i = 0; i < h->q.n; i++)
		if (strcmp(h->q.list[i].from, from) == 0)
			return &h->q.list[i];
	fail_msg("nobody asks as %s", from);
	return NULL;
}

static void a_wide_prefix_is_asked_as_by_an_ordinary_address_in_it(void **state)
{
	static const struct {
		const char *prefix, *link, *from;
	} cases[] = {
		{ "0.0.0.0/0", "", "91.37.142.77" },
		{ "0.0.0.0/1", "", "91.37.142.77" },
		{ "128.0.0.0/1", "", "177.92.61.138" },
		{ "5.0.0.0/8", "", "5.0.0.79" },
		{ "::/0", "", "2a02:810d::5a11:0:0:4d" },
		{ "2000::/3", "", "2a02:810d::5a11:0:0:4d" },
		{ "2a00::/8", "", "2a00::4f" },
		/* Bound to a link it is a neighbour there: others do not come by it. */
		{ "0.0.0.0/0", "lan0", "192.168.1.79" },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct cs_peer peer = { .prefix = prefix(cases[i].prefix) };
		const struct cs_addr want = addr(cases[i].from);
		struct home h;

		(void)snprintf(peer.interface, sizeof(peer.interface), "%s",
			       cases[i].link);
		make_home(&h);
		h.request.peers = &peer;
		h.request.n_peers = 1;
		ask(&h);
		if (cs_addr_cmp(&question_from(&h, cases[i].prefix)->ask.from, &want))
			fail_msg("%s: asked as by another address", cases[i].prefix);
		cs_arena_clear(&h.arena);
	}
}

static void the_internet_is_asked_about_also_where_all_of_it_is_allowed(void **state)
{
	const struct cs_peer peers[] = { { .prefix = prefix("::/0") },
					 { .prefix = prefix("0.0.0.0/0") } };
	struct home h;

	(void)state;
	for (size_t n = 0; n <= CS_LEN(peers); n++) {
		size_t v4 = 0, v6 = 0;

		make_home(&h);
		h.request.peers = peers;
		h.request.n_peers = n;
		ask(&h);
		for (size_t i = 0; i < h.q.n; i++) {
			const struct cs_question *q = &h.q.list[i];

			if (q->asker != CS_ASKER_INTERNET)
				continue;
			v4 += cs_addr_is_v4(&q->ask.from);
			v6 += !cs_addr_is_v4(&q->ask.from);
		}
		assert_true(v4 > 0 && v6 > 0);
		cs_arena_clear(&h.arena);
	}
}

static void a_port_that_is_sent_on_is_asked_of(void **state)
{
	static const char text[] = "udp dport 9683 dnat to 172.17.0.2:5683";
	struct cs_rule rule = { .table = "ip nat", .text = text, .raw = text };
	struct home h;
	size_t n = 0;

	(void)state;
	make_home(&h);
	h.rules = (struct cs_rules){ .rules = &rule, .n = 1 };
	h.sysctls[0] = (struct cs_host_sysctl){ "ipv4/ip_forward", "1" };
	h.host.n_sysctls = 1;
	ask(&h);
	for (size_t i = 0; i < h.q.n; i++) {
		const struct cs_question *q = &h.q.list[i];

		assert_false(q->ask.port == 9683 && (q->ask.tcp || q->routed));
		n += q->ask.port == 9683 && q->asker == CS_ASKER_INTERNET;
	}
	assert_int_equal(n, 2 * 2); /* both families, both flows */
	cs_arena_clear(&h.arena);
}

static void hosts_that_rules_name_are_asked_of_by_strangers(void **state)
{
	static const char pinhole[] = "ip daddr 192.168.1.200 udp dport 5683 accept";
	static const char dnat[] =
		"ip daddr 93.184.77.50 udp dport 5683 dnat to 192.168.1.9";
	struct cs_rule rules[] = { { .table = "inet f", .text = pinhole, .raw = pinhole },
				   { .table = "ip nat", .text = dnat, .raw = dnat } };
	struct home h;

	(void)state;
	make_home(&h);
	h.rules = (struct cs_rules){ .rules = rules, .n = 2 };
	ask(&h);
	assert_int_equal(count(&h, NULL, "192.168.1.200"), 0); /* it forwards nothing */
	cs_arena_clear(&h.arena);

	make_home(&h);
	h.rules = (struct cs_rules){ .rules = rules, .n = 2 };
	h.sysctls[0] = (struct cs_host_sysctl){ "ipv4/ip_forward", "1" };
	h.host.n_sysctls = 1;
	ask(&h);
	assert_int_equal(count(&h, "internet", "192.168.1.200"), EACH);
	assert_int_equal(count(&h, NULL, "192.168.1.200"), EACH);
	assert_int_equal(count(&h, "internet", "93.184.77.50"), EACH);
	for (size_t i = 0; i < h.q.n; i++) {
		const struct cs_question *q = &h.q.list[i];
		const struct cs_addr published = addr("93.184.77.50");
		bool is_published = cs_addr_cmp(&q->ask.to, &published) == 0;

		assert_int_equal(q->if_sent_on, is_published);
		assert_false(is_published && q->routed);
	}
	assert_false(h.q.hosts_left_out);
	cs_arena_clear(&h.arena);
}

static void without_a_default_route_one_is_assumed(void **state)
{
	struct home h;

	(void)state;
	make_home(&h);
	h.routes[0] = h.routes[--h.host.n_routes];
	ask(&h);
	assert_true(h.q.assumed_route);
	assert_int_equal(count(&h, "internet", "93.184.77.10"), EACH);
	assert_int_equal(h.q.list[0].ask.link, ETH + 1);
	cs_arena_clear(&h.arena);
}

static void who_is_routed_to_nowhere_does_not_ask_for_the_internet(void **state)
{
	struct cs_host_route nowhere = { .to = prefix("91.0.0.0/8"), .table = 254 };
	struct home h;

	(void)state;
	make_home(&h);
	h.routes[h.host.n_routes++] = nowhere;
	nowhere.to = prefix("2a02::/16");
	h.routes[h.host.n_routes++] = nowhere;
	ask(&h);
	assert_false(h.q.assumed_route);
	assert_int_equal(count(&h, "internet", "93.184.77.10"), EACH);
	assert_int_equal(count(&h, "internet", "2a03:b0c0:77::10"), EACH);
	for (size_t i = 0; i < h.q.n; i++)
		for (size_t k = 0; k < h.q.list[i].n_askers; k++)
			assert_non_null(cs_host_way(&h.host, &h.q.list[i].askers[k]));
	cs_arena_clear(&h.arena);
}

static void without_an_address_of_a_family_nobody_asks_by_it(void **state)
{
	struct home h;

	(void)state;
	make_home(&h);
	h.addresses[1] = h.addresses[2]; /* no IPv6 but the LAN's */
	h.host.n_addresses = 3;
	h.host.n_routes = 1;
	ask(&h);
	for (size_t i = 0; i < h.q.n; i++)
		assert_true(cs_addr_is_v4(&h.q.list[i].ask.to));
	cs_arena_clear(&h.arena);
}

static const struct {
	const char *network;
	unsigned nth;
	const char *want; /* NULL: none */
} neighbours[] = {
	{ "192.168.1.0/24", 0, "192.168.1.77" },
	{ "192.168.1.0/24", 1, "192.168.1.78" },
	{ "93.184.77.0/30", 0, "93.184.77.2" }, /* .1 is the router */
	{ "93.184.77.10/31", 0, "93.184.77.11" },
	{ "93.184.77.10", 0, NULL },
	{ "198.51.100.9", 0, "198.51.100.9" },
	{ "198.51.100.8/31", 1, "198.51.100.8" },
	{ "198.51.100.8/31", 2, NULL },
	{ "198.51.100.8/30", 2, NULL },
	{ "10.0.0.0/8", 0, "10.0.0.77" },
	{ "fd12:3456::/64", 0, "fd12:3456::4d" },
	{ "fd12:3456::/127", 0, "fd12:3456::" },
};

static void an_ordinary_neighbour_is_neither_us_nor_a_router(void **state)
{
	struct home h;
	char text[CS_ADDR_TEXT];

	(void)state;
	make_home(&h);
	for (size_t i = 0; i < CS_LEN(neighbours); i++) {
		const struct cs_prefix p = prefix(neighbours[i].network);
		struct cs_addr a;

		text[0] = '\0';
		if (cs_network_host(&h.host, &p, neighbours[i].nth, &a))
			cs_addr_text(&a, text);
		if (strcmp(text, neighbours[i].want ? neighbours[i].want : "") != 0)
			fail_msg("%s, %u: %s", neighbours[i].network, neighbours[i].nth,
				 text);
	}
}

static void too_many_networks_are_said_and_not_asked(void **state)
{
	enum { N = 200 };
	static struct cs_prefix locals[N];
	struct home h;

	(void)state;
	for (unsigned i = 0; i < N; i++)
		locals[i] = (struct cs_prefix){ cs_addr_v4(0x0a000000 + (i << 16)), 112 };
	make_home(&h);
	h.request.locals = locals;
	h.request.n_locals = N;
	ask(&h);
	assert_true(h.q.left_out);
	assert_int_equal(h.q.n, CS_QUESTIONS_MAX);
	cs_arena_clear(&h.arena);
}

static size_t count_peers(const struct home *h)
{
	const char *last = "";
	size_t n = 0;

	for (size_t i = 0; i < h->q.n; i++)
		if (h->q.list[i].asker == CS_ASKER_PEER) {
			n += strcmp(h->q.list[i].from, last) != 0;
			last = h->q.list[i].from;
		}
	return n;
}

static void of_many_peers_the_first_the_last_and_one_in_between_are_asked(void **state)
{
	static const struct {
		size_t n, asked;
		bool brief;
	} cases[] = {
		{ 0, 0, false },  { 1, 1, false }, { 8, 8, false }, { 9, 3, false },
		{ 20, 3, false }, { 1, 1, true },  { 2, 2, true },  { 20, 2, true }
	};
	struct cs_peer peers[20] = { 0 };

	(void)state;
	for (uint32_t i = 0; i < CS_LEN(peers); i++)
		peers[i].prefix =
			(struct cs_prefix){ cs_addr_v4(0x2d000001 + i * 256), 128 };
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct home h;

		make_home(&h);
		h.request.peers = peers;
		h.request.n_peers = cases[i].n;
		h.request.brief = cases[i].brief;
		ask(&h);
		assert_int_equal(h.q.n_peers, cases[i].asked);
		assert_int_equal(count_peers(&h), cases[i].asked);
		if (cases[i].n == 20) {
			assert_true(count(&h, "45.0.0.1", NULL) > 0);
			assert_true(count(&h, "45.0.19.1", NULL) > 0);
			assert_int_equal(count(&h, "45.0.9.1", NULL) > 0,
					 !cases[i].brief);
		}
		cs_arena_clear(&h.arena);
	}
}

static void answers_are_so_small_that_no_limit_of_size_decides(void **state)
{
	struct home h;

	(void)state;
	make_home(&h);
	ask(&h);
	for (size_t i = 0; i < h.q.n; i++)
		assert_int_equal(h.q.list[i].ask.answer, 16);
	cs_arena_clear(&h.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			of_many_peers_the_first_the_last_and_one_in_between_are_asked),
		cmocka_unit_test(answers_are_so_small_that_no_limit_of_size_decides),
		cmocka_unit_test(the_internet_is_ordinary_addresses_far_from_each_other),
		cmocka_unit_test(
			the_internet_asks_of_our_public_addresses_wherever_they_are),
		cmocka_unit_test(who_is_ours_or_allowed_does_not_stand_for_the_internet),
		cmocka_unit_test(each_asker_is_asked_of_our_address_on_its_link),
		cmocka_unit_test(the_internet_asks_by_each_link_that_leads_to_it),
		cmocka_unit_test(groups_are_asked_of_by_udp_alone_and_on_the_link),
		cmocka_unit_test(hosts_behind_are_asked_of_only_when_it_forwards),
		cmocka_unit_test(who_is_named_twice_is_asked_once),
		cmocka_unit_test(who_cannot_ask_is_named),
		cmocka_unit_test(a_peer_at_an_interface_that_is_not_there_is_refused),
		cmocka_unit_test(a_wide_prefix_is_asked_as_by_an_ordinary_address_in_it),
		cmocka_unit_test(
			the_internet_is_asked_about_also_where_all_of_it_is_allowed),
		cmocka_unit_test(a_port_that_is_sent_on_is_asked_of),
		cmocka_unit_test(hosts_that_rules_name_are_asked_of_by_strangers),
		cmocka_unit_test(without_a_default_route_one_is_assumed),
		cmocka_unit_test(who_is_routed_to_nowhere_does_not_ask_for_the_internet),
		cmocka_unit_test(without_an_address_of_a_family_nobody_asks_by_it),
		cmocka_unit_test(an_ordinary_neighbour_is_neither_us_nor_a_router),
		cmocka_unit_test(too_many_networks_are_said_and_not_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
