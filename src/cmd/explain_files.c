/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What captures say of somebody: the same decoding process and the same judgement as
 * `coapscope watch -r` has.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cmd/as_user.h"
#include "cmd/explain_cases.h"
#include "cmd/networked.h"
#include "cmd/watch_who.h"
#include "cmd/watching.h"
#include "watch/write_verdict.h"

struct reading {
	struct cs_ctx *ctx;
	const struct cs_pasted *what;
	struct cs_decode_plan plan;
	struct cs_watch_who who;
	struct cs_post_counts counts; /* the latest */
	struct cs_explain_cases *cases;
};

/* --- whether it was asked for --- */

static bool is_named(const struct cs_actor *actor, struct cs_span name)
{
	return actor && actor->hostname.len == name.len &&
	       strncasecmp((const char *)actor->hostname.ptr, (const char *)name.ptr,
			   name.len) == 0;
}

/* An address or prefix inside of it, or a prefix that it is inside of. */
static bool is_meant(const struct cs_pasted *what, const struct cs_source *source)
{
	const struct cs_prefix of_source = { source->ip, source->bits };

	if (what->what.bits < 96 && cs_addr_is_v4(&source->ip))
		return false; /* ::/0 are the addresses of IPv6 */
	return cs_prefix_overlap(&what->what, &of_source);
}

/* --- posts --- */

static enum cs_err judge(struct reading *r, const struct cs_post_source *post,
			 const struct cs_actor *actor)
{
	struct cs_answer answer;
	struct cs_place place;
	struct cs_verdict v = { .source = &post->source,
				.finding = &post->finding,
				.answer = &answer,
				.actor = actor,
				.samples = post->samples,
				.n_samples = post->n_samples };
	char *json;

	if (cs_watch_who_place(&r->who, &post->source.ip, &place))
		v.place = &place;
	cs_answer(v.source, v.finding, &r->counts.around, actor, &r->plan.threshold,
		  cs_clock_wall(r->ctx->clock), &answer);
	json = cs_verdict_json(&v, NULL);
	if (!json)
		return CS_ERR_NOMEM;
	return cs_explain_cases_put(r->cases, json, (int)answer.worry,
				    post->source.last_us, post->source.bits);
}

static enum cs_err take_source(struct reading *r, struct cs_rd *body)
{
	bool by_name = r->what->kind == CS_PASTED_NAME;
	struct cs_post_source post;
	struct cs_actor actor;
	enum cs_err err;

	if (cs_post_source_read(body, &post))
		return CS_ERR_DAMAGED;
	if (!by_name && !is_meant(r->what, &post.source))
		return CS_OK;
	if (post.source.bits < 128)
		return by_name ? CS_OK : judge(r, &post, NULL);
	err = cs_who_find_all(r->who.who, &post.source.ip, &actor, 1);
	if (err || (by_name && !is_named(&actor, r->what->name)))
		return err;
	return judge(r, &post, &actor);
}

static enum cs_err take_message(struct reading *r, struct cs_rd *body)
{
	struct cs_post_message message;

	if (cs_post_message_read(body, &message))
		return CS_ERR_DAMAGED;
	if (r->what->kind != CS_PASTED_PREFIX)
		return CS_OK;
	if (cs_prefix_has(&r->what->what, &message.from))
		cs_explain_busy_count(&r->cases->busy, message.wall_us);
	cs_explain_host_take(&r->cases->host, &r->what->what, &message);
	return CS_OK;
}

static enum cs_err take(struct reading *r, enum cs_post_kind kind, struct cs_rd *body)
{
	switch (kind) {
	case CS_POST_SOURCE:
		return take_source(r, body);
	case CS_POST_MESSAGE:
		return take_message(r, body);
	case CS_POST_COUNTS:
		return cs_post_counts_read(body, &r->counts) ? CS_ERR_DAMAGED : CS_OK;
	case CS_POST_NOTE:
		return cs_watching_note(r->ctx, body);
	case CS_POST_EVIDENCE:
	case CS_POST_BEAT:
	case CS_POST_END:
		break;
	}
	return CS_OK;
}

static enum cs_err follow(struct reading *r, struct cs_watching *watching)
{
	enum cs_err err = CS_OK;
	enum cs_post_kind kind;
	struct cs_rd body;

	while (!err && cs_watching_next(watching, true, &kind, &body) == CS_WATCHING_POST)
		err = take(r, kind, &body);
	return err;
}

/* --- the run --- */

static int failed(const struct reading *r, enum cs_err err, const char *why)
{
	cs_log(&r->ctx->log, CS_ERROR, "%s", *why ? why : cs_strerror(err));
	return cs_exit_of(err);
}

static int start(struct reading *r, struct cs_explain_options *o,
		 struct cs_watching **watching)
{
	char why[CS_CAPTURE_WHY] = "";
	struct cs_watching_want want = { .options = &o->decode,
					 .plan = &r->plan,
					 .messages = true };
	enum cs_err err = cs_decode_plan(&o->decode, &o->common.arena, &r->plan);

	if (!err)
		err = cs_capture_open_merged(o->files.item, o->files.n, r->ctx->in, NULL,
					     &want.capture, why);
	return err ? failed(r, err, why) : cs_watching_start(r->ctx, &want, watching);
}

static int run(struct reading *r, struct cs_explain_options *o)
{
	struct cs_jail_want jail = { .user = o->decode.user,
				     .require = o->decode.require_jail,
				     .dns = o->decode.resolvers.n > 0 };
	struct cs_watching *watching = NULL;
	char why[CS_WATCHING_WHY] = "";
	int status = start(r, o, &watching);
	enum cs_err err = CS_OK, ended;

	if (status < 0) {
		jail.child = cs_watching_pid(watching);
		status = cs_enter_jail(r->ctx, &jail);
	}
	if (status < 0)
		err = follow(r, watching);
	ended = cs_watching_end(watching, why);
	if (status >= 0)
		return status;
	if (err)
		return failed(r, err, "");
	return ended ? failed(r, ended, why) : -1;
}

int cs_explain_read_files(struct cs_ctx *ctx, struct cs_explain_options *options,
			  const struct cs_pasted *what, struct cs_explain_cases *cases)
{
	struct reading r = { .ctx = ctx, .what = what, .cases = cases };
	int status = cs_known_user(ctx, options->decode.user);

	if (status < 0)
		status = cs_watch_who_open(
			ctx, &options->decode,
			cs_args_taken_back(
				&options->common,
				offsetof(struct cs_explain_options, decode.geoip)),
			&r.who);
	if (status < 0)
		status = run(&r, options);
	cs_watch_who_say(ctx, &r.who);
	cs_watch_who_close(&r.who);
	return status;
}
