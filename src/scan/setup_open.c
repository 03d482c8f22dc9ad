/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/setup.h"

#include <assert.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	GATEWAY_TIMEOUT_MS = 3000,
	SOCKET_BUFFER =
		64 << 20,       /* bytes asked for; the kernel caps it without a right */
	PACKET_RING = 16 << 20, /* bytes of receive ring in the kernel */
	ARRIVALS_RING =
		64 << 20, /* bytes between receiver and matcher, touched as used */
	HOP_LIMIT = 64,
};

static const struct cs_addr nowhere; /* all zero: not chosen by the operator */

/* Our frames' way out, found anew for each packet way. */
static enum cs_err packet_way(const struct cs_setup_want *want, struct cs_setup *setup,
			      const struct cs_setup_way *way, struct cs_tx_way *out)
{
	bool v4 = cs_addr_is_v4(&way->way.range.lo);
	const struct cs_addr *chosen = v4 ? &want->source_v4 : &want->source_v6;

	*out = (struct cs_tx_way){ .ifindex = way->way.ifindex, .hop_limit = HOP_LIMIT };
	out->source = cs_addr_cmp(chosen, &nowhere) ? *chosen : way->way.source;
	memcpy(out->source_mac, way->way.source_mac, sizeof(out->source_mac));

	enum cs_err err =
		cs_route_neighbour(&way->way, GATEWAY_TIMEOUT_MS, out->gateway_mac);

	if (err) {
		char text[CS_ADDR_TEXT];

		cs_addr_text(&way->way.gateway, text);
		snprintf(setup->why, sizeof(setup->why),
			 err == CS_ERR_NOT_FOUND
				 ? "the gateway %s on %s does not tell its hardware "
				   "address: is it there?"
			 : err == CS_ERR_DENIED
				 ? "to ask the gateway %s on %s for its hardware address "
				   "is not permitted: want CAP_NET_RAW and CAP_NET_ADMIN "
				   "(root), or --sender udp"
				 : "cannot find the hardware address of the gateway %s "
				   "on %s",
			 text, way->way.interface);
	}
	return err == CS_ERR_NOT_FOUND ? CS_ERR_NO_ROUTE : err;
}

static bool same_gateway(const struct cs_way *a, const struct cs_way *b)
{
	return a->ifindex == b->ifindex && cs_addr_cmp(&a->gateway, &b->gateway) == 0 &&
	       cs_addr_cmp(&a->source, &b->source) == 0;
}

/* What open_ways() needs to hand around. */
struct opening {
	const struct cs_setup_want *want;
	const struct cs_plan *plan;
	const struct cs_tx_template *probe;
	struct cs_setup *setup;
	struct cs_lanes *lanes;
	struct cs_lane *udp, *packet;
	struct cs_tx *udp_tx;
};

/* Nothing leaves in the name of another host. */
static void say_not_ours(const struct cs_setup_want *want, struct cs_setup *setup)
{
	char v4[CS_ADDR_TEXT] = "", v6[CS_ADDR_TEXT] = "";
	bool has_v4 = cs_addr_cmp(&want->source_v4, &nowhere) != 0;
	bool has_v6 = cs_addr_cmp(&want->source_v6, &nowhere) != 0;

	if (has_v4)
		cs_addr_text(&want->source_v4, v4);
	if (has_v6)
		cs_addr_text(&want->source_v6, v6);
	snprintf(setup->why, sizeof(setup->why),
		 "--source-ip %s%s%s: want an address of this host", v4,
		 has_v4 && has_v6 ? " or " : "", v6);
}

static enum cs_err open_ports(struct opening *o, bool deaf, struct cs_lane **lane)
{
	const struct cs_setup_want *want = o->want;
	struct cs_ports_want ports = {
		.first = want->port_first,
		.last = want->port_last,
		.n = CS_PORTS_MAX,
		.v4 = cs_scope_has_v4(o->plan->scope),
		.v6 = cs_scope_has_v6(o->plan->scope),
		.source_v4 = want->source_v4,
		.source_v6 = want->source_v6,
		.interface = want->interface,
		.deaf = deaf,
		.receive_buffer = SOCKET_BUFFER,
		.pick = want->pick,
	};
	uint16_t taken = 0;

	*lane = &o->lanes->lane[o->lanes->n];

	enum cs_err err = cs_ports_open(&ports, &(*lane)->ports, &taken);

	if (err && errno == EADDRNOTAVAIL) {
		say_not_ours(want, o->setup);
		return CS_ERR_USAGE;
	}
	if (err) {
		snprintf(o->setup->why, sizeof(o->setup->why),
			 "cannot bind source port %u: %s", taken, strerror(errno));
		return err;
	}
	o->lanes->n++;
	return cs_ring_init(&(*lane)->ring, ARRIVALS_RING);
}

static void add_exit(struct opening *o, const struct cs_range *range, struct cs_tx *tx,
		     struct cs_lane *lane)
{
	struct cs_lanes *lanes = o->lanes;
	struct cs_way_out *last =
		lanes->n_exits ? &lanes->exits[lanes->n_exits - 1] : NULL;

	assert(lanes->exits);
	/* What lies between two ways is asked by nobody: one exit may span it. */
	if (last && last->tx == tx && last->lane == lane) {
		last->range.hi = range->hi;
		return;
	}
	lanes->exits[lanes->n_exits++] = (struct cs_way_out){ *range, tx, lane };
}

static enum cs_err add_tx(struct opening *o, struct cs_tx *tx)
{
	if (o->lanes->n_tx == CS_TX_MAX) {
		cs_tx_close(tx);
		snprintf(o->setup->why, sizeof(o->setup->why),
			 "more than %d gateways: want --sender udp", CS_TX_MAX);
		return CS_ERR_USAGE;
	}
	o->lanes->tx[o->lanes->n_tx++] = tx;
	return CS_OK;
}

static enum cs_err open_udp(struct opening *o, const struct cs_setup_way *way,
			    struct cs_tx **tx)
{
	enum cs_err err;

	if (o->udp) {
		*tx = o->udp_tx;
		return CS_OK;
	}
	err = open_ports(o, false, &o->udp);
	if (err)
		return err;
	err = cs_tx_udp_open(&o->udp->ports, o->probe,
			     o->want->interface ? way->way.ifindex : 0, tx);
	if (!err)
		err = add_tx(o, *tx);
	o->udp_tx = *tx;
	return err ? err : cs_rx_udp_open(&o->udp->ports, &o->udp->rx);
}

/* A sender for the same gateway may be there already. */
static struct cs_tx *find_packet(const struct opening *o, size_t upto)
{
	const struct cs_way *way = &o->setup->ways[upto].way;

	for (size_t i = 0; i < upto; i++) {
		const struct cs_setup_way *other = &o->setup->ways[i];

		if (!other->unused && other->sender == CS_SENDER_PACKET &&
		    same_gateway(&other->way, way) &&
		    cs_addr_is_v4(&other->way.range.lo) ==
			    cs_addr_is_v4(&way->range.lo)) {
			const struct cs_way_out *exit =
				cs_lanes_way_out(o->lanes, &other->way.range.lo);

			return exit ? exit->tx : NULL;
		}
	}
	return NULL;
}

static enum cs_err open_packet(struct opening *o, size_t i, struct cs_tx **tx)
{
	struct cs_tx_way out;
	enum cs_err err = CS_OK;

	*tx = find_packet(o, i);
	if (*tx)
		return CS_OK;
	if (!o->packet)
		err = open_ports(o, true, &o->packet);
	if (!err)
		err = packet_way(o->want, o->setup, &o->setup->ways[i], &out);
	if (err)
		return err;
	err = cs_tx_packet_open(&o->packet->ports, o->probe, &out, tx);
	if (err) {
		snprintf(o->setup->why, sizeof(o->setup->why),
			 "--sender packet on %s: %s: want CAP_NET_RAW (root), or "
			 "--sender udp",
			 o->setup->ways[i].way.interface, strerror(errno));
		return err;
	}
	return add_tx(o, *tx);
}

static enum cs_err open_packet_receiver(struct opening *o)
{
	uint32_t ifindexes[CS_TX_MAX];
	unsigned n = 0;

	for (size_t i = 0; i < o->setup->n; i++) {
		const struct cs_setup_way *way = &o->setup->ways[i];
		unsigned k = 0;

		if (way->unused || way->sender != CS_SENDER_PACKET)
			continue;
		while (k < n && ifindexes[k] != way->way.ifindex)
			k++;
		if (k == n && n < CS_TX_MAX)
			ifindexes[n++] = way->way.ifindex;
	}

	enum cs_err err = cs_rx_packet_open(&o->packet->ports, ifindexes, n, PACKET_RING,
					    &o->packet->rx);

	if (err)
		snprintf(o->setup->why, sizeof(o->setup->why),
			 "cannot capture the answers: %s", strerror(errno));
	return err;
}

static enum cs_err open_ways(struct opening *o)
{
	o->lanes->exits = calloc(o->setup->n, sizeof(*o->lanes->exits));
	if (!o->lanes->exits)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < o->setup->n; i++) {
		const struct cs_setup_way *way = &o->setup->ways[i];
		bool packet = way->sender == CS_SENDER_PACKET;
		struct cs_tx *tx = NULL;
		enum cs_err err;

		if (way->unused)
			continue;
		err = packet ? open_packet(o, i, &tx) : open_udp(o, way, &tx);
		if (err)
			return err;
		add_exit(o, &way->way.range, tx, packet ? o->packet : o->udp);
	}
	return o->packet ? open_packet_receiver(o) : CS_OK;
}

/*
 * Undoes what was opened. Auto without the right to packets, or without a gateway: udp
 * does it all.
 */
static enum cs_err fall_back(struct opening *o)
{
	cs_lanes_close(o->lanes);
	o->udp = o->packet = NULL;
	o->udp_tx = NULL;
	for (size_t i = 0; i < o->setup->n; i++)
		o->setup->ways[i].sender = CS_SENDER_UDP;

	enum cs_err err = cs_setup_room(o->plan, o->setup);

	return err ? err : open_ways(o);
}

enum cs_err cs_setup_open(const struct cs_setup_want *want, const struct cs_plan *plan,
			  const struct cs_tx_template *probe, struct cs_setup *setup,
			  struct cs_lanes *lanes)
{
	struct opening o = {
		.want = want, .plan = plan, .probe = probe, .setup = setup, .lanes = lanes
	};
	enum cs_err err = open_ways(&o);

	if (want->sender == CS_SENDER_AUTO && o.packet &&
	    (err == CS_ERR_DENIED || err == CS_ERR_NO_ROUTE))
		err = fall_back(&o);
	if (err)
		cs_lanes_close(lanes);
	return err;
}
