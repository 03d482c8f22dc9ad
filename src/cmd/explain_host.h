/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_host: what captures say of a host of ours: no verdict, as none is made of those
 * who were asked, but who asked, and what was given away. Bounded: the first that are
 * told apart stay.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "out/json.h"
#include "watch/post.h"

enum {
	CS_HOST_ASKERS = 12,
	CS_HOST_GIVEN = 12,
	CS_HOST_WAITING = 64, /* requests whose answers are looked for */
	CS_HOST_ASKED = 128,  /* bytes of "GET /sensors/temp" that are kept */
};

/* What was asked for, a stranger's bytes. */
struct cs_explain_asked {
	uint8_t text[CS_HOST_ASKED];
	size_t len;
};

struct cs_explain_host {
	uint64_t requests, answers;
	int64_t first_us, last_us; /* of the requests */
	struct {
		struct cs_addr ip;
		uint64_t requests;
	} asker[CS_HOST_ASKERS];
	size_t n_askers;
	uint64_t others; /* requests of askers without room */

	/* Answered by success. */
	struct {
		struct cs_explain_asked what;
		uint64_t times;
	} given[CS_HOST_GIVEN];
	size_t n_given;
	uint64_t given_more; /* answers with success for which there was no room */

	struct {
		int64_t wall_us;
		struct cs_addr ip;
		uint16_t port;
		struct cs_explain_asked what;
	} waiting[CS_HOST_WAITING];
	unsigned next; /* of these */
};

/* Takes a message that reached a host of ours inside of @what, or that it sent. */
void cs_explain_host_take(struct cs_explain_host *host, const struct cs_prefix *what,
			  const struct cs_post_message *message);

/* Whether it was asked anything. */
static inline bool cs_explain_host_is_known(const struct cs_explain_host *host)
{
	return host->requests > 0;
}

/* One screen about @name; or the key "local" with it as an object. */
void cs_explain_host_text(FILE *to, const struct cs_explain_host *host, const char *name);
void cs_explain_host_json(struct cs_json *j, const struct cs_explain_host *host);

/* The command that says who can reach it. */
extern const char cs_explain_host_next[];
