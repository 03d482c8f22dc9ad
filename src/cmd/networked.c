/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/networked.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>

#include "jail/jail.h"

enum { FD_PATH = 32 };

void cs_random_bytes(void *out, size_t n)
{
	if (getrandom(out, n, 0) != (ssize_t)n)
		abort(); /* so few bytes come whole, or there is no kernel */
}

int cs_read_source_ips(const struct cs_ctx *ctx, const struct cs_arg_list *texts,
		       struct cs_addr *v4, struct cs_addr *v6)
{
	for (size_t i = 0; i < texts->n; i++) {
		struct cs_addr a;

		if (!cs_addr_read(cs_span_str(texts->item[i]), &a)) {
			cs_log(&ctx->log, CS_ERROR, "--source-ip '%s': want an address",
			       texts->item[i]);
			return CS_EXIT_USAGE;
		}
		*(cs_addr_is_v4(&a) ? v4 : v6) = a;
	}
	return -1;
}

int cs_open_signals(const struct cs_ctx *ctx, bool hangup, int *fd)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	if (hangup)
		(void)sigaddset(&set, SIGHUP);
	*fd = sigprocmask(SIG_BLOCK, &set, NULL)
		      ? -1
		      : signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (*fd >= 0)
		return -1;
	cs_log(&ctx->log, CS_ERROR, "cannot take signals: %s", strerror(errno));
	return CS_EXIT_FAILED;
}

int cs_enter_jail(const struct cs_ctx *ctx, const struct cs_jail_want *want)
{
	char paths[CS_LEN(want->files)][FD_PATH];
	const char *rw[CS_LEN(want->files) + 2 + CS_JAIL_FOLDERS];
	char why[CS_JAIL_WHY], text[CS_JAIL_TEXT];
	struct cs_jail_state state;
	struct cs_jail jail = {
		.rw = rw,
		.ro = &want->store,
		.n_ro = want->store && want->read_only,
		.net = !want->offline || want->dns,
		.capture = want->capture,
		.post = want->post,
		.dns = want->dns,
		.local = want->local,
		.streams = want->streams,
		.child = want->child,
		.serve = want->serves,
		.user = want->user,
		.require = want->require,
	};

	if (want->store && !want->read_only)
		rw[jail.n_rw++] = want->store;
	if (want->folder)
		rw[jail.n_rw++] = want->folder;
	for (size_t i = 0; i < want->n_folders && i < CS_JAIL_FOLDERS; i++)
		rw[jail.n_rw++] = want->folders[i];
	for (size_t i = 0; i < CS_LEN(want->files); i++) {
		int folder = want->files[i] ? cs_out_file_folder(want->files[i]) : -1;

		if (folder < 0)
			continue;
		(void)snprintf(paths[i], FD_PATH, "/proc/self/fd/%d", folder);
		rw[jail.n_rw++] = paths[i];
	}

	enum cs_err err = cs_jail_enter(&jail, &state, why);

	if (err) {
		cs_log(&ctx->log, CS_ERROR, "%s", why);
		return err == CS_ERR_NOT_FOUND ? CS_EXIT_USAGE : CS_EXIT_FAILED;
	}
	cs_jail_text(&state, text);
	cs_log(&ctx->log, CS_DETAIL, "jail: %s", text);
	return -1;
}
