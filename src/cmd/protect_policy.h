/* SPDX-License-Identifier: Apache-2.0 */
/* protect_policy: options, or the configuration's [protect], as a policy. */
#pragma once

#include "cmd/protect_job.h"
#include "protect/policy.h"

/*
 * What is wanted, settled; in the job's arena. Without --local the networks of this host's
 * interfaces are ours; of a router not that of the interface with the default route.
 * Returns -1 to go on, else the exit status: the reason has then been said.
 */
CS_MUST_USE int cs_protect_policy(struct cs_protect_job *job, struct cs_policy *out);

/*
 * The networks of this host's interfaces that are up, link-local ones aside; with
 * @inner those of interfaces without a default route alone, where there are any.
 * CS_ERR_IO, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_protect_local(struct cs_arena *arena, bool inner,
					 const struct cs_prefix **out, size_t *n);
