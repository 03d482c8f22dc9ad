/* SPDX-License-Identifier: Apache-2.0 */
#include "net/resolve.h"

#include <errno.h>
#include <netdb.h>

#include "base/arena.h"
#include "net/route.h"

enum { NAME_ROOM = 256 };

/* Adds @r, which @name stood for; a refusal names both. */
static enum cs_err add(const struct cs_resolver *resolver, struct cs_scope_draft *draft,
		       const struct cs_range *r, struct cs_span name,
		       const struct cs_source *source)
{
	enum cs_err err = cs_scope_add_range(draft, r, resolver->exclude);
	char text[CS_ADDR_TEXT];

	if (!err)
		return CS_OK;
	cs_addr_text(&r->lo, text);
	cs_scope_complain(draft, source, name, " is %s: %s", text,
			  err == CS_ERR_REFUSED ? "nothing is ever sent there"
						: cs_strerror(err));
	return err;
}

static enum cs_err add_local(const struct cs_resolver *resolver,
			     struct cs_scope_draft *draft, struct cs_span name,
			     const struct cs_source *source)
{
	struct cs_arena arena = { 0 };
	struct cs_range *ranges;
	size_t n = 0;
	enum cs_err err = cs_route_local(resolver->interface, &arena, &ranges, &n);

	if (err) {
		cs_scope_complain(draft, source, name, ": the host's own prefixes: %s",
				  cs_strerror(err));
	} else if (n == 0) {
		cs_scope_complain(
			draft, source, name, ": %s has no prefix of its own",
			resolver->interface ? resolver->interface : "this host");
		err = CS_ERR_NOT_FOUND;
	}
	for (size_t i = 0; i < n && !err; i++)
		err = add(resolver, draft, &ranges[i], name, source);
	cs_arena_clear(&arena);
	return err;
}

/* Which of our errors one of getaddrinfo()'s is. */
static enum cs_err err_of(int gai)
{
	switch (gai) {
	case EAI_NONAME:
	case EAI_NODATA:
	case EAI_ADDRFAMILY:
		return CS_ERR_NOT_FOUND;
	case EAI_MEMORY:
		return CS_ERR_NOMEM;
	default:
		return CS_ERR_IO;
	}
}

static enum cs_err add_found(const struct cs_resolver *resolver,
			     struct cs_scope_draft *draft, const struct addrinfo *found,
			     struct cs_span name, const struct cs_source *source)
{
	enum cs_err err = CS_OK;
	bool any = false;

	for (; found && !err; found = found->ai_next) {
		struct sockaddr_storage sa = { 0 };
		struct cs_addr a;
		uint16_t port;

		if (found->ai_addrlen > sizeof(sa))
			continue;
		memcpy(&sa, found->ai_addr, found->ai_addrlen);
		if (!cs_addr_from_sockaddr(&sa, &a, &port))
			continue;
		err = add(resolver, draft, &(struct cs_range){ a, a }, name, source);
		any = true;
	}
	if (!any) {
		cs_scope_complain(draft, source, name, ": the name has no address");
		err = CS_ERR_NOT_FOUND;
	}
	return err;
}

static enum cs_err add_host(const struct cs_resolver *resolver,
			    struct cs_scope_draft *draft, struct cs_span name,
			    const struct cs_source *source)
{
	static const struct addrinfo udp = { .ai_family = AF_UNSPEC,
					     .ai_socktype = SOCK_DGRAM };
	struct addrinfo *found = NULL;
	char text[NAME_ROOM];

	memcpy(text, name.ptr, name.len);
	text[name.len] = '\0';

	int gai = getaddrinfo(text, NULL, &udp, &found);

	if (gai) {
		cs_scope_complain(draft, source, name, ": %s",
				  gai == EAI_SYSTEM ? strerror(errno)
						    : gai_strerror(gai));
		return err_of(gai);
	}

	enum cs_err err = add_found(resolver, draft, found, name, source);

	freeaddrinfo(found);
	return err;
}

enum cs_err cs_resolve_name(void *resolver, struct cs_scope_draft *draft,
			    struct cs_span name, const struct cs_source *source)
{
	if (cs_span_eq(name, cs_span_str("local")))
		return add_local(resolver, draft, name, source);
	if (name.len >= NAME_ROOM || !cs_scope_is_name(name)) {
		cs_scope_complain(draft, source, name, ": want a host name");
		return CS_ERR_NOT_FOUND;
	}
	return add_host(resolver, draft, name, source);
}
