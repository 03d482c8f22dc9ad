/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/access.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/clock.h"
#include "serve/route.h"

/* Every route with every status that we ever give is far fewer. */
enum { COUNTS = 512, LINE = 512 };

struct cs_access {
	pthread_mutex_t lock;
	const struct cs_log *log;
	struct cs_access_count counts[COUNTS];
	size_t n_counts;
	int64_t second_ns; /* when the current second began */
	unsigned said, unsaid;
};

enum cs_err cs_access_new(const struct cs_log *log, struct cs_access **out)
{
	struct cs_access *access = calloc(1, sizeof(*access));

	*out = access;
	if (!access)
		return CS_ERR_NOMEM;
	access->log = log;
	(void)pthread_mutex_init(&access->lock, NULL); /* cannot fail on Linux */
	return CS_OK;
}

void cs_access_free(struct cs_access *access)
{
	if (!access)
		return;
	(void)pthread_mutex_destroy(&access->lock);
	free(access);
}

/* --- lines --- */

/* Under the lock. */
static bool may_say(struct cs_access *access, int64_t now_ns, enum cs_level level)
{
	if (level > access->log->most)
		return false;
	if (now_ns - access->second_ns >= CS_NS_PER_S) {
		if (access->unsaid)
			cs_log(access->log, CS_NOTE, "%u more lines were not said",
			       access->unsaid);
		access->second_ns = now_ns;
		access->said = 0;
		access->unsaid = 0;
	}
	if (access->said < CS_ACCESS_LINES) {
		access->said++;
		return true;
	}
	access->unsaid++;
	return false;
}

void cs_access_say(struct cs_access *access, int64_t now_ns, enum cs_level level,
		   const char *fmt, ...)
{
	char line[LINE];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	(void)pthread_mutex_lock(&access->lock);
	if (may_say(access, now_ns, level))
		cs_log(access->log, level, "%s", line);
	(void)pthread_mutex_unlock(&access->lock);
}

/* --- counts --- */

static void count(struct cs_access *access, const struct cs_route *route, unsigned status)
{
	struct cs_access_count *c = access->counts, *end;

	(void)pthread_mutex_lock(&access->lock);
	end = c + access->n_counts;
	while (c < end && (c->route != route || c->status != status))
		c++;
	if (c == end && access->n_counts < COUNTS) {
		*c = (struct cs_access_count){ .route = route, .status = status };
		access->n_counts++;
		end++;
	}
	if (c < end)
		c->n++;
	(void)pthread_mutex_unlock(&access->lock);
}

static const char *method_name(const struct cs_request *r)
{
	static const char *const names[] = { [CS_METHOD_GET] = "GET",
					     [CS_METHOD_HEAD] = "HEAD",
					     [CS_METHOD_POST] = "POST",
					     [CS_METHOD_OTHER] = "other" };

	return names[r->method];
}

/* The route, not the path: that may be a stranger's, or open a download. */
void cs_access_note(struct cs_access *access, const struct cs_request *r, int64_t now_ns)
{
	char peer[CS_ADDR_TEXT];
	unsigned status = r->answer.status;

	count(access, r->route, status);
	cs_addr_text(&r->peer, peer);
	cs_access_say(access, now_ns, status < 400 ? CS_DETAIL : CS_NOTE,
		      "%s: %s %s: %u%s%s", peer, method_name(r),
		      r->route ? r->route->path : "(no route)", status,
		      r->key ? " key=" : "", r->key ? r->key->name : "");
}

static int by_route(const void *x, const void *y)
{
	const struct cs_access_count *a = x, *b = y;

	if (a->route != b->route)
		return a->route < b->route ? -1 : 1;
	return (a->status > b->status) - (a->status < b->status);
}

enum cs_err cs_access_counts(struct cs_access *access, struct cs_arena *arena,
			     struct cs_access_count **counts, size_t *n)
{
	struct cs_access_count *copy = cs_arena_array(arena, COUNTS, sizeof(*copy));

	if (!copy)
		return CS_ERR_NOMEM;
	(void)pthread_mutex_lock(&access->lock);
	*n = access->n_counts;
	memcpy(copy, access->counts, *n * sizeof(*copy));
	(void)pthread_mutex_unlock(&access->lock);
	qsort(copy, *n, sizeof(*copy), by_route);
	*counts = copy;
	return CS_OK;
}
