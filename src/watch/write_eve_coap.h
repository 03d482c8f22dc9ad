/* SPDX-License-Identifier: Apache-2.0 */
/* write_eve_coap: the `coap` object of an EVE event: one message with all its fields. */
#pragma once

#include "out/json.h"
#include "watch/post.h"

void cs_write_eve_coap(struct cs_json *j, const struct cs_post_message *message);
