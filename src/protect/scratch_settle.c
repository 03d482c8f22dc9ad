/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How to know that nothing more will come, without waiting for it: a packet that one
 * side of a veth pair or the loopback sends is put into a queue of the processor that
 * sends it, and the queue is worked off in order. While we stay on one processor, a frame
 * of ours that has come round the loopback has pushed through all that was before it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protect/scratch_own.h"

enum {
	LOOPBACK = 1,    /* its index */
	FENCE = 0x88b5,  /* EtherType for local experiments: no IP layer, no rules */
	PATIENCE = 5000, /* ms for one round on a busy machine */
	ROUNDS = 2,      /* in through one pair, and out through another */
};

static struct sockaddr_ll loopback(void)
{
	return (struct sockaddr_ll){ .sll_family = AF_PACKET,
				     .sll_protocol = htons(FENCE),
				     .sll_ifindex = LOOPBACK,
				     .sll_halen = 6 };
}

enum cs_err cs_scratch_order(struct cs_scratch *s, char why[CS_SCRATCH_WHY])
{
	struct sockaddr_ll at = loopback();
	int one = 1;
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET((size_t)sched_getcpu(), &here);
	if (sched_getaffinity(0, sizeof(s->processors), &s->processors) ||
	    sched_setaffinity(0, sizeof(here), &here))
		return cs_scratch_failed(CS_ERR_IO, "processor", why);
	s->fence = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fence < 0 ||
	    setsockopt(s->fence, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) ||
	    bind(s->fence, (const struct sockaddr *)&at, sizeof(at)))
		return cs_scratch_failed(CS_ERR_IO, "packet socket", why);
	return CS_OK;
}

void cs_scratch_disorder(struct cs_scratch *s)
{
	if (CPU_COUNT(&s->processors) > 0) /* whoever may not, stays where it is */
		(void)sched_setaffinity(0, sizeof(s->processors), &s->processors);
	if (s->fence >= 0)
		(void)close(s->fence); /* frames, not files */
	s->fence = -1;
}

/* Late ones of an earlier round, which was given up, are passed over by number. */
static enum cs_err round_trip(struct cs_scratch *s)
{
	struct pollfd wait = { s->fence, POLLIN, 0 };
	struct sockaddr_ll to = loopback();
	uint64_t number = ++s->rounds, back = 0;

	if (sendto(s->fence, &number, sizeof(number), 0, (const struct sockaddr *)&to,
		   sizeof(to)) != sizeof(number))
		return CS_ERR_IO;
	while (back != number) {
		ssize_t n = recv(s->fence, &back, sizeof(back), 0);

		if (n >= 0 || errno == EINTR)
			continue;
		if (errno != EAGAIN || poll(&wait, 1, PATIENCE) == 0)
			return CS_ERR_IO;
	}
	return CS_OK;
}

enum cs_err cs_scratch_settle(struct cs_scratch *s)
{
	enum cs_err err = CS_OK;

	for (int i = 0; !err && i < ROUNDS; i++)
		err = round_trip(s);
	return err;
}
