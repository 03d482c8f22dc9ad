/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/route.h"

const struct cs_route cs_routes[] = {
	{ CS_METHOD_GET, "/", false, CS_AUTH_BASIC, cs_page_handle },
	{ CS_METHOD_GET, "/data/overview.json", false, CS_AUTH_BASIC,
	  cs_overview_handle },
	{ CS_METHOD_GET, "/data/services.json", false, CS_AUTH_BASIC,
	  cs_services_handle },
	{ CS_METHOD_GET, "/metrics", false, CS_AUTH_BASIC, cs_metrics_handle },
	{ CS_METHOD_GET, "/healthz", false, CS_AUTH_NONE, cs_health_handle },
	{ CS_METHOD_POST, "/api/test/ping", false, CS_AUTH_HMAC, cs_api_ping },
	{ CS_METHOD_POST, "/api/reports/subscribed", false, CS_AUTH_HMAC,
	  cs_api_subscribed },
	{ CS_METHOD_POST, "/api/reports/types", false, CS_AUTH_HMAC, cs_api_types },
	{ CS_METHOD_POST, "/api/reports/list", false, CS_AUTH_HMAC, cs_api_list },
	{ CS_METHOD_POST, "/api/reports/query", false, CS_AUTH_HMAC, cs_api_rows },
	{ CS_METHOD_POST, "/api/reports/stats", false, CS_AUTH_HMAC, cs_api_stats },
	{ CS_METHOD_POST, "/api/reports/schema", false, CS_AUTH_HMAC, cs_api_schema },
	{ CS_METHOD_POST, "/api/reports/download", false, CS_AUTH_HMAC, cs_api_download },
	{ CS_METHOD_GET, "/download/", true, CS_AUTH_LINK, cs_download_handle },
	{ CS_METHOD_POST, "/api/", true, CS_AUTH_HMAC, cs_api_unknown },
};

const size_t cs_n_routes = CS_LEN(cs_routes);

/* --- targets --- */

static bool skip(struct cs_span *s, const char *word)
{
	size_t len = strlen(word);

	if (s->len < len || strncasecmp((const char *)s->ptr, word, len) != 0)
		return false;
	*s = cs_span_of(s->ptr + len, s->len - len);
	return true;
}

/* The part before any of the bytes in @ends, which is cut off @s. */
static struct cs_span take_until(struct cs_span *s, const char *ends)
{
	size_t len = 0;

	while (len < s->len && !strchr(ends, s->ptr[len]))
		len++;

	struct cs_span part = cs_span_of(s->ptr, len);

	*s = cs_span_of(s->ptr + len, s->len - len);
	return part;
}

/* Empty, "." and ".." name another path, or none. */
static bool is_odd_segment(struct cs_span s)
{
	return s.len == 0 || cs_span_eq(s, cs_span_str(".")) ||
	       cs_span_eq(s, cs_span_str(".."));
}

static bool is_plain(struct cs_span path)
{
	for (size_t i = 0; i < path.len; i++)
		if (path.ptr[i] <= 0x20 || path.ptr[i] >= 0x7f ||
		    strchr("%\\\"<>`{}|^", path.ptr[i]))
			return false;
	while (path.len > 1) {
		struct cs_span left = cs_span_of(path.ptr + 1, path.len - 1);

		if (is_odd_segment(take_until(&left, "/")))
			return false;
		path = left;
	}
	return true;
}

bool cs_target_split(struct cs_request *r, const char **why)
{
	struct cs_span left = r->target;

	if (left.len > CS_REQUEST_TARGET) {
		*why = "the address is too long: want at most 4096 bytes";
		return false;
	}
	if (skip(&left, "http://") || skip(&left, "https://"))
		r->host = take_until(&left, "/?#");
	*why = "not a path of this server: want one without %, //, . or .. in it";
	r->path = take_until(&left, "?");
	if (r->path.len == 0 || r->path.ptr[0] != '/' || !is_plain(r->path))
		return false;
	if (left.len > 0)
		r->query = cs_span_of(left.ptr + 1, left.len - 1);
	return true;
}

/* --- routes --- */

static bool is_there(const struct cs_route *route, struct cs_span path,
		     struct cs_span *rest)
{
	struct cs_span ours = cs_span_str(route->path);

	if (path.len < ours.len || (!route->prefix && path.len != ours.len) ||
	    memcmp(path.ptr, ours.ptr, ours.len) != 0)
		return false;
	*rest = cs_span_of(path.ptr + ours.len, path.len - ours.len);
	return true;
}

unsigned cs_route_find(struct cs_request *r)
{
	enum cs_method method = r->method == CS_METHOD_HEAD ? CS_METHOD_GET : r->method;

	for (size_t i = 0; i < cs_n_routes; i++) {
		if (!is_there(&cs_routes[i], r->path, &r->rest))
			continue;
		r->route = &cs_routes[i];
		if (r->route->method == method)
			return 0;
		r->answer.allow =
			r->route->method == CS_METHOD_POST ? "POST" : "GET, HEAD";
		return 405;
	}
	return 404;
}
