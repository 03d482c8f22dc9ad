/* SPDX-License-Identifier: Apache-2.0 */
/* A spoofed flood: each request from another address of the internet. */
#include "net/special.h"
#include "protect/prober_own.h"

enum {
	WINDOW = 64,       /* requests that are under way at once: no queue overflows */
	SOURCE_TRIES = 64, /* numbers for one address; nearly all are ordinary ones */
};

/* Well-mixed numbers that are the same each time (splitmix64). */
static uint64_t mixed(uint64_t n)
{
	n *= UINT64_C(0x9e3779b97f4a7c15);
	n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
	return n ^ n >> 31;
}

static struct cs_addr address_of(uint64_t n, bool v4)
{
	struct cs_addr a = { .b = { 0x2a } }; /* of global unicast space */
	uint64_t high = mixed(n), low = mixed(~n);

	if (v4)
		return cs_addr_v4((uint32_t)high);
	for (unsigned i = 1; i < 8; i++)
		a.b[i] = (uint8_t)(high >> 8 * i);
	for (unsigned i = 8; i < 16; i++)
		a.b[i] = (uint8_t)(low >> 8 * (i - 8));
	return a;
}

/* True when a route that is no default one leads there. */
static bool is_near(const struct cs_host *host, const struct cs_addr *a)
{
	uint8_t whole = cs_addr_is_v4(a) ? 96 : 0; /* bits of its default route */

	for (size_t i = 0; i < host->n_routes; i++)
		if (host->routes[i].to.bits > whole &&
		    cs_prefix_has(&host->routes[i].to, a))
			return true;
	return false;
}

/* An ordinary address that is far away. */
static struct cs_addr source(const struct cs_prober *p, const struct cs_probe_ask *ask,
			     uint64_t nth)
{
	bool v4 = cs_addr_is_v4(&ask->from);

	for (uint64_t i = 0; i < SOURCE_TRIES; i++) {
		struct cs_addr a = address_of(nth * SOURCE_TRIES + i + 1, v4);

		if (!cs_special_of(&a) && !is_near(p->host, &a))
			return a;
	}
	return ask->from;
}

enum cs_err cs_prober_flood(struct cs_prober *prober, const struct cs_probe_ask *ask,
			    uint32_t n, struct cs_probe_told *out)
{
	struct cs_prober_burst burst;
	enum cs_err err = cs_prober_aim(&burst, prober, ask, out);

	if (!err)
		err = cs_prober_unscale(prober);
	burst.flood = true;
	for (uint32_t i = 0; !err && i < n; i++) {
		burst.packet.from = source(prober, ask, i);
		burst.n = 0;
		err = cs_prober_shoot(
			&burst, (uint16_t)(CS_PROBER_FIRST_PORT + i % 20000), false);
		if (!err && (i % WINDOW == WINDOW - 1 || i == n - 1))
			err = cs_prober_settle(&burst);
	}
	/* So many flows leave no room for others. */
	return err ? err : cs_scratch_forget(prober->scratch);
}
