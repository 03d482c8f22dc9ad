/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host: what one asked address and port has answered while its chunk is open,
 * and the table that finds it by slot. Datagrams are merged into one result:
 * the first with a response code counts, the others add to the totals.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "probe/probe.h"
#include "probe/result.h"
#include "scan/lane.h"
#include "scan/window.h"

struct cs_follow;

/* Bytes of all open hosts together; what comes beyond is counted as lost. */
#define CS_HOSTS_MEMORY_MAX (UINT64_C(512) * 1024 * 1024)

/* How much a datagram says; a better one takes the place of the first. */
enum cs_rank {
	CS_RANK_NONE,
	CS_RANK_EMPTY,    /* Empty ACK, RST, or a request */
	CS_RANK_STRANGE,  /* malformed, not CoAP, or of no registered response code */
	CS_RANK_RESPONSE, /* carries a response code */
};

enum cs_rank cs_rank_of(const struct cs_reply *reply);

struct cs_host {
	uint64_t slot;
	struct cs_open_chunk *chunk;
	struct cs_host *next_in_chunk, *next_in_bucket;
	struct cs_follow *follow; /* NULL: none going on */

	struct cs_addr ip;
	uint16_t port, reply_port, port_index, lane;
	enum cs_rank rank;
	bool validated; /* a result: matched in full, or confirmed */
	bool full;      /* matched by Message ID or token */
	bool acked;     /* an Empty ACK promised a separate response */
	bool followed;  /* had its second stage */
	bool complete;
	uint8_t acks_sent;
	uint32_t datagrams, blocks;
	uint64_t bytes;
	int64_t asked_us, first_us; /* the probe; the datagram that counts */
	struct cs_flaw malformed;

	uint32_t response_size;
	uint32_t header_len, body_len;
	uint8_t *header; /* owned: header bytes, then body bytes */
};

struct cs_hosts {
	struct cs_host **buckets; /* owned */
	size_t n_buckets;         /* power of two */
	size_t n;
	uint64_t memory;      /* bytes held by all of them */
	struct cs_sipkey key; /* random: the slots come from strangers' addresses */
};

/* CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_hosts_init(struct cs_hosts *hosts,
				      const struct cs_sipkey *key);
void cs_hosts_clear(struct cs_hosts *hosts);

struct cs_host *cs_hosts_find(const struct cs_hosts *hosts, uint64_t slot);

/*
 * Adds a host that has not answered before, in the list of @chunk. NULL when
 * memory is out.
 */
struct cs_host *cs_hosts_add(struct cs_hosts *hosts, struct cs_open_chunk *chunk,
			     const struct cs_arrival *arrival);

/*
 * Takes all hosts of a chunk out of the table. The list (by next_in_chunk) is
 * the caller's, to be freed with cs_host_list_free().
 */
struct cs_host *cs_hosts_take_chunk(struct cs_hosts *hosts, struct cs_open_chunk *chunk);
void cs_host_list_free(struct cs_host *list);

/* Bytes of memory that a host holds. */
size_t cs_host_memory(const struct cs_host *host);

/*
 * Merges one datagram that was matched to @host: counts it, and takes it as
 * the answer when it says more than what was there. CS_ERR_NOMEM.
 */
CS_MUST_USE enum cs_err cs_host_merge(struct cs_hosts *hosts, struct cs_host *host,
				      const struct cs_arrival *arrival,
				      struct cs_span datagram,
				      const struct cs_reply *reply);

/* Forgets what was merged: a better proven answer has come. */
void cs_host_restart(struct cs_hosts *hosts, struct cs_host *host);

/* Appends @bytes to the body. CS_ERR_NOMEM. */
CS_MUST_USE enum cs_err cs_host_append(struct cs_hosts *hosts, struct cs_host *host,
				       struct cs_span bytes);

/* The result as it stands; spans are borrowed from @host. */
void cs_host_result(const struct cs_host *host, const struct cs_plan *plan,
		    struct cs_result *out);
