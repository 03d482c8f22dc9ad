/* SPDX-License-Identifier: Apache-2.0 */
/* Interfaces, in turns: none of them keeps the others waiting. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "net/capture_locals.h"
#include "net/capture_port.h"
#include "net/capture_private.h"

enum {
	TURN = 256,    /* frames of one interface before the next has its turn */
	LOOK_MS = 250, /* how often it is looked whether an interface is back */
	LOST_TEXT = 256,
};

struct capture_live {
	struct cs_capture capture;
	struct cs_capture_port *ports; /* owned */
	struct pollfd *fds;            /* owned */
	size_t n, at;                  /* .at has its turn */
	unsigned taken;                /* of it, in this turn */
	struct cs_prefix *locals;      /* owned */
	size_t n_locals;
	char lost[LOST_TEXT]; /* names, or "" */
};

static void add_lost(struct capture_live *c, const char *name)
{
	size_t len = strlen(c->lost);

	(void)snprintf(c->lost + len, sizeof(c->lost) - len, "%s%s", len ? ", " : "",
		       name);
}

static void look_for_lost(struct capture_live *c)
{
	c->lost[0] = '\0';
	for (size_t i = 0; i < c->n; i++)
		if (c->ports[i].away)
			add_lost(c, c->ports[i].name);
}

static void pass_turn(struct capture_live *c)
{
	c->at = (c->at + 1) % c->n;
	c->taken = 0;
}

/* What is there now, of whichever interface. */
static enum cs_err take_any(struct capture_live *c, struct cs_capture_frame *frame)
{
	for (size_t i = 0; i < c->n; i++) {
		struct cs_capture_port *p = &c->ports[c->at];
		enum cs_err err = CS_ERR_NOT_FOUND;

		frame->source = (unsigned)c->at;
		if (!p->away)
			err = cs_capture_port_next(p, frame, c->capture.why);
		if (err || ++c->taken == TURN)
			pass_turn(c);
		if (err != CS_ERR_NOT_FOUND)
			return err;
	}
	return CS_ERR_NOT_FOUND;
}

/* False: nothing happened in that time. */
static bool wait_for_any(struct capture_live *c, int wait_ms)
{
	bool away = false;
	int n;

	for (size_t i = 0; i < c->n; i++) {
		if (c->ports[i].away)
			cs_capture_port_look(&c->ports[i]);
		away |= c->ports[i].away;
		c->fds[i] = (struct pollfd){ .fd = c->ports[i].away ? -1 : c->ports[i].fd,
					     .events = POLLIN };
	}
	if (away && (wait_ms < 0 || wait_ms > LOOK_MS))
		wait_ms = LOOK_MS;
	n = poll(c->fds, c->n, wait_ms);
	for (size_t i = 0; n > 0 && i < c->n; i++)
		if (c->fds[i].revents & (POLLERR | POLLHUP | POLLNVAL))
			cs_capture_port_look(&c->ports[i]);
	look_for_lost(c);
	return n > 0;
}

static enum cs_err live_next(struct cs_capture *capture, int wait_ms,
			     struct cs_capture_frame *frame)
{
	struct capture_live *c = (struct capture_live *)capture;
	enum cs_err err = take_any(c, frame);

	if (err == CS_ERR_NOT_FOUND && wait_for_any(c, wait_ms))
		err = take_any(c, frame);
	return err;
}

static const char *live_lost(const struct cs_capture *capture)
{
	const struct capture_live *c = (const struct capture_live *)capture;

	return c->lost[0] ? c->lost : NULL;
}

static uint64_t live_dropped(struct cs_capture *capture)
{
	struct capture_live *c = (struct capture_live *)capture;
	uint64_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		cs_capture_port_count(&c->ports[i]);
		n += c->ports[i].dropped;
	}
	return n;
}

static size_t live_locals(const struct cs_capture *capture, const struct cs_prefix **out)
{
	const struct capture_live *c = (const struct capture_live *)capture;

	*out = c->locals;
	return c->n_locals;
}

static void live_close(struct cs_capture *capture)
{
	struct capture_live *c = (struct capture_live *)capture;

	for (size_t i = 0; i < c->n; i++)
		cs_capture_port_clear(&c->ports[i]);
	free(c->ports);
	free(c->fds);
	free(c->locals);
	free(c);
}

static const struct cs_capture_ops ops = {
	.next = live_next,
	.close = live_close,
	.lost = live_lost,
	.dropped = live_dropped,
	.locals = live_locals,
};

static enum cs_err find_locals(struct capture_live *c, char why[CS_CAPTURE_WHY])
{
	enum cs_err err =
		cs_capture_locals_read(c->ports, c->n, &c->locals, &c->n_locals);

	if (err)
		(void)snprintf(why, CS_CAPTURE_WHY, "the interfaces' addresses: %s",
			       err == CS_ERR_IO ? strerror(errno) : cs_strerror(err));
	return err;
}

static enum cs_err open_all(struct capture_live *c, const struct cs_capture_live *want,
			    char why[CS_CAPTURE_WHY])
{
	c->ports = calloc(want->n_interfaces, sizeof(*c->ports));
	c->fds = calloc(want->n_interfaces, sizeof(*c->fds));
	if (!c->ports || !c->fds)
		return CS_ERR_NOMEM;
	while (c->n < want->n_interfaces) {
		struct cs_capture_port *p = &c->ports[c->n];
		enum cs_err err =
			cs_capture_port_open(p, want->interfaces[c->n++], want, why);

		if (err)
			return err;
	}
	return find_locals(c, why);
}

enum cs_err cs_capture_open_live(const struct cs_capture_live *want,
				 struct cs_capture **out, char why[CS_CAPTURE_WHY])
{
	struct capture_live *c = calloc(1, sizeof(*c));
	enum cs_err err;

	(void)snprintf(why, CS_CAPTURE_WHY, "%s", cs_strerror(CS_ERR_NOMEM));
	if (!c)
		return CS_ERR_NOMEM;
	c->capture.ops = &ops;
	err = open_all(c, want, why);
	if (err)
		live_close(&c->capture);
	else
		*out = &c->capture;
	return err;
}
