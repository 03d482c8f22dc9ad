/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reason: sentences made of our words and a device's names, bounded: what does
 * not fit is left out whole or cut, and of the device's bytes only printable
 * ASCII is itself. Pure.
 */
#pragma once

#include "base/wr.h"

enum { CS_REASON_NAME = 48 /* bytes of a device's name that are shown */ };

/* Our own words. */
void cs_reason_words(struct cs_wr *w, const char *words);

/* " (name)" of a device: anything but printable ASCII is a question mark. */
void cs_reason_name(struct cs_wr *w, struct cs_span name);

/* "; " between two reasons. */
void cs_reason_next(struct cs_wr *w);

/* @hundredths / 100 with both decimals. */
void cs_reason_hundredths(struct cs_wr *w, uint64_t hundredths);
