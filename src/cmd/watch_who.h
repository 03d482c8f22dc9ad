/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch_who: who and where a source is, for watch and explain: the files that options
 * name, read before the jail closes, and asked of one address after the other.
 */
#pragma once

#include "cmd/cmd.h"
#include "cmd/decode_options.h"
#include "enrich/places.h"
#include "enrich/scanner.h"
#include "watch/who.h"

struct cs_watch_who {
	struct cs_scanners *scanners;
	struct cs_places *places;
	struct cs_who *who;
	bool silence_said;
};

/* Returns -1 or the exit status: the reason has been said. @no_default: --no-geoip. */
CS_MUST_USE int cs_watch_who_open(struct cs_ctx *ctx,
				  const struct cs_decode_options *options,
				  bool no_default, struct cs_watch_who *who);
void cs_watch_who_close(struct cs_watch_who *who);

/* Says, once, that no resolver answered: no name is not the same as not to know one. */
void cs_watch_who_say(struct cs_ctx *ctx, struct cs_watch_who *who);

/*
 * What is known of @source's address, of a prefix nothing, without asking anybody:
 * false where nothing is. Borrowed from @who until the next call to it.
 */
CS_MUST_USE bool cs_watch_who_actor(struct cs_watch_who *who,
				    const struct cs_source *source, struct cs_actor *out);
CS_MUST_USE bool cs_watch_who_place(struct cs_watch_who *who, const struct cs_addr *ip,
				    struct cs_place *out);
