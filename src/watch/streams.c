/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/streams.h"

#include <stdlib.h>

enum { WAYS = 4 };

struct connection {
	uint64_t hash; /* 0: free */
	uint64_t used; /* when, as .clock of all counted */
	struct cs_tcp_stream stream[2];
};

struct cs_streams {
	struct connection *item;
	size_t n_sets, ways;
	uint64_t clock;
};

enum cs_err cs_streams_open(size_t bytes, struct cs_streams **out)
{
	struct cs_streams *streams = calloc(1, sizeof(*streams));
	size_t n = bytes / sizeof(struct connection);

	if (!streams)
		return CS_ERR_NOMEM;
	streams->ways = n < WAYS ? 1 : WAYS;
	streams->n_sets = n < WAYS ? 1 : n / WAYS;
	streams->item = calloc(streams->n_sets * streams->ways, sizeof(*streams->item));
	if (!streams->item) {
		free(streams);
		return CS_ERR_NOMEM;
	}
	*out = streams;
	return CS_OK;
}

void cs_streams_close(struct cs_streams *streams)
{
	if (!streams)
		return;
	free(streams->item);
	free(streams);
}

static struct connection *set_of(struct cs_streams *streams, uint64_t hash)
{
	return streams->item + hash % streams->n_sets * streams->ways;
}

struct cs_tcp_stream *cs_streams_get(struct cs_streams *streams, uint64_t hash, bool up)
{
	struct connection *set = set_of(streams, hash), *found = set;

	hash = hash ? hash : 1;
	for (size_t i = 0; i < streams->ways && found->hash != hash; i++)
		if (set[i].hash == hash || set[i].used < found->used)
			found = &set[i];
	if (found->hash != hash) {
		memset(found, 0, sizeof(*found));
		found->hash = hash;
	}
	found->used = ++streams->clock;
	return &found->stream[up];
}

void cs_streams_drop(struct cs_streams *streams, uint64_t hash)
{
	struct connection *set = set_of(streams, hash);

	hash = hash ? hash : 1;
	for (size_t i = 0; i < streams->ways; i++)
		if (set[i].hash == hash)
			set[i].hash = set[i].used = 0;
}
