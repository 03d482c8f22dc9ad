/* SPDX-License-Identifier: Apache-2.0 */
/* explain_packet: one datagram, field by field, with where each is written. */
#pragma once

#include "base/rd.h"
#include "cmd/cmd.h"

/* Explains the bytes that @hex is; the exit status. @jsonl: one JSON object. */
CS_MUST_USE int cs_explain_packet(struct cs_ctx *ctx, struct cs_span hex, bool jsonl);
