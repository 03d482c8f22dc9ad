/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coapscope serve. Reads keys and certificate, opens the store and the
 * socket, closes the jail, and only then takes a connection.
 *
 * Jail: no capabilities, no new privileges; files only below the store (to
 * write only where it can be written); no new sockets but connections that
 * others open, no other program. Keys, owners and certificate are in memory then.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/networked.h"
#include "cmd/paths.h"
#include "cmd/serve_options.h"
#include "jail/jail.h"
#include "net/notify.h"
#include "serve/serve.h"
#include "serve/share.h"
#include "serve/sign.h"
#include "serve/tls.h"
#include "store/store.h"

enum { SPARE_FILES = 256, BACKLOG = 512 };

/* All that one run of the command holds. */
struct job {
	struct cs_ctx *ctx;
	struct cs_serve_options options;
	char store_dir[CS_PATH_MAX];
	struct cs_keys *keys;
	struct cs_owners *owners;
	bool read_only; /* the store */
	struct cs_tls tls;
	int fd;        /* listening; -1: none, or handed over */
	int notify_fd; /* or -1 */
	char url[CS_ADDR_TEXT + 32];
	struct cs_serve serve;
};

static int say(const struct job *job, int status, const char *what)
{
	cs_log(&job->ctx->log, CS_ERROR, "%s", what);
	return status;
}

/* --- files --- */

static int read_keys(struct job *job)
{
	const char *path = job->options.api_keys;
	char why[CS_KEYS_WHY] = "out of memory";
	enum cs_err err;

	if (!path)
		return -1;
	err = cs_keys_read(path, &job->keys, why);
	if (err) {
		cs_log(&job->ctx->log, CS_ERROR, "--api-keys %s", why);
		return err == CS_ERR_NOMEM ? CS_EXIT_FAILED : CS_EXIT_USAGE;
	}
	for (size_t i = 0; i < cs_keys_count(job->keys); i++) {
		const struct cs_key *key = cs_keys_at(job->keys, i);

		if (key->is_short)
			cs_log(&job->ctx->log, CS_WARN,
			       "--api-keys %s:%u: the secret of [%s] is short: want %d "
			       "bytes or more",
			       path, key->line, key->name, CS_KEY_SHORT);
	}
	return -1;
}

/* A cs_owners_note_fn. */
static void note(void *arg, const char *line)
{
	const struct job *job = arg;

	cs_log(&job->ctx->log, CS_NOTE, "--owners %s", line);
}

static int read_owners(struct job *job)
{
	const char *path = job->options.owners;
	char why[CS_OWNERS_WHY] = "out of memory";
	enum cs_err err;
	size_t i;

	if (!path)
		return -1;
	err = cs_owners_read(path, note, job, &job->owners, why);
	if (err) {
		cs_log(&job->ctx->log, CS_ERROR, "--owners %s", why);
		return cs_exit_of(err);
	}
	if (!cs_owners_find(job->owners, cs_span_str(CS_SHARE_ALL), &i))
		return -1;
	cs_log(&job->ctx->log, CS_ERROR,
	       "--owners %s: [%s] is what the report with everything is called: want "
	       "another name",
	       path, CS_SHARE_ALL);
	return CS_EXIT_USAGE;
}

/* Each key's owner is one of the owners. */
static int join_keys(struct job *job)
{
	for (size_t i = 0; i < cs_keys_count(job->keys); i++) {
		struct cs_key *key = cs_keys_at(job->keys, i);
		size_t owner = 0;

		if (!key->sees_all &&
		    (!job->owners ||
		     !cs_owners_find(job->owners, cs_span_str(key->owner), &owner))) {
			cs_log(&job->ctx->log, CS_ERROR, "--api-keys %s:%u: owner %s: %s",
			       job->options.api_keys, key->owner_line, key->owner,
			       job->owners ? "no such section in the owners file"
					   : "want --owners FILE that has it, or *");
			return CS_EXIT_USAGE;
		}
		key->owner_index = (uint32_t)owner;
	}
	return -1;
}

static int read_tls(struct job *job)
{
	const struct cs_serve_options *o = &job->options;
	char why[CS_TLS_WHY];

	if (!o->tls_cert)
		return -1;
	if (!cs_http_has_tls())
		return say(job, CS_EXIT_FAILED, "this libmicrohttpd speaks no TLS");
	if (!cs_tls_read(o->tls_cert, o->tls_key, &job->tls, why))
		return -1;
	cs_log(&job->ctx->log, CS_ERROR, "TLS: %s", why);
	return CS_EXIT_USAGE;
}

/* --- the socket --- */

static void make_url(struct job *job)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	char text[CS_ADDR_TEXT];
	struct cs_addr ip;
	uint16_t port = 0;

	if (getsockname(job->fd, (struct sockaddr *)&sa, &len) ||
	    !cs_addr_from_sockaddr(&sa, &ip, &port))
		ip = job->options.listen.ip;
	cs_addr_text(&ip, text);
	(void)snprintf(job->url, sizeof(job->url),
		       cs_addr_is_v4(&ip) ? "%s://%s:%u/" : "%s://[%s]:%u/",
		       job->tls.cert.len ? "https" : "http", text, port);
}

/* On all addresses: what a link then says is of use to nobody else. */
static void say_links(const struct job *job)
{
	const struct cs_addr any4 = cs_addr_v4(0), any6 = { 0 };
	const struct cs_addr *ip = &job->options.listen.ip;

	if (!job->options.public_url &&
	    (cs_addr_cmp(ip, &any4) == 0 || cs_addr_cmp(ip, &any6) == 0))
		cs_log(&job->ctx->log, CS_WARN,
		       "links to downloads will begin with %s, which leads nowhere: want "
		       "--public-url URL as clients reach it",
		       job->url);
}

/* Restarting must not wait for what the last run left; [::] is both families. */
static bool is_set_up(int fd, bool v6)
{
	const int on = 1, off = 0;

	return !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) &&
	       (!v6 || !setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)));
}

static int open_socket(struct job *job)
{
	const struct cs_listen *at = &job->options.listen;
	struct sockaddr_storage sa;
	socklen_t len = cs_addr_to_sockaddr(&at->ip, at->port, 0, &sa);

	job->fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (job->fd < 0 || !is_set_up(job->fd, sa.ss_family == AF_INET6) ||
	    bind(job->fd, (const struct sockaddr *)&sa, len) ||
	    listen(job->fd, BACKLOG)) {
		char text[CS_ADDR_TEXT];

		cs_addr_text(&at->ip, text);
		cs_log(&job->ctx->log, CS_ERROR, "--listen %s port %u: %s", text,
		       at->port, strerror(errno));
		return CS_EXIT_FAILED;
	}
	make_url(job);
	say_links(job);
	return -1;
}

/* A descriptor for each connection, and none of our memory in a core file. */
static int set_limits(struct job *job)
{
	const rlim_t want = job->options.connections + SPARE_FILES;
	const struct rlimit no_core = { 0 };
	struct rlimit files;

	(void)setrlimit(RLIMIT_CORE, &no_core); /* lowering is always allowed */
	if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur >= want)
		return -1;
	if (files.rlim_max < want) {
		cs_log(&job->ctx->log, CS_ERROR,
		       "--connections %llu: this process may open %llu files only",
		       (unsigned long long)job->options.connections,
		       (unsigned long long)files.rlim_max);
		return CS_EXIT_USAGE;
	}
	files.rlim_cur = want;
	return setrlimit(RLIMIT_NOFILE, &files)
		       ? say(job, CS_EXIT_FAILED, strerror(errno))
		       : -1;
}

static int enter_jail(struct job *job)
{
	const struct cs_jail_want want = { .store = job->store_dir,
					   .serves = true,
					   .read_only = job->read_only,
					   .user = job->options.user,
					   .require = job->options.require_jail };
	uint8_t mac[CS_HMAC];

	/* The library reads its own configuration when it is first used. */
	if (cs_hmac(cs_span_str(""), cs_span_str(""), mac))
		return say(job, CS_EXIT_FAILED, "libcrypto has no HMAC-SHA256");
	return cs_enter_jail(job->ctx, &want);
}

/* --- the run --- */

/* A cs_serve_event_fn; @arg is the job. */
static void tell(void *arg, bool ready)
{
	const struct job *job = arg;

	cs_log(&job->ctx->log, CS_NOTE, ready ? "listening on %s" : "ending: %s",
	       job->url);
	cs_notify_say(job->notify_fd, ready ? "READY=1" : "STOPPING=1");
}

static int run(struct job *job)
{
	char why[CS_SERVE_WHY] = "";
	int fd = job->fd;
	enum cs_err err = cs_serve_open(&job->serve, why);

	if (!err) {
		job->fd = -1;
		err = cs_serve_run(&job->serve, fd, job->tls.cert, job->tls.key, tell,
				   job, why);
	}
	if (err)
		return say(job, CS_EXIT_FAILED, *why ? why : cs_strerror(err));
	return CS_EXIT_OK;
}

/* A server may be there before the first scan; a folder may be the wrong one. */
static void say_empty(const struct job *job)
{
	struct cs_store *store = NULL;

	if (cs_store_open_read(job->store_dir, &store) == CS_ERR_NOT_FOUND)
		cs_log(&job->ctx->log, CS_WARN,
		       "no store in %s yet: it is shown once `coapscope scan` or "
		       "`coapscope report import` has made one there",
		       job->store_dir);
	cs_store_close(store);
}

static int find_store(struct job *job)
{
	const char *dir = job->options.store;

	if (dir && strlen(dir) < sizeof(job->store_dir))
		memcpy(job->store_dir, dir, strlen(dir) + 1);
	else if (dir || cs_default_store(job->ctx, job->store_dir))
		return say(job, CS_EXIT_USAGE, "no place for a store: want --store DIR");
	if (access(job->store_dir, F_OK) && cs_make_folders(job->store_dir)) {
		cs_log(&job->ctx->log, CS_ERROR, "--store %s: %s", job->store_dir,
		       strerror(errno));
		return CS_EXIT_FAILED;
	}
	job->read_only = access(job->store_dir, W_OK) != 0;
	say_empty(job);
	return -1;
}

static int serve(struct job *job)
{
	char why[CS_ARG_WHY];
	int status;

	if (cs_serve_options_settle(&job->options, why))
		return say(job, CS_EXIT_USAGE, why);
	status = read_keys(job);
	if (status < 0)
		status = read_owners(job);
	if (status < 0)
		status = join_keys(job);
	if (status < 0)
		status = read_tls(job);
	if (status < 0)
		status = find_store(job);
	if (status < 0)
		status = set_limits(job);
	if (status < 0)
		status = open_socket(job);
	if (status < 0)
		status = cs_open_signals(job->ctx, false, &job->serve.signal_fd);
	if (status >= 0)
		return status;
	job->notify_fd = cs_notify_open(job->ctx->env("NOTIFY_SOCKET"));
	job->serve.keys = job->keys;
	job->serve.owners = job->owners;
	job->serve.store_dir = job->store_dir;
	job->serve.memory = job->options.memory;
	job->serve.url = job->options.public_url ? job->options.public_url : job->url;
	job->serve.connections = (unsigned)job->options.connections;
	status = enter_jail(job);
	return status < 0 ? run(job) : status;
}

int cs_cmd_serve(struct cs_ctx *ctx, int argc, char **argv)
{
	struct job job = {
		.ctx = ctx,
		.fd = -1,
		.notify_fd = -1,
		.serve = { .clock = ctx->clock, .log = &ctx->log, .signal_fd = -1 }
	};
	int status = cs_args_read(ctx, &cs_serve_args, argc, argv, &job.options);

	if (status < 0)
		status = serve(&job);
	cs_serve_close(&job.serve);
	cs_args_clear(&job.options.common);
	cs_keys_free(job.keys);
	cs_owners_free(job.owners);
	cs_tls_clear(&job.tls);
	if (job.fd >= 0)
		(void)close(job.fd); /* nothing is in it */
	if (job.notify_fd >= 0)
		(void)close(job.notify_fd); /* only written to */
	if (job.serve.signal_fd >= 0)
		(void)close(job.serve.signal_fd); /* only read from */
	return status;
}
