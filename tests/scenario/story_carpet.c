/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Class C1 over a whole network: the victims are the addresses of a /24 or a /64. Each
 * gets more than the packet or two that a spread scan would send from it (verdicts.md).
 */
#include "story.h"

static enum worry carpet_worry(const struct actor *all)
{
	return all->answered && all->bytes_out >= all->bytes_in * 4 ? WORRY_ACT_NOW
								    : WORRY_NOTE;
}

/* All requests go to @targets; @each addresses' worth of requests in random order. */
static void carpet(struct scene *s, struct actor *all, struct device **targets,
		   uint32_t n_targets, uint32_t addresses, uint32_t each)
{
	bool same_mid = rng_chance(&s->rng, 50), same_port = rng_chance(&s->rng, 50);
	uint16_t mid = rng_u16(&s->rng), port = rng_chance(&s->rng, 50) ? 443 : 53;
	const char *path = rng_chance(&s->rng, 70) ? "/.well-known/core" : "/big";
	int64_t at = scene_moment(s);
	uint32_t first = rng_below(&s->rng, 200), n = addresses * each;

	for (uint32_t i = 0; i < n; i++) {
		/* Each in turn, from another begin each round. */
		uint32_t who = (i % addresses + i / addresses * 7) % addresses;
		struct mesg m =
			mesg_new(CS_CON, CS_CODE_GET, same_mid ? mid : rng_u16(&s->rng));

		mesg_path(&m, path);
		all->end.port = same_port ? port : rng_port(&s->rng);
		struct cs_addr net = all->end.ip;
		all->end.ip = scene_neighbour(&net, first + who);
		ask(s, all, targets[i % n_targets], at, &m);
		all->end.ip = net;
		at += rng_gap(&s->rng, 20000);
	}
}

static void tell_carpet(struct scene *s, bool v4)
{
	struct actor all = scene_actor(s, v4);
	struct device *targets[3];
	uint32_t n = rng_between(&s->rng, 1, 3);

	for (uint32_t i = 0; i < n; i++) {
		targets[i] = scene_own_device(
			s, v4, rng_chance(&s->rng, 75) ? SERVES_COAP : SERVES_SILENT);
		targets[i]->separate = false;
	}
	uint32_t addresses = rng_between(&s->rng, 12, 250);
	carpet(s, &all, targets, n, addresses, rng_between(&s->rng, 4, 12));
	label_net(s, &all, "C1", true, carpet_worry(&all));
}

static void carpet_v4(struct scene *s)
{
	tell_carpet(s, true);
}

static void carpet_v6(struct scene *s)
{
	tell_carpet(s, false);
}

/* Each address is flooded by itself, too. */
static void deep_carpet(struct scene *s)
{
	bool v4 = scene_family(s);
	struct actor all = scene_actor(s, v4);
	struct device *d = scene_own_device(s, v4, SERVES_COAP);

	d->separate = false;
	uint32_t addresses = rng_between(&s->rng, 12, 40);
	carpet(s, &all, &d, 1, addresses, rng_between(&s->rng, 25, 60));
	label_net(s, &all, "C1", true, carpet_worry(&all));
}

const struct story stories_carpet[] = {
	{ "carpet", "C1", 3, true, carpet_v4 },
	{ "carpet-v6", "C1", 2, true, carpet_v6 },
	{ "deep-carpet", "C1", 1, true, deep_carpet },
	{ 0 },
};
