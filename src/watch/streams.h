/* SPDX-License-Identifier: Apache-2.0 */
/*
 * streams: the TCP connections whose bytes are read, two directions each. Of fixed
 * number; the one that was quiet for longest makes room.
 */
#pragma once

#include "wire/tcp_stream.h"

struct cs_streams;

/* At most @bytes, but room for one connection at least. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_streams_open(size_t bytes, struct cs_streams **out);
void cs_streams_close(struct cs_streams *streams);

/*
 * The stream of the connection with @hash that goes @up. Made where it is not known,
 * zeroed; valid until another is asked for. Never NULL.
 */
struct cs_tcp_stream *cs_streams_get(struct cs_streams *streams, uint64_t hash, bool up);

/* The connection is over: both of its streams are forgotten. */
void cs_streams_drop(struct cs_streams *streams, uint64_t hash);
