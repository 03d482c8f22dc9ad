/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/message.h"

#include "wire/dtls_record.h"

/* Of several the first. */
static void keep(struct cs_span *out, struct cs_span value)
{
	if (out->len == 0)
		*out = value;
}

static void take(struct cs_message_dtls *out, const struct cs_dtls_record *record)
{
	const char *version =
		record->type == 0 ? "1.3"
				  : /* only that one has the header without a version */
			cs_dtls_version(record->hello ? record->hello : record->version);

	if (!out->version || record->hello)
		out->version = version;
	out->record[out->n++] = cs_dtls_text(record);
	keep(&out->server_name, record->server_name);
	keep(&out->psk_identity, record->psk_identity);
	keep(&out->psk_hint, record->psk_hint);
	keep(&out->cid, record->cid);
}

bool cs_message_dtls(const struct cs_post_message *message, struct cs_message_dtls *out)
{
	struct cs_rd rd = cs_rd_over(message->bytes.ptr, message->bytes.len);
	struct cs_dtls_record record;

	*out = (struct cs_message_dtls){ 0 };
	if (message->kind != CS_SIGHT_ALIEN || message->alien != CS_ALIEN_DTLS)
		return false;
	while (out->n < CS_MESSAGE_RECORDS && cs_dtls_next(&rd, &record))
		take(out, &record);
	return out->n > 0;
}
