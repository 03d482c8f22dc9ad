/* SPDX-License-Identifier: Apache-2.0 */
/* What the options of one message say, in one walk. */
#include "coap/block.h"
#include "coap/code.h"
#include "coap/option_rule.h"
#include "watch/hash.h"
#include "watch/sight_parts.h"

enum {
	OBSERVE_REGISTER = 0,
	OBSERVE_CANCEL = 1,
	SZX_LARGEST = 6,
};

/* The walk's own state. */
struct walk {
	struct cs_sight *sight;
	bool asks;          /* it is a request */
	uint64_t target;    /* hash so far */
	unsigned segments;  /* of Uri-Path, so far */
	bool leads_to_core; /* they are those of /.well-known/core so far */
	bool first_is_number;
	bool hidden; /* OSCORE has method and target inside (RFC 8613 section 4.1) */
};

static void set(struct walk *walk, enum cs_sight_trait trait)
{
	walk->sight->traits |= trait;
}

/* /1/0, /5/0/1: LwM2M addresses everything by numbers. */
static void take_segment(struct walk *walk, struct cs_span segment)
{
	static const struct cs_span core[] = { { (const uint8_t *)".well-known", 11 },
					       { (const uint8_t *)"core", 4 } };
	unsigned at = walk->segments++;

	walk->leads_to_core =
		walk->leads_to_core && at < CS_LEN(core) && cs_span_eq(segment, core[at]);
	if (cs_sight_is_sensitive(segment))
		set(walk, CS_SIGHT_SENSITIVE);
	if (at == 0)
		walk->first_is_number = cs_sight_is_number(segment);
	if (at == 1 && walk->first_is_number && cs_sight_is_number(segment))
		set(walk, CS_SIGHT_SENSITIVE);
}

/* Registration and its end are for GET and FETCH (RFC 7641, RFC 8132). */
static void take_observe(struct walk *walk, struct cs_span value)
{
	uint8_t code = walk->sight->msg.code;
	uint32_t number;

	if (cs_code_is_response(code))
		set(walk, CS_SIGHT_NOTIFIES);
	if ((code != CS_CODE_GET && code != CS_CODE_FETCH) ||
	    !cs_opt_uint(value, &number))
		return;
	if (number == OBSERVE_REGISTER)
		set(walk, CS_SIGHT_OBSERVES);
	else if (number == OBSERVE_CANCEL)
		set(walk, CS_SIGHT_CANCELS);
}

static void take_block2(struct walk *walk, struct cs_span value)
{
	struct cs_block block;

	if (cs_block_read(value, &block))
		return;
	walk->sight->block_num = block.num;
	walk->sight->block_szx = block.szx;
	if (!walk->asks && block.more)
		set(walk, CS_SIGHT_MORE);
	if (walk->asks && block.num > 0)
		set(walk, CS_SIGHT_LATER_BLOCK);
	if (walk->asks && block.num == 0 && block.szx == SZX_LARGEST)
		set(walk, CS_SIGHT_LARGEST);
}

static void take_target(struct walk *walk, const struct cs_opt *opt)
{
	walk->target = cs_hash_bytes(cs_hash_word(walk->target, opt->number), opt->value);
	if (opt->number == CS_OPT_URI_PATH)
		take_segment(walk, opt->value);
	if (opt->number == CS_OPT_PROXY_URI || opt->number == CS_OPT_PROXY_SCHEME)
		set(walk, CS_SIGHT_PROXIES);
}

static void take_unknown(struct walk *walk, uint32_t number)
{
	if (!cs_opt_rule_find(number))
		set(walk,
		    cs_opt_is_critical(number) ? CS_SIGHT_CRITICAL : CS_SIGHT_ELECTIVE);
}

static void take(struct walk *walk, const struct cs_opt *opt)
{
	switch (opt->number) {
	case CS_OPT_URI_HOST:
	case CS_OPT_URI_PATH:
	case CS_OPT_PROXY_URI:
	case CS_OPT_PROXY_SCHEME:
		if (walk->asks)
			take_target(walk, opt);
		break;
	case CS_OPT_OBSERVE:
		take_observe(walk, opt->value);
		break;
	case CS_OPT_BLOCK2:
		take_block2(walk, opt->value);
		break;
	case CS_OPT_BLOCK1:
		if (walk->asks)
			set(walk, CS_SIGHT_BODY_BLOCK);
		break;
	case CS_OPT_OSCORE:
		walk->hidden = walk->asks;
		break;
	case CS_OPT_ECHO:
		walk->sight->echo = opt->value;
		set(walk, CS_SIGHT_ECHO);
		break;
	default:
		take_unknown(walk, opt->number);
		break;
	}
}

static void conclude(const struct walk *walk)
{
	struct cs_sight *sight = walk->sight;
	bool core = walk->leads_to_core && walk->segments == 2 &&
		    !(sight->traits & CS_SIGHT_PROXIES);

	if (core)
		sight->traits |= CS_SIGHT_WELL_KNOWN;
	sight->path = core ? CS_SIGHT_CORE : cs_hash_end(walk->target);
	if (!walk->hidden)
		return;
	sight->path = 0;
	sight->traits &= ~(uint32_t)CS_SIGHT_WRITES;
}

void cs_sight_options(struct cs_sight *sight)
{
	struct cs_opts w = cs_opts_over(sight->msg.tail);
	struct walk walk = { .sight = sight,
			     .asks = cs_code_is_request(sight->msg.code),
			     .leads_to_core = true };
	struct cs_opt opt;

	while (cs_opts_next(&w, &opt))
		take(&walk, &opt);
	if (walk.asks)
		conclude(&walk);
}
