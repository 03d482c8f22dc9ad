/* SPDX-License-Identifier: Apache-2.0 */
/*
 * networked: what commands do alike before they touch the network or a
 * stranger's bytes: where they send from, signals, the jail. Each returns -1 to go on, else
 * the exit status; the reason has then been said.
 */
#pragma once

#include "base/addr.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "out/file.h"

/* Fills @out from the kernel's generator; for so few bytes it cannot fail. */
void cs_random_bytes(void *out, size_t n);

/* --source-ip: at most one of each family; what is not given stays as it is. */
CS_MUST_USE int cs_read_source_ips(const struct cs_ctx *ctx,
				   const struct cs_arg_list *texts, struct cs_addr *v4,
				   struct cs_addr *v6);

/* SIGINT and SIGTERM (with @hangup SIGHUP, too) arrive at @fd, and in no other way. */
CS_MUST_USE int cs_open_signals(const struct cs_ctx *ctx, bool hangup, int *fd);

enum { CS_JAIL_FOLDERS = 8 };

/* What a command's jail leaves open beside its sockets. */
struct cs_jail_want {
	const char *store;  /* folder, or NULL */
	const char *folder; /* another in which files are made, or NULL */
	const struct cs_out_file
		*files[2]; /* outputs that are renamed into place, or NULL */
	const char *user;  /* --user */
	bool require;      /* --require-jail */
	bool offline;      /* open sockets neither send nor receive */
	bool serves;       /* connections are taken at a socket that listens */
	bool read_only;    /* the store is only read */
	bool dns;          /* names are asked for: sockets may be opened for that */
	bool local;        /* a service on this machine may be connected to anew */
	bool streams;      /* ... of any type of socket */
	int child;         /* a process that runs already and may be ended; 0: none */
	bool capture;      /* captures that are open are read, and nothing else is done */
	int post;          /* .capture's: the descriptor that is written to */
	const char *const *folders; /* more in which files are made */
	size_t n_folders;           /* at most CS_JAIL_FOLDERS */
};

CS_MUST_USE int cs_enter_jail(const struct cs_ctx *ctx, const struct cs_jail_want *want);
