/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of sight, one idea each: for sight.c and sights.c alone. */
#pragma once

#include "watch/sight.h"

/* What the options say: traits, target, Block2, Echo. Of whole options only. */
void cs_sight_options(struct cs_sight *sight);

/* Whether a path segment leads to management, firmware or configuration. */
bool cs_sight_is_sensitive(struct cs_span segment);

/* Decimal digits only: an object, instance or resource number of LwM2M. */
bool cs_sight_is_number(struct cs_span segment);

/* The tools whose bytes these are: cs_sight.marks. */
uint8_t cs_sight_marks(const struct cs_packet *packet, const struct cs_msg *msg);

/* Whether all options (those before a fault) are registered, of legal length; how many. */
bool cs_sight_is_registered(const struct cs_msg *msg, unsigned *n);

/*
 * Whether a version 1 message reads as CoAP and not as chance. @flaw is what ended
 * decoding, or CS_FAULT_NONE.
 */
bool cs_sight_is_likely(const struct cs_msg *msg, struct cs_flaw flaw);

/* A hash of all but Message ID and token: first byte, code, length, what begins @tail_at. */
uint32_t cs_sight_shape(struct cs_span bytes, size_t tail_at);

/* Reads Message ID and token alone: all else of @packet is as it was when @sight was read. */
void cs_sight_again(const struct cs_packet *packet, struct cs_sight *sight);
