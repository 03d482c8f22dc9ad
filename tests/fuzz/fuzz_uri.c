/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a URI: an error has a reason; a URI's options are ascending,
 * within their lengths, and say the same when they are written as a URI again.
 */
#include <stdio.h>
#include <string.h>

#include "coap/option.h"
#include "coap/option_rule.h"
#include "coap/uri.h"
#include "fuzz.h"

enum { INPUT_MAX = 2048, OPTIONS_MAX = 3 * INPUT_MAX, TEXT_MAX_ = 8 * INPUT_MAX };

static size_t put_encoded(char *text, size_t at, struct cs_span value)
{
	for (size_t i = 0; i < value.len; i++)
		at += (size_t)snprintf(text + at, TEXT_MAX_ - at, "%%%02X", value.ptr[i]);
	return at;
}

/* RFC 7252 section 6.5: from options back to a URI, everything encoded. */
static size_t compose(struct cs_span options, char *text)
{
	size_t at = (size_t)snprintf(text, TEXT_MAX_, "coap://h");
	struct cs_opts w = cs_opts_over(options);
	struct cs_opt opt;
	uint32_t last = 0;

	while (cs_opts_next(&w, &opt)) {
		MUST(opt.number >= last && opt.value.len <= CS_URI_COMPONENT_MAX);
		MUST(opt.number == CS_OPT_URI_PATH || opt.number == CS_OPT_URI_QUERY);
		text[at++] = opt.number == CS_OPT_URI_PATH ? '/'
			     : last == CS_OPT_URI_QUERY    ? '&'
							   : '?';
		at = put_encoded(text, at, opt.value);
		last = opt.number;
	}
	MUST(w.fault == CS_FAULT_NONE);
	return at;
}

static struct cs_span options_of(const struct cs_uri *uri, uint8_t *room)
{
	struct cs_wr w = cs_wr_over(room, OPTIONS_MAX);

	(void)cs_uri_options(uri, &w, 0);
	MUST(!w.err);
	return cs_wr_done(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t room[OPTIONS_MAX], again[OPTIONS_MAX];
	static char text[TEXT_MAX_];
	uint8_t name[CS_URI_COMPONENT_MAX];
	struct cs_uri uri, back;
	const char *want = NULL;

	if (size > INPUT_MAX)
		return 0;
	if (cs_uri_read(cs_span_of(data, size), &uri, &want)) {
		MUST(want && strncmp(want, "want ", 5) == 0);
		return 0;
	}
	MUST(uri.port > 0 && uri.host.len > 0);
	MUST(uri.literal || cs_uri_host_name(&uri, name) > 0);

	struct cs_span options = options_of(&uri, room);
	size_t n = compose(options, text);

	/* A single empty segment is the path "/", which is no segment at all. */
	MUST(cs_uri_read(cs_span_of(text, n), &back, &want) == CS_OK);
	MUST(cs_span_eq(options_of(&back, again), options));
	return 0;
}
