/* SPDX-License-Identifier: Apache-2.0 */
/* owners_keys: what owners.h's files share: the keys, sorted for look-ups. */
#pragma once

#include "base/arena.h"
#include "report/owners.h"

/* No prefix is around it. */
#define CS_OWNERS_NOWHERE UINT32_MAX

/* Where a key stands: the end of each key below. */
struct cs_key_of {
	uint32_t owner;
	uint32_t line;
};

/* An ASN, or a country's two letters as one number. */
struct cs_num_key {
	uint32_t number;
	struct cs_key_of of;
};

struct cs_net_key {
	struct cs_prefix prefix;
	uint32_t around; /* the next larger one that it lies in, or NOWHERE */
	struct cs_key_of of;
};

/* A domain without dots at its ends, in lower case; in the arena. */
struct cs_name_key {
	struct cs_span name;
	struct cs_key_of of;
};

struct cs_owners {
	struct cs_arena arena;
	struct cs_owner *at; /* in the order of the file */
	uint32_t *line;      /* of each one's section */
	uint32_t *by_name;   /* indexes of .at, sorted by name */
	size_t n, cap;
	/* Each sorted by its key, then by owner; each once for an owner. */
	struct cs_num_key *asns, *geos;
	struct cs_net_key *nets;
	struct cs_name_key *names;
	size_t n_asns, n_geos, n_nets, n_names;
	size_t cap_asns, cap_geos, cap_nets, cap_names;
};

static inline uint32_t cs_geo_number(struct cs_span two_letters)
{
	return (uint32_t)(two_letters.ptr[0] << 8 | two_letters.ptr[1]);
}

/* Bytewise, a shorter one before what it begins. */
int cs_name_order(struct cs_span a, struct cs_span b);

/* The first of @owners->names not before @name; n_names: there is none. */
size_t cs_owners_name_at(const struct cs_owners *owners, struct cs_span name);

/*
 * Takes off the first label and its dot; empty when it was the last. A dot
 * behind a backslash belongs to its label (RFC 4343 section 2.1).
 */
struct cs_span cs_name_parent(struct cs_span name);

/* Sorts the keys as struct cs_owners has them, telling of those that are there twice. */
void cs_owners_index(struct cs_owners *owners, const char *file, cs_owners_note_fn *note,
		     void *arg);

/* Tells of keys of different owners that overlap. CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_owners_overlaps(const struct cs_owners *owners,
					   const char *file, cs_owners_note_fn *note,
					   void *arg);
