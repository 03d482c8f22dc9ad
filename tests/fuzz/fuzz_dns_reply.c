/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DNS messages. An input's first bytes are the address that was asked for: 16
 * of them, then the message. What is read keeps the bounds, whatever is in it.
 */
#include "fuzz.h"

#include "enrich/dns_reply.h"

static bool is_plain(const char *text, size_t len)
{
	size_t label = 0;

	for (size_t i = 0; i < len; i++) {
		label = text[i] == '.' ? 0 : label + 1;
		if (text[i] <= ' ' || text[i] > '~' || text[i] == '\\' || label > 63)
			return false;
		if (text[i] == '.' && (i == 0 || i + 1 == len || text[i + 1] == '.'))
			return false;
	}
	return true;
}

static void check(const struct cs_dns_reply *reply)
{
	MUST((reply->name_len > 0) == (reply->verdict == CS_DNS_NAMED));
	MUST(reply->name_len < CS_DNS_TEXT && is_plain(reply->name, reply->name_len));
	if (reply->verdict > CS_DNS_MISNAMED) {
		MUST(reply->ttl_s == 0);
		return;
	}
	MUST(reply->ttl_s >= CS_DNS_TTL_MIN_S);
	MUST(reply->ttl_s <= (reply->verdict == CS_DNS_NAMELESS
				      ? CS_DNS_TTL_MAX_NEGATIVE_S
				      : CS_DNS_TTL_MAX_S));
}

/* A name that was read stands for itself: it reads the same again, alone. */
static void check_names(struct cs_span message)
{
	struct cs_rd rd = cs_rd_over(message.ptr, message.len);

	while (cs_rd_left(&rd) > 0) {
		struct cs_dns_name name, again;
		size_t began = rd.pos;

		cs_dns_name_read(&rd, &name);
		MUST(rd.pos <= message.len && name.len <= CS_DNS_NAME_MAX);
		if (rd.err)
			return;
		MUST(rd.pos > began && name.len > 0 && name.wire[name.len - 1] == 0);

		struct cs_rd alone = cs_rd_over(name.wire, name.len);

		cs_dns_name_read(&alone, &again);
		MUST(!alone.err && alone.pos == name.len);
		MUST(cs_dns_name_eq(&name, &again));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_dns_reply reply;
	struct cs_addr ip;
	struct cs_rd rd = cs_rd_over(data, size);

	cs_rd_copy(&rd, ip.b, sizeof(ip.b));
	if (rd.err)
		return 0;

	struct cs_span message = cs_rd_take(&rd, cs_rd_left(&rd));

	cs_dns_reply_read(message, &ip, &reply);
	check(&reply);
	check_names(message);
	return 0;
}
