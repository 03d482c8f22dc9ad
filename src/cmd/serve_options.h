/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `coapscope serve` as data. */
#pragma once

#include "base/addr.h"
#include "cmd/args.h"

/* Where to listen: an address and a port; port 0 is any free one. */
struct cs_listen {
	struct cs_addr ip;
	uint16_t port;
};

struct cs_serve_options {
	struct cs_common common;
	const char *store;
	struct cs_listen listen;
	const char *owners, *api_keys; /* files, or NULL */
	const char *tls_cert, *tls_key;
	bool plain_http;
	const char *public_url; /* or NULL */
	uint64_t memory;        /* bytes */
	uint64_t connections;
	const char *user;
	bool require_jail;
};

extern const struct cs_arg_set cs_serve_args;

/* "127.0.0.1:5580", "[::1]:5580", "localhost:5580" into a struct cs_listen. */
bool cs_value_listen(struct cs_span text, void *to);

/* The rules between options. CS_ERR_USAGE, with @why. */
CS_MUST_USE enum cs_err cs_serve_options_settle(const struct cs_serve_options *options,
						char why[CS_ARG_WHY]);
