/* SPDX-License-Identifier: Apache-2.0 */
/*
 * split: a day's rows into files, one for each owner or one for all, in one pass.
 * Each row is written once, into memory, and its bytes go to every owner's file. The
 * names are those that readers of Shadowserver's reports know:
 *
 *   2026-11-21-scan_coap-ORG-asn.csv     asn, cidr, domain, geo: the owner's kind
 *   2026-11-21-scan_coap-all-cidr.csv    all rows: of 0.0.0.0/0 and ::/0
 *   2026-11-21-scan6_coap-ORG-asn.csv    the IPv6 rows, where they are apart
 *
 * An owner without rows has a file too, with what the format begins with. All
 * files appear together (out/file_set.h).
 */
#pragma once

#include "out/file_set.h"
#include "report/owners.h"
#include "scan/record.h"

struct cs_split_want {
	const char *folder; /* is there */
	int32_t day;        /* days since 1970-01-01 */
	const struct cs_record_format *format;
	const char *ending;             /* of the names: ".csv" */
	const struct cs_owners *owners; /* NULL: one file for all; borrowed */
	bool ipv6_apart;
};

struct cs_split;

enum { CS_SPLIT_WHY = 512 };

/*
 * Makes the files. @record says how rows look (.to is set here) and is borrowed: it
 * may be changed between rows. *@out is ended by exactly one of commit and abort.
 * CS_ERR_DENIED, CS_ERR_IO, CS_ERR_NOMEM; @why is one line, with the file
 */
CS_MUST_USE enum cs_err cs_split_open(const struct cs_split_want *want,
				      struct cs_record_out *record, struct cs_split **out,
				      char why[CS_SPLIT_WHY]);

/* Writes a row where it belongs. CS_ERR_IO, CS_ERR_NOMEM: commit will say why. */
CS_MUST_USE enum cs_err cs_split_row(struct cs_split *split, const struct cs_result *row,
				     const struct cs_enriched *enriched);

/* What was written so far. */
struct cs_split_counts {
	uint64_t rows;    /* that somebody has */
	uint64_t nobodys; /* that no owner's key matches */
	size_t files;
};
struct cs_split_counts cs_split_counted(const struct cs_split *split);

/* Whether a write has failed, which commit will say. NULL is allowed: no. */
bool cs_split_has_failed(const struct cs_split *split);

/* Puts all files into place. As cs_file_set_commit(), with @why. */
CS_MUST_USE enum cs_err cs_split_commit(struct cs_split *split, char why[CS_SPLIT_WHY]);
void cs_split_abort(struct cs_split *split);
