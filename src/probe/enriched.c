/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/enriched.h"

static const char *const names[CS_SEVERITIES] = {
	[CS_SEVERITY_INFO] = "info",         [CS_SEVERITY_LOW] = "low",
	[CS_SEVERITY_MEDIUM] = "medium",     [CS_SEVERITY_HIGH] = "high",
	[CS_SEVERITY_CRITICAL] = "critical",
};

const char *cs_severity_name(enum cs_severity severity)
{
	return names[severity];
}

bool cs_severity_read(struct cs_span text, enum cs_severity *out)
{
	for (size_t i = 0; i < CS_SEVERITIES; i++) {
		if (!cs_span_eq(text, cs_span_str(names[i])))
			continue;
		*out = (enum cs_severity)i;
		return true;
	}
	return false;
}
