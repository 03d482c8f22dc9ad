/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/write_eve_coap.h"

#include "coap/block.h"
#include "coap/code.h"
#include "coap/option_rule.h"
#include "watch/message.h"

static const char *kind_name(enum cs_sight_kind kind)
{
	switch (kind) {
	case CS_SIGHT_REQUEST:
		return "request";
	case CS_SIGHT_RESPONSE:
		return "response";
	case CS_SIGHT_EMPTY:
		return "empty";
	case CS_SIGHT_RESERVED:
		return "reserved";
	case CS_SIGHT_VERSION:
		return "version";
	case CS_SIGHT_BROKEN:
		return "broken";
	case CS_SIGHT_ALIEN:
		break;
	}
	return "not_coap";
}

static const char *way_name(enum cs_track_way way)
{
	switch (way) {
	case CS_WAY_IN:
		return "in";
	case CS_WAY_OUT:
		return "out";
	case CS_WAY_INSIDE:
		return "inside";
	case CS_WAY_UNKNOWN:
		break;
	}
	return NULL;
}

/* --- header --- */

static void put_header(struct cs_json *j, const struct cs_post_message *m)
{
	char code[CS_CODE_TEXT];

	cs_code_text(m->code, code);
	cs_json_put_uint(j, "version", m->version);
	cs_json_put_word(j, "type",
			 m->tcp ? NULL : cs_type_name((enum cs_type)(m->type & 3)));
	cs_json_put_word(j, "code", code);
	cs_json_put_word(j, "code_name", cs_code_name(m->code));
	cs_json_put_uint_if(j, "mid", !m->tcp, m->mid);
	cs_json_key(j, "token");
	cs_json_hex(j, m->token);
}

/* --- options --- */

static void put_each(struct cs_json *j, const char *key, const struct cs_post_message *m,
		     uint32_t number)
{
	struct cs_rd rd = cs_rd_over(m->options.ptr, m->options.len);
	struct cs_opt opt;

	cs_json_key(j, key);
	cs_json_array(j);
	while (cs_message_option_next(&rd, &opt))
		if (opt.number == number)
			cs_json_string(j, opt.value);
	cs_json_array_end(j);
}

/* A number, or null where the option is not there or not one. */
static void put_number(struct cs_json *j, const char *key,
		       const struct cs_post_message *m, uint32_t number)
{
	struct cs_opt opt;
	uint32_t n;

	cs_json_key(j, key);
	if (cs_message_option(m, number, &opt) && cs_opt_uint(opt.value, &n))
		cs_json_uint(j, n);
	else
		cs_json_null(j);
}

static void put_block(struct cs_json *j, const char *key, const struct cs_post_message *m,
		      uint32_t number)
{
	struct cs_block block;
	struct cs_opt opt;

	cs_json_key(j, key);
	if (!cs_message_option(m, number, &opt) || cs_block_read(opt.value, &block)) {
		cs_json_null(j);
		return;
	}
	cs_json_object(j);
	cs_json_put_uint(j, "num", block.num);
	cs_json_put_bool(j, "more", block.more);
	cs_json_put_uint(j, "size", cs_block_size(block.szx));
	cs_json_object_end(j);
}

static void put_options(struct cs_json *j, const struct cs_post_message *m)
{
	struct cs_rd rd = cs_rd_over(m->options.ptr, m->options.len);
	struct cs_opt opt;

	cs_json_key(j, "options");
	cs_json_array(j);
	while (cs_message_option_next(&rd, &opt)) {
		cs_json_object(j);
		cs_json_put_uint(j, "number", opt.number);
		cs_json_put_word(j, "name", cs_message_option_name(m, opt.number));
		cs_json_key(j, "value_hex");
		cs_json_hex(j, opt.value);
		cs_json_object_end(j);
	}
	cs_json_array_end(j);
}

static void put_fields(struct cs_json *j, const struct cs_post_message *m)
{
	put_header(j, m);
	put_each(j, "uri_path", m, CS_OPT_URI_PATH);
	put_each(j, "uri_query", m, CS_OPT_URI_QUERY);
	put_number(j, "observe", m, CS_OPT_OBSERVE);
	put_number(j, "content_format", m, CS_OPT_CONTENT_FORMAT);
	put_block(j, "block1", m, CS_OPT_BLOCK1);
	put_block(j, "block2", m, CS_OPT_BLOCK2);
	put_options(j, m);
	cs_json_put_uint_if(j, "payload_len",
			    m->payload.len > 0 || m->bytes.len == m->len, m->payload_len);
}

/* --- DTLS --- */

static void put_dtls(struct cs_json *j, const struct cs_message_dtls *dtls)
{
	cs_json_key(j, "dtls");
	cs_json_object(j);
	cs_json_put_word(j, "version", dtls->version);
	cs_json_key(j, "records");
	cs_json_array(j);
	for (size_t i = 0; i < dtls->n; i++)
		cs_json_word(j, dtls->record[i]);
	cs_json_array_end(j);
	cs_json_put_text(j, "server_name", dtls->server_name);
	cs_json_put_text(j, "psk_identity", dtls->psk_identity);
	cs_json_put_text(j, "psk_hint", dtls->psk_hint);
	cs_json_key(j, "connection_id_hex");
	cs_json_hex(j, dtls->cid);
	cs_json_object_end(j);
}

/* --- what is wrong, and what came before --- */

static void put_faults(struct cs_json *j, const struct cs_post_message *m)
{
	cs_json_key(j, "faults");
	cs_json_array(j);
	for (unsigned i = 0; i < m->n_flaws && i < CS_SIGHT_FLAWS; i++) {
		cs_json_object(j);
		cs_json_put_word(j, "reason", cs_fault_name(m->flaw[i].fault));
		cs_json_put_uint(j, "offset", m->flaw[i].at);
		cs_json_put_word(j, "text", cs_fault_text(m->flaw[i].fault));
		cs_json_put_word(j, "reference", cs_fault_reference(m->flaw[i].fault));
		cs_json_object_end(j);
	}
	cs_json_array_end(j);
}

static void put_matching(struct cs_json *j, const struct cs_post_message *m)
{
	cs_json_put_bool(j, "repeated", m->again);
	cs_json_put_bool(j, "matched", m->matched);
	if (!m->matched)
		return;
	cs_json_key(j, "request_time");
	cs_json_time(j, m->request_us);
	cs_json_put_uint(j, "request_len", m->request_len);
	if (m->wall_us >= m->request_us) {
		cs_json_key(j, "response_ms");
		cs_json_fixed(j, (uint64_t)(m->wall_us - m->request_us), 3);
	}
}

void cs_write_eve_coap(struct cs_json *j, const struct cs_post_message *m)
{
	bool alien = m->kind == CS_SIGHT_ALIEN;
	struct cs_message_dtls dtls;

	cs_json_object(j);
	cs_json_put_word(j, "kind", kind_name(m->kind));
	if (alien)
		cs_json_put_word(j, "not_coap", cs_alien_name(m->alien));
	else if (m->kind != CS_SIGHT_BROKEN)
		put_fields(j, m);
	if (cs_message_dtls(m, &dtls))
		put_dtls(j, &dtls);
	put_faults(j, m);
	cs_json_put_word(j, "way", way_name(m->way));
	cs_json_put_bool(j, "secure", m->secure);
	cs_json_put_bool(j, "multicast", m->to_group);
	cs_json_put_uint(j, "ttl", m->hop_limit);
	cs_json_put_uint(j, "len", m->len);
	put_matching(j, m);
	cs_json_object_end(j);
}
