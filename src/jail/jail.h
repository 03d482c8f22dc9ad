/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jail: what a process may still do once it has opened what its plan needs.
 * Entered once, before the first thread starts (Landlock holds for the thread
 * that asks for it and what comes after) and before the first hostile byte is
 * read. There is no way out. In this order: bounding set, supplementary groups,
 * gid, uid, capabilities, no_new_privs, Landlock, seccomp.
 *
 * Afterwards: files only beneath the named folders; no new socket, no other
 * program, no other process; sockets that are open go on when .net is set. With
 * .serve one that listens already takes connections. With .dns new ones may be
 * opened, but only to ask somebody: nobody can be let in; with .local likewise to a
 * service on this machine. With .capture there is
 * less than all this: no file is opened, looked at, made or changed; descriptors
 * that are open are read, and one is written to.
 *
 * In a sanitizer's build LeakSanitizer is off in a jailed process: it looks for
 * leaks from a process of its own with ptrace(), which the jail denies.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum {
	CS_JAIL_WHY = 256,
	CS_JAIL_TEXT = 256,
};

struct cs_jail {
	/*
	 * Folders (or files) beneath which files are read, written, made,
	 * renamed and removed; and those that are only read. They must exist.
	 * For a file that is replaced by rename it is the folder that counts.
	 */
	const char *const *rw;
	size_t n_rw;
	const char *const *ro;
	size_t n_ro;
	bool net;   /* sockets that are open send and receive */
	bool serve; /* and a socket that listens takes connections */
	bool dns;   /* and UDP and TCP sockets may be opened and connected */
	bool local; /* and Unix sockets of SOCK_SEQPACKET, which few programs listen at */
	/*
	 * .local's may be of streams and of datagrams, too. Very much listens there: for a
	 * process that reads no stranger's bytes.
	 */
	bool streams;
	int child; /* its end may be waited for and brought about; 0: nobody's */
	/*
	 * Instead of all these, folders too: sockets that capture packets and files
	 * that are open are read, and the sockets may be bound to an interface that
	 * is back. Nothing is sent by them: only .post and standard error are
	 * written to.
	 */
	bool capture;
	int post;         /* .capture's; -1: none */
	const char *user; /* become this user; NULL: stay who we are */
	bool require;     /* a piece that the kernel lacks is an error */
};

/* What holds. */
struct cs_jail_state {
	bool user;         /* became .user */
	bool bounding;     /* no program could get a capability back */
	bool capabilities; /* there are none */
	bool no_new_privs;
	int landlock_abi; /* 0: the kernel has none, files are not restricted */
	bool seccomp;     /* false: the kernel has none */
};

/*
 * Enters the jail. On error the process may be partly in it and must end.
 * @why is then one line, what and why; it is untouched on CS_OK.
 *
 * CS_ERR_NOT_FOUND  no such user, or one of the paths does not exist
 * CS_ERR_DENIED     .user without being root
 * CS_ERR_BUSY       threads run already: a bug of the caller
 * CS_ERR_IO         the kernel refused a step that it must not refuse, or
 *                   lacks a piece and .require is set
 * CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_jail_enter(const struct cs_jail *jail,
				      struct cs_jail_state *state, char why[CS_JAIL_WHY]);

/* Before it: whether .user can be obeyed, as we may change user and groups. */
bool cs_jail_may_become(void);

/*
 * Before it: whether names in @folder (open) may be changed by who we are, without the
 * capabilities that root has until then. On false errno says why.
 */
bool cs_jail_may_write(int folder);

/* True when every piece that .require asks for holds. */
bool cs_jail_whole(const struct cs_jail_state *state);

/*
 * What holds in words, for -v: "no capabilities, no new privileges, Landlock
 * ABI 7, seccomp"; what the kernel lacks follows after a semicolon.
 */
void cs_jail_text(const struct cs_jail_state *state, char out[CS_JAIL_TEXT]);
