/* SPDX-License-Identifier: Apache-2.0 */
/* watch_clash: a slip of the keyboard must not cost a capture, or an output. */
#pragma once

#include "cmd/watch_options.h"

/*
 * Two names of one file: an output that is a capture to be read, or another output. Devices,
 * pipes and sockets may be named twice. False: none; true, with @why.
 */
bool cs_watch_clash(const struct cs_watch_options *options, char why[CS_ARG_WHY]);
