/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/scratch.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/netlink.h"
#include "protect/scratch_own.h"

enum { CLOSERS = 31 };

enum cs_err cs_scratch_failed(enum cs_err err, const char *what, char why[CS_SCRATCH_WHY])
{
	int kept = errno;

	(void)snprintf(why, CS_SCRATCH_WHY, "scratch namespace: %s: %s", what,
		       err == CS_ERR_NOMEM ? cs_strerror(err) : strerror(kept));
	errno = kept;
	return err;
}

/* In the inner namespace: all that makes it look like the host. */
static enum cs_err furnish(struct cs_scratch *s, char why[CS_SCRATCH_WHY])
{
	struct cs_netlink nl;
	enum cs_err err = cs_netlink_open(&nl);

	if (err)
		return cs_scratch_failed(err, "netlink", why);
	err = cs_scratch_sysctls(s->host, why);
	if (!err)
		err = cs_scratch_link_up(s, &nl, why);
	if (!err)
		err = cs_scratch_link_sysctls(s->host, why);
	if (!err)
		err = cs_scratch_addresses(s, &nl, why);
	if (!err)
		err = cs_scratch_routes(s, &nl, why);
	if (!err)
		err = cs_scratch_lookups(s->host, &nl, why);
	cs_netlink_close(&nl);
	if (!err)
		err = cs_scratch_order(s, why);
	return err;
}

static enum cs_err build(struct cs_scratch *s, char why[CS_SCRATCH_WHY])
{
	enum cs_err err = cs_scratch_enter(&s->space, why);

	if (!err)
		err = cs_scratch_quiet(why);
	if (!err)
		err = cs_scratch_open_ports(s, why);
	if (!err)
		err = cs_scratch_enter_inner(&s->space, why);
	if (!err)
		err = furnish(s, why);
	return err;
}

enum cs_err cs_scratch_open(const struct cs_host *host, struct cs_scratch **out,
			    char why[CS_SCRATCH_WHY])
{
	struct cs_scratch *s = calloc(1, sizeof(*s));
	enum cs_err err;

	if (!s)
		return cs_scratch_failed(CS_ERR_NOMEM, "host", why);
	s->host = host;
	s->space = (struct cs_scratch_space){ -1, -1 };
	s->fence = -1;
	err = build(s, why);
	if (err) {
		cs_scratch_close(s);
		return err;
	}
	*out = s;
	return CS_OK;
}

void cs_scratch_hold(struct cs_scratch *scratch, int fd)
{
	if (scratch->n_held < CS_SCRATCH_HELD)
		scratch->held[scratch->n_held++] = fd;
	else
		(void)close(fd); /* it has said all */
}

/* The ports and sockets still to be closed, by whoever comes first. */
struct closing {
	const struct cs_scratch *scratch;
	atomic_size_t next;
};

static int nth(const struct cs_scratch *s, size_t i)
{
	return i < s->n_ports ? s->ports[i].fd : s->held[i - s->n_ports];
}

static void *close_some(void *arg)
{
	struct closing *c = arg;
	size_t i;

	while ((i = atomic_fetch_add(&c->next, 1)) <
	       c->scratch->n_ports + c->scratch->n_held)
		if (nth(c->scratch, i) >= 0)
			(void)close(nth(c->scratch, i)); /* frames, not files */
	return NULL;
}

/*
 * The kernel lets each packet socket's end wait for all processors, 15 ms and more;
 * many can wait together.
 */
static void close_ports(struct cs_scratch *s)
{
	struct closing closing = { .scratch = s };
	pthread_t helpers[CLOSERS];
	size_t n = 0;

	while (n < CLOSERS && n + 1 < s->n_ports + s->n_held &&
	       pthread_create(&helpers[n], NULL, close_some, &closing) == 0)
		n++;
	(void)close_some(&closing); /* itself too, or alone */
	while (n > 0)
		(void)pthread_join(helpers[--n], NULL); /* it was made above */
	free(s->ports);
}

void cs_scratch_close(struct cs_scratch *scratch)
{
	int kept = errno;

	if (!scratch)
		return;
	cs_scratch_deafen(scratch->ears);
	cs_scratch_disorder(scratch);
	close_ports(scratch);
	cs_scratch_leave(&scratch->space);
	free(scratch);
	errno = kept;
}

const struct cs_scratch_port *cs_scratch_ports(const struct cs_scratch *scratch,
					       size_t *n)
{
	*n = scratch->n_ports;
	return scratch->ports;
}

const struct cs_scratch_port *cs_scratch_port(const struct cs_scratch *scratch,
					      uint32_t link)
{
	for (size_t i = 0; i < scratch->n_ports; i++)
		if (scratch->ports[i].link->index == link)
			return &scratch->ports[i];
	return NULL;
}

uint32_t cs_scratch_index(const struct cs_scratch *scratch, uint32_t link)
{
	const struct cs_scratch_port *port = cs_scratch_port(scratch, link);

	return port ? port->index : link;
}
