/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/counts.h"

/* One a message and kind, however often it stands in it. */
static void count_flaws(struct cs_track_counts *counts, const struct cs_sight *sight)
{
	uint32_t seen = 0;

	for (size_t i = 0; i < sight->n_flaws; i++) {
		enum cs_fault fault = sight->flaw[i].fault;

		if (seen & UINT32_C(1) << fault)
			continue;
		seen |= UINT32_C(1) << fault;
		counts->faults[fault]++;
	}
	if (sight->traits & CS_SIGHT_FORMAT_ERROR)
		counts->format_errors++;
}

static void count_traits(struct cs_track_counts *counts, const struct cs_sight *sight)
{
	if (sight->traits & CS_SIGHT_EXTENDED_TOKEN)
		counts->extended_token++;
	if (sight->traits & CS_SIGHT_CRITICAL)
		counts->unknown_critical++;
	if (sight->traits & CS_SIGHT_ELECTIVE)
		counts->unknown_elective++;
}

static void count_kind(struct cs_track_counts *counts, const struct cs_sight *sight)
{
	switch (sight->kind) {
	case CS_SIGHT_REQUEST:
		counts->requests++;
		break;
	case CS_SIGHT_RESPONSE:
		counts->responses++;
		break;
	case CS_SIGHT_EMPTY:
		counts->empty++;
		break;
	case CS_SIGHT_RESERVED:
		counts->reserved_class++;
		break;
	case CS_SIGHT_BROKEN:
	case CS_SIGHT_VERSION:
	case CS_SIGHT_ALIEN:
		break;
	}
}

void cs_counts_datagram(struct cs_track_counts *counts, const struct cs_sight *sight)
{
	if (sight->kind == CS_SIGHT_ALIEN) {
		counts->alien[sight->alien]++;
		return;
	}
	if (sight->kind == CS_SIGHT_VERSION) {
		counts->version_other++;
		return;
	}
	counts->coap++;
	count_kind(counts, sight);
	count_flaws(counts, sight);
	count_traits(counts, sight);
}

void cs_counts_stream(struct cs_track_counts *counts, const struct cs_sight *sight)
{
	counts->coap_tcp++;
	count_flaws(counts, sight);
	count_traits(counts, sight);
}
