/* SPDX-License-Identifier: Apache-2.0 */
/* Which observations made a class, those that weigh most first. */
#include "watch/case.h"

/* Kinds first..last speak for @class_; earlier rows weigh more. */
struct reason {
	enum cs_class class_;
	unsigned first, last;
};

enum { FAULTS = CS_OBS_FAULT, FAULTS_END = CS_OBS_KINDS - 1 };

/* clang-format off */
static const struct reason reasons[] = {
	{ CS_CLASS_H, CS_OBS_OWN_ANSWER, CS_OBS_PEER },
	{ CS_CLASS_H, CS_OBS_GROUP, CS_OBS_GROUP },
	{ CS_CLASS_H, CS_OBS_ACKED, CS_OBS_CONNECTED },
	{ CS_CLASS_G, CS_OBS_BACKSCATTER, CS_OBS_BACKSCATTER_ICMP },
	{ CS_CLASS_C1, CS_OBS_AMPLIFIED, CS_OBS_AMPLIFIED },
	{ CS_CLASS_C1, CS_OBS_RESETS, CS_OBS_UNREACHABLE },
	{ CS_CLASS_C1, CS_OBS_DISCOVERY, CS_OBS_BLOCK_LARGE },
	{ CS_CLASS_C1, CS_OBS_MARK_ZMAP, CS_OBS_MARK_PLAIN },
	{ CS_CLASS_F, CS_OBS_SILENCED, CS_OBS_SILENCED },
	{ CS_CLASS_F, FAULTS, FAULTS_END },
	{ CS_CLASS_F, CS_OBS_VERSION, CS_OBS_VERSION },
	{ CS_CLASS_F, CS_OBS_BIG, CS_OBS_UNKNOWN_CRITICAL },
	{ CS_CLASS_D, CS_OBS_WRITE_DONE, CS_OBS_PROXIED },
	{ CS_CLASS_D, CS_OBS_WRITE, CS_OBS_PROXY },
	{ CS_CLASS_E, CS_OBS_SENSITIVE, CS_OBS_SENSITIVE },
	{ CS_CLASS_E, CS_OBS_READ, CS_OBS_READ },
	{ CS_CLASS_E, CS_OBS_ANSWERED_404, CS_OBS_ANSWERED_404 },
	{ CS_CLASS_C2, CS_OBS_MARK_AMPLIFIER, CS_OBS_MARK_BANNER },
	{ CS_CLASS_C2, CS_OBS_BLOCK_LARGE, CS_OBS_BLOCK_LARGE },
	{ CS_CLASS_C2, CS_OBS_READ, CS_OBS_SENSITIVE },
	{ CS_CLASS_B, CS_OBS_DISCOVERY, CS_OBS_PING },
	{ CS_CLASS_B, CS_OBS_MARK_ZMAP, CS_OBS_MARK_MASSCAN },
	{ CS_CLASS_B, CS_OBS_TCP, CS_OBS_TCP },
	{ CS_CLASS_I, CS_OBS_ALIEN, CS_OBS_FAULT - 1 },
};
/* clang-format on */

static bool is_listed(const struct cs_finding *finding, uint8_t kind)
{
	for (size_t i = 0; i < finding->n_because; i++) {
		if (finding->because[i] == kind)
			return true;
	}
	return false;
}

static void add_range(const struct cs_source *source, unsigned first, unsigned last,
		      struct cs_finding *finding)
{
	for (size_t i = 0; i < source->n_obs; i++) {
		uint8_t kind = source->obs[i].kind;

		if (source->obs[i].count > 0 && kind >= first && kind <= last &&
		    !is_listed(finding, kind) && finding->n_because < CS_SOURCE_OBS)
			finding->because[finding->n_because++] = kind;
	}
}

static void leave_out(struct cs_finding *finding, uint8_t kind)
{
	uint8_t n = 0;

	for (size_t i = 0; i < finding->n_because; i++) {
		if (finding->because[i] != kind)
			finding->because[n++] = finding->because[i];
	}
	finding->n_because = n;
}

/*
 * First what made the class, then all else that was seen; but no "repeats slower and slower" of
 * who repeats himself with one Message ID.
 */
void cs_case_because(const struct cs_case *c, struct cs_finding *finding)
{
	for (size_t i = 0; i < CS_LEN(reasons); i++) {
		if (reasons[i].class_ == finding->primary)
			add_range(c->source, reasons[i].first, reasons[i].last, finding);
	}
	add_range(c->source, 0, CS_OBS_KINDS - 1, finding);
	if (c->one_mid)
		leave_out(finding, CS_OBS_RETRIED);
}
