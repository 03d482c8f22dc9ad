/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prober_rates: rules whose rates are so small that a short burst shows them. What a
 * rate would let pass in an hour says nothing of whether it decides; that it does shows
 * when the first packets fare differently from the later ones.
 */
#pragma once

#include "protect/rules_listing.h"

/* The rules with small rates. */
struct cs_prober_scaled {
	bool any; /* a rate decides something */
};
