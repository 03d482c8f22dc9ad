/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/counters.h"

const char *cs_reject_name(enum cs_reject cause)
{
	static const char *const names[CS_REJECT_COUNT] = {
		[CS_REJECT_SCOPE] = "out_of_scope",
		[CS_REJECT_LOCAL_PORT] = "wrong_port",
		[CS_REJECT_NOT_PROBED] = "not_probed",
		[CS_REJECT_LATE] = "late",
		[CS_REJECT_MID] = "wrong_mid",
		[CS_REJECT_REQUEST] = "not_an_answer",
		[CS_REJECT_UNCONFIRMED] = "unconfirmed",
	};

	return names[cause];
}

uint64_t cs_counted_rejects(const struct cs_counters *counters)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < CS_REJECT_COUNT; i++)
		sum += cs_counted(&counters->rejected[i]);
	return sum;
}
