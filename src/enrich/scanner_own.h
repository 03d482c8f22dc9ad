/* SPDX-License-Identifier: Apache-2.0 */
/* scanner_own: what the files of scanner.h share. */
#pragma once

#include "enrich/scanner.h"

/* The kind of the one whose name stands in a list's @title; "list": nobody's does. */
struct cs_span cs_scanner_kind_of(struct cs_span title);
