/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judged: judgements that were made, for answers that were seen before: most
 * devices of a kind say the same. An answer is known again by a keyed 128-bit
 * hash of all that cs_judge() may look at. Bounded: when it is full it begins
 * anew. One thread.
 */
#pragma once

#include "base/siphash.h"
#include "enrich/judge.h"

enum {
	CS_JUDGED_MOST = 65536, /* judgements that are kept; 1 KiB each at most */
	CS_JUDGED_AT_ONCE = 64, /* rows a look-up at most */
};

struct cs_judged;

/* CS_ERR_NOMEM, CS_ERR_IO (no random key) */
CS_MUST_USE enum cs_err cs_judged_open(enum cs_judge_by by, struct cs_judged **out);
void cs_judged_close(struct cs_judged *judged);

/*
 * Says that at most @n (to CS_JUDGED_MOST) answers are looked up until the next
 * call of this; what cs_judged_find() gave before is gone.
 */
void cs_judged_begin(struct cs_judged *judged, size_t n);

/*
 * What cs_judge() says of each of @n @rows (to CS_JUDGED_AT_ONCE), made now or
 * kept, into @out. Lives until cs_judged_begin(). CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_judged_find(struct cs_judged *judged,
				       const struct cs_result *rows,
				       const struct cs_judgement **out, size_t n);

/* How many are kept now. */
size_t cs_judged_count(const struct cs_judged *judged);

/*
 * Of all of @result but its address, ports, times and Message ID, of which no
 * judgement may depend: devices of a kind differ in them.
 */
struct cs_sip128 cs_judged_hash(const struct cs_sipkey *key,
				const struct cs_result *result);
