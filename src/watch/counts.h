/* SPDX-License-Identifier: Apache-2.0 */
/* counts: the counters of a capture, each datagram once. Pure. */
#pragma once

#include "watch/track.h"

/* Counts one datagram on a CoAP port. */
void cs_counts_datagram(struct cs_track_counts *counts, const struct cs_sight *sight);

/* Counts one message of a TCP stream. */
void cs_counts_stream(struct cs_track_counts *counts, const struct cs_sight *sight);
