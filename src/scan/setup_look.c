/* SPDX-License-Identifier: Apache-2.0 */
#include "net/room.h"
#include "scan/setup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* How many addresses of the ascending, disjoint @ranges lie in @within. */
static uint64_t count_within(const struct cs_range *ranges, size_t n, size_t *from,
			     const struct cs_range *within)
{
	uint64_t count = 0;
	size_t i = *from;

	while (i < n && cs_addr_cmp(&ranges[i].hi, &within->lo) < 0)
		i++;
	*from = i;
	for (; i < n && cs_addr_cmp(&ranges[i].lo, &within->hi) <= 0; i++) {
		const struct cs_addr *lo = &ranges[i].lo, *hi = &ranges[i].hi;

		if (cs_addr_cmp(lo, &within->lo) < 0)
			lo = &within->lo;
		if (cs_addr_cmp(hi, &within->hi) > 0)
			hi = &within->hi;
		count += cs_addr_distance(lo, hi) + 1;
	}
	return count;
}

static void choose(struct cs_setup_way *way, enum cs_sender wanted)
{
	switch (way->way.kind) {
	case CS_WAY_NONE:
	case CS_WAY_BROADCAST:
		way->unused = true;
		break;
	case CS_WAY_GATEWAY:
		way->sender = wanted == CS_SENDER_UDP ? CS_SENDER_UDP : CS_SENDER_PACKET;
		break;
	case CS_WAY_LOOPBACK:
	case CS_WAY_ON_LINK:
	case CS_WAY_POINT:
		way->sender = CS_SENDER_UDP;
		break;
	}
}

static enum cs_err check_sender(const struct cs_setup_want *want, struct cs_setup *setup)
{
	if (want->sender != CS_SENDER_PACKET)
		return CS_OK;
	for (size_t i = 0; i < setup->n; i++) {
		char text[CS_ADDR_TEXT];

		if (setup->ways[i].unused || setup->ways[i].sender == CS_SENDER_PACKET)
			continue;
		cs_addr_text(&setup->ways[i].way.range.lo, text);
		snprintf(setup->why, sizeof(setup->why),
			 "--sender packet: no Ethernet gateway leads to %s (interface "
			 "%s): "
			 "want auto or udp",
			 text, setup->ways[i].way.interface);
		return CS_ERR_USAGE;
	}
	return CS_OK;
}

enum cs_err cs_setup_room(const struct cs_plan *plan, struct cs_setup *setup)
{
	uint64_t targets[2] = { 0 }, on_link[2] = { 0 },
		 probes = plan->slots * plan->probes;

	setup->rate_pps = plan->rate_pps;
	setup->slowed_by = NULL;
	setup->udp_targets = 0;
	for (size_t i = 0; i < setup->n; i++) {
		const struct cs_setup_way *way = &setup->ways[i];
		bool v6 = !cs_addr_is_v4(&way->way.range.lo);

		if (way->unused || way->sender != CS_SENDER_UDP)
			continue;
		targets[v6] += way->addresses * plan->n_ports;
		on_link[v6] += way->way.kind == CS_WAY_ON_LINK ? way->addresses : 0;
	}
	setup->udp_targets = targets[0] + targets[1];
	for (int v6 = 0; v6 < 2; v6++) {
		uint64_t most = targets[v6] < probes ? targets[v6] : probes;
		const char *of = NULL;

		if (!most)
			continue;

		struct cs_room room = cs_room_look(v6);
		uint64_t rate = cs_room_rate(&room, most, on_link[v6], &of);

		if (rate == 0) {
			snprintf(setup->why, sizeof(setup->why),
				 "this host's %s table has no room for a scan by udp: "
				 "make room, or ask fewer addresses",
				 of);
			return CS_ERR_REFUSED;
		}
		if (rate != UINT64_MAX && (!setup->rate_pps || rate < setup->rate_pps)) {
			setup->rate_pps = rate;
			setup->slowed_by = of;
		}
	}
	return CS_OK;
}

static enum cs_err take_ways(const struct cs_setup_want *want, const struct cs_plan *plan,
			     struct cs_arena *arena, struct cs_setup *setup)
{
	size_t n_ranges, n_ways, from = 0;
	const struct cs_range *ranges = cs_scope_ranges(plan->scope, &n_ranges);
	struct cs_way *ways;
	enum cs_err err =
		cs_route_split(ranges, n_ranges, want->interface, arena, &ways, &n_ways);

	if (err == CS_ERR_NOT_FOUND) {
		snprintf(setup->why, sizeof(setup->why),
			 "--interface %s: this host has no such interface",
			 want->interface);
		return CS_ERR_USAGE;
	}
	if (err) {
		if (err == CS_ERR_NOT_FOUND)
			snprintf(setup->why, sizeof(setup->why),
				 "--interface '%s': there is none", want->interface);
		else
			snprintf(setup->why, sizeof(setup->why),
				 "cannot read the routes: %s", strerror(errno));
		return err;
	}
	setup->ways = cs_arena_array(arena, n_ways, sizeof(*setup->ways));
	if (!setup->ways)
		return CS_ERR_NOMEM;
	for (; setup->n < n_ways; setup->n++) {
		struct cs_setup_way *way = &setup->ways[setup->n];

		way->way = ways[setup->n];
		way->addresses = count_within(ranges, n_ranges, &from, &way->way.range);
		choose(way, want->sender);
		if (way->unused)
			setup->unreachable += way->addresses;
	}
	return CS_OK;
}

enum cs_err cs_setup_look(const struct cs_setup_want *want, const struct cs_plan *plan,
			  struct cs_arena *arena, struct cs_setup *setup)
{
	*setup = (struct cs_setup){ 0 };

	enum cs_err err = take_ways(want, plan, arena, setup);

	if (err)
		return err;
	if (setup->unreachable == cs_scope_count(plan->scope)) {
		char text[CS_ADDR_TEXT];

		cs_addr_text(&setup->ways[0].way.range.lo, text);
		snprintf(setup->why, sizeof(setup->why), "no route to %s%s%s", text,
			 want->interface ? " by interface " : "",
			 want->interface ? want->interface : "");
		return CS_ERR_NO_ROUTE;
	}
	err = check_sender(want, setup);
	return err ? err : cs_setup_room(plan, setup);
}

const char *cs_setup_senders(const struct cs_setup *setup)
{
	bool udp = false, packet = false;

	for (size_t i = 0; i < setup->n; i++) {
		udp |= !setup->ways[i].unused && setup->ways[i].sender == CS_SENDER_UDP;
		packet |= !setup->ways[i].unused &&
			  setup->ways[i].sender == CS_SENDER_PACKET;
	}
	return udp && packet ? "packet and udp" : packet ? "packet" : "udp";
}
