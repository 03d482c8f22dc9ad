/* SPDX-License-Identifier: Apache-2.0 */
#include "out/prometheus.h"

#include <inttypes.h>

void cs_prometheus_begin(FILE *to, const char *name, const char *type, const char *help)
{
	(void)fprintf(to, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void cs_prometheus_one(FILE *to, const char *name, const char *type, const char *help,
		       uint64_t value)
{
	cs_prometheus_begin(to, name, type, help);
	(void)fprintf(to, "%s %" PRIu64 "\n", name, value);
}

void cs_prometheus_labelled(FILE *to, const char *name, const char *label,
			    const char *value, uint64_t n)
{
	(void)fprintf(to, "%s{%s=\"%s\"} %" PRIu64 "\n", name, label, value, n);
}
