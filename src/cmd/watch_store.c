/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/watch_store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/siphash.h"
#include "store/watch_store.h"
#include "watch/write_verdict.h"

enum {
	GROUP = 4096,      /* rows that are written without waiting for a commit */
	MOST = 16 * GROUP, /* rows that wait at most */
	KEPT_V4 = 96 + 24, /* bits of an address that --anonymise leaves */
	KEPT_V6 = 64,
};

struct cs_watch_keep {
	struct cs_ctx *ctx;
	struct cs_watch_keep_want want;
	struct cs_watch_store *store;
	struct cs_sipkey key;      /* of tags; never leaves the process */
	struct cs_watch_row *rows; /* .verdict owned */
	size_t n, cap;
	uint64_t lost;
	bool failing; /* has been said */
	int64_t pruned_day;
};

/* --- opening --- */

int cs_watch_keep_open(struct cs_ctx *ctx, const struct cs_watch_keep_want *want,
		       struct cs_watch_keep **out)
{
	struct cs_watch_keep *k = calloc(1, sizeof(*k));
	uint64_t run = 0;
	enum cs_err err = k ? CS_OK : CS_ERR_NOMEM;

	if (!err && (getrandom(&k->key, sizeof(k->key), 0) != sizeof(k->key) ||
		     getrandom(&run, sizeof(run), 0) != sizeof(run)))
		err = CS_ERR_IO;
	if (!err)
		err = cs_watch_store_open(want->dir, run, &k->store);
	if (err) {
		cs_log(&ctx->log, CS_ERROR, "--store %s",
		       k && k->store ? cs_watch_store_why(k->store) : cs_strerror(err));
		if (k)
			cs_watch_store_close(k->store);
		free(k);
		return cs_exit_of(err);
	}
	k->ctx = ctx;
	k->want = *want;
	k->pruned_day = INT64_MIN;
	*out = k;
	return -1;
}

/* --- without addresses --- */

static struct cs_prefix kept_of(const struct cs_addr *ip, uint8_t bits)
{
	const uint8_t most = cs_addr_is_v4(ip) ? KEPT_V4 : KEPT_V6;
	struct cs_prefix kept = { *ip, bits < most ? bits : most };

	(void)cs_prefix_trim(&kept); /* it may have had none to lose */
	return kept;
}

/* Puts @to in place of each @from; what no longer fits is cut. */
static void replace(char text[CS_ANSWER_TEXT], const char *from, const char *to)
{
	char out[CS_ANSWER_TEXT];
	const char *at = text, *hit;
	size_t n = 0;

	while (n < sizeof(out) - 1 && (hit = strstr(at, from)) != NULL) {
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%.*s%s", (int)(hit - at),
				      at, to);
		at = hit + strlen(from);
	}
	if (n < sizeof(out))
		(void)snprintf(out + n, sizeof(out) - n, "%s", at);
	memcpy(text, out, sizeof(out));
}

/* A verdict that says a prefix where it said an address. */
struct veiled {
	struct cs_source source;
	struct cs_answer answer;
	struct cs_actor actor;
	struct cs_verdict verdict;
};

static void veil(const struct cs_verdict *v, struct veiled *out)
{
	struct cs_prefix kept = kept_of(&v->source->ip, v->source->bits);
	char from[CS_ADDR_TEXT], to[CS_PREFIX_TEXT];

	out->verdict = *v;
	out->source = *v->source;
	out->source.ip = kept.addr;
	out->source.bits = kept.bits;
	out->answer = *v->answer;
	out->verdict.source = &out->source;
	out->verdict.answer = &out->answer;
	if (v->source->bits == 128) {
		out->source.addresses = 1;
		cs_addr_text(&v->source->ip, from);
		cs_prefix_text(&kept, to);
		replace(out->answer.what, from, to);
		replace(out->answer.would_change, from, to);
		replace(out->answer.next, from, to);
	}
	if (v->actor) {
		out->actor = *v->actor;
		out->actor.hostname = (struct cs_span){ 0 }; /* as good as the address */
		out->verdict.actor = &out->actor;
	}
}

/* --- rows --- */

static void drop_first(struct cs_watch_keep *k, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free((void *)(uintptr_t)k->rows[i].verdict.ptr); /* ours: add() */
	k->n -= n;
	if (k->n > 0)
		memmove(k->rows, k->rows + n, k->n * sizeof(*k->rows));
}

static bool make_room(struct cs_watch_keep *k)
{
	size_t cap = k->cap ? 2 * k->cap : GROUP;
	struct cs_watch_row *more;

	if (k->n < k->cap)
		return true;
	if (k->n >= MOST) {
		drop_first(k, GROUP);
		k->lost += GROUP;
		return true;
	}
	more = realloc(k->rows, cap * sizeof(*more));
	if (!more)
		return false;
	k->rows = more;
	k->cap = cap;
	return true;
}

static void add(struct cs_watch_keep *k, const struct cs_verdict *v, uint64_t tag)
{
	size_t len = 0;
	char *json = make_room(k) ? cs_verdict_json(v, &len) : NULL;

	if (!json) {
		k->lost++;
		return;
	}
	k->rows[k->n++] = (struct cs_watch_row){
		.ip = v->source->ip,
		.bits = v->source->bits,
		.tag = tag,
		.first_us = v->source->first_us,
		.last_us = v->source->last_us,
		.packets = v->source->packets,
		.worry = (uint8_t)v->answer->worry,
		.class_ = cs_span_str(cs_class_name(v->finding->primary)),
		.verdict = cs_span_of(json, len),
	};
}

static void flush(struct cs_watch_keep *k)
{
	size_t n = k->n;
	enum cs_err err = n ? cs_watch_store_put(k->store, k->rows, n) : CS_OK;

	if (!err) {
		drop_first(k, n);
		if (k->failing && n > 0)
			cs_log(&k->ctx->log, CS_NOTE, "--store: written again");
		k->failing = k->failing && n == 0;
		return;
	}
	if (!k->failing)
		cs_log(&k->ctx->log, CS_WARN,
		       "--store: %s; the watch goes on, and tries again",
		       cs_watch_store_why(k->store));
	k->failing = true;
}

void cs_watch_keep_put(struct cs_watch_keep *keep, const struct cs_verdict *verdict)
{
	struct veiled veiled;
	uint64_t tag = 0;

	if (!keep)
		return;
	if (keep->want.anonymise) {
		veil(verdict, &veiled);
		if (veiled.source.bits != verdict->source->bits)
			tag = cs_siphash(&keep->key, verdict->source->ip.b,
					 sizeof(verdict->source->ip.b));
		verdict = &veiled.verdict;
	}
	add(keep, verdict, tag);
	if (keep->n >= GROUP && !keep->failing)
		flush(keep);
}

static void prune(struct cs_watch_keep *k, int64_t now_us)
{
	const int64_t day = cs_day_number(now_us);
	uint64_t removed = 0;
	enum cs_err err;

	if (k->want.keep_days == 0 || day == k->pruned_day)
		return;
	k->pruned_day = day;
	err = cs_watch_store_prune(
		k->store, (int32_t)(day - (int64_t)k->want.keep_days + 1), &removed);
	if (err)
		cs_log(&k->ctx->log, CS_WARN, "--store: removing old days: %s",
		       cs_watch_store_why(k->store));
	else if (removed)
		cs_log(&k->ctx->log, CS_DETAIL, "--store: %" PRIu64 " old days removed",
		       removed);
}

void cs_watch_keep_commit(struct cs_watch_keep *keep, int64_t now_us)
{
	if (!keep)
		return;
	prune(keep, now_us);
	flush(keep);
}

bool cs_watch_keep_close(struct cs_watch_keep *keep, int64_t now_us)
{
	bool well;

	if (!keep)
		return true;
	cs_watch_store_last(keep->store);
	cs_watch_keep_commit(keep, now_us);
	well = keep->n == 0;
	keep->lost += keep->n;
	drop_first(keep, keep->n);
	if (keep->lost)
		cs_log(&keep->ctx->log, CS_WARN,
		       "--store: %" PRIu64 " verdicts were lost", keep->lost);
	cs_watch_store_close(keep->store);
	free(keep->rows);
	free(keep);
	return well;
}
