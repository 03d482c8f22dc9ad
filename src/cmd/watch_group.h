/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch_group: sources on their way to the outputs, so many at a time that their names
 * can be asked for together. A copy of each post is kept until then.
 */
#pragma once

#include "base/rd.h"
#include "watch/post.h"
#include "watch/who.h"

struct cs_watch_group;

/* CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_watch_group_open(struct cs_watch_group **out);
void cs_watch_group_close(struct cs_watch_group *group);

/* Puts one post's body. True: it is full and must be told before the next. */
CS_MUST_USE enum cs_err cs_watch_group_put(struct cs_watch_group *group,
					   const struct cs_rd *body,
					   const struct cs_addr *ip, bool *full);

/* Asks for the names, hands out each source with who it is, and is empty again. */
typedef enum cs_err cs_watch_group_fn(void *arg, const struct cs_post_source *post,
				      const struct cs_actor *actor);
CS_MUST_USE enum cs_err cs_watch_group_tell(struct cs_watch_group *group,
					    struct cs_who *who, cs_watch_group_fn *each,
					    void *arg);
