/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks; what he is asked about is in question_what.c. */
#include <stdio.h>
#include <string.h>

#include "net/special.h"
#include "protect/ordinary.h"
#include "protect/question_own.h"

enum {
	PEERS_ALL = 8,     /* so many are all asked about */
	PEERS_OF_MANY = 3, /* of more: the first, the last and one in between */
	PEERS_BRIEF = 2,
	HOSTS_BRIEF = 8, /* of hosts that rules name */
	V4_BITS_BEFORE = 96,
	WIDE = 8, /* bits; no one network's prefix has fewer */
};

static const char *text_of(struct cs_question_maker *m, const struct cs_prefix *prefix)
{
	char text[CS_PREFIX_TEXT];
	const char *kept;

	cs_prefix_short(prefix, text);
	kept = cs_arena_text(m->arena, cs_span_str(text));
	m->err = kept ? m->err : CS_ERR_NOMEM;
	return kept;
}

/* Makes the one address of an asker last. */
static void ask_one(struct cs_question_maker *m, struct cs_asking *asker,
		    const struct cs_addr *at)
{
	struct cs_addr *kept = cs_arena_alloc(m->arena, sizeof(*kept));

	if (!kept) {
		m->err = CS_ERR_NOMEM;
		return;
	}
	*kept = *at;
	asker->at = kept;
	asker->n = 1;
	if (asker->name)
		cs_question_ask(m, asker);
}

/* ::/0 has the mapped addresses in it, and allows nobody of IPv4. */
static bool has(const struct cs_prefix *prefix, const struct cs_addr *a)
{
	return cs_addr_same_family(&prefix->addr, a) && cs_prefix_has(prefix, a);
}

/* Whether @a is in what somebody else is asked as. */
static bool is_named(const struct cs_question_maker *m, const struct cs_addr *a)
{
	const struct cs_meaning_request *r = m->request;

	for (size_t i = 0; i < r->n_peers; i++)
		if (has(&r->peers[i].prefix, a))
			return true;
	for (size_t i = 0; i < r->n_froms; i++)
		if (cs_addr_cmp(&r->froms[i], a) == 0)
			return true;
	return cs_networks_of(&m->networks, a) != NULL;
}

/* Those that come by @way; of those that peers are in only where @named. */
static size_t pick_ordinary(const struct cs_question_maker *m,
			    const struct cs_host_link *way, bool v4, bool named,
			    struct cs_addr out[CS_QUESTION_ASKERS])
{
	size_t n = 0;

	for (size_t i = 0; i < CS_ORDINARY && n < CS_QUESTION_ASKERS; i++) {
		const struct cs_addr *a = &cs_ordinary[i];

		if (cs_addr_is_v4(a) == v4 && !cs_special_of(a) &&
		    cs_host_way(m->host, a) == way &&
		    !(named ? cs_networks_of(&m->networks, a) != NULL : is_named(m, a)))
			out[n++] = *a;
	}
	return n;
}

static void ask_internet(struct cs_question_maker *m, bool v4)
{
	struct cs_addr *at = cs_arena_array(m->arena, CS_QUESTION_ASKERS, sizeof(*at));
	struct cs_asking asker = { .who = CS_ASKER_INTERNET,
				   .name = "internet",
				   .at = at };
	const struct cs_host_link *way = cs_ordinary_way(m->host, v4);
	const struct cs_host_link *others[CS_QUESTION_WAYS];
	size_t n;

	if (!at) {
		m->err = CS_ERR_NOMEM;
		return;
	}
	if (!way)
		return; /* it has no address of this family */
	asker.n = pick_ordinary(m, way, v4, false, at);
	/* Who allows all of it is as exposed as who has no rules. */
	if (asker.n == 0)
		asker.n = pick_ordinary(m, way, v4, true, at);
	if (asker.n == 0)
		return; /* all of it is ours */
	asker.link = way->index;
	n = cs_ordinary_other_ways(m->host, v4, CS_LEN(others), others);
	for (size_t i = 0; i < n; i++)
		asker.others[i] = others[i]->index;
	cs_question_ask(m, &asker);
}

/* Whether @a is named apart from the network that it is in: no ordinary neighbour. */
static bool is_apart(const struct cs_question_maker *m, const struct cs_network *network,
		     const struct cs_addr *a)
{
	const struct cs_meaning_request *r = m->request;

	for (size_t i = 0; i < r->n_peers; i++)
		if (r->peers[i].prefix.bits > network->prefix.bits &&
		    has(&r->peers[i].prefix, a))
			return true;
	for (size_t i = 0; i < r->n_froms; i++)
		if (cs_addr_cmp(&r->froms[i], a) == 0)
			return true;
	return false;
}

static void ask_local(struct cs_question_maker *m, const struct cs_network *network)
{
	struct cs_asking asker = { .who = CS_ASKER_LOCAL,
				   .name = text_of(m, &network->prefix),
				   .link = network->link,
				   .network = network->prefix };
	struct cs_addr at;

	for (unsigned nth = 0; nth < CS_QUESTION_ASKERS; nth++) {
		if (!cs_network_host(m->host, &network->prefix, nth, &at))
			return;
		asker.network =
			network->on_link ? network->prefix : (struct cs_prefix){ 0 };
		if (is_apart(m, network, &at))
			continue;
		ask_one(m, &asker, &at);
		return;
	}
}

/* Says why somebody cannot ask. */
static void refuse(struct cs_question_maker *m, const char *name, const char *why)
{
	(void)snprintf(m->why, CS_RULES_WHY, "%s: %s", name ? name : "", why);
	m->err = name ? CS_ERR_USAGE : CS_ERR_NOMEM;
}

/* What is named twice, as a network of ours and as a peer, is asked once. */
static bool is_asked(const struct cs_question_maker *m, const char *name)
{
	for (size_t i = 0; name && i < m->out->n; i++)
		if (strcmp(m->out->list[i].from, name) == 0)
			return true;
	return false;
}

/* One address that was named, by itself or for a prefix of which it is. */
static void ask_named(struct cs_question_maker *m, struct cs_asking *asker,
		      const struct cs_addr *at)
{
	const struct cs_network *network = cs_networks_of(&m->networks, at);
	const struct cs_special *special = cs_special_of(at);
	const struct cs_host_link *link;

	if (is_asked(m, asker->name))
		return;
	if (cs_host_is_own(m->host, at)) {
		refuse(m, asker->name,
		       "is an address of this host itself: want one of another host");
		return;
	}
	if ((special && special->never) || cs_addr_is_loopback(at)) {
		refuse(m, asker->name,
		       "no packet comes from there: want the address of a host");
		return;
	}
	link = asker->link ? cs_host_link(m->host, asker->link)
			   : cs_host_way(m->host, at);
	if (!link)
		return; /* it has no address of this family, or no way there */
	asker->link = link->index;
	if (network && network->on_link && network->link == link->index)
		asker->network = network->prefix;
	ask_one(m, asker, at);
}

/* A host of our network on that link, where the peer's prefix is wider than it. */
static bool find_neighbour(const struct cs_question_maker *m,
			   const struct cs_prefix *prefix, uint32_t link,
			   struct cs_addr *out)
{
	for (size_t i = 0; link && i < m->networks.n; i++) {
		const struct cs_network *network = &m->networks.list[i];

		if (network->link == link && network->on_link &&
		    network->prefix.bits > prefix->bits &&
		    has(prefix, &network->prefix.addr) &&
		    cs_network_host(m->host, &network->prefix, 2, out))
			return true;
	}
	return false;
}

/*
 * Who stands for a peer's prefix, bound to @link or (0) not. The first addresses of a wide one
 * (0.0.0.0/1, ::/0) may be nobody's: an ordinary one that is in it, then.
 */
static bool find_peer(const struct cs_question_maker *m, const struct cs_prefix *prefix,
		      uint32_t link, struct cs_addr *out)
{
	const unsigned first = cs_addr_is_v4(&prefix->addr) ? V4_BITS_BEFORE : 0;

	if (prefix->bits == 128) {
		*out = prefix->addr;
		return true;
	}
	if (prefix->bits >= first + WIDE)
		return cs_network_host(m->host, prefix, 2, out);
	if (find_neighbour(m, prefix, link, out))
		return true;
	for (size_t i = 0; i < CS_ORDINARY; i++) {
		if (!has(prefix, &cs_ordinary[i]) ||
		    cs_host_is_own(m->host, &cs_ordinary[i]))
			continue;
		*out = cs_ordinary[i];
		return true;
	}
	return cs_network_host(m->host, prefix, 2, out);
}

static void ask_peer(struct cs_question_maker *m, const struct cs_peer *peer)
{
	struct cs_asking asker = { .who = CS_ASKER_PEER,
				   .name = text_of(m, &peer->prefix) };
	char why[CS_PEER_TEXT + 32];
	struct cs_addr at;

	if (*peer->interface) {
		const struct cs_host_link *link =
			cs_host_link_named(m->host, peer->interface);

		if (!link) {
			(void)snprintf(why, sizeof(why), "there is no interface %s here",
				       peer->interface);
			refuse(m, asker.name, why);
			return;
		}
		asker.link = link->index;
	}
	if (!find_peer(m, &peer->prefix, asker.link, &at)) {
		refuse(m, asker.name, "has no host in it but this one");
		return;
	}
	ask_named(m, &asker, &at);
}

static void ask_from(struct cs_question_maker *m, const struct cs_addr *from)
{
	const struct cs_prefix whole = { *from, 128 };
	struct cs_asking asker = { .who = CS_ASKER_FROM, .name = text_of(m, &whole) };

	ask_named(m, &asker, from);
}

/* --- all of them --- */

static void put_port(struct cs_question_maker *m, uint16_t number, bool tcp)
{
	struct cs_asked_port *port = m->ports;

	while (port < m->ports + m->n_ports && port->number != number)
		port++;
	if (port == m->ports + CS_QUESTION_PORTS)
		return;
	if (port == m->ports + m->n_ports)
		*port = (struct cs_asked_port){ .number = m->ports[m->n_ports++].number =
							number };
	port->udp |= !tcp;
	port->tcp |= tcp;
}

static void find_ports(struct cs_question_maker *m)
{
	struct cs_sent_on sent_on[CS_SENT_ON_MAX];
	size_t n = cs_sent_on_find(m->request->rules, sent_on);

	for (unsigned tcp = 0; tcp < 2; tcp++) {
		put_port(m, CS_QUESTION_COAP, tcp);
		put_port(m, CS_QUESTION_COAPS, tcp);
	}
	for (size_t i = 0; i < n; i++)
		put_port(m, sent_on[i].from, sent_on[i].tcp);
}

static bool is_first_of_family(const struct cs_question_maker *m, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (cs_addr_same_family(&m->networks.list[i].prefix.addr,
					&m->networks.list[at].prefix.addr))
			return false;
	return true;
}

/* Each costs a few questions, and a long list is treated alike: some tell for all. */
static void ask_peers(struct cs_question_maker *m)
{
	const struct cs_meaning_request *r = m->request;
	size_t most = r->brief                  ? PEERS_BRIEF
		      : r->n_peers <= PEERS_ALL ? PEERS_ALL
						: PEERS_OF_MANY;
	size_t n = r->n_peers < most ? r->n_peers : most;

	for (size_t i = 0; i < n && !m->err; i++)
		ask_peer(m, &r->peers[n > 1 ? i * (r->n_peers - 1) / (n - 1) : 0]);
	m->out->n_peers = n;
}

static void make(struct cs_question_maker *m)
{
	const struct cs_meaning_request *r = m->request;

	ask_internet(m, true);
	ask_internet(m, false);
	for (size_t i = 0; i < m->networks.n && !m->err; i++)
		if (!r->brief || is_first_of_family(m, i))
			ask_local(m, &m->networks.list[i]);
	if (!m->err)
		ask_peers(m);
	for (size_t i = 0; i < r->n_froms && !m->err; i++)
		ask_from(m, &r->froms[i]);
}

enum cs_err cs_questions_make(const struct cs_meaning_request *request,
			      struct cs_arena *arena, struct cs_questions *out,
			      char why[CS_RULES_WHY])
{
	struct cs_question_maker m = {
		.request = request, .arena = arena, .out = out, .why = why
	};

	*out = (struct cs_questions){ .list = cs_arena_array(arena, CS_QUESTIONS_MAX,
							     sizeof(*out->list)) };
	(void)snprintf(why, CS_RULES_WHY, "%s", cs_strerror(CS_ERR_NOMEM));
	if (!out->list)
		return CS_ERR_NOMEM;
	m.err = cs_host_with_default(request->host, arena, &out->host,
				     &out->assumed_route);
	if (m.err)
		return m.err;
	m.host = &out->host;
	m.err = cs_networks_find(&out->host, request->locals, request->n_locals, arena,
				 &m.networks);
	if (m.err)
		return m.err;
	find_ports(&m);
	cs_named_hosts_find(request->rules, m.host,
			    request->brief ? HOSTS_BRIEF : CS_NAMED_HOSTS_MAX, &m.named);
	out->hosts_left_out = m.named.left_out;
	make(&m);
	return m.err;
}
