/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enrich_options: the options about enrichment as data, one run of rows for all
 * commands that have them.
 */
#pragma once

#include "cmd/args.h"
#include "enrich/judge.h"

struct cs_enrich_options {
	struct cs_arg_list geoip;        /* files, in the order in which they are asked */
	struct cs_arg_list sector_files; /* likewise */
	struct cs_arg_list resolvers;    /* none: the host's own */
	uint64_t ptr_rate_qps;           /* a resolver; 0: unpaced */
	int severity;                    /* enum cs_judge_by */
	bool enrich;                     /* --enrich by itself */
	bool ptr;
};

/* The words of --severity, in the order of enum cs_judge_by. */
extern const char *const cs_enrich_severities[];

/* A resolver: ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT. */
bool cs_enrich_resolver(struct cs_span text, void *to);

/*
 * The rows, for a struct cs_enrich_options that stands at @base in the command's
 * struct; @of are the verbs that take them (0: all), @heading is their group.
 */
#define CS_ENRICH_AT(base, field) ((base) + offsetof(struct cs_enrich_options, field))
#define CS_ENRICH_ROWS(base, of, heading)                                                \
	{ .name = "geoip",                                                               \
	  .metavar = "FILE",                                                             \
	  .type = CS_ARG_LIST,                                                           \
	  .traits = CS_ARG_IS_FILE | CS_ARG_NO,                                          \
	  .at = CS_ENRICH_AT(base, geoip),                                               \
	  .verbs = (of),                                                                 \
	  .group = (heading),                                                            \
	  .help = "Look up country, region, city and network of an address in FILE: an " \
		  "MMDB of any layout, or routes as pfx2as, RIS dump, IPtoASN or "       \
		  "tor-geoipdb. May be given several times: of each field the first "    \
		  "FILE that knows it counts. Debian's tor-geoipdb is asked last where " \
		  "it is installed; with --no-geoip before it is not." },                \
		{ .name = "sector-file",                                                 \
		  .metavar = "FILE",                                                     \
		  .type = CS_ARG_LIST,                                                   \
		  .traits = CS_ARG_IS_FILE,                                              \
		  .at = CS_ENRICH_AT(base, sector_files),                                \
		  .verbs = (of),                                                         \
		  .group = (heading),                                                    \
		  .help = "Take NAICS code, sector and owner from FILE: a CSV with a "   \
			  "header, prefix or asn, and any of naics, sector, owner." },   \
		{ .name = "ptr",                                                         \
		  .type = CS_ARG_FLAG,                                                   \
		  .at = CS_ENRICH_AT(base, ptr),                                         \
		  .verbs = (of),                                                         \
		  .group = (heading),                                                    \
		  .help = "Ask DNS for the name of each address; the store keeps names " \
			  "for as long as DNS says." },                                  \
		{ .name = "resolver",                                                    \
		  .metavar = "ADDRESS",                                                  \
		  .type = CS_ARG_LIST,                                                   \
		  .traits = CS_ARG_SPLIT,                                                \
		  .at = CS_ENRICH_AT(base, resolvers),                                   \
		  .read = cs_enrich_resolver,                                            \
		  .want = "an address, with a port as 192.0.2.1:53 or [2001:db8::1]:53", \
		  .verbs = (of),                                                         \
		  .group = (heading),                                                    \
		  .help = "Ask this resolver for --ptr, ADDRESS or ADDRESS:PORT; may "   \
			  "be "                                                          \
			  "given several times. By default those of "                    \
			  "/etc/resolv.conf." },                                         \
		{ .name = "ptr-rate",                                                    \
		  .metavar = "QPS",                                                      \
		  .type = CS_ARG_U64,                                                    \
		  .preset = "1000",                                                      \
		  .max = 1000000,                                                        \
		  .at = CS_ENRICH_AT(base, ptr_rate_qps),                                \
		  .want = "0 (unpaced) or 1 to 1000000 questions per second",            \
		  .verbs = (of),                                                         \
		  .group = (heading),                                                    \
		  .help = "Ask each resolver at most QPS questions a second; 0: as "     \
			  "fast "                                                        \
			  "as it answers." },                                            \
	{                                                                                \
		.name = "severity", .metavar = "WHOSE", .type = CS_ARG_WORD,             \
		.preset = "own", .words = cs_enrich_severities,                          \
		.at = CS_ENRICH_AT(base, severity), .verbs = (of), .group = (heading),   \
		.help = "How bad a service is: own (from amplification and from what "   \
			"is exposed) or shadowserver (medium, whatever it is)."          \
	}

/* --enrich, for a command that enriches only when asked. */
#define CS_ENRICH_ASK(base, heading)                                                     \
	{                                                                                \
		.name = "enrich", .type = CS_ARG_FLAG, .at = CS_ENRICH_AT(base, enrich), \
		.group = (heading),                                                      \
		.help = "Add to each row what is known without the network: country, "   \
			"stack and family, severity with its reason, tags. Options of "  \
			"this group imply it, but --resolver and --ptr-rate do not."     \
	}

/*
 * Whether any of them asks for enrichment; @base as above. --no-enrich says that
 * none does.
 */
bool cs_enrich_asked(const struct cs_common *common, size_t base,
		     const struct cs_enrich_options *options);
