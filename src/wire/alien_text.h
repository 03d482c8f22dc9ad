/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alien_text: datagrams that are text. A CoAP message of version 1 begins with one of
 * '@' to DEL, as most words do, so it takes care to tell the two apart. Pure.
 */
#pragma once

#include "wire/alien.h"

/*
 * CS_ALIEN_SIP or CS_ALIEN_SSDP by the words that it begins with; CS_ALIEN_TEXT when it
 * begins as HTTP does, or is at least 4 printable characters (tabs and line ends too)
 * that are no CoAP response; else CS_ALIEN_NONE.
 */
enum cs_alien cs_alien_text(struct cs_span datagram);
