/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode_options: what watch and explain have in common, as data: which packets count,
 * whose hosts they are, where the lines are drawn, and who is known.
 */
#pragma once

#include "base/addr.h"
#include "cmd/args.h"
#include "cmd/enrich_options.h"
#include "cmd/value.h"
#include "watch/threshold.h"

struct cs_decode_options {
	const char *ports, *secure_ports;
	struct cs_arg_list local, peer; /* prefixes */
	struct cs_arg_list thresholds;  /* NAME=NUMBER */
	uint64_t memory;                /* bytes */
	struct cs_arg_list scanners;    /* files */
	struct cs_arg_list resolvers;   /* none: no name is asked for */
	struct cs_arg_list geoip;       /* files */
	const char *user;
	bool require_jail;
};

bool cs_value_threshold(struct cs_span text, void *to);

/* The rows, for a struct cs_decode_options that stands at @base in the command's struct. */
#define CS_DECODE_AT(base, field) ((base) + offsetof(struct cs_decode_options, field))
#define CS_DECODE_ROWS(base)                                                             \
	{ .name = "ports",                                                               \
	  .metavar = "PORTS",                                                            \
	  .type = CS_ARG_TEXT,                                                           \
	  .preset = "5683",                                                              \
	  .at = CS_DECODE_AT(base, ports),                                               \
	  .read = cs_value_ports,                                                        \
	  .want = "ports from 1 to 65535 as 5683,61616-61631",                           \
	  .group = "What counts",                                                        \
	  .help = "CoAP is spoken on these ports, UDP and TCP." },                       \
		{ .name = "secure-ports",                                                \
		  .metavar = "PORTS",                                                    \
		  .type = CS_ARG_TEXT,                                                   \
		  .preset = "5684",                                                      \
		  .at = CS_DECODE_AT(base, secure_ports),                                \
		  .read = cs_value_ports,                                                \
		  .want = "ports from 1 to 65535 as 5684",                               \
		  .group = "What counts",                                                \
		  .help = "And on these with DTLS." },                                   \
		{ .name = "local",                                                       \
		  .metavar = "PREFIX",                                                   \
		  .type = CS_ARG_LIST,                                                   \
		  .traits = CS_ARG_SPLIT,                                                \
		  .at = CS_DECODE_AT(base, local),                                       \
		  .read = cs_value_prefix,                                               \
		  .want = "an address or prefix without host bits",                      \
		  .group = "What counts",                                                \
		  .help = "These hosts are ours; may be given several times. By "        \
			  "default, live, this host's addresses and those of its "       \
			  "networks that are asked something; of a file, the hosts in "  \
			  "it that were sent a request." },                              \
		{ .name = "peer",                                                        \
		  .metavar = "PREFIX",                                                   \
		  .type = CS_ARG_LIST,                                                   \
		  .traits = CS_ARG_SPLIT,                                                \
		  .at = CS_DECODE_AT(base, peer),                                        \
		  .read = cs_value_prefix,                                               \
		  .want = "an address or prefix without host bits",                      \
		  .group = "What counts",                                                \
		  .help = "These may talk to ours: what they exchange with them is no "  \
			  "reason to worry. May be given several times." },              \
		{ .name = "threshold",                                                   \
		  .metavar = "NAME=N",                                                   \
		  .type = CS_ARG_LIST,                                                   \
		  .traits = CS_ARG_SPLIT,                                                \
		  .at = CS_DECODE_AT(base, thresholds),                                  \
		  .read = cs_value_threshold,                                            \
		  .want = "NAME=N; the names stand in the manual page",                  \
		  .group = "What counts",                                                \
		  .help = "Draw the line elsewhere, as reflection=100 (requests in one " \
			  "name that make an attack; 5, 20 or 100)." },                  \
		{ .name = "memory",                                                      \
		  .metavar = "BYTES",                                                    \
		  .type = CS_ARG_PARSED,                                                 \
		  .preset = "64M",                                                       \
		  .at = CS_DECODE_AT(base, memory),                                      \
		  .read = cs_value_bytes,                                                \
		  .want = "bytes from 1M, with K, M or G",                               \
		  .group = "What counts",                                                \
		  .help = "Keep what is known of sources in so much memory, whatever "   \
			  "comes. When it is full, quiet sources make room and are "     \
			  "counted as evicted." },                                       \
		{ .name = "scanners",                                                    \
		  .metavar = "FILE",                                                     \
		  .type = CS_ARG_LIST,                                                   \
		  .traits = CS_ARG_IS_FILE,                                              \
		  .at = CS_DECODE_AT(base, scanners),                                    \
		  .group = "Who it is",                                                  \
		  .help = "A list of known scanners: a MISP warninglist (JSON) or "      \
			  "addresses and prefixes as text; may be given several "        \
			  "times. None is fetched." },                                   \
		{ .name = "resolver",                                                    \
		  .metavar = "ADDRESS",                                                  \
		  .type = CS_ARG_LIST,                                                   \
		  .traits = CS_ARG_SPLIT,                                                \
		  .at = CS_DECODE_AT(base, resolvers),                                   \
		  .read = cs_enrich_resolver,                                            \
		  .want = "an address, with a port as 192.0.2.1:53 or [2001:db8::1]:53", \
		  .group = "Who it is",                                                  \
		  .help = "Ask this resolver for the names of sources, and whether "     \
			  "each "                                                        \
			  "name leads back to its address. Without it no name is "       \
			  "asked for." },                                                \
		{ .name = "geoip",                                                       \
		  .metavar = "FILE",                                                     \
		  .type = CS_ARG_LIST,                                                   \
		  .traits = CS_ARG_IS_FILE | CS_ARG_NO,                                  \
		  .at = CS_DECODE_AT(base, geoip),                                       \
		  .group = "Who it is",                                                  \
		  .help = "Look up country and network in FILE, as `coapscope scan` "    \
			  "does. Debian's tor-geoipdb is used where it is installed; "   \
			  "--no-geoip: it is not." },                                    \
		{ .name = "user",                                                        \
		  .metavar = "NAME",                                                     \
		  .type = CS_ARG_TEXT,                                                   \
		  .at = CS_DECODE_AT(base, user),                                        \
		  .group = "The run",                                                    \
		  .help = "Become this user before the first packet is read. Without "   \
			  "it "                                                          \
			  "root stays root, with no capabilities." },                    \
	{                                                                                \
		.name = "require-jail", .type = CS_ARG_FLAG,                             \
		.at = CS_DECODE_AT(base, require_jail), .group = "The run",              \
		.help = "Refuse to run where the kernel lacks a piece of the jail "      \
			"(Landlock, seccomp)."                                           \
	}

/* The lists as values; all in the common arena. CS_ERR_NOMEM */
struct cs_decode_plan {
	uint16_t *ports, *secure_ports;
	size_t n_ports, n_secure_ports;
	struct cs_prefix *local, *peer;
	size_t n_local, n_peer;
	struct cs_threshold threshold;
};
CS_MUST_USE enum cs_err cs_decode_plan(const struct cs_decode_options *options,
				       struct cs_arena *arena,
				       struct cs_decode_plan *out);
