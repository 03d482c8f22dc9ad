/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge: what the answers alone say of a device: its stack and family, what is
 * exposed, how bad that is and why. Two tables, a rule a row with its reason:
 * stack_rule.c and exposure_rule.c. Pure: no I/O, no clock, no allocation.
 */
#pragma once

#include "probe/enriched.h"
#include "probe/reading.h"

enum { CS_JUDGE_BECAUSE = 256, CS_JUDGE_TAGS = 256 };

/* Room for the texts of one judgement that are made up of pieces. */
struct cs_judge_room {
	char stack_because[CS_JUDGE_BECAUSE];
	char severity_because[CS_JUDGE_BECAUSE];
	char tags[CS_JUDGE_TAGS];
};

/* --severity */
enum cs_judge_by {
	CS_JUDGE_OWN,         /* from amplification and from what is exposed */
	CS_JUDGE_SHADOWSERVER /* their flat medium */
};

/*
 * Judges one result. Spans of @out are static or point into @room. Nothing of
 * the device's bytes gets into them but through printable ASCII. A row of a report is judged like
 * any other; its tags are kept as they came by the caller.
 */
void cs_judge(const struct cs_result *result, const struct cs_reading *reading,
	      enum cs_judge_by by, struct cs_judge_room *room, struct cs_judgement *out);
