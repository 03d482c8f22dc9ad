/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/watch_group.h"

#include <stdlib.h>

#include "base/arena.h"

struct cs_watch_group {
	struct cs_arena arena; /* the bodies */
	size_t n;
	struct cs_span body[CS_WHO_GROUP];
	struct cs_addr ip[CS_WHO_GROUP];
	struct cs_actor actor[CS_WHO_GROUP];
	struct cs_post_source post; /* the one that is handed out */
};

enum cs_err cs_watch_group_open(struct cs_watch_group **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? CS_OK : CS_ERR_NOMEM;
}

void cs_watch_group_close(struct cs_watch_group *group)
{
	if (!group)
		return;
	cs_arena_clear(&group->arena);
	free(group);
}

enum cs_err cs_watch_group_put(struct cs_watch_group *group, const struct cs_rd *body,
			       const struct cs_addr *ip, bool *full)
{
	uint8_t *copy = cs_arena_alloc(&group->arena, body->len);

	if (!copy)
		return CS_ERR_NOMEM;
	memcpy(copy, body->base, body->len);
	group->body[group->n] = cs_span_of(copy, body->len);
	group->ip[group->n++] = *ip;
	*full = group->n == CS_WHO_GROUP;
	return CS_OK;
}

static enum cs_err tell_one(struct cs_watch_group *g, size_t i, cs_watch_group_fn *each,
			    void *arg)
{
	struct cs_rd body = cs_rd_over(g->body[i].ptr, g->body[i].len);
	bool known = g->actor[i].name.len > 0 || g->actor[i].hostname.len > 0;

	if (cs_post_source_read(&body, &g->post))
		return CS_ERR_DAMAGED;
	known &= g->post.source.bits == 128;
	return each(arg, &g->post, known ? &g->actor[i] : NULL);
}

enum cs_err cs_watch_group_tell(struct cs_watch_group *group, struct cs_who *who,
				cs_watch_group_fn *each, void *arg)
{
	enum cs_err err = CS_OK;

	if (group->n > 0)
		err = cs_who_find_all(who, group->ip, group->actor, group->n);
	for (size_t i = 0; !err && i < group->n; i++)
		err = tell_one(group, i, each, arg);
	group->n = 0;
	cs_arena_clear(&group->arena);
	return err;
}
