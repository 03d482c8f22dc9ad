/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/watch_who.h"

static int say(const struct cs_ctx *ctx, const char *option, enum cs_err err,
	       const char *why)
{
	cs_log(&ctx->log, CS_ERROR, "--%s %s", option, why);
	return cs_exit_of(err);
}

static int open_scanners(struct cs_ctx *ctx, const struct cs_decode_options *o,
			 struct cs_watch_who *who)
{
	char why[CS_SCANNERS_WHY] = "out of memory";
	enum cs_err err = cs_scanners_open(&who->scanners);

	for (size_t i = 0; !err && i < o->scanners.n; i++)
		err = cs_scanners_add(who->scanners, o->scanners.item[i], why);
	if (!err)
		err = cs_scanners_settle(who->scanners);
	return err ? say(ctx, "scanners", err, why) : -1;
}

static int open_places(struct cs_ctx *ctx, const struct cs_decode_options *o,
		       bool no_default, struct cs_watch_who *who)
{
	char why[CS_PLACES_WHY] = "out of memory";
	enum cs_err err = cs_places_open(&who->places);

	for (size_t i = 0; !err && i < o->geoip.n; i++)
		err = cs_places_add_geoip(who->places, o->geoip.item[i], why);
	if (!err && !no_default) {
		err = cs_places_add_default(who->places, why);
		if (err == CS_ERR_NOT_FOUND)
			err = CS_OK; /* it is not installed */
	}
	return err ? say(ctx, "geoip", err, why) : -1;
}

static int open_who(struct cs_ctx *ctx, const struct cs_decode_options *o,
		    struct cs_watch_who *who)
{
	const struct cs_who_want want = { .scanners = who->scanners,
					  .names = o->resolvers.n > 0,
					  .resolvers = o->resolvers.item,
					  .n_resolvers = o->resolvers.n,
					  .clock = ctx->clock };
	char why[CS_PTR_WHY] = "out of memory";
	enum cs_err err = cs_who_open(&want, &who->who, why);

	return err ? say(ctx, "resolver", err, why) : -1;
}

int cs_watch_who_open(struct cs_ctx *ctx, const struct cs_decode_options *options,
		      bool no_default, struct cs_watch_who *who)
{
	int status = open_scanners(ctx, options, who);

	if (status < 0)
		status = open_places(ctx, options, no_default, who);
	return status < 0 ? open_who(ctx, options, who) : status;
}

void cs_watch_who_close(struct cs_watch_who *who)
{
	cs_who_close(who->who);
	cs_scanners_close(who->scanners);
	cs_places_close(who->places);
	*who = (struct cs_watch_who){ 0 };
}

void cs_watch_who_say(struct cs_ctx *ctx, struct cs_watch_who *who)
{
	struct cs_who_counts n =
		who->who ? cs_who_counted(who->who) : (struct cs_who_counts){ 0 };

	if (n.failed == 0 || who->silence_said)
		return;
	cs_log(&ctx->log, CS_WARN,
	       "--resolver: no answer for %llu of %llu address%s: whether they have a "
	       "name "
	       "is not known",
	       (unsigned long long)n.failed, (unsigned long long)n.asked,
	       n.asked == 1 ? "" : "es");
	who->silence_said = true;
}

bool cs_watch_who_actor(struct cs_watch_who *who, const struct cs_source *source,
			struct cs_actor *out)
{
	return source->bits == 128 && cs_who_find(who->who, &source->ip, out);
}

bool cs_watch_who_place(struct cs_watch_who *who, const struct cs_addr *ip,
			struct cs_place *out)
{
	if (cs_places_empty(who->places))
		return false;
	*out = (struct cs_place){ 0 };
	cs_places_find(who->places, ip, out);
	return out->asn || out->geo.len > 0;
}
