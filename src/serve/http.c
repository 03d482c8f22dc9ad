/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/num.h"
#include "out/term.h"
#include "serve/auth.h"
#include "serve/serve.h"

enum {
	MEMORY = 24 << 10, /* a connection's: the head of a request must fit */
	STREAM_BLOCK = 32 << 10,
	BACKLOG_S = 60, /* the library's own patience; conns has less */
};

struct cs_http {
	struct MHD_Daemon *daemon;
	struct cs_serve *serve;
	struct cs_conns *conns;
	int quiet; /* the socket that listened; -1: it still does */
};

/* A request on its way in. Owned by its connection. */
struct incoming {
	struct cs_request r;
	char target[CS_REQUEST_TARGET + 2];
	uint8_t *body; /* owned */
	size_t room;
	bool begun;  /* its head has been seen */
	bool queued; /* its answer has been handed over */
	bool too_large;
};

static int64_t now(const struct cs_serve *serve)
{
	return cs_clock_mono(serve->clock);
}

static struct cs_conn *conn_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static void drop(struct cs_conn *conn)
{
	struct incoming *in = cs_conn_arg(conn);

	cs_conn_set_arg(conn, NULL);
	if (!in)
		return;
	cs_request_clear(&in->r);
	free(in->body);
	free(in);
}

/* --- sending --- */

static ssize_t fill(void *arg, uint64_t pos, char *to, size_t room)
{
	struct cs_stream *stream = arg;
	ssize_t n = stream->fill(stream, to, room);

	(void)pos; /* streams only go on */
	if (n < 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	return n == 0 ? MHD_CONTENT_READER_END_OF_STREAM : n;
}

static void end_stream(void *arg)
{
	struct cs_stream *stream = arg;

	stream->close(stream);
}

/* The body's owner is the response from here on. */
static struct MHD_Response *make_response(struct cs_answer *a)
{
	struct MHD_Response *response;

	if (a->stream) {
		response = MHD_create_response_from_callback(
			MHD_SIZE_UNKNOWN, STREAM_BLOCK, fill, a->stream, end_stream);
		if (response)
			a->stream = NULL;
		return response;
	}
	if (a->fixed.ptr)
		return MHD_create_response_from_buffer(a->fixed.len,
						       (void *)(uintptr_t)a->fixed.ptr,
						       MHD_RESPMEM_PERSISTENT);
	response = MHD_create_response_from_buffer(
		a->len, a->text ? a->text : (char *)(uintptr_t) "",
		a->text ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
	if (response) {
		a->text = NULL;
		a->len = 0;
	}
	return response;
}

static void add(struct MHD_Response *response, const char *name, const char *value)
{
	if (value)
		(void)MHD_add_response_header(response, name, value); /* or without */
}

static void add_headers(struct MHD_Response *response, const struct cs_answer *a)
{
	char disposition[sizeof(a->file) + 32];

	add(response, MHD_HTTP_HEADER_CONTENT_TYPE, a->type);
	add(response, "Content-Security-Policy",
	    a->policy ? a->policy : "default-src 'none'; frame-ancestors 'none'");
	add(response, "X-Content-Type-Options", "nosniff");
	add(response, "X-Frame-Options", "DENY");
	add(response, "Referrer-Policy", "no-referrer");
	add(response, "Cross-Origin-Resource-Policy", "same-origin");
	add(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	add(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, a->ask);
	add(response, MHD_HTTP_HEADER_ALLOW, a->allow);
	add(response, MHD_HTTP_HEADER_CONNECTION, a->last ? "close" : NULL);
	if (!a->file[0])
		return;
	(void)snprintf(disposition, sizeof(disposition), "attachment; filename=\"%s\"",
		       a->file);
	add(response, MHD_HTTP_HEADER_CONTENT_DISPOSITION, disposition);
}

static enum MHD_Result queue(struct MHD_Connection *connection, struct incoming *in)
{
	struct cs_serve *serve = in->r.serve;
	struct cs_conn *conn = conn_of(connection);
	struct MHD_Response *response = make_response(&in->r.answer);
	enum MHD_Result done;

	if (!response)
		return MHD_NO;
	add_headers(response, &in->r.answer);
	done = MHD_queue_response(connection, in->r.answer.status, response);
	MHD_destroy_response(response);
	in->queued = done == MHD_YES;
	cs_conns_turn(serve->conns, conn, CS_CONN_ANSWERED, now(serve));
	cs_access_note(serve->access, &in->r, now(serve));
	return done;
}

/* --- reading --- */

static struct cs_span header(struct MHD_Connection *connection, const char *name)
{
	const char *value = NULL;
	size_t len = 0;

	if (MHD_lookup_connection_value_n(connection, MHD_HEADER_KIND, name, strlen(name),
					  &value, &len) != MHD_YES ||
	    !value)
		return (struct cs_span){ 0 };
	return cs_span_of(value, len);
}

static enum cs_method method_of(const char *name)
{
	static const struct {
		const char *name;
		enum cs_method method;
	} known[] = { { "GET", CS_METHOD_GET },
		      { "HEAD", CS_METHOD_HEAD },
		      { "POST", CS_METHOD_POST } };

	for (size_t i = 0; i < CS_LEN(known); i++)
		if (strcmp(name, known[i].name) == 0)
			return known[i].method;
	return CS_METHOD_OTHER;
}

/* Headers of which two would be two meanings, and what came of them. */
struct once {
	unsigned lengths, codings, hosts, keys, macs;
	bool odd; /* a name that is none, or a coding that is not chunked */
};

static bool is_token(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (name[i] <= 0x20 || name[i] >= 0x7f ||
		    strchr("\"(),/:;<=>?@[\\]{}", name[i]))
			return false;
	return len > 0;
}

static enum MHD_Result see_header(void *arg, enum MHD_ValueKind kind, const char *name,
				  size_t len, const char *value, size_t value_len)
{
	struct once *once = arg;
	const struct {
		const char *name;
		unsigned *n;
	} counted[] = { { MHD_HTTP_HEADER_CONTENT_LENGTH, &once->lengths },
			{ MHD_HTTP_HEADER_TRANSFER_ENCODING, &once->codings },
			{ MHD_HTTP_HEADER_HOST, &once->hosts },
			{ MHD_HTTP_HEADER_AUTHORIZATION, &once->keys },
			{ "HMAC2", &once->macs } };

	(void)kind;
	(void)value_len;
	once->odd = once->odd || !is_token(name, len);
	for (size_t i = 0; i < CS_LEN(counted); i++)
		*counted[i].n += strcasecmp(name, counted[i].name) == 0;
	if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0)
		once->odd = once->odd || !value || strcasecmp(value, "chunked") != 0;
	return MHD_YES;
}

/*
 * Whether the head says one thing only. The library takes the first of two
 * lengths, where what stands in front of us may take the last: what we then read as
 * a request was a stranger's body (RFC 9112 11.2).
 */
static bool is_clear(struct MHD_Connection *connection)
{
	struct once once = { 0 };

	(void)MHD_get_connection_values_n(connection, MHD_HEADER_KIND, see_header, &once);
	return !once.odd && once.lengths + once.codings <= 1 && once.hosts <= 1 &&
	       once.keys <= 1 && once.macs <= 1;
}

/* False when the answer stands already: what has no route, or may not be asked. */
static bool take_head(struct MHD_Connection *connection, const char *method,
		      struct incoming *in)
{
	struct cs_request *r = &in->r;
	struct cs_span length = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
	const char *why = NULL;
	uint64_t n = 0;
	unsigned status;

	r->method = method_of(method);
	if (!is_clear(connection)) {
		cs_answer_error(r, 400,
				"the request's head can be read in two ways: want each "
				"header once");
		r->answer.last = true;
		return false;
	}
	r->host = header(connection, MHD_HTTP_HEADER_HOST);
	r->authorization = header(connection, MHD_HTTP_HEADER_AUTHORIZATION);
	r->hmac2 = header(connection, "HMAC2");
	if (!cs_target_split(r, &why)) {
		cs_answer_error(r, r->target.len > CS_REQUEST_TARGET ? 414 : 400, "%s",
				why);
		return false;
	}
	status = cs_route_find(r);
	if (status) {
		const char *allow = r->answer.allow;

		cs_answer_error(r, status,
				status == 404 ? "there is no such thing here"
					      : "not by this method");
		r->answer.allow = allow;
		return false;
	}
	if (length.len &&
	    (!cs_num_u64(length, 0, UINT64_MAX, &n) || n > CS_REQUEST_BODY)) {
		cs_answer_error(r, 413,
				"the request is too large: want at most 65536 bytes");
		return false;
	}
	return cs_auth_early(r);
}

static bool take_body(struct incoming *in, const char *data, size_t len)
{
	size_t have = in->r.body.len;

	if (in->too_large || len > CS_REQUEST_BODY - have) {
		in->too_large = true;
		return true;
	}
	if (have + len > in->room) {
		size_t room = have + len > 4096 ? CS_REQUEST_BODY : 4096;
		uint8_t *body = realloc(in->body, room);

		if (!body)
			return false;
		in->body = body;
		in->room = room;
	}
	memcpy(in->body + have, data, len);
	in->r.body = cs_span_of(in->body, have + len);
	return true;
}

static void answer(struct incoming *in)
{
	struct cs_request *r = &in->r;

	if (in->too_large)
		cs_answer_error(r, 413,
				"the request is too large: want at most 65536 bytes");
	else
		r->route->handle(r);
	cs_answer_end(r);
}

/* --- what the library calls --- */

/* The target as it came: the library undoes its escapes before it shows it. */
static void *take_target(void *arg, const char *target, struct MHD_Connection *connection)
{
	struct cs_http *http = arg;
	struct cs_conn *conn = conn_of(connection);
	struct incoming *in;

	if (!conn)
		return NULL;
	drop(conn);
	in = calloc(1, sizeof(*in));
	cs_conn_set_arg(conn, in);
	cs_conns_turn(http->conns, conn, CS_CONN_ASKING, now(http->serve));
	if (!in)
		return NULL;
	in->r.serve = http->serve;
	in->r.peer = *cs_conn_peer(conn);
	in->r.target = cs_span_of(in->target, strnlen(target, sizeof(in->target) - 1));
	memcpy(in->target, target, in->r.target.len);
	return in;
}

static enum MHD_Result take_request(void *arg, struct MHD_Connection *connection,
				    const char *url, const char *method,
				    const char *version, const char *data, size_t *size,
				    void **context)
{
	struct incoming *in = *context;

	(void)arg;
	(void)url;
	(void)version;
	if (!in)
		return MHD_NO; /* memory is out */
	if (!in->begun) {
		in->begun = true;
		return take_head(connection, method, in) ? MHD_YES
							 : queue(connection, in);
	}
	if (*size > 0) {
		size_t len = *size;

		*size = 0;
		return take_body(in, data, len) ? MHD_YES : MHD_NO;
	}
	if (in->queued)
		return MHD_YES;
	/* All of it is there: what it takes from here on is ours, not theirs. */
	cs_conns_turn(in->r.serve->conns, conn_of(connection), CS_CONN_ANSWERED,
		      now(in->r.serve));
	answer(in);
	return queue(connection, in);
}

static void request_over(void *arg, struct MHD_Connection *connection, void **context,
			 enum MHD_RequestTerminationCode code)
{
	struct cs_http *http = arg;
	struct cs_conn *conn = conn_of(connection);

	(void)code;
	*context = NULL;
	if (!conn)
		return;
	drop(conn);
	cs_conns_turn(http->conns, conn, CS_CONN_IDLE, now(http->serve));
}

static void begin(struct cs_http *http, struct MHD_Connection *connection, void **context)
{
	const union MHD_ConnectionInfo *at =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const union MHD_ConnectionInfo *fd =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct sockaddr_storage sa = { 0 };
	struct cs_addr peer = { 0 };
	uint16_t port;

	if (at && at->client_addr->sa_family == AF_INET)
		memcpy(&sa, at->client_addr, sizeof(struct sockaddr_in));
	else if (at && at->client_addr->sa_family == AF_INET6)
		memcpy(&sa, at->client_addr, sizeof(struct sockaddr_in6));
	if (fd && cs_addr_from_sockaddr(&sa, &peer, &port))
		*context = cs_conns_add(http->conns, fd->connect_fd, &peer,
					now(http->serve));
}

static void connection_event(void *arg, struct MHD_Connection *connection, void **context,
			     enum MHD_ConnectionNotificationCode code)
{
	struct cs_http *http = arg;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		begin(http, connection, context);
		return;
	}
	if (!*context)
		return;
	drop(*context);
	cs_conns_remove(http->conns, *context);
	*context = NULL;
}

CS_PRINTF(2, 0)
static void log_line(void *arg, const char *fmt, va_list args)
{
	struct cs_http *http = arg;
	char line[200], shown[600];

	(void)vsnprintf(line, sizeof(line), fmt, args);
	line[strcspn(line, "\n")] = '\0';
	cs_access_say(http->serve->access, now(http->serve), CS_DEBUG, "http: %s",
		      cs_term_text_in(shown, sizeof(shown), cs_span_str(line)));
}

/* Nothing is undone: no path of ours has an escape in it. */
static size_t keep_escapes(void *arg, struct MHD_Connection *connection, char *text)
{
	(void)arg;
	(void)connection;
	return strlen(text);
}

/* --- starting and ending --- */

bool cs_http_has_tls(void)
{
	return MHD_is_feature_supported(MHD_FEATURE_TLS) == MHD_YES;
}

enum cs_err cs_http_start(const struct cs_http_want *want, struct cs_http **out,
			  char why[CS_HTTP_WHY])
{
	const bool tls = want->cert.len > 0;
	struct cs_http *http = calloc(1, sizeof(*http));
	struct MHD_OptionItem secure[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)want->cert.ptr },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)want->key.ptr },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0,
		  (void *)(uintptr_t) "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:"
				      "%SERVER_PRECEDENCE" },
		{ MHD_OPTION_END, 0, NULL },
	};

	*out = http;
	if (!http)
		return CS_ERR_NOMEM;
	http->serve = want->serve;
	http->conns = want->conns;
	http->quiet = -1;
	errno = 0;
	http->daemon = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_INTERNAL_POLLING_THREAD |
			MHD_USE_ITC | MHD_USE_ERROR_LOG | (tls ? MHD_USE_TLS : 0u),
		0, NULL, NULL, take_request, NULL, MHD_OPTION_EXTERNAL_LOGGER, log_line,
		http, MHD_OPTION_LISTEN_SOCKET, want->fd, MHD_OPTION_THREAD_POOL_SIZE,
		(unsigned)CS_HTTP_THREADS, MHD_OPTION_CONNECTION_LIMIT, want->connections,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)BACKLOG_S,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, take_target,
		http, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
		MHD_OPTION_NOTIFY_COMPLETED, request_over, http,
		MHD_OPTION_NOTIFY_CONNECTION, connection_event, http,
		tls ? MHD_OPTION_ARRAY : MHD_OPTION_END, secure, MHD_OPTION_END);
	if (http->daemon)
		return CS_OK;
	(void)snprintf(why, CS_HTTP_WHY, "cannot start the HTTP server: %s",
		       errno ? strerror(errno) : "see -vv");
	free(http);
	*out = NULL;
	return CS_ERR_IO;
}

void cs_http_quiesce(struct cs_http *http)
{
	http->quiet = MHD_quiesce_daemon(http->daemon);
	/* A worker may still wait for it: it is closed when there are none. */
	if (http->quiet >= 0)
		(void)shutdown(http->quiet, SHUT_RDWR);
}

void cs_http_stop(struct cs_http *http)
{
	if (!http)
		return;
	MHD_stop_daemon(http->daemon);
	if (http->quiet >= 0)
		(void)close(http->quiet);
	free(http);
}
