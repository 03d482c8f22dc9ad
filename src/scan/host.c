/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/host.h"

#include <stdlib.h>

#include "coap/block.h"
#include "coap/code.h"
#include "coap/option_rule.h"

enum { BUCKETS = 1 << 12 };

enum cs_err cs_hosts_init(struct cs_hosts *hosts, const struct cs_sipkey *key)
{
	*hosts = (struct cs_hosts){ .n_buckets = BUCKETS, .key = *key };
	hosts->buckets = calloc(hosts->n_buckets, sizeof(struct cs_host *));
	return hosts->buckets ? CS_OK : CS_ERR_NOMEM;
}

size_t cs_host_memory(const struct cs_host *host)
{
	return sizeof(*host) + host->header_len + host->body_len;
}

static void host_free(struct cs_host *host)
{
	free(host->header);
	free(host);
}

void cs_host_list_free(struct cs_host *list)
{
	while (list) {
		struct cs_host *host = list;

		list = host->next_in_chunk;
		host_free(host);
	}
}

void cs_hosts_clear(struct cs_hosts *hosts)
{
	for (size_t i = 0; i < hosts->n_buckets; i++)
		while (hosts->buckets[i]) {
			struct cs_host *host = hosts->buckets[i];

			hosts->buckets[i] = host->next_in_bucket;
			host_free(host);
		}
	free(hosts->buckets);
	*hosts = (struct cs_hosts){ 0 };
}

static struct cs_host **bucket(const struct cs_hosts *hosts, uint64_t slot)
{
	return &hosts->buckets[cs_siphash_u64(&hosts->key, slot) &
			       (hosts->n_buckets - 1)];
}

struct cs_host *cs_hosts_find(const struct cs_hosts *hosts, uint64_t slot)
{
	struct cs_host *host = *bucket(hosts, slot);

	while (host && host->slot != slot)
		host = host->next_in_bucket;
	return host;
}

/* Doubles the table; when memory is out it stays as it is and only gets slower. */
static void grow(struct cs_hosts *hosts)
{
	struct cs_hosts larger = *hosts;

	larger.n_buckets *= 2;
	larger.buckets = calloc(larger.n_buckets, sizeof(struct cs_host *));
	if (!larger.buckets)
		return;
	for (size_t i = 0; i < hosts->n_buckets; i++)
		while (hosts->buckets[i]) {
			struct cs_host *host = hosts->buckets[i];
			struct cs_host **to = bucket(&larger, host->slot);

			hosts->buckets[i] = host->next_in_bucket;
			host->next_in_bucket = *to;
			*to = host;
		}
	free(hosts->buckets);
	*hosts = larger;
}

struct cs_host *cs_hosts_add(struct cs_hosts *hosts, struct cs_open_chunk *chunk,
			     const struct cs_arrival *arrival)
{
	struct cs_host *host = calloc(1, sizeof(*host));

	if (!host)
		return NULL;
	if (hosts->n >= hosts->n_buckets)
		grow(hosts);

	struct cs_host **head = bucket(hosts, arrival->slot);

	host->slot = arrival->slot;
	host->ip = arrival->from;
	host->port = arrival->port;
	host->port_index = arrival->port_index;
	host->lane = arrival->lane;
	host->chunk = chunk;
	host->next_in_bucket = *head;
	*head = host;
	host->next_in_chunk = chunk->hosts;
	chunk->hosts = host;
	chunk->n_hosts++;
	hosts->n++;
	hosts->memory += sizeof(*host);
	return host;
}

static void unlink_host(struct cs_hosts *hosts, struct cs_host *host)
{
	struct cs_host **at = bucket(hosts, host->slot);

	while (*at != host)
		at = &(*at)->next_in_bucket;
	*at = host->next_in_bucket;
}

struct cs_host *cs_hosts_take_chunk(struct cs_hosts *hosts, struct cs_open_chunk *chunk)
{
	struct cs_host *list = chunk->hosts;

	for (struct cs_host *host = list; host; host = host->next_in_chunk) {
		unlink_host(hosts, host);
		hosts->memory -= cs_host_memory(host);
		hosts->n--;
	}
	chunk->hosts = NULL;
	chunk->n_hosts = 0;
	return list;
}

/* Text in capitals decodes as CoAP, with codes that nobody has registered. */
enum cs_rank cs_rank_of(const struct cs_reply *reply)
{
	switch (reply->kind) {
	case CS_REPLY_RESPONSE:
		return cs_code_name(reply->msg.code) ? CS_RANK_RESPONSE : CS_RANK_STRANGE;
	case CS_REPLY_STRANGE:
	case CS_REPLY_MALFORMED:
		return CS_RANK_STRANGE;
	case CS_REPLY_EMPTY_ACK:
	case CS_REPLY_RESET:
	case CS_REPLY_REQUEST:
		break;
	}
	return CS_RANK_EMPTY;
}

/* Keeps the datagram's bytes: what stands before the payload, and the payload. */
static enum cs_err keep(struct cs_hosts *hosts, struct cs_host *host,
			struct cs_span datagram, const struct cs_reply *reply)
{
	bool whole = reply->kind == CS_REPLY_MALFORMED;
	size_t body = whole ? 0 : reply->msg.payload.len;
	uint8_t *copy = malloc(datagram.len ? datagram.len : 1);

	if (!copy)
		return CS_ERR_NOMEM;
	if (datagram.len)
		memcpy(copy, datagram.ptr, datagram.len);
	hosts->memory += datagram.len - host->header_len - host->body_len;
	free(host->header);
	host->header = copy;
	host->header_len = (uint32_t)(datagram.len - body);
	host->body_len = (uint32_t)body;
	return CS_OK;
}

/* Whether the answer's own Block2 says that nothing follows. */
static bool ends_here(const struct cs_reply *reply)
{
	struct cs_block block;
	struct cs_opt opt;

	if (reply->kind == CS_REPLY_MALFORMED ||
	    !cs_msg_option(&reply->msg, CS_OPT_BLOCK2, &opt) ||
	    cs_block_read(opt.value, &block))
		return true;
	return !block.more;
}

enum cs_err cs_host_merge(struct cs_hosts *hosts, struct cs_host *host,
			  const struct cs_arrival *arrival, struct cs_span datagram,
			  const struct cs_reply *reply)
{
	enum cs_rank rank = cs_rank_of(reply);

	host->datagrams++;
	host->bytes += arrival->len;
	if (rank <= host->rank || datagram.len < arrival->len)
		return CS_OK;

	enum cs_err err = keep(hosts, host, datagram, reply);

	if (err)
		return err;
	host->rank = rank;
	host->reply_port = arrival->from_port;
	host->response_size = arrival->len;
	host->first_us = arrival->wall_us;
	host->malformed = reply->flaw;
	host->complete = ends_here(reply);
	host->blocks = reply->kind == CS_REPLY_RESPONSE;
	return CS_OK;
}

void cs_host_restart(struct cs_hosts *hosts, struct cs_host *host)
{
	hosts->memory -= host->header_len + host->body_len;
	free(host->header);
	host->header = NULL;
	host->header_len = host->body_len = 0;
	host->rank = CS_RANK_NONE;
	host->datagrams = 0;
	host->bytes = 0;
}

enum cs_err cs_host_append(struct cs_hosts *hosts, struct cs_host *host,
			   struct cs_span bytes)
{
	size_t old = host->header_len + (size_t)host->body_len;
	uint8_t *larger = realloc(host->header, old + bytes.len + 1);

	if (!larger)
		return CS_ERR_NOMEM;
	if (bytes.len)
		memcpy(larger + old, bytes.ptr, bytes.len);
	host->header = larger;
	host->body_len += (uint32_t)bytes.len;
	hosts->memory += bytes.len;
	return CS_OK;
}

static uint32_t request_size(const struct cs_plan *plan)
{
	uint8_t bytes[CS_PROBE_MAX], token[CS_SCAN_TOKEN_MAX] = { 0 };
	struct cs_wr w = cs_wr_over(bytes, sizeof(bytes));

	cs_probe_well_known(&w, 0, cs_span_of(token, plan->token_len));
	return (uint32_t)w.pos;
}

void cs_host_result(const struct cs_host *host, const struct cs_plan *plan,
		    struct cs_result *out)
{
	int64_t rtt = host->first_us - host->asked_us;

	*out = (struct cs_result){
		.ip = host->ip,
		.port = host->port,
		.reply_port = host->reply_port,
		.time_us = host->asked_us,
		.rtt_us = plan->probes > 1 ? -1
			  : rtt < 0        ? 0
					   : rtt,
		.match = host->full ? CS_MATCH_FULL : CS_MATCH_PORT,
		.request_size = request_size(plan),
		.response_size = host->response_size,
		.datagrams = host->datagrams,
		.bytes = host->bytes,
		.header = cs_span_of(host->header, host->header_len),
		.body = cs_span_of(host->header + host->header_len, host->body_len),
		.complete = host->complete,
		.blocks = host->blocks,
		.malformed = host->malformed,
	};
}
