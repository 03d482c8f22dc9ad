/* SPDX-License-Identifier: Apache-2.0 */
/*
 * neighbour: the kernel's table of hardware addresses. route.h has the
 * question that a scan asks of it; here is what room asks besides.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * How many entries the family's table has that count towards its limit.
 * CS_ERR_IO
 */
CS_MUST_USE enum cs_err cs_neighbour_count(bool v6, uint64_t *n);
