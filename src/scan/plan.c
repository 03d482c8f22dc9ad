/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/wr.h"

/* Different uses of one seed must not share a key. */
enum key_use { KEY_ORDER = 1, KEY_COOKIE = 2 };

static struct cs_sipkey derive(uint64_t seed, enum key_use use)
{
	const struct cs_sipkey from = { seed, (uint64_t)use };

	return (struct cs_sipkey){ cs_siphash(&from, "coapscope k0", 12),
				   cs_siphash(&from, "coapscope k1", 12) };
}

enum cs_err cs_plan_ready(struct cs_plan *plan)
{
	uint64_t addresses = cs_scope_count(plan->scope);

	if (addresses > (UINT64_C(1) << 62) / plan->n_ports)
		return CS_ERR_RANGE;

	uint64_t all = addresses * plan->n_ports;

	plan->positions = all;
	if (plan->max_targets && plan->max_targets < all)
		plan->positions = plan->max_targets;
	if (plan->positions <= plan->shard)
		return CS_ERR_REFUSED;
	plan->slots = (plan->positions - plan->shard - 1) / plan->shards + 1;
	plan->chunks = (plan->slots - 1) / CS_CHUNK + 1;

	struct cs_sipkey order_key = derive(plan->seed, KEY_ORDER);

	plan->order = cs_permute_of(all, &order_key);
	plan->cookie_key = derive(plan->seed, KEY_COOKIE);
	return CS_OK;
}

void cs_plan_clear(struct cs_plan *plan)
{
	cs_scope_free(plan->scope);
	free(plan->ports);
	*plan = (struct cs_plan){ 0 };
}

struct cs_target cs_plan_target(const struct cs_plan *plan, uint64_t slot)
{
	uint64_t value = cs_permute_at(&plan->order, slot * plan->shards + plan->shard);

	if (plan->n_ports == 1)
		return (struct cs_target){ cs_scope_at(plan->scope, value),
					   plan->ports[0] };
	return (struct cs_target){ cs_scope_at(plan->scope, value / plan->n_ports),
				   plan->ports[value % plan->n_ports] };
}

static bool port_index(const struct cs_plan *plan, uint16_t port, uint32_t *index)
{
	uint32_t low = 0, high = plan->n_ports;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (plan->ports[mid] < port)
			low = mid + 1;
		else
			high = mid;
	}
	*index = low;
	return low < plan->n_ports && plan->ports[low] == port;
}

bool cs_plan_slot(const struct cs_plan *plan, const struct cs_addr *ip, uint16_t port,
		  uint64_t *slot)
{
	uint64_t address;
	uint32_t index;

	if (!port_index(plan, port, &index) || !cs_scope_find(plan->scope, ip, &address))
		return false;

	uint64_t position =
		cs_permute_position(&plan->order, address * plan->n_ports + index);

	if (position >= plan->positions || position % plan->shards != plan->shard)
		return false;
	*slot = position / plan->shards;
	return true;
}

uint32_t cs_plan_chunk_len(const struct cs_plan *plan, uint64_t chunk)
{
	uint64_t left = plan->slots - chunk * CS_CHUNK;

	return left < CS_CHUNK ? (uint32_t)left : CS_CHUNK;
}

/* The keyed hash of an address and port; one word is enough for IPv4. */
static uint64_t cookie_hash(const struct cs_plan *plan, const struct cs_addr *ip,
			    uint16_t port)
{
	if (cs_addr_is_v4(ip))
		return cs_siphash_u48(&plan->cookie_key,
				      (uint64_t)cs_addr_low32(ip) << 16 | port);

	uint8_t bytes[18];
	struct cs_wr w = cs_wr_over(bytes, sizeof(bytes));

	cs_wr_bytes(&w, ip->b, sizeof(ip->b));
	cs_wr_u16(&w, port);
	return cs_siphash(&plan->cookie_key, bytes, sizeof(bytes));
}

struct cs_cookie cs_plan_cookie(const struct cs_plan *plan, const struct cs_addr *ip,
				uint16_t port)
{
	uint64_t hash = cookie_hash(plan, ip, port);
	struct cs_cookie cookie = { .mid = (uint16_t)hash };

	/* The token is a hash of its own: the Message ID must tell nothing of it. */
	if (plan->token_len) {
		struct cs_wr w = cs_wr_over(cookie.token, sizeof(cookie.token));

		cs_wr_u64(&w, cs_siphash_u64(&plan->cookie_key, hash));
	}
	return cookie;
}

unsigned cs_plan_port_index(const struct cs_plan *plan, uint64_t slot, unsigned n_ports)
{
	/* The top bit keeps these inputs apart from those of addresses. */
	uint64_t group = slot / CS_PORT_GROUP * plan->shards + plan->shard;
	uint64_t hash = cs_siphash_u64(&plan->cookie_key, group | UINT64_C(1) << 63);

	return (unsigned)(hash % n_ports);
}
