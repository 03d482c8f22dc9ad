/* SPDX-License-Identifier: Apache-2.0 */
/* CoAP over TCP (RFC 8323): who connects is who it says it is. */
#include "story.h"

/* One connection, client's side and server's. */
struct line {
	struct scene *s;
	struct actor *who;
	struct end server;
	uint32_t up, down; /* next sequence numbers */
	int64_t at_us;
};

static void send_up(struct line *l, uint8_t flags, struct cs_span bytes)
{
	tape_tcp(&l->s->tape, l->at_us, &l->who->end, &l->server, l->up, l->down, flags,
		 bytes);
	l->up += (uint32_t)bytes.len + ((flags & (TAPE_SYN | TAPE_FIN)) != 0);
	l->at_us += 20000;
}

static void send_down(struct line *l, uint8_t flags, struct cs_span bytes)
{
	tape_tcp(&l->s->tape, l->at_us, &l->server, &l->who->end, l->down, l->up, flags,
		 bytes);
	l->down += (uint32_t)bytes.len + ((flags & (TAPE_SYN | TAPE_FIN)) != 0);
	l->at_us += 20000;
}

static const struct cs_span nothing;

static void connect_line(struct line *l)
{
	struct mesg csm = mesg_new(CS_CON, CS_CODE(7, 1), 0);

	l->up = (uint32_t)rng_u64(&l->s->rng);
	l->down = (uint32_t)rng_u64(&l->s->rng);
	tape_tcp(&l->s->tape, l->at_us, &l->who->end, &l->server, l->up++, 0, TAPE_SYN,
		 nothing);
	l->at_us += 20000;
	send_down(l, TAPE_SYN | TAPE_ACK, nothing);
	send_up(l, TAPE_ACK, nothing);
	mesg_opt_uint(&csm, 2, 1152);
	send_up(l, TAPE_PSH | TAPE_ACK, mesg_stream(&csm));
	send_down(l, TAPE_PSH | TAPE_ACK, mesg_stream(&csm));
}

static void exchange(struct line *l, uint8_t method, const char *path, uint8_t code,
		     size_t size)
{
	struct mesg m = mesg_new(CS_CON, method, 0), a = mesg_new(CS_CON, code, 0);

	mesg_path(&m, path);
	mesg_token(&m, l->who->token, l->who->tkl);
	mesg_token(&a, l->who->token, l->who->tkl);
	l->who->token[0]++;
	if (method != CS_CODE_GET)
		m.payload = filler(false, 12);
	send_up(l, TAPE_PSH | TAPE_ACK, mesg_stream(&m));
	a.payload = filler(true, size);
	send_down(l, TAPE_PSH | TAPE_ACK, mesg_stream(&a));
	send_up(l, TAPE_ACK, nothing);
	l->who->answered = true;
}

static void end_line(struct line *l)
{
	send_up(l, TAPE_FIN | TAPE_ACK, nothing);
	send_down(l, TAPE_FIN | TAPE_ACK, nothing);
	send_up(l, TAPE_ACK, nothing);
}

static struct line a_line(struct scene *s, struct actor *who)
{
	struct line l = { .s = s, .who = who, .at_us = scene_moment(s) };

	l.server = (struct end){ .ip = scene_empty(s, cs_addr_is_v4(&who->end.ip)),
				 .port = 5683,
				 .ttl = 64 };
	return l;
}

static void listed(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct line l = a_line(s, &who);

	scene_peer(s, &who.end.ip, false);
	connect_line(&l);
	for (uint32_t n = rng_between(&s->rng, 1, 30); n > 0; n--)
		exchange(&l, n % 4 ? CS_CODE_GET : CS_CODE_PUT, "/light",
			 n % 4 ? CS_CODE_CONTENT : CS_CODE(2, 4), n % 4 ? 30 : 0);
	end_line(&l);
	label(s, &who, "H", false, WORRY_NONE);
}

static void stranger_reads(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct line l = a_line(s, &who);

	connect_line(&l);
	exchange(&l, CS_CODE_GET, "/.well-known/core", CS_CODE_CONTENT, 200);
	end_line(&l);
	label(s, &who, "B,H", false, WORRY_NOTE)->because = "two-way by TCP";
}

static void stranger_writes(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct line l = a_line(s, &who);
	bool done = rng_chance(&s->rng, 60);

	connect_line(&l);
	exchange(&l, CS_CODE_PUT, "/light", done ? CS_CODE(2, 4) : CS_CODE(4, 5), 0);
	end_line(&l);
	label(s, &who, "D", false, done ? WORRY_ACT_NOW : WORRY_NOTE);
}

/* Only knocks: SYN, and a closed port or silence. */
static void stranger_knocks(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));

	for (uint32_t n = rng_between(&s->rng, 1, 10); n > 0; n--) {
		struct line l = a_line(s, &who);
		uint32_t seq = (uint32_t)rng_u64(&s->rng);

		who.end.port = rng_port(&s->rng);
		tape_tcp(&s->tape, l.at_us, &who.end, &l.server, seq, 0, TAPE_SYN,
			 nothing);
		if (rng_chance(&s->rng, 50))
			tape_tcp(&s->tape, l.at_us + 300, &l.server, &who.end, 0, seq + 1,
				 TAPE_RST | TAPE_ACK, nothing);
	}
	label(s, &who, "B", false, WORRY_NONE);
}

const struct story stories_tcp[] = {
	{ "tcp-listed", "H", 2, false, listed },
	{ "tcp-reads", "B", 2, false, stranger_reads },
	{ "tcp-writes", "D", 2, false, stranger_writes },
	{ "tcp-knocks", "B", 1, false, stranger_knocks },
	{ 0 },
};
