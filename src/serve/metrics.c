/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metrics for Prometheus (text format 0.0.4) and whether we are alive. Labels
 * are words of ours, never a stranger's. Who asks with a key of an owner sees
 * its services; requests and memory, which tell of other owners' questions and how
 * much they have, are told to who may see everything.
 */
#include "out/prometheus.h"
#include "serve/route.h"
#include "serve/share.h"

/* --- the server --- */

static void put_server(const struct cs_serve *serve, FILE *to)
{
	cs_prometheus_begin(to, "coapscope_build_info", "gauge",
			    "Which coapscope this is.");
	cs_prometheus_labelled(to, "coapscope_build_info", "version", CS_VERSION, 1);
	cs_prometheus_one(to, "coapscope_start_time_seconds", "gauge",
			  "When the server was started, in seconds since 1970.",
			  (uint64_t)(serve->started_us / CS_US_PER_S));
	cs_prometheus_one(to, "coapscope_http_connections", "gauge",
			  "Connections that are open.", cs_conns_count(serve->conns));
	cs_prometheus_begin(to, "coapscope_http_connections_ended_total", "counter",
			    "Connections that had to go, by why.");
	cs_prometheus_labelled(to, "coapscope_http_connections_ended_total", "reason",
			       "crowded", cs_conns_ended(serve->conns, CS_CONN_CROWDED));
	cs_prometheus_labelled(to, "coapscope_http_connections_ended_total", "reason",
			       "slow", cs_conns_ended(serve->conns, CS_CONN_SLOW));
}

static void put_requests(struct cs_request *r, FILE *to)
{
	struct cs_access_count *counts;
	size_t n = 0;

	if (cs_access_counts(r->serve->access, &r->arena, &counts, &n))
		return;
	cs_prometheus_begin(to, "coapscope_http_requests_total", "counter",
			    "Requests answered, by route and status; no route: other.");
	for (size_t i = 0; i < n; i++)
		(void)fprintf(to,
			      "coapscope_http_requests_total{route=\"%s\",code=\"%u\"} "
			      "%llu\n",
			      counts[i].route ? counts[i].route->path : "other",
			      counts[i].status, (unsigned long long)counts[i].n);
}

static void put_memory(const struct cs_serve *serve, FILE *to)
{
	struct cs_days_state state = cs_days_state(serve->days);

	cs_prometheus_one(to, "coapscope_models", "gauge", "Days that are in memory.",
			  state.models);
	cs_prometheus_one(to, "coapscope_models_bytes", "gauge",
			  "Memory of the days that are in memory.", state.bytes);
	cs_prometheus_one(to, "coapscope_model_loads_total", "counter",
			  "How often a day was loaded into memory.", state.loads);
}

/* --- what is in the store --- */

static void put_days(struct cs_request *r, FILE *to)
{
	struct cs_store_day *list;
	size_t n, with_rows = 0;
	int32_t newest = 0;

	if (cs_days_list(r->serve->days, &r->arena, &list, &n))
		return;
	for (size_t i = 0; i < n; i++)
		if (list[i].rows > 0) {
			with_rows++;
			newest = list[i].day;
		}
	cs_prometheus_one(to, "coapscope_dates", "gauge",
			  "UTC days in the store that have rows.", with_rows);
	if (with_rows > 0)
		cs_prometheus_one(to, "coapscope_newest_day_timestamp_seconds", "gauge",
				  "Begin of the newest of them, in seconds since 1970.",
				  (uint64_t)(newest * CS_US_PER_DAY / CS_US_PER_S));
}

static uint64_t count_of(const struct cs_facet *facets, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (cs_span_eq(facets[i].key, cs_span_str(key)))
			return facets[i].n;
	return 0;
}

static void put_severities(struct cs_request *r, const struct cs_model *model, FILE *to)
{
	struct cs_query query = { 0 };
	struct cs_facet *facets;
	char why[CS_QUERY_WHY];
	size_t n = 0;

	cs_share_limit(r->serve, cs_share_of(r), &query);
	if (cs_query_facet(model, &query, cs_span_str("severity"), CS_SEVERITIES,
			   &r->arena, &facets, &n, why))
		return;
	cs_prometheus_begin(to, "coapscope_services", "gauge",
			    "Services of the newest day, by severity.");
	for (int s = 0; s < CS_SEVERITIES; s++) {
		const char *name = cs_severity_name((enum cs_severity)s);

		cs_prometheus_labelled(to, "coapscope_services", "severity", name,
				       count_of(facets, n, name));
	}
}

static void put_services(struct cs_request *r, FILE *to)
{
	struct cs_day *day;
	int32_t newest;

	if (cs_days_newest(r->serve->days, &newest) ||
	    cs_days_get(r->serve->days, newest, &day))
		return;
	put_severities(r, cs_day_model(day), to);
	cs_day_put(day);
}

void cs_metrics_handle(struct cs_request *r)
{
	if (cs_answer_begin(r, CS_TYPE_METRICS)) {
		cs_answer_error(r, 503, "out of memory");
		return;
	}
	put_server(r->serve, r->answer.to);
	if (cs_share_of(r).all) {
		put_requests(r, r->answer.to);
		put_memory(r->serve, r->answer.to);
	}
	put_days(r, r->answer.to);
	put_services(r, r->answer.to);
}

void cs_health_handle(struct cs_request *r)
{
	r->answer.status = 200;
	r->answer.type = CS_TYPE_TEXT;
	r->answer.fixed = cs_span_str("ok\n");
}
