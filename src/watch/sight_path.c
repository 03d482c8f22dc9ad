/* SPDX-License-Identifier: Apache-2.0 */
/* Paths that lead to management, firmware or configuration; and targets as text. */
#include "coap/option_rule.h"
#include "watch/sight_parts.h"

/*
 * Whole segments, in lower case, those of each length in one row: LwM2M's bootstrap,
 * registration and resource directory (RFC 9176), OCF; firmware; configuration, and what
 * opens doors.
 */
static const char *const sensitive[] = {
	[2] = "bs"
	      "rd"
	      "oc"
	      "fw",
	[3] = "oic"
	      "ota"
	      "dfu"
	      "cfg",
	[4] = "suit"
	      "conf"
	      "keys"
	      "wifi",
	[5] = "flash"
	      "setup"
	      "admin",
	[6] = "update"
	      "config"
	      "passwd"
	      "secret",
	[7] = "upgrade",
	[8] = "firmware"
	      "settings"
	      "password",
	[11] = "credentials",
	[13] = "configuration",
};

static bool equals(struct cs_span segment, const char *word)
{
	for (size_t i = 0; i < segment.len; i++) {
		uint8_t c = segment.ptr[i];

		if ((c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) != word[i])
			return false;
	}
	return true;
}

bool cs_sight_is_sensitive(struct cs_span segment)
{
	const char *word =
		segment.len < CS_LEN(sensitive) ? sensitive[segment.len] : NULL;

	for (; word && *word; word += segment.len)
		if (equals(segment, word))
			return true;
	return false;
}

bool cs_sight_is_number(struct cs_span segment)
{
	enum { DIGITS_MAX = 5 }; /* 65535 */

	if (segment.len == 0 || segment.len > DIGITS_MAX)
		return false;
	for (size_t i = 0; i < segment.len; i++) {
		if (segment.ptr[i] < '0' || segment.ptr[i] > '9')
			return false;
	}
	return true;
}

/* As much of @bytes as there is room for. */
static void put(struct cs_wr *w, struct cs_span bytes)
{
	size_t room = cs_wr_room(w);

	cs_wr_bytes(w, bytes.ptr, bytes.len < room ? bytes.len : room);
}

static void put_text(struct cs_wr *w, const char *text)
{
	put(w, cs_span_str(text));
}

static void put_path(struct cs_wr *w, const struct cs_msg *msg)
{
	struct cs_opts walk = cs_opts_over(msg->tail);
	const char *before = "?";
	struct cs_opt opt;

	while (cs_opts_next(&walk, &opt)) {
		if (opt.number == CS_OPT_URI_PATH) {
			put_text(w, "/");
			put(w, opt.value);
		} else if (opt.number == CS_OPT_URI_QUERY) {
			put_text(w, w->pos == 0 ? "/" : "");
			put_text(w, before);
			put(w, opt.value);
			before = "&";
		}
	}
	put_text(w, w->pos == 0 ? "/" : "");
}

size_t cs_sight_target(const struct cs_msg *msg, uint8_t *out, size_t cap)
{
	struct cs_wr w = cs_wr_over(out, cap);
	struct cs_opt proxy;

	if (cs_msg_option(msg, CS_OPT_PROXY_URI, &proxy))
		put(&w, proxy.value);
	else
		put_path(&w, msg);
	return w.pos;
}
