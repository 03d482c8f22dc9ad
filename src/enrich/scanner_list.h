/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scanner_list: the text of one list of scanners, in the forms that scanner.h names.
 * No files: bytes in, prefixes out.
 */
#pragma once

#include "base/addr.h"
#include "enrich/scanner.h"

/* What a list says of itself. Text is borrowed from its bytes, or kept by .keep. */
struct cs_scanner_head {
	struct cs_span name; /* empty: it has none */
	int64_t date_us;     /* 0: it has none */
};

/* Why a list could not be read. Borrowed from it. */
struct cs_scanner_fault {
	uint64_t line;  /* from 1; 0: as a whole */
	uint64_t entry; /* of a JSON list, from 1; 0: not an entry's fault */
	char bad[96];   /* encoded; may be empty */
	const char *want;
};

struct cs_scanner_sink {
	void *arg;
	/* One entry; @name is that of this prefix alone, or empty. For the call. */
	enum cs_err (*prefix)(void *arg, const struct cs_prefix *prefix,
			      struct cs_span name);
	/* Once, at the end. For the call. */
	enum cs_err (*head)(void *arg, const struct cs_scanner_head *head);
};

/*
 * Reads all of @text and hands it to @sink; on error what was handed over is of no use.
 * CS_ERR_FOREIGN  none of the forms
 * CS_ERR_SYNTAX, CS_ERR_RANGE  an entry: see @fault
 * CS_ERR_NOMEM, and what @sink gives
 */
CS_MUST_USE enum cs_err cs_scanner_list_read(struct cs_span text,
					     const struct cs_scanner_sink *sink,
					     struct cs_scanner_fault *fault);

/* The parts: JSON, and lines of text. */
CS_MUST_USE enum cs_err cs_scanner_misp_read(struct cs_span text,
					     const struct cs_scanner_sink *sink,
					     struct cs_scanner_fault *fault);
CS_MUST_USE enum cs_err cs_scanner_text_read(struct cs_span text,
					     const struct cs_scanner_sink *sink,
					     struct cs_scanner_fault *fault);

/* An entry as both forms have it: ADDRESS or ADDRESS/BITS, wide ones refused. */
CS_MUST_USE enum cs_err cs_scanner_prefix_read(struct cs_span text, struct cs_prefix *out,
					       struct cs_scanner_fault *fault);

/*
 * The latest day that stands somewhere in @text as 2026-08-20 or 2026/08/20, of the
 * years 2000 to 2099; 0: none.
 */
int64_t cs_scanner_date_in(struct cs_span text);

/* @text without blanks at its ends. */
struct cs_span cs_scanner_trim(struct cs_span text);
