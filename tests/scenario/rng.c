/* SPDX-License-Identifier: Apache-2.0 */
#include "rng.h"

/* Sixteen equally likely steps of the exponential distribution, in thousandths. */
static const uint16_t quantiles[] = { 32,  98,  170,  247,  330,  421,  521,  633,
				      758, 903, 1068, 1273, 1520, 1856, 2367, 3466 };

int64_t rng_gap(struct rng *r, int64_t mean_us)
{
	int64_t step = RNG_PICK(r, quantiles);
	int64_t jitter = (int64_t)rng_below(r, 61) - 30;

	return mean_us * (step * 100 + step * jitter) / 100000 + 1;
}
