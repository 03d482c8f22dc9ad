/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protect_job: what a verb of `coapscope protect` is handed. A verb is a row of the
 * table in cmd_protect.c, a row of the one in protect_options.c, and a file
 * protect_<verb>.c with
 *
 *   int cs_protect_<verb>(struct cs_protect_job *job);
 *
 * which returns an enum cs_exit. What returns int besides gives -1 to go on, else the exit
 * status: the reason has then been said.
 */
#pragma once

#include "base/arena.h"
#include "cmd/cmd.h"
#include "cmd/paths.h"
#include "cmd/protect_options.h"

struct cs_protect_job {
	struct cs_ctx *ctx;
	struct cs_protect_options options;
	struct cs_arena arena; /* for all that lives as long as the verb */
};

int cs_protect_check(struct cs_protect_job *job);
int cs_protect_plan(struct cs_protect_job *job);
int cs_protect_apply(struct cs_protect_job *job);
int cs_protect_confirm(struct cs_protect_job *job);
int cs_protect_undo(struct cs_protect_job *job);
int cs_protect_status(struct cs_protect_job *job);
int cs_protect_list(struct cs_protect_job *job);
int cs_protect_allow(struct cs_protect_job *job);
int cs_protect_deny(struct cs_protect_job *job);
int cs_protect_delete(struct cs_protect_job *job);
int cs_protect_backup(struct cs_protect_job *job);
int cs_protect_restore(struct cs_protect_job *job);
int cs_protect_reset(struct cs_protect_job *job);
int cs_protect_guard(struct cs_protect_job *job);
