/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/ptr_resolvers.h"

#include <ares.h>
#include <netinet/in.h>
#include <stdio.h>

#include "base/num.h"

static bool read_port(struct cs_span text, uint16_t *port)
{
	uint64_t number;

	if (!cs_num_u64(text, 1, UINT16_MAX, &number))
		return false;
	*port = (uint16_t)number;
	return true;
}

bool cs_ptr_resolver_read(const char *text, struct cs_ptr_resolver *out)
{
	const char *colon = strrchr(text, ':');
	struct cs_ptr_resolver it = { .port = CS_PTR_PORT };
	size_t len;

	if (cs_addr_read(cs_span_str(text), &it.ip)) {
		*out = it;
		return true;
	}
	if (!colon || !read_port(cs_span_str(colon + 1), &it.port))
		return false;
	len = (size_t)(colon - text);
	if (text[0] == '[' && len > 2 && text[len - 1] == ']') {
		if (!cs_addr_read(cs_span_of(text + 1, len - 2), &it.ip) ||
		    cs_addr_is_v4(&it.ip))
			return false;
	} else if (!cs_addr_read(cs_span_of(text, len), &it.ip) ||
		   !cs_addr_is_v4(&it.ip)) {
		return false;
	}
	*out = it;
	return true;
}

/* The same one twice would get twice its rate. */
static bool is_listed(const struct cs_ptr_resolvers *list,
		      const struct cs_ptr_resolver *one)
{
	for (size_t i = 0; i < list->n; i++)
		if (cs_addr_cmp(&list->of[i].ip, &one->ip) == 0 &&
		    list->of[i].port == one->port)
			return true;
	return false;
}

static enum cs_err take_named(const struct cs_ptr_want *want,
			      struct cs_ptr_resolvers *out, char why[CS_PTR_WHY])
{
	struct cs_ptr_resolver one;

	for (size_t i = 0; i < want->n_resolvers; i++) {
		const char *text = want->resolvers[i];

		if (!cs_ptr_resolver_read(text, &one)) {
			(void)snprintf(why, CS_PTR_WHY,
				       "resolver '%.100s': want ADDRESS, ADDRESS:PORT or "
				       "[IPv6]:PORT",
				       text);
			return CS_ERR_SYNTAX;
		}
		if (is_listed(out, &one))
			continue;
		if (out->n == CS_PTR_RESOLVERS_MAX) {
			(void)snprintf(why, CS_PTR_WHY,
				       "resolver '%.100s': there are more than %d", text,
				       CS_PTR_RESOLVERS_MAX);
			return CS_ERR_SYNTAX;
		}
		out->of[out->n++] = one;
	}
	return CS_OK;
}

static void take_node(const struct ares_addr_port_node *node,
		      struct cs_ptr_resolvers *out)
{
	struct cs_ptr_resolver one = { .port = CS_PTR_PORT };

	if (node->family == AF_INET)
		one.ip = cs_addr_v4(ntohl(node->addr.addr4.s_addr));
	else
		memcpy(one.ip.b, &node->addr.addr6, sizeof(one.ip.b));
	if (node->udp_port > 0 && node->udp_port <= UINT16_MAX)
		one.port = (uint16_t)node->udp_port;
	if (out->n < CS_PTR_RESOLVERS_MAX && !is_listed(out, &one))
		out->of[out->n++] = one;
}

/* A channel made without options has read the host's configuration. */
static int take_hosts(struct cs_ptr_resolvers *out)
{
	struct ares_addr_port_node *nodes = NULL;
	ares_channel channel;
	int rc = ares_init(&channel);

	if (rc != ARES_SUCCESS)
		return rc;
	rc = ares_get_servers_ports(channel, &nodes);
	for (const struct ares_addr_port_node *n = nodes; rc == ARES_SUCCESS && n;
	     n = n->next)
		take_node(n, out);
	ares_free_data(nodes);
	ares_destroy(channel);
	return rc;
}

enum cs_err cs_ptr_resolvers_find(const struct cs_ptr_want *want,
				  struct cs_ptr_resolvers *out, char why[CS_PTR_WHY])
{
	int rc;

	*out = (struct cs_ptr_resolvers){ 0 };
	if (want->n_resolvers > 0)
		return take_named(want, out, why);
	rc = take_hosts(out);
	if (rc != ARES_SUCCESS) {
		(void)snprintf(why, CS_PTR_WHY, "/etc/resolv.conf: %s",
			       ares_strerror(rc));
		return rc == ARES_ENOMEM ? CS_ERR_NOMEM : CS_ERR_IO;
	}
	if (out->n > 0)
		return CS_OK;
	(void)snprintf(why, CS_PTR_WHY,
		       "/etc/resolv.conf names no resolver: name one (--resolver)");
	return CS_ERR_NOT_FOUND;
}
