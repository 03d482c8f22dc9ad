/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/enrich_options.h"

#include "base/addr.h"
#include "base/num.h"

const char *const cs_enrich_severities[] = { "own", "shadowserver", NULL };

static bool is_port(struct cs_span text)
{
	uint64_t port;

	return cs_num_u64(text, 1, UINT16_MAX, &port);
}

bool cs_enrich_resolver(struct cs_span text, void *to)
{
	const uint8_t *end = text.len ? memrchr(text.ptr, ':', text.len) : NULL;
	size_t at = end ? (size_t)(end - text.ptr) : 0;
	struct cs_addr address;

	(void)to;
	if (cs_addr_read(text, &address))
		return true;
	if (!end || !is_port(cs_span_of(end + 1, text.len - at - 1)))
		return false;
	if (at > 2 && text.ptr[0] == '[' && text.ptr[at - 1] == ']')
		return cs_addr_read(cs_span_of(text.ptr + 1, at - 2), &address) &&
		       memchr(text.ptr, ':', at);
	return cs_addr_read(cs_span_of(text.ptr, at), &address) &&
	       !memchr(text.ptr, ':', at);
}

static bool given(const struct cs_common *common, size_t at)
{
	return cs_args_origin(common, at).from > CS_FROM_DEFAULT;
}

bool cs_enrich_asked(const struct cs_common *common, size_t base,
		     const struct cs_enrich_options *options)
{
	if (given(common, CS_ENRICH_AT(base, enrich)))
		return options->enrich;
	return options->geoip.n > 0 || options->sector_files.n > 0 || options->ptr ||
	       given(common, CS_ENRICH_AT(base, severity));
}
