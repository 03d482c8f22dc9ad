/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prober_ask file PATH | ufw DIR: asks the prober what stands on its standard input, a
 * question a line:
 *
 *   FROM TO LINK udp|tcp PORT new|established ANSWER
 *   flood N FROM TO LINK udp PORT new ANSWER
 *
 * and writes a JSON line for each. The host is made up: eth0 with 198.51.100.1/24 and
 * 2001:db8:1::1/64 and the default routes, eth1 with 192.168.1.1/24 and
 * 2001:db8:2::1/64; it forwards.
 */
#include <stdio.h>
#include <string.h>

#include "out/json.h"
#include "protect/prober.h"

static const char *const verdicts[] = { "open", "limit", "reject", "drop" };

static struct cs_host_link links[] = {
	{ .index = 1, .name = "lo", .up = true, .loopback = true },
	{ .index = 2,
	  .name = "eth0",
	  .up = true,
	  .ethernet = true,
	  .mac = { 2, 0, 0, 0, 0, 1 } },
	{ .index = 3,
	  .name = "eth1",
	  .up = true,
	  .ethernet = true,
	  .mac = { 2, 0, 0, 0, 1, 1 } },
};
static struct cs_host_address addresses[4];
static struct cs_host_route routes[6];
static struct cs_host_sysctl sysctls[] = {
	{ "ipv4/ip_forward", "1" },
	{ "ipv6/conf/all/forwarding", "1" },
};

static struct cs_addr addr(const char *text)
{
	struct cs_addr a = { 0 };

	if (!cs_addr_read(cs_span_str(text), &a))
		fprintf(stderr, "no address: %s\n", text);
	return a;
}

static struct cs_prefix prefix(const char *text)
{
	struct cs_prefix p = { 0 };

	if (cs_prefix_read(cs_span_str(text), &p))
		fprintf(stderr, "no prefix: %s\n", text);
	return p;
}

static struct cs_host make_host(void)
{
	static const struct {
		const char *address, *network;
		uint8_t len;
		uint32_t link;
	} at[] = {
		{ "198.51.100.1", "198.51.100.0/24", 120, 2 },
		{ "2001:db8:1::1", "2001:db8:1::/64", 64, 2 },
		{ "192.168.1.1", "192.168.1.0/24", 120, 3 },
		{ "2001:db8:2::1", "2001:db8:2::/64", 64, 3 },
	};

	for (size_t i = 0; i < CS_LEN(at); i++) {
		addresses[i] = (struct cs_host_address){ .address = addr(at[i].address),
							 .len = at[i].len,
							 .link = at[i].link };
		routes[i] = (struct cs_host_route){ .to = prefix(at[i].network),
						    .link = at[i].link,
						    .table = 254 };
	}
	routes[4] = (struct cs_host_route){ .to = prefix("0.0.0.0/0"),
					    .gateway = addr("198.51.100.254"),
					    .link = 2,
					    .table = 254 };
	routes[5] = (struct cs_host_route){ .to = prefix("::/0"),
					    .gateway = addr("2001:db8:1::fe"),
					    .link = 2,
					    .table = 254 };
	return (struct cs_host){ .links = links,
				 .n_links = CS_LEN(links),
				 .addresses = addresses,
				 .n_addresses = CS_LEN(addresses),
				 .routes = routes,
				 .n_routes = CS_LEN(routes),
				 .sysctls = sysctls,
				 .n_sysctls = CS_LEN(sysctls),
				 .assumed = true };
}

static void put_rule(struct cs_json *j, const struct cs_rule *rule)
{
	cs_json_key(j, "rule");
	if (!rule) {
		cs_json_null(j);
		return;
	}
	cs_json_object(j);
	cs_json_put_word(j, "tool", cs_rule_tool_names[rule->tool]);
	cs_json_put_word(j, "table", rule->table);
	cs_json_put_word(j, "chain", rule->chain);
	cs_json_put_uint(j, "handle", rule->handle);
	cs_json_put_text(j, "text", cs_span_str(rule->text));
	cs_json_object_end(j);
}

static void put_told(const struct cs_probe_told *t)
{
	struct cs_json out = cs_json_to(stdout), *j = &out;
	static const struct cs_addr none;
	char text[CS_ADDR_TEXT] = "";

	if (cs_addr_cmp(&t->forward_to, &none) != 0)
		cs_addr_text(&t->forward_to, text);
	cs_json_object(j);
	cs_json_put_word(j, "verdict", verdicts[t->verdict]);
	cs_json_put_uint(j, "sent", t->sent);
	cs_json_put_uint(j, "answered", t->answered);
	cs_json_put_uint(j, "errors", t->errors);
	cs_json_put_uint(j, "bytes_in", t->bytes_in);
	cs_json_put_uint(j, "bytes_out", t->bytes_out);
	cs_json_put_bool(j, "forwarded", t->forwarded);
	cs_json_put_word(j, "forward_to", text);
	cs_json_put_uint(j, "forward_port", t->forward_port);
	cs_json_put_bool(j, "rated", t->rated);
	put_rule(j, t->rule);
	cs_json_object_end(j);
	cs_json_line(j);
	fflush(stdout);
}

static bool read_ask(const char *line, const struct cs_host *host,
		     struct cs_probe_ask *ask)
{
	char from[64], to[64], link[32], proto[8], flow[16];
	unsigned port, answer;
	const struct cs_host_link *l;

	if (sscanf(line, "%63s %63s %31s %7s %u %15s %u", from, to, link, proto, &port,
		   flow, &answer) != 7)
		return false;
	l = cs_host_link_named(host, link);
	if (!l)
		return false;
	*ask = (struct cs_probe_ask){ .from = addr(from),
				      .to = addr(to),
				      .link = l->index,
				      .tcp = strcmp(proto, "tcp") == 0,
				      .port = (uint16_t)port,
				      .flow = strcmp(flow, "new") == 0
						      ? CS_FLOW_NEW
						      : CS_FLOW_ESTABLISHED,
				      .answer = answer };
	return true;
}

static int ask_all(struct cs_prober *prober, const struct cs_host *host)
{
	char line[256];

	while (fgets(line, sizeof(line), stdin)) {
		struct cs_probe_ask ask;
		struct cs_probe_told told;
		unsigned n = 0;
		int at = 0;
		enum cs_err err;

		(void)sscanf(line, "flood %u %n", &n, &at); /* no match: no flood */
		if (!read_ask(line + at, host, &ask)) {
			fprintf(stderr, "no question: %s", line);
			return 2;
		}
		err = n ? cs_prober_flood(prober, &ask, n, &told)
			: cs_prober_ask(prober, &ask, &told);
		if (err) {
			fprintf(stderr, "%s: %s", cs_strerror(err), line);
			return 1;
		}
		put_told(&told);
	}
	return 0;
}

static int run(const struct cs_rules *rules, struct cs_arena *arena, char *why)
{
	struct cs_host host = make_host();
	struct cs_scratch *scratch;
	struct cs_prober *prober;
	int status;

	if (cs_scratch_open(&host, &scratch, why))
		return 1;
	if (cs_prober_open(scratch, &host, rules, arena, &prober, why)) {
		cs_scratch_close(scratch);
		return 1;
	}
	why[0] = '\0';
	status = ask_all(prober, &host);
	cs_prober_close(prober);
	cs_scratch_close(scratch);
	return status;
}

int main(int argc, char **argv)
{
	struct cs_arena arena = { 0 };
	struct cs_rules rules;
	char why[CS_RULES_WHY] = "usage: prober_ask file PATH | ufw DIR";
	enum cs_err err = CS_ERR_USAGE;
	int status = 1;

	if (argc == 3 && strcmp(argv[1], "file") == 0)
		err = cs_rules_read_file(argv[2], &arena, &rules, why);
	else if (argc == 3 && strcmp(argv[1], "ufw") == 0)
		err = cs_rules_read_ufw(argv[2], &arena, &rules, why);
	why[0] = err ? why[0] : '\0';
	if (!err)
		status = run(&rules, &arena, why);
	if (why[0])
		fprintf(stderr, "%s\n", why);
	cs_arena_clear(&arena);
	return status;
}
