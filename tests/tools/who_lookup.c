/* SPDX-License-Identifier: Apache-2.0 */
/*
 * who_lookup: who addresses are said to be, for the tests with real and lying DNS
 * servers. Reads an address a line on standard input and prints a JSON line each in
 * their order, then one with the counts.
 *
 *   who_lookup [--resolver R]... [--scanners FILE]... [--timeout MS] [--live CALLS]
 *
 * --live asks as a live watch does: that many calls of cs_who_work() first.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "out/json.h"
#include "watch/who.h"

enum { MOST = 65536, MOST_RESOLVERS = 16 };

struct args {
	const char *resolvers[MOST_RESOLVERS];
	struct cs_who_want want;
	struct cs_scanners *scanners;
	uint64_t live;
};

static void die(const char *what)
{
	(void)fprintf(stderr, "who_lookup: %s\n", what);
	exit(1);
}

static uint64_t number(const char *text)
{
	uint64_t n;

	if (!cs_num_u64(cs_span_str(text), 0, UINT32_MAX, &n))
		die(text);
	return n;
}

static void read_args(int argc, char **argv, struct args *args)
{
	static const struct option options[] = {
		{ "resolver", required_argument, NULL, 'r' },
		{ "scanners", required_argument, NULL, 's' },
		{ "timeout", required_argument, NULL, 't' },
		{ "live", required_argument, NULL, 'l' },
		{ 0 },
	};
	char why[CS_SCANNERS_WHY];

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (c) {
		case 'r':
			if (args->want.n_resolvers == MOST_RESOLVERS)
				die("too many resolvers");
			args->resolvers[args->want.n_resolvers++] = optarg;
			break;
		case 's':
			if (cs_scanners_add(args->scanners, optarg, why))
				die(why);
			break;
		case 't':
			args->want.timeout_ms = (uint32_t)number(optarg);
			break;
		case 'l':
			args->live = number(optarg);
			break;
		default:
			exit(2);
		}
	}
}

static size_t read_addresses(struct cs_addr *ips)
{
	char line[CS_ADDR_TEXT + 1];
	size_t n = 0;

	while (n < MOST && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (!cs_addr_read(cs_span_str(line), &ips[n++]))
			die(line);
	}
	return n;
}

static void put(struct cs_json *j, const char *key, struct cs_span text)
{
	cs_json_key(j, key);
	cs_json_string(j, text);
}

static void print(struct cs_json *j, const struct cs_addr *ip, const struct cs_actor *a)
{
	char text[CS_ADDR_TEXT];

	cs_addr_text(ip, text);
	cs_json_object(j);
	put(j, "ip", cs_span_str(text));
	put(j, "name", a->name);
	put(j, "kind", a->kind);
	put(j, "hostname", a->hostname);
	cs_json_key(j, "by_list");
	cs_json_bool(j, a->by_list);
	cs_json_key(j, "by_name");
	cs_json_bool(j, a->by_name);
	cs_json_key(j, "date");
	cs_json_time(j, a->date_us);
	cs_json_object_end(j);
	cs_json_line(j);
}

static void count(struct cs_json *j, const char *key, uint64_t n)
{
	cs_json_key(j, key);
	cs_json_uint(j, n);
}

static void find_live(struct cs_who *who, uint64_t calls, const struct cs_addr *ips,
		      struct cs_actor *actors, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)cs_who_find(who, &ips[i], &actors[i]); /* they wait from now on */
	while (calls-- > 0)
		(void)cs_who_work(who); /* what is new is looked up below */
	for (size_t i = 0; i < n; i++)
		(void)cs_who_find(who, &ips[i], &actors[i]); /* zeroed: nobody */
}

int main(int argc, char **argv)
{
	static struct cs_addr ips[MOST];
	static struct cs_actor actors[MOST];
	struct cs_json j = cs_json_to(stdout);
	struct cs_who_counts counts;
	struct args args = { .want = { .clock = cs_clock_system() } };
	struct cs_who *who;
	char why[CS_PTR_WHY];
	size_t n;

	if (cs_scanners_open(&args.scanners))
		die("out of memory");
	read_args(argc, argv, &args);
	args.want.names = args.want.n_resolvers > 0;
	args.want.resolvers = args.resolvers;
	args.want.scanners = args.scanners;
	if (cs_scanners_settle(args.scanners) || cs_who_open(&args.want, &who, why))
		die(why);
	n = read_addresses(ips);
	if (args.live)
		find_live(who, args.live, ips, actors, n);
	else if (cs_who_find_all(who, ips, actors, n))
		die("cs_who_find_all");
	for (size_t i = 0; i < n; i++)
		print(&j, &ips[i], &actors[i]);
	counts = cs_who_counted(who);
	cs_json_object(&j);
	count(&j, "asked", counts.asked);
	count(&j, "confirmed", counts.confirmed);
	count(&j, "lied", counts.lied);
	count(&j, "failed", counts.failed);
	count(&j, "dropped", counts.dropped);
	cs_json_object_end(&j);
	cs_json_line(&j);
	cs_who_close(who);
	cs_scanners_close(args.scanners);
	return fflush(stdout) == 0 ? 0 : 1;
}
