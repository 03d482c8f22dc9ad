/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reverse names a second, beside a bare loop of c-ares with the same window and
 * the same timeouts: what the library itself costs. Both take turns, so that a
 * slow moment of the machine hits both.
 *
 *   ptr RESOLVER NAMES WINDOW ROUNDS
 *
 * Prints a line a round: rate of the bare loop, ours, and what each lost.
 */
#include <ares.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/num.h"
#include "enrich/ptr.h"

enum { GROUP = 4096, TIMEOUT_MS = 2000, TRIES = 3 };

struct job {
	const char *resolver;
	uint64_t names, window;
};

static void die(const char *what)
{
	(void)fprintf(stderr, "bench ptr: %s\n", what);
	exit(1);
}

static double seconds_since(int64_t began_ns)
{
	return (double)(cs_clock_mono(cs_clock_system()) - began_ns) / 1e9;
}

/* 10.0.0.0 and what follows, spread so that neither asks in order. */
static struct cs_addr address(uint64_t i)
{
	return cs_addr_v4((uint32_t)(0x0a000000u + i * 101 % 0x1000000));
}

/* The bare loop. */
struct bare {
	ares_channel channel;
	uint64_t next, under_way, named;
};

static void bare_done(void *arg, int status, int timeouts, unsigned char *message,
		      int len)
{
	struct bare *bare = arg;
	struct hostent *host = NULL;

	(void)timeouts;
	bare->under_way--;
	if (status == ARES_SUCCESS &&
	    ares_parse_ptr_reply(message, len, NULL, 0, AF_INET, &host) == ARES_SUCCESS)
		bare->named++;
	ares_free_hostent(host);
}

static void bare_ask(struct bare *bare)
{
	struct cs_addr ip = address(bare->next++);
	char name[64];

	(void)snprintf(name, sizeof(name), "%u.%u.%u.%u.in-addr.arpa", ip.b[15], ip.b[14],
		       ip.b[13], ip.b[12]);
	bare->under_way++;
	ares_query(bare->channel, name, 1, 12, bare_done, bare);
}

static void bare_wait(struct bare *bare)
{
	ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
	int bits = ares_getsock(bare->channel, sockets, ARES_GETSOCK_MAXNUM);
	struct pollfd fd = { .fd = sockets[0], .events = POLLIN };
	struct timeval room, most = { .tv_sec = 1 };
	const struct timeval *wait = ares_timeout(bare->channel, &most, &room);
	bool one = ARES_GETSOCK_READABLE((unsigned)bits, 0);
	int n = poll(&fd, one, (int)(wait->tv_sec * 1000 + wait->tv_usec / 1000));

	ares_process_fd(bare->channel, n > 0 ? fd.fd : ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static double run_bare(const struct job *job, uint64_t *lost)
{
	struct ares_options options = { .flags = ARES_FLAG_STAYOPEN | ARES_FLAG_NOSEARCH,
					.timeout = TIMEOUT_MS,
					.tries = TRIES };
	struct bare bare = { 0 };
	int64_t began_ns = cs_clock_mono(cs_clock_system());

	if (ares_init_options(&bare.channel, &options,
			      ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) ||
	    ares_set_servers_ports_csv(bare.channel, job->resolver))
		die(job->resolver);
	while (bare.next < job->names || bare.under_way > 0) {
		while (bare.next < job->names && bare.under_way < job->window)
			bare_ask(&bare);
		bare_wait(&bare);
	}
	ares_destroy(bare.channel);
	*lost = job->names - bare.named;
	return (double)job->names / seconds_since(began_ns);
}

static double run_ours(const struct job *job, uint64_t *lost)
{
	static struct cs_ptr_answer answers[GROUP];
	const struct cs_ptr_want want = { .resolvers = &job->resolver,
					  .n_resolvers = 1,
					  .window = (uint32_t)job->window,
					  .timeout_ms = TIMEOUT_MS,
					  .tries = TRIES,
					  .clock = cs_clock_system() };
	int64_t began_ns = cs_clock_mono(cs_clock_system());
	char why[CS_PTR_WHY];
	struct cs_ptr *ptr;

	if (cs_ptr_open(&want, &ptr, why))
		die(why);
	for (uint64_t i = 0; i < job->names;) {
		size_t n = 0;

		while (n < GROUP && i < job->names)
			answers[n++].ip = address(i++);
		if (cs_ptr_resolve(ptr, answers, n))
			die("resolve");
	}
	*lost = job->names - cs_ptr_counted(ptr).named;
	cs_ptr_close(ptr);
	return (double)job->names / seconds_since(began_ns);
}

static uint64_t number(const char *text)
{
	uint64_t n;

	if (!cs_num_u64(cs_span_str(text), 1, UINT32_MAX, &n))
		die(text);
	return n;
}

int main(int argc, char **argv)
{
	struct job job;

	if (argc != 5)
		die("want RESOLVER NAMES WINDOW ROUNDS");
	job = (struct job){ .resolver = argv[1],
			    .names = number(argv[2]),
			    .window = number(argv[3]) };
	if (ares_library_init(ARES_LIB_INIT_ALL))
		die("c-ares");
	for (uint64_t i = number(argv[4]); i > 0; i--) {
		uint64_t bare_lost, lost;
		double bare = run_bare(&job, &bare_lost), ours = run_ours(&job, &lost);

		(void)printf("%.0f %.0f %llu %llu\n", bare, ours,
			     (unsigned long long)bare_lost, (unsigned long long)lost);
		(void)fflush(stdout);
	}
	ares_library_cleanup();
	return 0;
}
