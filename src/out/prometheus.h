/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prometheus: metrics in Prometheus' text format 0.0.4. Names, labels and help are this
 * program's own words, never a stranger's. Write errors are left in the stream.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

/* What samples of one metric begin with. @type: "counter" or "gauge". */
void cs_prometheus_begin(FILE *to, const char *name, const char *type, const char *help);

/* A metric of one sample. */
void cs_prometheus_one(FILE *to, const char *name, const char *type, const char *help,
		       uint64_t value);

/* One of several samples, told apart by one label. */
void cs_prometheus_labelled(FILE *to, const char *name, const char *label,
			    const char *value, uint64_t n);
