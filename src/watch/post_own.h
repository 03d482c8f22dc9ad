/* SPDX-License-Identifier: Apache-2.0 */
/* post_own: what the files of post share: frames, runs of bytes, bounded numbers. */
#pragma once

#include "watch/post.h"

enum { CS_POST_LENGTH = 4 /* bytes of a frame's length */ };

/* Begins a frame and ends the one that begins at @at: its length is put in. */
size_t cs_post_begin(struct cs_wr *w, enum cs_post_kind kind);
void cs_post_end(struct cs_wr *w, size_t at);

void cs_post_span_write(struct cs_wr *w, struct cs_span span);
struct cs_span cs_post_span_read(struct cs_rd *rd);

/* A number up to @most, else CS_ERR_RANGE and 0. */
uint32_t cs_post_number(struct cs_rd *rd, uint32_t most);

/* CS_ERR_TRAILING when something is left over. */
enum cs_err cs_post_done(struct cs_rd *rd);
