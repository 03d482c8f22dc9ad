/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_look: what is looked at in a stranger's JSON text before a library reads it: that
 * its strings come out whole, and that it cannot make the library call itself too often.
 * Pure. Whether it is JSON at all is for the library to say.
 */
#pragma once

#include <stdbool.h>

#include "base/rd.h"

/* UTF-8 without a NUL, neither as it stands nor as the escape that means one. */
CS_MUST_USE bool cs_json_is_text(struct cs_span text);

/* Never more than @most brackets of both kinds open at a time. */
CS_MUST_USE bool cs_json_is_shallow(struct cs_span text, unsigned most);
