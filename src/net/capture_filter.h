/* SPDX-License-Identifier: Apache-2.0 */
/* capture_filter: pcap-filter(7) text, and what comes of it. */
#pragma once

#include "net/capture.h"

struct cs_capture_sieve;

/*
 * A filter for frames of files: one program a link type; of a link type that cannot
 * have this filter every frame is taken.
 * CS_ERR_SYNTAX  with @why; CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_capture_sieve_new(const char *filter,
					     struct cs_capture_sieve **out,
					     char why[CS_CAPTURE_WHY]);
void cs_capture_sieve_free(struct cs_capture_sieve *sieve);

bool cs_capture_sieve_takes(const struct cs_capture_sieve *sieve,
			    const struct cs_capture_frame *frame);

/* As cs_capture_sieve_new()'s text says, on CS_ERR_SYNTAX. */
enum cs_err cs_capture_filter_bad(const char *filter, const char *what,
				  char why[CS_CAPTURE_WHY]);
