/* SPDX-License-Identifier: Apache-2.0 */
/*
 * broken: messages that break the rules M1 to M21, each by its own bytes, and others
 * that do not yet. Written by hand and not by the library: it cannot say such things.
 */
#pragma once

#include "base/rd.h"
#include "rng.h"

/* What is wrong: 1 to 21; 17 is no fault but a note. */
enum { BROKEN_FIRST = 1, BROKEN_LAST = 21, BROKEN_ROOM = 2048 };

/* Writes one of the kind @m (M1: 1) into @out, GET or PUT; returns its length. */
size_t broken_write(struct rng *r, unsigned m, uint8_t out[BROKEN_ROOM]);

/* Of another version than 1; the rest parses. */
size_t broken_version(struct rng *r, uint8_t out[BROKEN_ROOM]);

/* A well-formed request of more than 1152 bytes. */
size_t broken_big(struct rng *r, uint8_t out[BROKEN_ROOM]);

/* Whether RFC 7252 sections 3 and 4.1 call it a format error. */
bool broken_is_format_error(unsigned m);
