/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence: frames that a verdict rests on, kept as capture files that other tools read
 * (--pcap-out): FILE, FILE.1 and so on, of bounded size and number (out/rotated.h).
 */
#pragma once

#include "out/rotated.h"
#include "watch/post.h"

struct cs_evidence;

/* Errors as cs_rotated_open()'s. */
CS_MUST_USE enum cs_err cs_evidence_open(const char *path, uint64_t most, unsigned files,
					 struct cs_evidence **out);
void cs_evidence_close(struct cs_evidence *evidence);

/* For a jail's rules; borrowed. */
int cs_evidence_folder(const struct cs_evidence *evidence);

/* Keeps one frame; what finds no room is counted. */
void cs_evidence_put(struct cs_evidence *evidence, const struct cs_post_evidence *frame);

/* Begins a new file (SIGHUP). CS_ERR_IO, CS_ERR_DENIED, with errno: the old goes on. */
CS_MUST_USE enum cs_err cs_evidence_next(struct cs_evidence *evidence);

struct cs_rotated_state cs_evidence_state(const struct cs_evidence *evidence);
