/* SPDX-License-Identifier: Apache-2.0 */
#include "resources/write.h"

#include "coap/code.h"
#include "out/json.h"
#include "out/json_links.h"
#include "out/term.h"
#include "resources/write_table.h"

static void write_jsonl(FILE *to, const struct cs_listing *l)
{
	struct cs_json j = cs_json_to(to);
	char ip[CS_ADDR_TEXT], code[CS_CODE_TEXT];

	cs_addr_text(&l->peer.ip, ip);
	cs_code_text(l->code, code);
	cs_json_object(&j);
	cs_json_key(&j, "schema");
	cs_json_word(&j, "coapscope.resources/1");
	cs_json_key(&j, "uri");
	cs_json_string(&j, l->uri);
	cs_json_key(&j, "ip");
	cs_json_word(&j, ip);
	cs_json_key(&j, "port");
	cs_json_uint(&j, l->peer.port);
	cs_json_key(&j, "code");
	cs_json_word(&j, l->has_code ? code : NULL);
	cs_json_key(&j, "complete");
	cs_json_bool(&j, l->complete);
	cs_json_key(&j, "blocks");
	cs_json_uint(&j, l->blocks);
	cs_json_key(&j, "links");
	if (l->has_list)
		cs_json_links(&j, l->links);
	else
		cs_json_null(&j);
	cs_json_key(&j, "error");
	cs_json_word(&j, l->error[0] ? l->error : NULL);
	cs_json_object_end(&j);
	cs_json_line(&j);
}

/* One list a line, unless the device breaks lines itself. What has none is left out. */
static void write_links(const struct cs_list_out *out, const struct cs_listing *l)
{
	struct cs_span text = l->links;

	if (!l->has_list)
		return;
	if (out->terminal)
		cs_term_text(out->to, text);
	else if (text.len > 0)
		(void)fwrite(text.ptr, 1, text.len, out->to);
	if (out->terminal || text.len == 0 || text.ptr[text.len - 1] != '\n')
		(void)fputc('\n', out->to);
}

enum cs_err cs_list_write(struct cs_list_out *out, const struct cs_listing *l)
{
	enum cs_err err = CS_OK;

	switch (out->format) {
	case CS_LIST_TABLE:
		if (out->n > 0)
			(void)fputc('\n', out->to);
		err = cs_list_write_table(out, l);
		break;
	case CS_LIST_JSONL:
		write_jsonl(out->to, l);
		break;
	case CS_LIST_LINKS:
		write_links(out, l);
		break;
	}
	out->n++;
	return err;
}
