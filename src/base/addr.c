/* SPDX-License-Identifier: Apache-2.0 */
#include "base/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#include "base/num.h"

enum { V4_BITS_BEFORE = 96 /* of the mapped prefix */ };

uint64_t cs_addr_distance(const struct cs_addr *a, const struct cs_addr *b)
{
	if (cs_addr_cmp(a, b) > 0)
		return UINT64_MAX;

	uint64_t high = cs_addr_high64(b) - cs_addr_high64(a);
	uint64_t low = cs_addr_low64(b) - cs_addr_low64(a);

	if (cs_addr_low64(b) < cs_addr_low64(a))
		high--;
	return high ? UINT64_MAX : low;
}

bool cs_addr_read(struct cs_span text, struct cs_addr *out)
{
	char copy[CS_ADDR_TEXT];
	struct in_addr v4;
	struct in6_addr v6;

	if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.ptr, '\0', text.len))
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';

	if (inet_pton(AF_INET, copy, &v4) == 1) {
		*out = cs_addr_v4(ntohl(v4.s_addr));
		return true;
	}
	if (inet_pton(AF_INET6, copy, &v6) == 1) {
		memcpy(out->b, v6.s6_addr, sizeof(out->b));
		return true;
	}
	return false;
}

bool cs_prefix_trim(struct cs_prefix *p)
{
	bool any = false;

	for (unsigned i = 0; i < 16; i++) {
		unsigned keep = p->bits > 8 * i ? p->bits - 8 * i : 0;
		uint8_t mask = (uint8_t)(0xff00u >> (keep < 8 ? keep : 8));

		any |= (p->addr.b[i] & ~mask) != 0;
		p->addr.b[i] &= mask;
	}
	return any;
}

enum cs_err cs_prefix_read(struct cs_span text, struct cs_prefix *out)
{
	const uint8_t *slash = text.len ? memchr(text.ptr, '/', text.len) : NULL;
	struct cs_span addr = text;
	struct cs_prefix p = { .bits = 128 };

	if (slash)
		addr.len = (size_t)(slash - text.ptr);
	if (!cs_addr_read(addr, &p.addr))
		return CS_ERR_SYNTAX;
	if (slash) {
		bool dotted = !memchr(addr.ptr, ':', addr.len);
		struct cs_span tail = cs_span_of(slash + 1, text.len - addr.len - 1);
		uint64_t bits;

		if (tail.len > 3 || !cs_num_u64(tail, 0, dotted ? 32 : 128, &bits))
			return CS_ERR_SYNTAX;
		p.bits = (uint8_t)(bits + (dotted ? V4_BITS_BEFORE : 0));
	}

	bool host_bits = cs_prefix_trim(&p);

	*out = p;
	return host_bits ? CS_ERR_RANGE : CS_OK;
}

/* inet_ntop() goes through printf() for it, which would take a tenth of a row's time. */
static void v4_text(const uint8_t b[4], char *out)
{
	for (unsigned i = 0; i < 4; i++) {
		if (b[i] >= 100)
			*out++ = (char)('0' + b[i] / 100);
		if (b[i] >= 10)
			*out++ = (char)('0' + b[i] / 10 % 10);
		*out++ = (char)('0' + b[i] % 10);
		*out++ = i < 3 ? '.' : '\0';
	}
}

void cs_addr_text(const struct cs_addr *a, char out[CS_ADDR_TEXT])
{
	if (cs_addr_is_v4(a))
		v4_text(a->b + 12, out);
	else
		(void)inet_ntop(AF_INET6, a->b, out, CS_ADDR_TEXT);
}

void cs_prefix_text(const struct cs_prefix *p, char out[CS_PREFIX_TEXT])
{
	bool v4 = cs_addr_is_v4(&p->addr) && p->bits >= V4_BITS_BEFORE;
	char addr[CS_ADDR_TEXT];

	cs_addr_text(&p->addr, addr);
	(void)snprintf(out, CS_PREFIX_TEXT, "%s/%u", addr,
		       p->bits - (v4 ? V4_BITS_BEFORE : 0u));
}

bool cs_addr_is_neighbours(const struct cs_addr *a)
{
	uint32_t v4 = cs_addr_low32(a);

	if (cs_addr_is_v4(a))
		return v4 >> 24 == 10 || v4 >> 20 == 0xac1 || v4 >> 16 == 0xc0a8 ||
		       v4 >> 16 == 0xa9fe;
	return (a->b[0] & 0xfe) == 0xfc || cs_addr_is_link_local(a);
}

void cs_prefix_short(const struct cs_prefix *p, char out[CS_PREFIX_TEXT])
{
	if (p->bits == 128)
		cs_addr_text(&p->addr, out);
	else
		cs_prefix_text(p, out);
}

bool cs_prefix_has(const struct cs_prefix *p, const struct cs_addr *a)
{
	struct cs_prefix masked = { *a, p->bits };

	(void)cs_prefix_trim(&masked); /* most addresses have them */
	return cs_addr_cmp(&masked.addr, &p->addr) == 0;
}

struct cs_range cs_prefix_range(const struct cs_prefix *p)
{
	struct cs_range r = { p->addr, p->addr };

	for (unsigned i = 0; i < 16; i++) {
		unsigned keep = p->bits > 8 * i ? p->bits - 8u * i : 0;

		if (keep < 8)
			r.hi.b[i] |= (uint8_t)(0xff >> keep);
	}
	return r;
}

socklen_t cs_addr_to_sockaddr(const struct cs_addr *a, uint16_t port, uint32_t scope_id,
			      struct sockaddr_storage *out)
{
	memset(out, 0, sizeof(*out));
	if (cs_addr_is_v4(a)) {
		struct sockaddr_in in = { .sin_family = AF_INET,
					  .sin_port = htons(port) };

		memcpy(&in.sin_addr, a->b + 12, 4);
		memcpy(out, &in, sizeof(in));
		return sizeof(in);
	}

	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(port),
				    .sin6_scope_id = scope_id };

	memcpy(&in6.sin6_addr, a->b, 16);
	memcpy(out, &in6, sizeof(in6));
	return sizeof(in6);
}

bool cs_addr_from_sockaddr(const struct sockaddr_storage *sa, struct cs_addr *a,
			   uint16_t *port)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (sa->ss_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		*a = cs_addr_v4(ntohl(in.sin_addr.s_addr));
		*port = ntohs(in.sin_port);
		return true;
	}
	if (sa->ss_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		memcpy(a->b, &in6.sin6_addr, 16);
		*port = ntohs(in6.sin6_port);
		return true;
	}
	return false;
}
