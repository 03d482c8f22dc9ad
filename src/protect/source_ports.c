/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/source_ports.h"

#include <stdlib.h>

#include "protect/prober.h"

enum {
	PIECES_MAX = 2 * CS_RULES_PORTS_MAX + 1,
	PORTS = 65536,
};

/* Ports side by side that are in and out of the same conditions. */
struct piece {
	uint32_t lo, hi;
	uint64_t sum; /* the same for others that are so */
};

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint64_t mixed(uint64_t n)
{
	n *= UINT64_C(0x9e3779b97f4a7c15);
	n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	return n ^ n >> 31;
}

/* A condition with several ranges counts once; its ranges are behind each other. */
static uint64_t sum_of(const struct cs_rules_ports *ports, uint32_t port)
{
	uint32_t last = 0;
	uint64_t sum = 0;

	for (size_t i = 0; i < ports->n; i++) {
		const struct cs_rules_port_range *r = &ports->list[i];

		if (port < r->lo || port > r->hi || r->condition == last)
			continue;
		last = r->condition;
		sum += mixed(last);
	}
	return sum;
}

/* Nothing is sent from port 0. */
static size_t cut(const struct cs_rules_ports *ports, struct piece pieces[PIECES_MAX])
{
	uint32_t cuts[PIECES_MAX + 1];
	size_t n = 0, n_pieces = 0;

	cuts[n++] = 1;
	for (size_t i = 0; i < ports->n; i++) {
		cuts[n++] = ports->list[i].lo ? ports->list[i].lo : 1;
		cuts[n++] = ports->list[i].hi + 1u;
	}
	qsort(cuts, n, sizeof(*cuts), by_value);
	for (size_t i = 0; i < n; i++) {
		uint32_t next = i + 1 < n ? cuts[i + 1] : PORTS;

		if (next > cuts[i])
			pieces[n_pieces++] = (struct piece){ cuts[i], next - 1,
							     sum_of(ports, cuts[i]) };
	}
	return n_pieces;
}

/* The part of the ordinary ports that is widest. */
static uint64_t find_ordinary(const struct piece *pieces, size_t n,
			      struct cs_source_ports *out)
{
	uint32_t widest = 0;
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		const struct piece *p = &pieces[i];
		uint32_t lo = p->lo > CS_PROBER_FIRST_PORT ? p->lo : CS_PROBER_FIRST_PORT;
		uint32_t hi = p->hi < CS_PROBER_LAST_PORT ? p->hi : CS_PROBER_LAST_PORT;

		if (lo > hi || hi - lo + 1 <= widest)
			continue;
		widest = hi - lo + 1;
		out->first = (uint16_t)lo;
		out->last = (uint16_t)hi;
		sum = p->sum;
	}
	return sum;
}

struct chosen {
	uint64_t sums[CS_SOURCE_PORTS_MAX + 1];
	size_t n;
};

static bool is_chosen(const struct chosen *c, uint64_t sum)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->sums[i] == sum)
			return true;
	return false;
}

static void choose(struct chosen *c, const struct piece *piece, uint32_t port,
		   struct cs_source_ports *out)
{
	if (is_chosen(c, piece->sum))
		return;
	if (out->n == CS_SOURCE_PORTS_MAX) {
		out->left_out = true;
		return;
	}
	c->sums[c->n++] = piece->sum;
	out->port[out->n++] = (uint16_t)port;
}

static void find(const struct cs_rules_ports *ports, struct cs_source_ports *out)
{
	static const uint16_t first[] = { 5683, 5684 };
	struct piece pieces[PIECES_MAX];
	struct chosen chosen = { .n = 1 };
	size_t n;

	*out = (struct cs_source_ports){ .left_out = ports->left_out };
	n = cut(ports, pieces);
	chosen.sums[0] = find_ordinary(pieces, n, out);
	for (size_t i = 0; i < CS_LEN(first); i++)
		for (size_t k = 0; k < n; k++)
			if (pieces[k].lo <= first[i] && first[i] <= pieces[k].hi)
				choose(&chosen, &pieces[k], first[i], out);
	for (size_t k = 0; k < n; k++)
		choose(&chosen, &pieces[k], pieces[k].lo, out);
}

void cs_source_ports_find(const struct cs_rules *rules,
			  struct cs_source_ports out[CS_PORTS_KINDS])
{
	struct cs_rules_ports ports[CS_PORTS_KINDS];

	cs_rules_ports_read(rules, ports);
	for (size_t k = 0; k < CS_PORTS_KINDS; k++)
		find(&ports[k], &out[k]);
}
