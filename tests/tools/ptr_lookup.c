/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ptr_lookup: the reverse names of addresses, for the tests with real and with
 * lying DNS servers. Reads an address a line on standard input, asks in groups,
 * and prints a JSON line each in their order, then one with the counts.
 *
 *   ptr_lookup [--resolver R]... [--rate QPS] [--window N] [--timeout MS]
 *              [--tries N] [--group N] [--stop MS] [--jail] [--cache] [--quiet]
 *
 * With --cache what is learnt is kept, and found again, in memory. --stop ends
 * the work by the descriptor that is there for it.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>

#include "base/clock.h"
#include "base/num.h"
#include "enrich/ptr.h"
#include "jail/jail.h"

enum { CACHE_MAX = 100000 };

struct args {
	const char *resolvers[64];
	struct cs_ptr_want want;
	uint64_t group, stop_ms;
	int stop_fd;
	bool jail, cache, quiet;
};

struct cache {
	struct cs_ptr_answer *answers; /* names owned */
	size_t n;
	uint64_t kept, calls;
};

static void die(const char *what)
{
	(void)fprintf(stderr, "ptr_lookup: %s\n", what);
	exit(1);
}

static uint32_t number(const char *text)
{
	uint64_t n;

	if (!cs_num_u64(cs_span_str(text), 0, UINT32_MAX, &n))
		die(text);
	return (uint32_t)n;
}

static struct args read_args(int argc, char **argv)
{
	static const struct option options[] = {
		{ "resolver", required_argument, NULL, 'r' },
		{ "rate", required_argument, NULL, 'q' },
		{ "window", required_argument, NULL, 'w' },
		{ "timeout", required_argument, NULL, 't' },
		{ "tries", required_argument, NULL, 'n' },
		{ "group", required_argument, NULL, 'g' },
		{ "stop", required_argument, NULL, 's' },
		{ "jail", no_argument, NULL, 'j' },
		{ "cache", no_argument, NULL, 'c' },
		{ "quiet", no_argument, NULL, 'Q' },
		{ 0 },
	};
	struct args args = { .want = { .window = CS_PTR_WINDOW,
				       .timeout_ms = CS_PTR_TIMEOUT_MS,
				       .tries = CS_PTR_TRIES },
			     .group = 4096 };

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (c) {
		case 'r':
			if (args.want.n_resolvers == CS_LEN(args.resolvers))
				die("too many resolvers");
			args.resolvers[args.want.n_resolvers++] = optarg;
			break;
		case 'q':
			args.want.rate_qps = number(optarg);
			break;
		case 'w':
			args.want.window = number(optarg);
			break;
		case 't':
			args.want.timeout_ms = number(optarg);
			break;
		case 'n':
			args.want.tries = number(optarg);
			break;
		case 'g':
			args.group = number(optarg);
			break;
		case 's':
			args.stop_ms = number(optarg);
			break;
		case 'j':
			args.jail = true;
			break;
		case 'c':
			args.cache = true;
			break;
		case 'Q':
			args.quiet = true;
			break;
		default:
			exit(2);
		}
	}
	return args;
}

static enum cs_err find(void *arg, const struct cs_addr *ip, struct cs_ptr_answer *answer)
{
	const struct cache *cache = arg;

	for (size_t i = 0; i < cache->n; i++)
		if (cs_addr_cmp(&cache->answers[i].ip, ip) == 0) {
			*answer = cache->answers[i];
			return CS_OK;
		}
	return CS_ERR_NOT_FOUND;
}

static enum cs_err keep(void *arg, const struct cs_ptr_answer *answers, size_t n)
{
	struct cache *cache = arg;

	cache->calls++;
	cache->kept += n;
	for (size_t i = 0; i < n && cache->n < CACHE_MAX; i++) {
		struct cs_ptr_answer *to = &cache->answers[cache->n++];
		char *name =
			strndup((const char *)answers[i].name.ptr, answers[i].name.len);

		*to = answers[i];
		to->name = cs_span_str(name);
	}
	return CS_OK;
}

static void enter_jail(void)
{
	struct cs_jail jail = { .dns = true };
	struct cs_jail_state state;
	char why[CS_JAIL_WHY];

	if (cs_jail_enter(&jail, &state, why))
		die(why);
}

static size_t read_group(struct cs_ptr_answer *answers, size_t most)
{
	char line[128];
	size_t n = 0;

	while (n < most && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (!cs_addr_read(cs_span_str(line), &answers[n++].ip))
			die(line);
	}
	return n;
}

static void print(const struct cs_ptr_answer *answer, const struct cs_clock *clock)
{
	char ip[CS_ADDR_TEXT];
	int64_t ttl_us = answer->known ? answer->expires_us - cs_clock_wall(clock) : 0;

	cs_addr_text(&answer->ip, ip);
	(void)printf("{\"ip\":\"%s\",\"known\":%s,\"ttl\":%" PRId64 ",\"name\":\"", ip,
		     answer->known ? "true" : "false",
		     (ttl_us + CS_US_PER_S - 1) / CS_US_PER_S);
	for (size_t i = 0; i < answer->name.len; i++) {
		uint8_t c = answer->name.ptr[i];

		(void)printf(c == '"' || c < ' ' ? "\\u%04x" : "%c", c);
	}
	(void)printf("\"}\n");
}

static void print_counts(const struct cs_ptr_counts *c, const struct cache *cache,
			 int64_t took_ns)
{
	(void)printf("{\"asked\":%" PRIu64 ",\"sent\":%" PRIu64 ",\"from_cache\":%" PRIu64
		     ",\"named\":%" PRIu64 ",\"nameless\":%" PRIu64 ",\"failed\":%" PRIu64
		     ",\"malformed\":%" PRIu64 ",\"kept\":%" PRIu64
		     ",\"keep_calls\":%" PRIu64 ",\"seconds\":%.6f}\n",
		     c->asked, c->sent, c->from_cache, c->named, c->nameless, c->failed,
		     c->malformed, cache->kept, cache->calls, (double)took_ns / 1e9);
}

static void open_ptr(struct args *args, struct cache *cache, struct cs_ptr **ptr)
{
	char why[CS_PTR_WHY];

	struct itimerspec when = { .it_value = { .tv_sec = (time_t)(args->stop_ms / 1000),
						 .tv_nsec = (long)(args->stop_ms % 1000 *
								   CS_NS_PER_MS) } };

	args->want.resolvers = args->resolvers;
	if (args->stop_ms > 0) {
		args->stop_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
		if (args->stop_fd < 0 ||
		    timerfd_settime(args->stop_fd, 0, &when, NULL) != 0)
			die("timer");
		args->want.stop = &args->stop_fd;
	}
	args->want.clock = cs_clock_system();
	if (args->cache) {
		args->want.find = find;
		args->want.keep = keep;
		args->want.arg = cache;
	}
	if (cs_ptr_open(&args->want, ptr, why))
		die(why);
	if (args->jail)
		enter_jail();
}

int main(int argc, char **argv)
{
	struct args args = read_args(argc, argv);
	struct cache cache = { .answers =
				       calloc(CACHE_MAX, sizeof(struct cs_ptr_answer)) };
	struct cs_ptr_answer *answers = calloc(args.group, sizeof(*answers));
	int64_t took_ns = 0;
	struct cs_ptr *ptr;
	size_t n;

	if (!cache.answers || !answers)
		die("out of memory");
	open_ptr(&args, &cache, &ptr);
	while ((n = read_group(answers, args.group)) > 0) {
		int64_t began_ns = cs_clock_mono(args.want.clock);
		enum cs_err err = cs_ptr_resolve(ptr, answers, n);

		took_ns += cs_clock_mono(args.want.clock) - began_ns;
		if (err)
			die(cs_strerror(err));
		for (size_t i = 0; !args.quiet && i < n; i++)
			print(&answers[i], args.want.clock);
		(void)fflush(stdout);
	}
	struct cs_ptr_counts counts = cs_ptr_counted(ptr);

	print_counts(&counts, &cache, took_ns);
	cs_ptr_close(ptr);
	for (size_t i = 0; i < cache.n; i++)
		free((void *)(uintptr_t)cache.answers[i].name.ptr);
	free(cache.answers);
	free(answers);
	return 0;
}
