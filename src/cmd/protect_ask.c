/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/protect_ask.h"

#include <errno.h>
#include <string.h>

#include "cmd/live_line.h"
#include "protect/source_ports.h"

enum { LEFT_OUT_MAX = 64 /* rules that nft prints wrongly */ };

/* --- who is named --- */

static int out_of_memory(const struct cs_protect_job *job)
{
	cs_log(&job->ctx->log, CS_ERROR, "%s", cs_strerror(CS_ERR_NOMEM));
	return CS_EXIT_FAILED;
}

static bool has_prefix(const struct cs_prefix *list, size_t n, const struct cs_prefix *p)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].bits == p->bits && cs_addr_cmp(&list[i].addr, &p->addr) == 0)
			return true;
	return false;
}

/* Who is named twice is asked once: see question. */
static bool read_peers(struct cs_protect_job *job, struct cs_meaning_request *request)
{
	const struct cs_arg_list *list = &job->options.allow;
	struct cs_peer *peers = cs_arena_array(&job->arena, list->n + 1, sizeof(*peers));
	size_t n = 0;

	if (!peers)
		return false;
	for (size_t i = 0; i < list->n; i++)
		n += cs_peer_read(cs_span_str(list->item[i]), &peers[n]);
	request->peers = peers;
	request->n_peers = n;
	return true;
}

static bool read_locals(struct cs_protect_job *job, struct cs_meaning_request *request)
{
	const struct cs_arg_list *list = &job->options.local;
	struct cs_prefix *locals =
		cs_arena_array(&job->arena, list->n + 1, sizeof(*locals));
	size_t n = 0;

	if (!locals)
		return false;
	for (size_t i = 0; i < list->n; i++)
		if (!cs_prefix_read(cs_span_str(list->item[i]), &locals[n]) &&
		    !has_prefix(locals, n, &locals[n]))
			n++;
	request->locals = locals;
	request->n_locals = n;
	return true;
}

static bool read_froms(struct cs_protect_job *job, struct cs_meaning_request *request)
{
	const struct cs_arg_list *list = &job->options.from;
	struct cs_addr *froms = cs_arena_array(&job->arena, list->n + 1, sizeof(*froms));
	size_t n = 0;

	if (!froms)
		return false;
	for (size_t i = 0; i < list->n; i++) {
		size_t k = 0;

		if (!cs_addr_read(cs_span_str(list->item[i]), &froms[n]))
			continue;
		while (k < n && cs_addr_cmp(&froms[k], &froms[n]) != 0)
			k++;
		n += k == n;
	}
	request->froms = froms;
	request->n_froms = n;
	return true;
}

/* --- rules --- */

static int rules_failed(const struct cs_protect_job *job, enum cs_err err,
			const char *why)
{
	const struct cs_log *log = &job->ctx->log;
	bool other = job->options.ruleset || job->options.ufw;

	if (err == CS_ERR_DENIED && !other)
		cs_log(log, CS_ERROR,
		       "reading this host's rules needs root: run it with sudo, or give "
		       "another host's rules with --ruleset FILE or --ufw DIR");
	else
		cs_log(log, CS_ERROR, "%s", *why ? why : cs_strerror(err));
	if (err == CS_ERR_REFUSED || err == CS_ERR_NOT_FOUND)
		return other ? CS_EXIT_USAGE : CS_EXIT_FAILED;
	return cs_exit_of(err);
}

/* What nft cannot print again is a difference to what will be. */
static void say_unread(const struct cs_protect_job *job, const struct cs_rules *rules)
{
	for (size_t i = 0; i < rules->n_unread; i++)
		cs_log(&job->ctx->log, CS_WARN, "%s; answers may differ",
		       rules->unread[i]);
}

static int read_changed(struct cs_protect_job *job, const struct cs_rules_change *change,
			struct cs_rules *rules)
{
	char why[CS_RULES_WHY] = "";
	enum cs_err err = cs_rules_read_with(change, &job->arena, rules, why);

	if (err)
		return rules_failed(job, err, why);
	say_unread(job, rules);
	return -1;
}

static int read_rules(struct cs_protect_job *job, struct cs_rules *rules)
{
	const struct cs_protect_options *o = &job->options;
	char why[CS_RULES_WHY] = "";
	enum cs_err err;

	if (o->ruleset && o->ufw) {
		cs_log(&job->ctx->log, CS_ERROR,
		       "--ruleset and --ufw are both another host's rules: want one");
		return CS_EXIT_USAGE;
	}
	if (o->ruleset)
		err = cs_rules_read_file(o->ruleset, &job->arena, rules, why);
	else if (o->ufw)
		err = cs_rules_read_ufw(o->ufw, &job->arena, rules, why);
	else
		err = cs_rules_read(&job->arena, rules, why);
	if (err)
		return rules_failed(job, err, why);
	say_unread(job, rules);
	return -1;
}

/* --- the host that they are of --- */

static bool has_address(const struct cs_host *host)
{
	for (size_t i = 0; i < host->n_addresses; i++) {
		const struct cs_host_link *link =
			cs_host_link(host, host->addresses[i].link);

		if (link && link->up && !link->loopback)
			return true;
	}
	return false;
}

static int host_failed(const struct cs_protect_job *job, enum cs_err err)
{
	cs_log(&job->ctx->log, CS_ERROR, "reading this host's interfaces: %s",
	       err == CS_ERR_IO ? strerror(errno) : cs_strerror(err));
	return cs_exit_of(err);
}

/*
 * Which of another host's interfaces is the outer one is a guess, and all answers follow
 * from it.
 */
static void say_assumed(const struct cs_protect_job *job, const struct cs_host *host)
{
	const struct cs_addr far = cs_addr_v4(0x08080808);
	const struct cs_host_link *outer = cs_host_way(host, &far);

	if (outer && (job->options.ruleset || job->options.ufw))
		cs_log(&job->ctx->log, CS_NOTE,
		       "the internet is taken to come in by %s, as the rules look",
		       outer->name);
}

static int read_host(struct cs_protect_job *job, struct cs_protect_ask *ask)
{
	struct cs_meaning_request *r = &ask->request;
	bool other = job->options.ruleset || job->options.ufw;
	enum cs_err err = CS_OK;

	if (!other) {
		err = cs_host_read(&job->arena, &ask->host);
		if (err)
			return host_failed(job, err);
		if (has_address(&ask->host))
			return -1;
		cs_log(&job->ctx->log, CS_NOTE,
		       "no interface with an address is up: asked as if there were one");
	}
	err = cs_host_assume(&ask->rules, r->locals, r->n_locals, &job->arena,
			     &ask->host);
	if (err)
		return host_failed(job, err);
	say_assumed(job, &ask->host);
	return -1;
}

static int read_listeners(struct cs_protect_job *job, struct cs_protect_ask *ask)
{
	struct cs_listener *list = NULL;
	struct cs_addr *groups = NULL;
	size_t n = 0, n_groups = 0;
	enum cs_err err;

	ask->request.assume_listener = job->options.ruleset || job->options.ufw;
	if (ask->request.assume_listener)
		return -1;
	err = cs_listeners_read(&job->arena, &list, &n);
	if (!err)
		err = cs_groups_read(&job->arena, &groups, &n_groups);
	if (err) {
		cs_log(&job->ctx->log, CS_ERROR, "reading who listens: %s",
		       err == CS_ERR_IO ? strerror(errno) : cs_strerror(err));
		return cs_exit_of(err);
	}
	ask->request.listeners = list;
	ask->request.n_listeners = n;
	ask->request.groups = groups;
	ask->request.n_groups = n_groups;
	return -1;
}

/* @change: NULL for the rules as they are. */
static int read_all(struct cs_protect_job *job, const struct cs_rules_change *change,
		    struct cs_protect_ask *ask)
{
	int status;

	*ask = (struct cs_protect_ask){ 0 };
	ask->request.host = &ask->host;
	ask->request.rules = &ask->rules;
	ask->request.flood = job->options.flood;
	if (!read_peers(job, &ask->request) || !read_locals(job, &ask->request) ||
	    !read_froms(job, &ask->request))
		return out_of_memory(job);
	status = change ? read_changed(job, change, &ask->rules)
			: read_rules(job, &ask->rules);
	if (status < 0)
		status = read_host(job, ask);
	if (status < 0)
		status = read_listeners(job, ask);
	return status;
}

int cs_protect_ask_read(struct cs_protect_job *job, struct cs_protect_ask *ask)
{
	return read_all(job, NULL, ask);
}

int cs_protect_ask_changed(struct cs_protect_job *job,
			   const struct cs_rules_change *change,
			   struct cs_protect_ask *ask)
{
	return read_all(job, change, ask);
}

int cs_protect_ask_with(struct cs_protect_job *job, const struct cs_policy *policy,
			const struct cs_rules_change *change, struct cs_protect_ask *ask)
{
	int status;

	*ask = (struct cs_protect_ask){ 0 };
	ask->request = (struct cs_meaning_request){
		.host = &ask->host,
		.rules = &ask->rules,
		.locals = policy->local,
		.n_locals = policy->n_local,
		.peers = policy->allow,
		.n_peers = policy->n_allow,
		.brief = true,
	};
	status = read_changed(job, change, &ask->rules);
	if (status < 0)
		status = read_host(job, ask);
	return status < 0 ? read_listeners(job, ask) : status;
}

/* --- asking --- */

static void show_progress(void *arg, size_t done, size_t n)
{
	struct cs_live_line *line = arg;

	if (cs_live_is_due(line))
		cs_live_draw(line, "asking the rules: %zu of %zu questions", done, n);
}

int cs_protect_ask_all(struct cs_protect_job *job, struct cs_protect_ask *ask,
		       struct cs_meanings *out)
{
	struct cs_live_line line = cs_live_line(job->ctx);
	const struct cs_log *log = &job->ctx->log;
	char why[CS_RULES_WHY] = "";
	enum cs_err err;

	ask->request.progress = show_progress;
	ask->request.arg = &line;
	err = cs_meaning_ask(&ask->request, &job->arena, out, why);
	for (size_t n = 0; err == CS_ERR_REFUSED && n < LEFT_OUT_MAX &&
			   cs_rules_leave_out(&ask->rules, &job->arena, why);
	     n++) {
		cs_log(log, CS_WARN, "%s; answers may differ", why);
		err = cs_meaning_ask(&ask->request, &job->arena, out, why);
	}
	cs_live_clear(&line);
	if (err)
		return rules_failed(job, err, why);
	/* Of a proof nobody asks how. */
	if (out->assumed_route && !ask->request.brief)
		cs_log(log, CS_NOTE,
		       "there is no default route: asked as if there were one");
	if (out->left_out)
		cs_log(log, CS_WARN,
		       "there are too many networks: only the first %zu questions were "
		       "asked",
		       out->n);
	if (out->hosts_left_out)
		cs_log(log, CS_WARN,
		       "rules name more hosts behind this one than are asked about: what "
		       "of the others is open is not said");
	if (out->not_found)
		cs_log(log, CS_WARN,
		       "%s: rules drop IPv6's neighbour discovery (ICMPv6 types 135 and "
		       "136): by IPv6 only who knows the hardware address already "
		       "reaches "
		       "what is said to be open there",
		       out->not_found->name);
	if (out->ports_left_out && !ask->request.brief)
		cs_log(log, CS_WARN,
		       "rules tell more source ports apart than %u: it was asked from so "
		       "many alone",
		       (unsigned)CS_SOURCE_PORTS_MAX);
	return -1;
}
