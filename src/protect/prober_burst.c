/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bursts of CoAP requests over UDP. All packets of a burst are in the kernel's hands at
 * once only in small windows, so that no queue overflows and a loss is the rules'.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "protect/prober_own.h"

enum { MID_AT = 2 /* in the request */ };

/* Confirmable GET /.well-known/core without a token. */
static const uint8_t request[] = "\x40\x01\0\0\xbb.well-known\x04"
				 "core";
enum { REQUEST = sizeof(request) - 1 };

/* Lets what is under way from the one port end, so that it can be had again. */
static enum cs_err begin_again(struct cs_prober_burst *burst)
{
	enum cs_err err = burst->n ? cs_prober_settle(burst) : CS_OK;

	if (!err && burst->n && burst->ask->tcp)
		err = cs_prober_end_tcp(burst);
	for (size_t i = 0; i < burst->n; i++)
		burst->shots[i].failed |= !burst->shots[i].answered;
	return err ? err : cs_scratch_forget(burst->prober->scratch);
}

enum cs_err cs_prober_port(struct cs_prober_burst *burst, uint16_t *port)
{
	const struct cs_probe_ask *ask = burst->ask;
	struct cs_prober *prober = burst->prober;
	uint16_t first = ask->from_first ? ask->from_first : CS_PROBER_FIRST_PORT;
	uint16_t last = ask->from_last ? ask->from_last : CS_PROBER_LAST_PORT;
	enum cs_err err = CS_OK;

	if (first == last) {
		*port = first;
		return begin_again(burst);
	}
	if (prober->next_port < first || prober->next_port > last) {
		/* All have been used: whoever has one again must not be an old acquaintance. */
		err = cs_scratch_forget(prober->scratch);
		prober->next_port = first;
	}
	*port = prober->next_port++;
	return err;
}

enum cs_err cs_prober_send(struct cs_prober_burst *burst)
{
	uint8_t frame[CS_PROBER_FRAME];
	size_t len = cs_prober_frame(&burst->packet, frame);
	ssize_t n;

	do
		n = send(burst->port->fd, frame, len, 0);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)len ? CS_OK : CS_ERR_IO;
}

static uint16_t next_mid(struct cs_prober *prober)
{
	if (++prober->next_mid == CS_TRACE_MARK)
		prober->next_mid++;
	return prober->next_mid;
}

struct cs_prober_shot *cs_prober_take_shot(struct cs_prober_burst *burst, uint16_t port,
					   bool marked)
{
	struct cs_prober_shot *shot = &burst->shots[burst->n++];

	*shot = (struct cs_prober_shot){ .port = port,
					 .marked = marked,
					 .order = burst->marks };
	burst->told->sent++;
	return shot;
}

void cs_prober_forget_shots(struct cs_prober_burst *burst)
{
	*burst->told = (struct cs_probe_told){ 0 };
	burst->n = 0;
}

enum cs_err cs_prober_shoot(struct cs_prober_burst *burst, uint16_t port, bool marked)
{
	struct cs_prober_shot *shot = cs_prober_take_shot(burst, port, marked);
	uint8_t bytes[REQUEST];

	shot->mid = marked ? CS_TRACE_MARK : next_mid(burst->prober);
	burst->marks += marked;
	memcpy(bytes, request, REQUEST);
	bytes[MID_AT] = (uint8_t)(shot->mid >> 8);
	bytes[MID_AT + 1] = (uint8_t)shot->mid;
	burst->packet.from_port = port;
	burst->packet.payload = cs_span_of(bytes, REQUEST);
	burst->told->bytes_in += REQUEST;
	return cs_prober_send(burst);
}

/* The flow's first packet counts for nothing but that it was there. */
static enum cs_err introduce(struct cs_prober_burst *burst, uint16_t port)
{
	enum cs_err err = cs_prober_shoot(burst, port, true);

	if (!err)
		err = cs_prober_settle(burst);
	cs_prober_forget_shots(burst);
	return err;
}

/* The first and the last tell most: before a rate is used up, and after. */
enum cs_err cs_prober_burst_udp(struct cs_prober_burst *burst)
{
	bool same = burst->ask->flow == CS_FLOW_ESTABLISHED;
	uint16_t port;
	enum cs_err err = cs_prober_port(burst, &port);

	if (!err && same)
		err = introduce(burst, port);
	for (size_t i = 0; !err && i < burst->wanted; i++) {
		if (i > 0 && !same)
			err = cs_prober_port(burst, &port);
		if (!err)
			err = cs_prober_shoot(burst, port,
					      i == 0 || i == burst->wanted - 1);
	}
	return err ? err : cs_prober_settle(burst);
}

enum cs_err cs_prober_one_more_udp(struct cs_prober_burst *burst)
{
	uint16_t port = burst->shots[0].port;
	enum cs_err err = CS_OK;

	if (burst->ask->flow == CS_FLOW_NEW)
		err = cs_prober_port(burst, &port);
	if (!err)
		err = cs_prober_shoot(burst, port, true);
	return err ? err : cs_prober_settle(burst);
}
