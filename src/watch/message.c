/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/message.h"

#include "coap/signal.h"
#include "coap/stream.h"

bool cs_message_option_next(struct cs_rd *options, struct cs_opt *out)
{
	struct cs_opt opt;

	if (cs_rd_left(options) == 0)
		return false;
	opt.number = cs_rd_u16(options);
	opt.value = cs_rd_take(options, cs_rd_u16(options));
	if (options->err)
		return false;
	*out = opt;
	return true;
}

static bool is_signal(const struct cs_post_message *message)
{
	return message->tcp && cs_code_is_signal(message->code);
}

const struct cs_opt_rule *cs_message_rule(const struct cs_post_message *message,
					  uint32_t number)
{
	return is_signal(message) ? cs_signal_option(message->code, number)
				  : cs_opt_rule_find(number);
}

const char *cs_message_option_name(const struct cs_post_message *message, uint32_t number)
{
	const struct cs_opt_rule *rule = cs_message_rule(message, number);

	if (is_signal(message))
		return rule ? rule->name : NULL;
	return cs_opt_name(number);
}

bool cs_message_option(const struct cs_post_message *message, uint32_t number,
		       struct cs_opt *out)
{
	struct cs_rd rd = cs_rd_over(message->options.ptr, message->options.len);
	struct cs_opt opt;

	while (!is_signal(message) && cs_message_option_next(&rd, &opt))
		if (opt.number == number) {
			*out = opt;
			return true;
		}
	return false;
}

static struct cs_span pack_options(struct cs_span tail,
				   uint8_t options[CS_MESSAGE_OPTIONS])
{
	struct cs_wr w = cs_wr_over(options, CS_MESSAGE_OPTIONS);
	struct cs_opts walk = cs_opts_over(tail);
	struct cs_opt opt;

	while (cs_opts_next(&walk, &opt)) {
		if (cs_wr_room(&w) < 4 + opt.value.len)
			break;
		cs_wr_u16(&w, (uint16_t)opt.number);
		cs_wr_u16(&w, (uint16_t)opt.value.len);
		cs_wr_span(&w, opt.value);
	}
	return cs_wr_done(&w);
}

static void tell(const struct cs_sight *sight, struct cs_span bytes, uint32_t stated,
		 uint8_t options[CS_MESSAGE_OPTIONS], struct cs_post_message *out)
{
	*out = (struct cs_post_message){
		.kind = sight->kind,
		.alien = sight->alien,
		.traits = sight->traits,
		.n_flaws = sight->n_flaws,
		.version = sight->msg.version,
		.type = (uint8_t)sight->msg.type,
		.code = sight->msg.code,
		.mid = sight->msg.mid,
		.token = sight->msg.token,
		.payload = sight->msg.payload,
		.payload_len = (uint32_t)sight->msg.payload.len,
		.options = pack_options(sight->msg.tail, options),
		.bytes = bytes,
		.len = stated,
	};
	memcpy(out->flaw, sight->flaw, sizeof(out->flaw));
}

static void read_datagram(struct cs_span bytes, bool part,
			  uint8_t options[CS_MESSAGE_OPTIONS],
			  struct cs_post_message *out)
{
	/* A byte more than there is: then its end is the sample's, and no fault. */
	struct cs_packet packet = { .kind = CS_PACKET_UDP,
				    .payload = bytes,
				    .payload_len = (uint32_t)bytes.len + part };
	struct cs_sight sight;

	cs_sight_read(&packet, &sight);
	tell(&sight, bytes, (uint32_t)bytes.len, options, out);
	out->part = part;
}

void cs_message_of(struct cs_span bytes, uint8_t options[CS_MESSAGE_OPTIONS],
		   struct cs_post_message *out)
{
	read_datagram(bytes, false, options, out);
}

void cs_message_of_sample(struct cs_span bytes, uint8_t options[CS_MESSAGE_OPTIONS],
			  struct cs_post_message *out)
{
	read_datagram(bytes, bytes.len >= CS_SAMPLE_MAX, options, out);
}

void cs_message_of_stream(struct cs_span bytes, uint8_t options[CS_MESSAGE_OPTIONS],
			  struct cs_post_message *out)
{
	struct cs_sight sight = { .kind = CS_SIGHT_ALIEN, .alien = cs_alien_of(bytes) };
	struct cs_flaw flaw;
	struct cs_msg msg;
	size_t used;
	enum cs_stream_step step = cs_stream_next(bytes, &msg, &used, &flaw);

	if (step == CS_STREAM_MESSAGE || step == CS_STREAM_WRONG ||
	    (step == CS_STREAM_MORE && cs_stream_begun(bytes, &msg)))
		cs_sight_of_stream(&msg, &flaw, bytes, &sight);
	tell(&sight, bytes, (uint32_t)bytes.len, options, out);
	out->tcp = true;
}
