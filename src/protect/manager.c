/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/manager.h"

#include <string.h>

#include "protect/rules_span.h"

/* The beginnings of lines of a listing; a name goes on behind those that end with - or _. */
static const struct cs_manager known[] = {
	{ "firewalld", "table inet firewalld" },
	{ "firewalld", "table ip firewalld" },
	{ "docker", "chain DOCKER" },
	{ "docker", "table ip docker-bridges" },
	{ "ufw", "chain ufw-" },
	{ "ufw", "chain ufw6-" },
	{ "podman", "table inet netavark" },
	{ "podman", "chain NETAVARK" },
	{ "kubernetes", "chain KUBE-" },
	{ "CNI plugins", "chain CNI-" },
	{ "libvirt", "chain LIBVIRT_" },
	{ "libvirt", "table ip libvirt_network" },
	{ "fail2ban", "table inet f2b-table" },
	{ "fail2ban", "chain f2b-" },
	{ "LXD", "table inet lxd" },
	{ "Incus", "table inet incus" },
};

static bool is_of(struct cs_span line, const char *mark)
{
	const size_t len = strlen(mark);
	const bool open = mark[len - 1] == '-' || mark[len - 1] == '_';

	if (!cs_text_starts(line, mark))
		return false;
	return open || line.len == len || line.ptr[len] == ' ' || line.ptr[len] == '-';
}

static bool has(const struct cs_manager *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].name, name) == 0)
			return true;
	return false;
}

size_t cs_managers_find(struct cs_span rules, struct cs_manager out[CS_MANAGERS_MAX])
{
	struct cs_span line;
	size_t n = 0;

	while (cs_text_line(&rules, &line)) {
		line = cs_text_trim(line);
		if (!cs_text_starts(line, "table ") && !cs_text_starts(line, "chain "))
			continue;
		for (size_t i = 0; i < CS_LEN(known) && n < CS_MANAGERS_MAX; i++)
			if (is_of(line, known[i].mark) && !has(out, n, known[i].name))
				out[n++] = known[i];
	}
	return n;
}
