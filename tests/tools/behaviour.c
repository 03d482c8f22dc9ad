/* SPDX-License-Identifier: Apache-2.0 */
#include "behaviour.h"

#include <stdio.h>
#include <string.h>

enum {
	CON = 0,
	NON = 1,
	ACK = 2,
	RST = 3,

	EMPTY = 0,
	CONTENT = 0x45,
	BAD_REQUEST = 0x80,
	NOT_FOUND = 0x84,

	OPT_ETAG = 4,
	OPT_FORMAT = 12,
	OPT_BLOCK2 = 23,
	LINK_FORMAT = 40,

	SZX_512 = 5,
	SZX_64 = 2,
};

static const char links[] = "</sensors/temp>;rt=\"temperature-c\";if=\"sensor\","
			    "</sensors/light>;rt=\"light-lux\";if=\"sensor\","
			    "</fw/v2>;sz=262144;title=\"a, \\\"quoted\\\" title\"";

/* A message being written. */
struct message {
	uint8_t bytes[ANSWER_MAX];
	size_t len;
	unsigned option; /* the last one's number */
};

static void put(struct message *m, const void *bytes, size_t len)
{
	if (len > sizeof(m->bytes) - m->len)
		len = sizeof(m->bytes) - m->len;
	memcpy(m->bytes + m->len, bytes, len);
	m->len += len;
}

static void put8(struct message *m, unsigned byte)
{
	uint8_t b = (uint8_t)byte;

	put(m, &b, 1);
}

/* Starts with @ask's token; its MID too unless @mid_or_own says another. */
static void start(struct message *m, const struct ask *ask, unsigned type, unsigned code,
		  int mid_or_own)
{
	m->len = 0;
	m->option = 0;
	put8(m, 0x40u | type << 4 | (code ? ask->token_len : 0u));
	put8(m, code);
	if (mid_or_own < 0) {
		put(m, ask->mid, 2);
	} else {
		put8(m, (unsigned)mid_or_own >> 8 & 0xff);
		put8(m, (unsigned)mid_or_own & 0xff);
	}
	if (code)
		put(m, ask->token, ask->token_len);
}

static int other_mid(const struct ask *ask)
{
	return (int)((ask->serial * 7 + 0x1234) & 0xffff);
}

/* Deltas and lengths here are below 13 + 256. */
static void put_option(struct message *m, unsigned number, const void *value, size_t len)
{
	unsigned delta = number - m->option;

	put8(m, (delta < 13 ? delta : 13) << 4 | (unsigned)len);
	if (delta >= 13)
		put8(m, delta - 13);
	put(m, value, len);
	m->option = number;
}

static void put_number(struct message *m, unsigned number, uint32_t value)
{
	uint8_t bytes[3] = { (uint8_t)(value >> 16), (uint8_t)(value >> 8),
			     (uint8_t)value };
	size_t skip = value > 0xffff ? 0 : value > 0xff ? 1 : value > 0 ? 2 : 3;

	put_option(m, number, bytes + skip, 3 - skip);
}

static void put_payload(struct message *m, const void *bytes, size_t len)
{
	put8(m, 0xff);
	put(m, bytes, len);
}

static void say(struct saying *to, const struct message *m)
{
	to->say(to, m->bytes, m->len, false);
}

/* The usual content, of @type. */
static void content(struct message *m, const struct ask *ask, unsigned type, int mid)
{
	start(m, ask, type, CONTENT, mid);
	put_number(m, OPT_FORMAT, LINK_FORMAT);
	put_payload(m, links, sizeof(links) - 1);
}

static struct message msg; /* one thread, one message at a time */

static void ok(const struct ask *ask, unsigned n, struct saying *to)
{
	content(&msg, ask, ACK, -1);
	for (unsigned i = 0; i < n; i++)
		say(to, &msg);
}

static void non(const struct ask *ask, unsigned n, struct saying *to)
{
	content(&msg, ask, NON, other_mid(ask));
	for (unsigned i = 0; i < n; i++)
		say(to, &msg);
}

static void con(const struct ask *ask, unsigned n, struct saying *to)
{
	content(&msg, ask, CON, other_mid(ask));
	for (unsigned i = 0; i < n; i++)
		say(to, &msg);
}

static void empty_ack(const struct ask *ask, unsigned n, struct saying *to)
{
	(void)n;
	start(&msg, ask, ACK, EMPTY, -1);
	say(to, &msg);
}

static void separate(const struct ask *ask, unsigned n, struct saying *to)
{
	empty_ack(ask, 1, to);
	con(ask, n, to);
}

static void missing(const struct ask *ask, unsigned n, struct saying *to)
{
	(void)n;
	start(&msg, ask, ACK, NOT_FOUND, -1);
	say(to, &msg);
}

static void rst(const struct ask *ask, unsigned n, struct saying *to)
{
	(void)n;
	start(&msg, ask, RST, EMPTY, -1);
	say(to, &msg);
}

static void other_port(const struct ask *ask, unsigned n, struct saying *to)
{
	(void)n;
	content(&msg, ask, ACK, -1);
	to->say(to, msg.bytes, msg.len, true);
}

/* One answer of @n bytes of payload; each byte tells its place. */
static void big(const struct ask *ask, unsigned n, struct saying *to)
{
	start(&msg, ask, ACK, CONTENT, -1);
	put8(&msg, 0xff);
	while (msg.len < n && msg.len < ANSWER_MAX)
		put8(&msg, (unsigned)msg.len & 0xff);
	say(to, &msg);
}

static void stream(const struct ask *ask, unsigned n, struct saying *to)
{
	for (unsigned i = 0; i < n; i++) {
		content(&msg, ask, NON, (int)(i & 0xffff));
		say(to, &msg);
	}
}

/* Bodies in blocks. */

static size_t body_of(unsigned n, char *body, size_t cap)
{
	size_t len = 0;

	for (unsigned i = 0; len < n && cap - len > 80; i++)
		len += (size_t)snprintf(body + len, cap - len,
					"%s</obj/%03u>;rt=\"core.item\";ct=60;"
					"title=\"resource number %03u\"",
					i ? "," : "", i, i);
	return len;
}

struct blocks {
	unsigned szx;
	uint32_t number; /* that the answer claims */
	bool more;
	const char *etag; /* four bytes, or NULL */
	const void *bytes;
	size_t len;
};

static void say_block(const struct ask *ask, const struct blocks *b, struct saying *to)
{
	start(&msg, ask, ACK, CONTENT, -1);
	if (b->etag)
		put_option(&msg, OPT_ETAG, b->etag, 4);
	put_number(&msg, OPT_FORMAT, LINK_FORMAT);
	put_number(&msg, OPT_BLOCK2, b->number << 4 | (b->more ? 8u : 0u) | b->szx);
	put_payload(&msg, b->bytes, b->len);
	say(to, &msg);
}

static uint32_t asked_block(const struct ask *ask)
{
	return ask->has_block ? ask->block : 0;
}

static void block2(const struct ask *ask, unsigned n, struct saying *to)
{
	static char body[65536];
	size_t len = body_of(n, body, sizeof(body));
	unsigned szx = ask->has_block && ask->szx < SZX_512 ? ask->szx : SZX_512;
	size_t size = 16u << szx, at = asked_block(ask) * size;
	struct blocks b = { .szx = szx, .number = asked_block(ask), .etag = "v001" };

	if (at >= len) {
		start(&msg, ask, ACK, BAD_REQUEST, -1);
		say(to, &msg);
		return;
	}
	b.more = len - at > size;
	b.bytes = body + at;
	b.len = b.more ? size : len - at;
	say_block(ask, &b, to);
}

/* A filling of 64 bytes; each block differs a little. */
static const char *filling(uint32_t number)
{
	static char text[80];

	(void)snprintf(text, sizeof(text), "%s</block/%010u>;title=\"%-40s\"",
		       number ? "," : "", number, "no end of it");
	return text;
}

static void block_endless(const struct ask *ask, unsigned n, struct saying *to)
{
	uint32_t number = asked_block(ask);
	struct blocks b = { .szx = SZX_64, .number = number, .more = true, .len = 64 };

	(void)n;
	b.bytes = filling(number);
	say_block(ask, &b, to);
}

/* Always the first block, whichever was asked for. */
static void block_repeat(const struct ask *ask, unsigned n, struct saying *to)
{
	struct blocks b = { .szx = SZX_64, .number = 0, .more = true, .len = 64 };

	(void)n;
	b.bytes = filling(0);
	say_block(ask, &b, to);
}

/* Blocks that become larger on the way. */
static void block_resize(const struct ask *ask, unsigned n, struct saying *to)
{
	uint32_t number = asked_block(ask);
	static char body[2048];
	struct blocks b = { .number = number, .bytes = body };

	(void)n;
	memset(body, 'x', sizeof(body));
	b.more = number < 4;
	b.szx = number ? SZX_512 : SZX_64;
	b.len = 16u << b.szx;
	say_block(ask, &b, to);
}

/* The resource changes while it is read. */
static void block_etag(const struct ask *ask, unsigned n, struct saying *to)
{
	uint32_t number = asked_block(ask);
	char etag[16];
	struct blocks b = { .szx = SZX_64, .number = number, .len = 64, .etag = etag };

	(void)n;
	(void)snprintf(etag, sizeof(etag), "%04u", (unsigned)(ask->serial % 10000));
	b.more = number < 4;
	b.bytes = filling(number);
	say_block(ask, &b, to);
}

/* What is no CoAP, or wrong CoAP. */

static void text(const struct ask *ask, unsigned n, struct saying *to)
{
	static const char banner[] = "HTTP/1.1 400 Bad Request\r\n\r\n";

	(void)ask, (void)n;
	to->say(to, (const uint8_t *)banner, sizeof(banner) - 1, false);
}

static void echo(const struct ask *ask, unsigned n, struct saying *to)
{
	(void)n;
	to->say(to, ask->bytes, ask->len, false);
}

static void nothing(const struct ask *ask, unsigned n, struct saying *to)
{
	(void)ask, (void)n;
	to->say(to, (const uint8_t *)"", 0, false);
}

static void silent(const struct ask *ask, unsigned n, struct saying *to)
{
	(void)ask, (void)n, (void)to;
}

static void bad_version(const struct ask *ask, unsigned n, struct saying *to)
{
	(void)n;
	content(&msg, ask, ACK, -1);
	msg.bytes[0] = (uint8_t)((msg.bytes[0] & 0x3f) | 0x80);
	say(to, &msg);
}

static void bad_token(const struct ask *ask, unsigned n, struct saying *to)
{
	(void)n;
	content(&msg, ask, ACK, -1);
	msg.bytes[0] = (uint8_t)((msg.bytes[0] & 0xf0) | 9);
	say(to, &msg);
}

static void bad_option(const struct ask *ask, unsigned n, struct saying *to)
{
	(void)n;
	start(&msg, ask, ACK, CONTENT, -1);
	put8(&msg, 0xf1);
	put8(&msg, 0);
	say(to, &msg);
}

static void bad_marker(const struct ask *ask, unsigned n, struct saying *to)
{
	(void)n;
	start(&msg, ask, ACK, CONTENT, -1);
	put8(&msg, 0xff);
	say(to, &msg);
}

static void bad_short(const struct ask *ask, unsigned n, struct saying *to)
{
	(void)n;
	content(&msg, ask, ACK, -1);
	msg.len = 3;
	say(to, &msg);
}

static void bad_cut(const struct ask *ask, unsigned n, struct saying *to)
{
	(void)n;
	start(&msg, ask, ACK, CONTENT, -1);
	put8(&msg, 0xc4); /* an option of four bytes, of which one comes */
	put8(&msg, LINK_FORMAT);
	say(to, &msg);
}

const struct behaviour behaviours[] = {
	{ "ok", "2.05 in the ACK, N times", 1, ok },
	{ "non", "2.05 in a NON with another MID, N times", 1, non },
	{ "con", "2.05 in a CON with another MID, N times", 1, con },
	{ "separate", "an Empty ACK, then as con", 1, separate },
	{ "empty-ack", "an Empty ACK and no more", 0, empty_ack },
	{ "404", "4.04 Not Found", 0, missing },
	{ "rst", "Reset", 0, rst },
	{ "other-port", "as ok, from the next port", 0, other_port },
	{ "big", "one datagram of N bytes", ANSWER_MAX, big },
	{ "stream", "N different NON datagrams", 1000, stream },
	{ "block2", "a body of at least N bytes in blocks of 512", 1640, block2 },
	{ "block-endless", "blocks without an end", 0, block_endless },
	{ "block-repeat", "the first block for ever", 0, block_repeat },
	{ "block-resize", "blocks that become larger", 0, block_resize },
	{ "block-etag", "another ETag with each block", 0, block_etag },
	{ "text", "a line of HTTP", 0, text },
	{ "echo", "the request itself", 0, echo },
	{ "empty", "a datagram without bytes", 0, nothing },
	{ "silent", "nothing", 0, silent },
	{ "bad-version", "version 2", 0, bad_version },
	{ "bad-token", "token length 9", 0, bad_token },
	{ "bad-option", "option delta 15", 0, bad_option },
	{ "bad-marker", "a payload marker and no payload", 0, bad_marker },
	{ "bad-short", "three bytes", 0, bad_short },
	{ "bad-cut", "an option that runs past the end", 0, bad_cut },
	{ 0 },
};

const struct behaviour *behaviour_find(const char *name, size_t len)
{
	for (const struct behaviour *b = behaviours; b->name; b++)
		if (strlen(b->name) == len && memcmp(b->name, name, len) == 0)
			return b;
	return NULL;
}

const struct behaviour *behaviour_mixed(uint8_t last_byte)
{
	static const char *const names[8] = { "ok",  "ok",     "ok",  "ok",
					      "non", "block2", "404", "rst" };
	const char *name = names[last_byte & 7];

	return behaviour_find(name, strlen(name));
}

/* An extended delta or length; SIZE_MAX when it is cut off or reserved. */
static size_t extend(const uint8_t *bytes, size_t len, size_t *at, unsigned nibble)
{
	size_t n = nibble;

	if (nibble == 13 && *at < len)
		return 13u + bytes[(*at)++];
	if (nibble == 14 && len - *at >= 2) {
		n = 269u + (size_t)(bytes[*at] << 8 | bytes[*at + 1]);
		*at += 2;
		return n;
	}
	return nibble < 13 ? n : SIZE_MAX;
}

static void read_block(struct ask *ask, const uint8_t *value, size_t len)
{
	uint32_t v = 0;

	for (size_t i = 0; i < len && i < 3; i++)
		v = v << 8 | value[i];
	ask->has_block = true;
	ask->block = v >> 4;
	ask->szx = v & 7;
}

static void read_options(struct ask *ask, size_t at)
{
	size_t number = 0;

	while (at < ask->len && ask->bytes[at] != 0xff) {
		uint8_t head = ask->bytes[at++];
		size_t delta = extend(ask->bytes, ask->len, &at, head >> 4);
		size_t len = extend(ask->bytes, ask->len, &at, head & 15);

		if (delta == SIZE_MAX || len == SIZE_MAX || len > ask->len - at)
			return;
		number += delta;
		if (number == OPT_BLOCK2)
			read_block(ask, ask->bytes + at, len);
		at += len;
	}
}

bool ask_read(const uint8_t *bytes, size_t len, struct ask *ask)
{
	*ask = (struct ask){ .bytes = bytes, .len = len };
	if (len < 4 || bytes[0] >> 6 != 1 || (bytes[0] & 15) > 8 || bytes[1] == 0 ||
	    bytes[1] >= 0x20)
		return false;
	ask->token_len = bytes[0] & 15;
	if (ask->token_len > len - 4)
		return false;
	memcpy(ask->mid, bytes + 2, 2);
	memcpy(ask->token, bytes + 4, ask->token_len);
	read_options(ask, 4u + ask->token_len);
	return true;
}
