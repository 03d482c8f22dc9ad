/* SPDX-License-Identifier: Apache-2.0 */
/* What an asker is asked about. */
#include <netinet/in.h>
#include <string.h>

#include "net/special.h"
#include "protect/question_own.h"

enum {
	OWN_MAX = 4, /* addresses of ours on one link that are asked for */
	/*
	 * Payload bytes: so few that no limit of size keeps them back, and who asks and how often
	 * decides.
	 */
	ANSWER = 16,
};

/* --- one question --- */

static void put(struct cs_question_maker *m, const struct cs_asking *asker,
		const struct cs_addr *to, const struct cs_asked_port *port, bool tcp,
		enum cs_flow_kind flow, bool routed)
{
	struct cs_questions *out = m->out;

	if (out->n == CS_QUESTIONS_MAX) {
		out->left_out = true;
		return;
	}
	out->list[out->n++] = (struct cs_question){
		.asker = asker->who,
		.from = asker->name,
		.ask = { .from = asker->at[0],
			 .to = *to,
			 .link = asker->link,
			 .tcp = tcp,
			 .port = port->number,
			 .flow = flow,
			 .answer = ANSWER },
		.askers = asker->at,
		.n_askers = asker->n,
		.routed = routed,
	};
	if (!cs_host_is_own(m->host, to))
		memcpy(out->list[out->n - 1].others, asker->others,
		       sizeof(asker->others));
}

/* All ports, protocols and flows to one address. */
static void put_ports(struct cs_question_maker *m, const struct cs_asking *asker,
		      const struct cs_addr *to, bool routed)
{
	for (size_t i = 0; i < m->n_ports; i++) {
		const struct cs_asked_port *port = &m->ports[i];

		bool brief = m->request->brief;

		/* A port that is published here is nothing at another host's address. */
		if (routed && port->number != CS_QUESTION_COAP &&
		    port->number != CS_QUESTION_COAPS)
			continue;
		if (port->udp)
			put(m, asker, to, port, false, CS_FLOW_NEW, routed);
		if (port->udp && (!brief || i == 0))
			put(m, asker, to, port, false, CS_FLOW_ESTABLISHED, routed);
		if (port->tcp && (!brief || i == 0))
			put(m, asker, to, port, true, CS_FLOW_NEW, routed);
		if (port->tcp && !brief)
			put(m, asker, to, port, true, CS_FLOW_ESTABLISHED, routed);
	}
}

/* --- what of --- */

static size_t most_own(const struct cs_question_maker *m)
{
	return m->request->brief ? 1 : OWN_MAX;
}

/* Of our addresses on the link by which it enters; how many. */
static size_t ask_on_link(struct cs_question_maker *m, const struct cs_asking *asker)
{
	const struct cs_host *host = m->host;
	size_t n = 0;

	for (size_t i = 0; i < host->n_addresses && n < most_own(m); i++) {
		const struct cs_host_address *own = &host->addresses[i];

		if (own->link != asker->link ||
		    !cs_addr_same_family(&own->address, &asker->at[0]) ||
		    (asker->network.bits &&
		     !cs_prefix_has(&asker->network, &own->address)))
			continue;
		put_ports(m, asker, &own->address, false);
		n++;
	}
	return n;
}

static bool is_other_way(const struct cs_asking *asker, uint32_t link)
{
	for (size_t i = 0; i < CS_LEN(asker->others); i++)
		if (asker->others[i] == link)
			return true;
	return false;
}

/* What is ours on another link by which it may enter is reached by that one. */
static void ask_other_ways(struct cs_question_maker *m, const struct cs_asking *asker)
{
	for (size_t i = 0; i < CS_LEN(asker->others) && asker->others[i]; i++) {
		struct cs_asking by = *asker;

		memset(by.others, 0, sizeof(by.others));
		by.link = asker->others[i];
		ask_on_link(m, &by);
	}
}

/* Who is far away reaches a public address of ours wherever it is: on the loopback, too. */
static size_t ask_elsewhere(struct cs_question_maker *m, const struct cs_asking *asker,
			    size_t most)
{
	const struct cs_host *host = m->host;
	size_t n = 0;

	for (size_t i = 0; i < host->n_addresses && n < most; i++) {
		const struct cs_host_address *own = &host->addresses[i];

		if (own->link == asker->link || is_other_way(asker, own->link) ||
		    cs_special_of(&own->address) ||
		    !cs_addr_same_family(&own->address, &asker->at[0]))
			continue;
		put_ports(m, asker, &own->address, false);
		n++;
	}
	return n;
}

static const struct cs_addr *any_own(const struct cs_host *host,
				     const struct cs_addr *like)
{
	for (size_t i = 0; i < host->n_addresses; i++)
		if (cs_addr_same_family(&host->addresses[i].address, like))
			return &host->addresses[i].address;
	return NULL;
}

/* Our addresses on the link by which it enters; where there are none, any one. */
static void ask_own(struct cs_question_maker *m, const struct cs_asking *asker)
{
	const struct cs_addr *any = any_own(m->host, &asker->at[0]);
	size_t most = most_own(m), n = ask_on_link(m, asker);

	if (asker->who == CS_ASKER_INTERNET)
		n += ask_elsewhere(m, asker, most - n);
	ask_other_ways(m, asker);
	if (n == 0 && any)
		put_ports(m, asker, any, false);
}

/*
 * Discovery (RFC 7252 section 12.8): UDP, the CoAP port. Only what is on the same link can
 * reach the groups; a stranger's forged packet that the link carries is one, too.
 */
static void ask_groups(struct cs_question_maker *m, const struct cs_asking *asker)
{
	static const struct cs_addr groups[] = {
		{ .b = { [10] = 0xff, 0xff, 224, 0, 1, 187 } },
		{ .b = { 0xff, 0x02, [15] = 0xfd } },
		{ .b = { 0xff, 0x05, [15] = 0xfd } },
	};
	const struct cs_host_link *link = cs_host_link(m->host, asker->link);
	const struct cs_asked_port coap = { .number = CS_QUESTION_COAP };
	bool on_link = asker->who == CS_ASKER_INTERNET || asker->network.bits;

	if (!link || !link->ethernet || !on_link)
		return;
	for (size_t i = 0; i < CS_LEN(groups); i++)
		if (cs_addr_same_family(&groups[i], &asker->at[0]))
			put(m, asker, &groups[i], &coap, false, CS_FLOW_NEW, false);
}

/* A host in each network of ours on another link. */
static void ask_behind(struct cs_question_maker *m, const struct cs_asking *asker)
{
	struct cs_addr behind;

	if (!cs_host_forwards(m->host, cs_addr_is_v4(&asker->at[0])))
		return;
	for (size_t i = 0; i < m->networks.n; i++) {
		const struct cs_network *network = &m->networks.list[i];

		if (network->link != asker->link &&
		    cs_addr_same_family(&network->prefix.addr, &asker->at[0]) &&
		    cs_network_host(m->host, &network->prefix, 1, &behind))
			put_ports(m, asker, &behind, true);
	}
}

static bool is_asked_of(const struct cs_question_maker *m, const struct cs_asking *asker,
			const struct cs_addr *to)
{
	for (size_t i = m->out->n; i > 0; i--) {
		const struct cs_question *q = &m->out->list[i - 1];

		if (q->from == asker->name && cs_addr_cmp(&q->ask.to, to) == 0)
			return true;
	}
	return false;
}

/*
 * Hosts that rules name: what holds for an ordinary one of their network may not hold for
 * them. Local networks are not asked for these: it is strangers who must not come by.
 */
static void ask_named_hosts(struct cs_question_maker *m, const struct cs_asking *asker)
{
	if (asker->who == CS_ASKER_LOCAL || asker->who == CS_ASKER_PEER)
		return;
	for (size_t i = 0; i < m->named.n; i++) {
		const struct cs_named_host *host = &m->named.list[i];
		const struct cs_host_link *way = cs_host_way(m->host, &host->address);
		const size_t from = m->out->n;

		if (!cs_addr_same_family(&host->address, &asker->at[0]) ||
		    is_asked_of(m, asker, &host->address) ||
		    !cs_host_forwards(m->host, cs_addr_is_v4(&host->address)) ||
		    (!host->if_sent_on && way && way->index == asker->link))
			continue;
		put_ports(m, asker, &host->address, !host->if_sent_on);
		for (size_t k = from; k < m->out->n; k++)
			m->out->list[k].if_sent_on = host->if_sent_on;
	}
}

void cs_question_ask(struct cs_question_maker *m, const struct cs_asking *asker)
{
	ask_own(m, asker);
	ask_groups(m, asker);
	ask_behind(m, asker);
	ask_named_hosts(m, asker);
}
