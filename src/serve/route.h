/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route: which handler answers which path, as one table, and what a path may
 * look like. No route of ours has a character that needs escaping: a path with
 * %, //, a dot segment or a control byte is refused, never normalised.
 */
#pragma once

#include "serve/request.h"

/* How one who asks must show who they are, where there are keys. */
enum cs_auth {
	CS_AUTH_NONE,  /* anybody */
	CS_AUTH_BASIC, /* RFC 7617: name and secret of a key */
	CS_AUTH_HMAC,  /* Reports API: apikey in the body, its HMAC in HMAC2 */
	CS_AUTH_LINK,  /* whoever knows the path */
};

/* Fills r->answer. Called with who asks in r->key, and all of the body. */
typedef void cs_handler(struct cs_request *r);

struct cs_route {
	enum cs_method method; /* GET takes HEAD too */
	const char *path;
	bool prefix; /* what stands behind it is r->rest */
	enum cs_auth auth;
	cs_handler *handle;
};

/* In the order of the documentation. */
extern const struct cs_route cs_routes[];
extern const size_t cs_n_routes;

/*
 * Splits r->target into path and query, and host where the target is a whole
 * URI (RFC 9112 section 3.2.2). False when it is no path of ours: @why says so.
 */
CS_MUST_USE bool cs_target_split(struct cs_request *r, const char **why);

/*
 * Finds r->route for r->path. 0, or the status of an error: 404, and 405 with
 * r->answer.allow.
 */
unsigned cs_route_find(struct cs_request *r);

/* The handlers, by the file that they stand in. */
cs_handler cs_page_handle, cs_overview_handle, cs_services_handle; /* pages.c */
cs_handler cs_metrics_handle, cs_health_handle;                    /* metrics.c */
cs_handler cs_api_ping;                                            /* api_test.c */
cs_handler cs_api_unknown;                                         /* api.c */
cs_handler cs_api_subscribed, cs_api_types, cs_api_list, cs_api_stats, cs_api_schema,
	cs_api_download, cs_download_handle; /* api_reports.c */
cs_handler cs_api_rows;                      /* api_rows.c */
