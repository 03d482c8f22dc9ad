/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/sent_on.h"

#include <string.h>

#include "base/num.h"

enum { FROMS_MAX = 16, COAP = 5683, COAPS = 5684 };

static bool is_coap(uint16_t port)
{
	return port == COAP || port == COAPS;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The number at the beginning of @text if it is a port; @text goes on behind it. */
static uint16_t take_port(const char **text)
{
	const char *at = *text;
	uint64_t port = 0;

	while (is_digit(*at))
		at++;
	if (!cs_num_u64(cs_span_of(*text, (size_t)(at - *text)), 1, UINT16_MAX, &port))
		port = 0;
	*text = at;
	return (uint16_t)port;
}

/*
 * The port behind "dnat to" and its like, up to @end: a CoAP port wherever it stands, else
 * the last that follows a colon or "--to-ports"; 0: it stays the same.
 */
static uint16_t read_to(const char *text, const char *end)
{
	uint16_t last = 0;

	for (const char *at = text; at < end;) {
		bool begins = is_digit(*at) && (at == text || strchr(" :-", at[-1]));
		bool is_port =
			begins && ((at > text && at[-1] == ':') ||
				   (at - text > 6 && memcmp(at - 6, "ports ", 6) == 0));
		uint16_t port;

		if (!begins) {
			at++;
			continue;
		}
		port = take_port(&at);
		if (is_coap(port) && *at != '.' && *at != ':')
			return port;
		last = is_port ? port : last;
	}
	return last;
}

/* The pairs behind "dport": one port, a list, the first of a range, a map. */
static size_t read_pairs(const char *text, const char *sends_on,
			 struct cs_sent_on pairs[FROMS_MAX])
{
	const char *at = strstr(text, "dport");
	const uint16_t to = read_to(sends_on, sends_on + strlen(sends_on));
	size_t n = 0;
	bool map;

	if (!at)
		return 0;
	at += strlen("dport");
	at += strspn(at, "s ");
	map = strncmp(at, "map", 3) == 0;
	at += map ? 3 : 0;
	for (;;) {
		at += strspn(at, " {,");
		if (!is_digit(*at) || n == FROMS_MAX)
			return n;
		pairs[n].from = take_port(&at);
		pairs[n].to = map ? read_to(at, at + strcspn(at, ",}")) : to;
		n += pairs[n].from != 0;
		if (map)
			at += strcspn(at, ",}");
		else if (*at == '-' || *at == ':')
			at += 1 + strspn(at + 1, "0123456789");
	}
}

struct found {
	struct cs_sent_on *out;
	size_t n;
};

static void put(struct found *f, bool tcp, uint16_t from, uint16_t to)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->out[i].tcp == tcp && f->out[i].from == from && f->out[i].to == to)
			return;
	if (f->n < CS_SENT_ON_MAX)
		f->out[f->n++] = (struct cs_sent_on){ tcp, from, to };
}

/* Where the words begin that send on; NULL: it does not. */
static const char *sends_on(const char *text)
{
	static const char *const words[] = { "dnat ", "redirect", "DNAT ", "REDIRECT" };
	const char *at = NULL;

	for (size_t i = 0; i < CS_LEN(words) && !at; i++)
		at = strstr(text, words[i]);
	return at;
}

static void look_at(const char *text, struct found *f)
{
	const char *at = sends_on(text);
	struct cs_sent_on pairs[FROMS_MAX];
	bool udp = strstr(text, "udp"), tcp = strstr(text, "tcp");
	size_t n = at ? read_pairs(text, at, pairs) : 0;

	for (size_t i = 0; i < n; i++) {
		uint16_t behind = pairs[i].to ? pairs[i].to : pairs[i].from;

		if (!is_coap(pairs[i].from) && !is_coap(behind))
			continue;
		if (udp || !tcp)
			put(f, false, pairs[i].from, behind);
		if (tcp || !udp)
			put(f, true, pairs[i].from, behind);
	}
}

size_t cs_sent_on_find(const struct cs_rules *rules,
		       struct cs_sent_on out[CS_SENT_ON_MAX])
{
	struct found f = { .out = out };

	for (size_t i = 0; i < rules->n; i++)
		look_at(rules->rules[i].text, &f);
	return f.n;
}
