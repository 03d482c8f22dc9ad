/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/prober.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protect/prober_own.h"
#include "protect/sent_on.h"

/* The ports on which somebody listens: CoAP's, and those that rules send on to. */
static enum cs_err listen_on_all(struct cs_prober *p, char why[CS_RULES_WHY])
{
	static const uint16_t ports[] = { 5683, 5684 };
	struct cs_sent_on sent_on[CS_SENT_ON_MAX];
	size_t n = cs_sent_on_find(p->rules, sent_on);
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < CS_LEN(ports); i++) {
		err = cs_scratch_listen(p->scratch, false, ports[i]);
		if (!err)
			err = cs_scratch_listen(p->scratch, true, ports[i]);
	}
	for (size_t i = 0; !err && i < n; i++)
		if (sent_on[i].to)
			err = cs_scratch_listen(p->scratch, sent_on[i].tcp,
						sent_on[i].to);
	if (err)
		(void)snprintf(why, CS_RULES_WHY, "listening in the scratch: %s",
			       cs_strerror(err));
	return err;
}

enum cs_err cs_prober_open(struct cs_scratch *scratch, const struct cs_host *host,
			   const struct cs_rules *rules, struct cs_arena *arena,
			   struct cs_prober **out, char why[CS_RULES_WHY])
{
	struct cs_prober *p = cs_arena_alloc(arena, sizeof(*p));
	enum cs_err err;

	if (!p) {
		(void)snprintf(why, CS_RULES_WHY, "%s", cs_strerror(CS_ERR_NOMEM));
		return CS_ERR_NOMEM;
	}
	p->scratch = scratch;
	p->host = host;
	p->rules = rules;
	p->monitor = (struct cs_program_child){ .pidfd = -1, .out = -1, .err = -1 };
	p->bell = -1;
	p->filter = -1;
	p->next_port = CS_PROBER_FIRST_PORT;
	/* nft reads all rules when it starts to listen: so while there are none. */
	err = cs_prober_load_trace(p, why);
	if (!err)
		err = cs_prober_listen_in(p, why);
	if (!err)
		err = cs_prober_load(p, why);
	if (!err)
		err = listen_on_all(p, why);
	if (err) {
		cs_prober_close(p);
		return err;
	}
	*out = p;
	return CS_OK;
}

void cs_prober_close(struct cs_prober *prober)
{
	if (!prober)
		return;
	cs_prober_listen_no_more(prober);
	if (prober->filter >= 0)
		cs_scratch_hold(prober->scratch, prober->filter);
	cs_arena_clear(&prober->work);
	cs_arena_clear(&prober->now.arena);
	cs_arena_clear(&prober->arena);
}

enum cs_err cs_prober_aim(struct cs_prober_burst *b, struct cs_prober *p,
			  const struct cs_probe_ask *ask, struct cs_probe_told *told)
{
	*b = (struct cs_prober_burst){ 0 };
	b->prober = p;
	b->ask = ask;
	b->told = told;
	*told = (struct cs_probe_told){ 0 };
	b->wanted = p->scaled.any ? CS_PROBER_SHOTS_RATED : CS_PROBER_SHOTS;
	b->port = cs_scratch_port(p->scratch, ask->link);
	if (!b->port) {
		errno = ENODEV;
		return CS_ERR_IO;
	}
	b->packet = (struct cs_prober_packet){
		.from = ask->from, .to = ask->to, .to_port = ask->port, .hop_limit = 64
	};
	memcpy(b->packet.from_mac, b->port->outer_mac, 6);
	if (cs_addr_is_group(&ask->to))
		cs_prober_group_mac(&ask->to, b->packet.to_mac);
	else
		memcpy(b->packet.to_mac, b->port->inner_mac, 6);
	return CS_OK;
}

/* One more by one until both ends have been seen: packets may pass by chance. */
static enum cs_err look_closer(struct cs_prober_burst *b)
{
	struct cs_probe_told kept = *b->told;
	enum cs_err err = CS_OK;

	for (int i = 0; !err && i < CS_PROBER_TRIES && !cs_prober_seen_enough(b); i++)
		err = b->ask->tcp ? cs_prober_one_more_tcp(b) : cs_prober_one_more_udp(b);
	*b->told = kept;
	return err;
}

static enum cs_err ask_once(struct cs_prober *p, const struct cs_probe_ask *ask,
			    struct cs_probe_told *out)
{
	bool v4 = cs_addr_is_v4(&ask->from);
	struct cs_prober_burst burst;
	enum cs_err err = cs_prober_aim(&burst, p, ask, out);

	if (!err)
		err = cs_prober_freshen(p, v4);
	if (!err)
		err = ask->tcp ? cs_prober_burst_tcp(&burst)
			       : cs_prober_burst_udp(&burst);
	if (!err)
		err = look_closer(&burst);
	if (!err)
		err = cs_prober_hear(p, &burst);
	if (!err)
		cs_prober_judge(&burst);
	if (out->rated || err)
		cs_prober_soil(p, v4, !err && cs_prober_met_sets_only(p));
	return err;
}

enum cs_err cs_prober_ask(struct cs_prober *prober, const struct cs_probe_ask *ask,
			  struct cs_probe_told *out)
{
	enum cs_err err = ask_once(prober, ask, out);

	if (err || out->answered > 0 || out->forwarded || !out->forward_port)
		return err;
	/* It arrived at a port of ours that no rule names in words: now somebody is there. */
	err = cs_scratch_listen(prober->scratch, ask->tcp, out->forward_port);
	return err ? err : ask_once(prober, ask, out);
}
