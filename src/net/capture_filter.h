/* SPDX-License-Identifier: Apache-2.0 */
/* capture_filter: pcap-filter(7) text, and what comes of it. */
#pragma once

#include "net/capture.h"

struct pcap;
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

/*
 * Has the kernel sieve for a live capture; on Ethernet inside of up to four VLAN tags
 * and PPPoE, too; of fewer when @filter is long.
 * CS_ERR_SYNTAX, CS_ERR_IO with @why; CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_capture_filter_set(struct pcap *pcap, const char *filter,
					      char why[CS_CAPTURE_WHY]);
