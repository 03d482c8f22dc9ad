/* SPDX-License-Identifier: Apache-2.0 */
/* fold: looking for text in text: ASCII without regard to case, and lists. */
#pragma once

#include "base/rd.h"

bool cs_fold_eq(struct cs_span a, struct cs_span b);

/* Whether @needle, which is in lower case, is somewhere in @text. */
bool cs_fold_contains(struct cs_span text, struct cs_span needle);

/* Whether one of the values between the ';' of @text is @asked, as it stands. */
bool cs_fold_has_tag(struct cs_span text, struct cs_span asked);
