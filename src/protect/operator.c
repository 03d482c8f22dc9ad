/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/operator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/slurp.h"
#include "protect/listeners.h"

enum {
	ABOVE = 64,      /* processes, of a shell in a shell in a multiplexer ... */
	ESTABLISHED = 1, /* of /proc/net/tcp's states */
	SSH = 22,
	PORTS = 16,
};

static void add(struct cs_operator *who, const struct cs_addr *address)
{
	for (size_t i = 0; i < who->n; i++)
		if (cs_addr_cmp(&who->at[i], address) == 0)
			return;
	if (who->n < CS_OPERATOR_MAX)
		who->at[who->n++] = *address;
}

static size_t up_to(struct cs_span text, const char *ends)
{
	size_t n = 0;

	while (n < text.len && !strchr(ends, text.ptr[n]))
		n++;
	return n;
}

bool cs_operator_read(struct cs_span text, struct cs_addr *out)
{
	return cs_addr_read(cs_span_of(text.ptr, up_to(text, " %")), out);
}

/* --- environments --- */

static const char *const names[] = { "SSH_CONNECTION", "SSH_CLIENT" };

static void add_text(struct cs_operator *who, struct cs_span text)
{
	struct cs_addr address;

	if (text.len > 0 && cs_operator_read(text, &address))
		add(who, &address);
}

/* NAME=VALUE, each with a NUL behind it. */
static void add_environment(struct cs_operator *who, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		const uint8_t *end = memchr(bytes, '\0', len);
		size_t n = end ? (size_t)(end - bytes) : len;

		for (size_t i = 0; i < CS_LEN(names); i++) {
			size_t skip = strlen(names[i]) + 1;

			if (n > skip && memcmp(bytes, names[i], skip - 1) == 0 &&
			    bytes[skip - 1] == '=')
				add_text(who, cs_span_of(bytes + skip, n - skip));
		}
		n += n < len;
		bytes += n;
		len -= n;
	}
}

static bool slurp(const char *path, uint8_t **bytes, size_t *len)
{
	FILE *file = fopen(path, "re");
	bool whole = file && cs_slurp(file, bytes, len) == CS_OK;

	if (file)
		(void)fclose(file); /* only read */
	if (file && !whole)
		free(*bytes);
	return whole;
}

/* "4711 (name) S PARENT ...", where the name may have anything in it. 0: none. */
static int parent_of(int pid)
{
	char path[64];
	uint8_t *text;
	size_t len;
	const uint8_t *at;
	int parent = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (!slurp(path, &text, &len))
		return 0;
	at = len ? memrchr(text, ')', len) : NULL;
	if (at && text + len - at > 4) {
		struct cs_span rest = { at + 4, (size_t)(text + len - at) - 4 };
		uint64_t n;

		if (cs_num_u64(cs_span_of(rest.ptr, up_to(rest, " ")), 0, INT32_MAX, &n))
			parent = (int)n;
	}
	free(text);
	return parent;
}

static void look_above(struct cs_operator *who)
{
	int pid = getppid();

	for (int i = 0; i < ABOVE && pid > 1 && who->n == 0; i++) {
		char path[64];
		uint8_t *bytes;
		size_t len;

		(void)snprintf(path, sizeof(path), "/proc/%d/environ", pid);
		if (slurp(path, &bytes, &len)) {
			add_environment(who, bytes, len);
			free(bytes);
		}
		pid = parent_of(pid);
	}
}

/* --- connections --- */

/* The address as the kernel prints it: words of 32 bits in the machine's order. */
static bool read_words(struct cs_span hex, struct cs_addr *out)
{
	uint8_t bytes[16];
	size_t n = hex.len / 2;

	if ((hex.len != 8 && hex.len != 32) || !cs_hex_read(hex, bytes, n))
		return false;
	for (size_t i = 0; i < n; i += 4) {
		uint32_t word = (uint32_t)bytes[i] << 24 | (uint32_t)bytes[i + 1] << 16 |
				(uint32_t)bytes[i + 2] << 8 | bytes[i + 3];

		if (n == 4)
			*out = cs_addr_v4(be32toh(word));
		else
			memcpy(out->b + i, &word, sizeof(word));
	}
	return true;
}

static struct cs_span word(struct cs_span *line)
{
	struct cs_span w;
	size_t skip = 0;

	while (skip < line->len && line->ptr[skip] == ' ')
		skip++;
	*line = cs_span_of(line->ptr + skip, line->len - skip);
	w = cs_span_of(line->ptr, up_to(*line, " \n"));
	*line = cs_span_of(line->ptr + w.len, line->len - w.len);
	return w;
}

bool cs_operator_read_tcp(struct cs_span line, uint16_t *port, struct cs_addr *out)
{
	uint8_t state, number[2];
	struct cs_span local, remote;
	size_t colon;

	(void)word(&line); /* its number in the list */
	local = word(&line);
	remote = word(&line);
	colon = up_to(local, ":");
	if (colon + 5 != local.len ||
	    !cs_hex_read(cs_span_of(local.ptr + colon + 1, 4), number, 2) ||
	    !cs_hex_read(word(&line), &state, 1) || state != ESTABLISHED)
		return false;
	*port = (uint16_t)(number[0] << 8 | number[1]);
	return read_words(cs_span_of(remote.ptr, up_to(remote, ":")), out);
}

/* Where sshd listens; if nobody says it is sshd (systemd may do it for it), port 22. */
static size_t ports_of_ssh(struct cs_arena *arena, uint16_t ports[PORTS])
{
	struct cs_listener *listeners;
	size_t n = 0, n_listeners;

	ports[n++] = SSH;
	if (cs_listeners_read(arena, &listeners, &n_listeners))
		return n;
	for (size_t i = 0; i < n_listeners && n < PORTS; i++)
		if (listeners[i].tcp && strncmp(listeners[i].process, "sshd", 4) == 0)
			ports[n++] = listeners[i].port;
	return n;
}

static void add_connections(struct cs_operator *who, const char *path,
			    const uint16_t *ports, size_t n_ports)
{
	char line[512];
	FILE *file = fopen(path, "re");

	while (file && fgets(line, sizeof(line), file)) {
		struct cs_addr address;
		uint16_t port;

		if (!cs_operator_read_tcp(cs_span_str(line), &port, &address))
			continue;
		for (size_t i = 0; i < n_ports; i++)
			if (ports[i] == port)
				add(who, &address);
	}
	if (file)
		(void)fclose(file); /* only read */
}

void cs_operator_find(const char *(*env)(const char *name), struct cs_arena *arena,
		      struct cs_operator *out)
{
	uint16_t ports[PORTS];
	size_t n;

	out->n = 0;
	for (size_t i = 0; i < CS_LEN(names); i++) {
		const char *text = env(names[i]);

		add_text(out, cs_span_str(text ? text : ""));
	}
	if (out->n == 0)
		look_above(out);
	if (out->n > 0)
		return;
	n = ports_of_ssh(arena, ports);
	add_connections(out, "/proc/self/net/tcp", ports, n);
	add_connections(out, "/proc/self/net/tcp6", ports, n);
}
