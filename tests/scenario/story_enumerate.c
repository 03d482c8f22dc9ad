/* SPDX-License-Identifier: Apache-2.0 */
/* Class E: three and more different targets beyond /.well-known/core. */
#include <stdio.h>
#include <string.h>

#include "story.h"

static const char *const words[] = {
	"a",      "about",   "actuators", "admin",  "alarm",   "api",    "battery",
	"boot",   "button",  "camera",    "co2",    "conf",    "config", "cpu",
	"data",   "debug",   "device",    "dev",    "door",    "echo",   "fan",
	"fw",     "gpio",    "hello",     "humid",  "info",    "lamp",   "large",
	"led",    "light",   "lock",      "log",    "mem",     "meter",  "motor",
	"name",   "node",    "obs",       "power",  "pwm",     "query",  "relay",
	"reset",  "rtc",     "secret",    "sensor", "sensors", "state",  "stats",
	"status", "store",   "switch",    "temp",   "test",    "time",   "user",
	"valve",  "version", "water",     "wifi",
};

enum { WORDS = sizeof(words) / sizeof(words[0]) };

static enum worry read_worry(const struct actor *who)
{
	return who->answered ? WORRY_NOTE : WORRY_NONE;
}

static enum serves a_service(struct rng *r)
{
	return rng_chance(r, 60)   ? SERVES_COAP
	       : rng_chance(r, 50) ? SERVES_CLOSED
				   : SERVES_SILENT;
}

/* The word list in its order, or from anywhere, in steps; all different. */
static void read_words(struct scene *s, struct actor *who, struct device *d, uint32_t n,
		       int64_t at, int64_t gap_us)
{
	uint32_t first = rng_below(&s->rng, WORDS);
	uint32_t step = rng_chance(&s->rng, 60) ? 1 : 7;
	bool polite_one = rng_chance(&s->rng, 60);

	for (uint32_t i = 0; i < n; i++) {
		static char path[40];
		struct mesg m;

		snprintf(path, sizeof(path), "/%s%.0u", words[(first + i * step) % WORDS],
			 i / WORDS);
		m = polite_get(who, path);
		if (!polite_one)
			m.tkl = 0;
		ask(s, who, d, at, &m);
		at += rng_gap(&s->rng, gap_us);
	}
}

static void few(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d =
		scene_device(s, cs_addr_is_v4(&who.end.ip), a_service(&s->rng));
	int64_t at = scene_moment(s);

	if (rng_chance(&s->rng, 60)) {
		struct mesg m = plain_probe(rng_u16(&s->rng));
		ask(s, &who, d, at, &m);
	}
	read_words(s, &who, d, rng_between(&s->rng, 3, 8), at + SECOND, 3 * SECOND);
	label(s, &who, "E", false, read_worry(&who));
}

/* Fast and far above the number that makes a flood: still enumeration. */
static void brute_force(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d =
		scene_device(s, cs_addr_is_v4(&who.end.ip), a_service(&s->rng));
	uint32_t n = rng_between(&s->rng, 25, 180);

	read_words(s, &who, d, n, scene_moment(s), 400000);
	label(s, &who, "E", false, read_worry(&who));
}

static void over_many_hosts(struct scene *s)
{
	struct actor who = scene_actor(s, scene_family(s));
	bool v4 = cs_addr_is_v4(&who.end.ip);
	int64_t at = scene_moment(s);

	for (uint32_t n = rng_between(&s->rng, 2, 12); n > 0; n--) {
		struct device *d = scene_device(s, v4, a_service(&s->rng));

		read_words(s, &who, d, rng_between(&s->rng, 3, 10), at, SECOND);
		at += 20 * SECOND;
	}
	label(s, &who, "E", false, read_worry(&who));
}

/* LwM2M and OCF objects, read one after the other. */
static void objects(struct scene *s)
{
	static const char *const paths[] = { "/1/0", "/3/0",     "/4/0",   "/5/0",
					     "/6/0", "/oic/res", "/oic/d", "/oic/p",
					     "/rd",  "/bs",      "/fw",    "/config" };
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d =
		scene_device(s, cs_addr_is_v4(&who.end.ip), a_service(&s->rng));
	uint32_t first = rng_below(&s->rng, 12), n = rng_between(&s->rng, 3, 12);
	int64_t at = scene_moment(s);

	for (uint32_t i = 0; i < n; i++) {
		bool fetch = rng_chance(&s->rng, 10);
		struct mesg m = polite(&who, CS_CON, fetch ? CS_CODE_FETCH : CS_CODE_GET,
				       paths[(first + i) % 12]);

		ask(s, &who, d, at, &m);
		at += rng_gap(&s->rng, 2 * SECOND);
	}
	label(s, &who, "E", false, read_worry(&who));
}

/* All that the list of resources names, read on; links that were followed. */
static void follows_links(struct scene *s)
{
	static const char *const paths[] = { "/sensors/temp", "/light", "/config", "/3/0",
					     "/store/log" };
	struct actor who = scene_actor(s, scene_family(s));
	struct device *d = scene_own_device(s, cs_addr_is_v4(&who.end.ip), SERVES_COAP);
	int64_t at = scene_moment(s);
	struct mesg m = polite_get(&who, "/.well-known/core");

	d->has = 0xfff;
	ask_politely(s, &who, d, at, &m, 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		at += rng_between(&s->rng, 200000, 4000000);
		m = polite_get(&who, paths[i]);
		ask_politely(s, &who, d, at, &m, 0);
	}
	label(s, &who, "E", false, WORRY_NOTE);
}

const struct story stories_enumerate[] = {
	{ "few-paths", "E", 5, true, few },
	{ "brute-force", "E", 4, true, brute_force },
	{ "many-hosts", "E", 3, true, over_many_hosts },
	{ "objects", "E", 3, true, objects },
	{ "follows-links", "E", 2, true, follows_links },
	{ 0 },
};
