/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/dns_name.h"

#include <stdio.h>

enum {
	LABEL_TYPE = 0xc0, /* the high bits of a length byte */
	LABEL_POINTER = 0xc0,
	POINTER_HIGH = 0x3f,
};

static void put_label(struct cs_dns_name *name, struct cs_span label)
{
	name->wire[name->len++] = (uint8_t)label.len;
	for (size_t i = 0; i < label.len; i++)
		name->wire[name->len++] = label.ptr[i];
}

/*
 * Reads labels up to the root (false) or up to a pointer (true), whose target
 * is then in *@to. The reader that comes in stands where the part begins.
 */
static bool read_part(struct cs_rd *rd, struct cs_dns_name *name, size_t *to)
{
	for (;;) {
		uint8_t head = cs_rd_u8(rd);

		if ((head & LABEL_TYPE) == LABEL_POINTER) {
			*to = (size_t)(head & POINTER_HIGH) << 8 | cs_rd_u8(rd);
			return !rd->err;
		}
		if (head & LABEL_TYPE)
			cs_rd_fail(rd, CS_ERR_RESERVED);

		struct cs_span label = cs_rd_take(rd, head);

		if (name->len + 1 + label.len > CS_DNS_NAME_MAX)
			cs_rd_fail(rd, CS_ERR_RANGE);
		if (rd->err)
			return false;
		put_label(name, label);
		if (head == 0)
			return false;
	}
}

void cs_dns_name_read(struct cs_rd *rd, struct cs_dns_name *name)
{
	struct cs_rd part = *rd;
	size_t to = 0, began = rd->pos;
	bool more = !rd->err;

	name->len = 0;
	for (unsigned i = 0; more && !part.err; i++) {
		more = read_part(&part, name, &to);
		if (more && (to >= began || i == CS_DNS_PARTS_MAX))
			cs_rd_fail(&part, CS_ERR_RANGE);
		if (i == 0)
			rd->pos = part.pos;
		began = part.pos = to;
	}
	if (part.err)
		cs_rd_fail(rd, part.err);
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* Length bytes are below 64, so they are no letters. */
bool cs_dns_name_eq(const struct cs_dns_name *a, const struct cs_dns_name *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (lower(a->wire[i]) != lower(b->wire[i]))
			return false;
	return true;
}

/* What stands for itself in text, and is seen. */
static bool is_plain(uint8_t c)
{
	return c > ' ' && c < 0x7f && c != '.' && c != '\\';
}

size_t cs_dns_name_text(const struct cs_dns_name *name, char out[CS_DNS_TEXT])
{
	struct cs_rd rd = cs_rd_over(name->wire, name->len);
	size_t len = 0;

	for (uint8_t n; (n = cs_rd_u8(&rd)) != 0;) {
		struct cs_span label = cs_rd_take(&rd, n);

		if (len > 0)
			out[len++] = '.';
		for (size_t i = 0; i < label.len; i++) {
			if (!is_plain(label.ptr[i])) {
				out[0] = '\0';
				return 0;
			}
			out[len++] = (char)label.ptr[i];
		}
	}
	out[len] = '\0';
	return len;
}

static char *put_nibble(char *out, unsigned nibble)
{
	*out++ = "0123456789abcdef"[nibble];
	*out++ = '.';
	return out;
}

void cs_dns_reverse_text(const struct cs_addr *ip, char out[CS_DNS_REVERSE_TEXT])
{
	if (cs_addr_is_v4(ip)) {
		(void)snprintf(out, CS_DNS_REVERSE_TEXT, "%u.%u.%u.%u.in-addr.arpa",
			       ip->b[15], ip->b[14], ip->b[13], ip->b[12]);
		return;
	}
	for (size_t i = sizeof(ip->b); i > 0; i--) {
		out = put_nibble(out, ip->b[i - 1] & 15);
		out = put_nibble(out, ip->b[i - 1] >> 4);
	}
	for (const char *zone = "ip6.arpa"; (*out++ = *zone++) != '\0';)
		;
}

void cs_dns_reverse_name(const struct cs_addr *ip, struct cs_dns_name *name)
{
	char text[CS_DNS_REVERSE_TEXT];
	const char *label = text;

	cs_dns_reverse_text(ip, text);
	name->len = 0;
	for (const char *end = text;; end++) {
		if (*end != '.' && *end != '\0')
			continue;
		put_label(name, cs_span_of(label, (size_t)(end - label)));
		if (*end == '\0')
			break;
		label = end + 1;
	}
	name->wire[name->len++] = 0;
}
