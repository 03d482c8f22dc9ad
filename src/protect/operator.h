/* SPDX-License-Identifier: Apache-2.0 */
/*
 * operator: from which addresses whoever runs us is logged in by ssh, so that no verb cuts
 * them off. By SSH_CONNECTION or SSH_CLIENT, ours or (as sudo takes them away) those of
 * the processes above us; where none is told, every established TCP connection to the
 * port that sshd listens on.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/rd.h"

enum { CS_OPERATOR_MAX = 64 };

struct cs_operator {
	struct cs_addr at[CS_OPERATOR_MAX];
	size_t n; /* 0: not logged in by ssh, as far as can be told */
};

/* @env is as getenv(). What cannot be read tells nothing. */
void cs_operator_find(const char *(*env)(const char *name), struct cs_arena *arena,
		      struct cs_operator *out);

/* "ADDRESS PORT ..." as sshd writes it, perhaps with a zone behind the address. */
CS_MUST_USE bool cs_operator_read(struct cs_span text, struct cs_addr *out);

/*
 * A line of /proc/net/tcp or tcp6: true when it is an established connection to the local
 * port @port, and @out is who is at the other end.
 */
CS_MUST_USE bool cs_operator_read_tcp(struct cs_span line, uint16_t *port,
				      struct cs_addr *out);
