/* SPDX-License-Identifier: Apache-2.0 */
#include "net/room.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/num.h"
#include "net/neighbour.h"

enum {
	TRIES = 16,        /* datagrams that are to show up as entries */
	SHOWN = TRIES / 2, /* others' entries come and go meanwhile */

	/* What Linux has unless told otherwise. */
	NEIGHBOUR_MAX = 1024,
	/*
	 * An address that does not answer is asked three times, a second each;
	 * then the kernel may drop its entry, which it does every five seconds
	 * when the table is half full (neigh_forced_gc).
	 */
	NEIGHBOUR_HOLD_S = 8,
	CONNTRACK_HOLD_S = 30,
};

#define CONNTRACK "/proc/sys/net/netfilter/nf_conntrack_"

/* The number that a file of /proc holds; false when there is no such file. */
static bool read_number(const char *path, uint64_t *out)
{
	char text[32];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return false;
	len = read(fd, text, sizeof(text));
	(void)close(fd); /* only read from */
	if (len <= 0 || text[len - 1] != '\n')
		return false;
	return cs_num_u64(cs_span_of(text, (size_t)len - 1), 0, UINT64_MAX, out);
}

static uint64_t number_or(const char *path, uint64_t otherwise)
{
	uint64_t n;

	return read_number(path, &n) ? n : otherwise;
}

/* A socket on a free loopback port, and where it is. */
static int loopback_socket(bool v6, struct sockaddr_storage *at, socklen_t *len)
{
	struct cs_addr us = cs_addr_v4(INADDR_LOOPBACK);
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (v6)
		us = (struct cs_addr){ .b = { [15] = 1 } };
	*len = cs_addr_to_sockaddr(&us, 0, 0, at);
	if (fd >= 0 && (bind(fd, (struct sockaddr *)at, *len) ||
			getsockname(fd, (struct sockaddr *)at, len))) {
		(void)close(fd); /* never used */
		return -1;
	}
	return fd;
}

/* Sends ourselves one datagram from each of TRIES ports. */
static void knock(bool v6)
{
	struct sockaddr_storage to, from;
	socklen_t len, from_len;
	int listener = loopback_socket(v6, &to, &len);

	for (unsigned i = 0; i < TRIES && listener >= 0; i++) {
		int fd = loopback_socket(v6, &from, &from_len);

		if (fd < 0)
			break;
		/* One that does not leave makes no entry: it only counts less. */
		(void)sendto(fd, "", 0, MSG_DONTWAIT, (struct sockaddr *)&to, len);
		(void)close(fd);
	}
	if (listener >= 0)
		(void)close(listener);
}

/* Whether flows that we begin show up in the table. */
static bool is_tracked(bool v6)
{
	uint64_t before, after;

	if (!read_number(CONNTRACK "count", &before))
		return false;
	knock(v6);
	return read_number(CONNTRACK "count", &after) && after >= before + SHOWN;
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

struct cs_room cs_room_look(bool v6)
{
	struct cs_room room = { .conntrack_used = is_tracked(v6) };
	uint64_t most = number_or(v6 ? "/proc/sys/net/ipv6/neigh/default/gc_thresh3"
				     : "/proc/sys/net/ipv4/neigh/default/gc_thresh3",
				  NEIGHBOUR_MAX);
	uint64_t used;

	room.neighbour_free = cs_neighbour_count(v6, &used) ? 0 : less(most, used);
	room.neighbour_hold_s = NEIGHBOUR_HOLD_S;
	if (room.conntrack_used) {
		room.conntrack_free = less(number_or(CONNTRACK "max", 0),
					   number_or(CONNTRACK "count", 0));
		room.conntrack_hold_s =
			(uint32_t)number_or(CONNTRACK "udp_timeout", CONNTRACK_HOLD_S);
	}
	return room;
}

/*
 * The rate at which @entries that stay for @hold_s leave half of @unused free:
 * any, when all of them fit at once.
 */
static uint64_t rate_for(uint64_t unused, uint64_t hold_s, uint64_t entries)
{
	uint64_t half = unused / 2;

	if (entries <= half)
		return UINT64_MAX;
	return hold_s ? half / hold_s : half;
}

/* a * b / c, c > 0; as exact as a rate needs to be. */
static uint64_t scale(uint64_t a, uint64_t b, uint64_t c)
{
	double product = (double)a * (double)b / (double)c;

	return product < 1e18 ? (uint64_t)product : UINT64_MAX;
}

uint64_t cs_room_rate(const struct cs_room *room, uint64_t targets, uint64_t on_link,
		      const char **of)
{
	uint64_t rate = UINT64_MAX;

	*of = NULL;
	if (room->conntrack_used) {
		rate = rate_for(room->conntrack_free, room->conntrack_hold_s, targets);
		if (rate < UINT64_MAX)
			*of = "connection tracking";
	}
	if (on_link > 0) {
		uint64_t n =
			rate_for(room->neighbour_free, room->neighbour_hold_s, on_link);

		/* Only each targets/on_link-th packet needs an entry. */
		if (n < UINT64_MAX)
			n = scale(n, targets > on_link ? targets : on_link, on_link);
		if (n < rate) {
			rate = n;
			*of = "neighbour";
		}
	}
	return rate;
}
