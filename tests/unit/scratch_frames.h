/* SPDX-License-Identifier: Apache-2.0 */
/* Frames that go into a scratch and come out of it, for its tests. */
#pragma once

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protect/scratch.h"
#include "wire/checksum.h"
#include "wire/packet.h"

struct frame {
	uint8_t b[2048];
	size_t len;
};

static inline struct cs_addr at(const char *text)
{
	struct cs_addr a;

	if (!cs_addr_read(cs_span_str(text), &a))
		abort();
	return a;
}

static inline struct cs_prefix net(const char *text)
{
	struct cs_prefix p;

	if (cs_prefix_read(cs_span_str(text), &p))
		abort();
	return p;
}

static inline void put(struct frame *f, const void *bytes, size_t n)
{
	memcpy(f->b + f->len, bytes, n);
	f->len += n;
}

static inline void put16(struct frame *f, unsigned v)
{
	const uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	put(f, b, sizeof(b));
}

static inline void set16(uint8_t *to, unsigned v)
{
	to[0] = (uint8_t)(v >> 8);
	to[1] = (uint8_t)v;
}

/* Ethernet and IP; the sum of the latter too. */
static inline void put_heads(struct frame *f, const struct cs_scratch_port *port,
			     const struct cs_addr *from, const struct cs_addr *to,
			     uint8_t protocol, size_t len)
{
	bool v4 = cs_addr_is_v4(from);
	size_t ip;

	f->len = 0;
	if (v4 && to->b[12] >= 224) {
		const uint8_t group[6] = { 0x01,      0x00,     0x5e, to->b[13] & 0x7f,
					   to->b[14], to->b[15] };
		put(f, group, 6);
	} else if (!v4 && to->b[0] == 0xff) {
		put(f, "\x33\x33", 2);
		put(f, to->b + 12, 4);
	} else {
		put(f, port->inner_mac, 6);
	}
	put(f, port->outer_mac, 6);
	put16(f, v4 ? 0x0800 : 0x86dd);
	ip = f->len;
	if (v4) {
		put16(f, 0x4500);
		put16(f, (unsigned)(20 + len));
		put16(f, 0);
		put16(f, 0x4000);
		put16(f, 0x4000u | protocol);
		put16(f, 0);
		put(f, from->b + 12, 4);
		put(f, to->b + 12, 4);
		set16(f->b + ip + 10, 0xffffu & ~(unsigned)cs_sum_fold(cs_sum_bytes(
							0, cs_span_of(f->b + ip, 20))));
		return;
	}
	put16(f, 0x6000);
	put16(f, 0);
	put16(f, (unsigned)len);
	put16(f, (unsigned)protocol << 8 | 64);
	put(f, from->b, 16);
	put(f, to->b, 16);
}

static inline void put_sum(struct frame *f, const struct cs_addr *from,
			   const struct cs_addr *to, uint8_t protocol, size_t head,
			   size_t field)
{
	struct cs_span all = cs_span_of(f->b + head, f->len - head);
	uint64_t sum = cs_sum_pseudo(from, to, protocol, (uint32_t)all.len);

	set16(f->b + head + field,
	      0xffffu & ~(unsigned)cs_sum_fold(cs_sum_bytes(sum, all)));
}

static inline void udp(struct frame *f, const struct cs_scratch_port *port,
		       struct cs_addr from, uint16_t sport, struct cs_addr to,
		       uint16_t dport, struct cs_span payload)
{
	size_t head;

	put_heads(f, port, &from, &to, 17, 8 + payload.len);
	head = f->len;
	put16(f, sport);
	put16(f, dport);
	put16(f, (unsigned)(8 + payload.len));
	put16(f, 0);
	put(f, payload.ptr, payload.len);
	put_sum(f, &from, &to, 17, head, 6);
}

static inline void tcp(struct frame *f, const struct cs_scratch_port *port,
		       struct cs_addr from, uint16_t sport, struct cs_addr to,
		       uint16_t dport, uint32_t seq, uint32_t ack, unsigned flags)
{
	size_t head;

	put_heads(f, port, &from, &to, 6, 20);
	head = f->len;
	put16(f, sport);
	put16(f, dport);
	put16(f, seq >> 16);
	put16(f, seq & 0xffff);
	put16(f, ack >> 16);
	put16(f, ack & 0xffff);
	put16(f, 0x5000 | flags);
	put16(f, 65535);
	put16(f, 0);
	put16(f, 0);
	put_sum(f, &from, &to, 6, head, 16);
}

static inline bool inject(const struct cs_scratch_port *port, const struct frame *f)
{
	return send(port->fd, f->b, f->len, 0) == (ssize_t)f->len;
}

/*
 * The next packet from @from that comes out of @port and is whole; false: none within a
 * while. What is there comes at once: only a failing test waits, or one that expects nothing.
 */
static inline bool emerge_within(const struct cs_scratch_port *port, struct cs_addr from,
				 struct frame *f, struct cs_packet *p, int ms)
{
	struct pollfd wait = { port->fd, POLLIN, 0 };

	while (poll(&wait, 1, ms) > 0) {
		struct cs_packet_reader reader = { .link = CS_LINK_ETHERNET };
		ssize_t n = recv(port->fd, f->b, sizeof(f->b), 0);

		if (n < 0)
			continue;
		f->len = (size_t)n;
		cs_packet_read(&reader, cs_span_of(f->b, f->len), (uint32_t)n, 0, p);
		if (cs_addr_cmp(&p->from, &from) == 0)
			return true;
	}
	return false;
}

static inline bool emerge(const struct cs_scratch_port *port, struct cs_addr from,
			  struct frame *f, struct cs_packet *p)
{
	return emerge_within(port, from, f, p, 3000);
}

#define EXPECT(claim)                                                            \
	do {                                                                     \
		if (!(claim)) {                                                  \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, \
				      #claim);                                   \
			_exit(1);                                                \
		}                                                                \
	} while (0)

enum { IN_CHILD_NOT_HERE = 77 };

/*
 * Runs @fn in a process of its own: a scratch needs one with one thread, and as an
 * ordinary user there is no way back from it. 0: it went well, 77: not here.
 */
static inline int in_child(void (*fn)(void))
{
	pid_t child;
	int status;

	(void)fflush(NULL);
	child = fork();
	if (child == 0) {
		fn();
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static inline struct cs_scratch *open_or_leave(const struct cs_host *host)
{
	char why[CS_SCRATCH_WHY] = "";
	struct cs_scratch *s;
	enum cs_err err = cs_scratch_open(host, &s, why);

	if (err == CS_ERR_DENIED)
		_exit(IN_CHILD_NOT_HERE);
	if (err) {
		(void)fprintf(stderr, "%s\n", why);
		_exit(2);
	}
	return s;
}
