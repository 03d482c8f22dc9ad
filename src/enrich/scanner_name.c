/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who scans the internet and says so by reverse names: the suffixes that were seen in
 * public lists and at public enrichers.
 */
#include <strings.h>

#include "enrich/scanner_own.h"

struct suffix {
	const char *suffix; /* lower case, without a first dot */
	const char *name;
	const char *kind;
};

#define ENGINE   "search engine"
#define RESEARCH "research"
#define COMPANY  "security company"
#define DATA     "data company"
#define UNKNOWN  "unknown operator"

static const struct suffix suffixes[] = {
	{ "shodan.io", "Shodan", ENGINE },
	{ "censys-scanner.com", "Censys", ENGINE },
	{ "censys.io", "Censys", ENGINE },
	{ "stretchoid.com", "Stretchoid", UNKNOWN },
	{ "binaryedge.ninja", "BinaryEdge", ENGINE },
	{ "shadowserver.org", "Shadowserver", RESEARCH },
	{ "shadowserver.io", "Shadowserver", RESEARCH },
	{ "internet-measurement.com", "Driftnet", ENGINE },
	{ "driftnet.io", "Driftnet", ENGINE },
	{ "onyphe.net", "ONYPHE", ENGINE },
	{ "leakix.net", "LeakIX", ENGINE },
	{ "leakix.org", "LeakIX", ENGINE },
	{ "security.ipip.net", "IPIP.NET", DATA },
	{ "criminalip.com", "Criminal IP", ENGINE },
	{ "netsystemsresearch.com", "NetSystems Research", COMPANY },
	{ "alphastrike.io", "Alpha Strike Labs", COMPANY },
	{ "rapid7.com", "Rapid7", COMPANY },
	{ "internettl.org", "Palo Alto Networks", COMPANY },
	{ "academyforinternetresearch.org", "Academy for Internet Research", RESEARCH },
	{ "internet-census.org", "Internet Census Group", RESEARCH },
	{ "bufferover.run", "BufferOver.run", DATA },
	{ "recyber.net", "Recyber", RESEARCH },
	{ "hunter.how", "Hunter", ENGINE },
	{ "odin.io", "Odin", ENGINE },
	{ "ipinfo.io", "IPinfo", DATA },
	{ "modat.io", "Modat", COMPANY },
	{ "visionheight.com", "VisionHeight", COMPANY },
	{ "f6.security", "F6", COMPANY },
	{ "umich.edu", "University of Michigan", RESEARCH },
	{ "berkeley.edu", "University of California, Berkeley", RESEARCH },
	{ "rwth-aachen.de", "RWTH Aachen University", RESEARCH },
};

static bool is_same(const uint8_t *a, const char *b, size_t n)
{
	return strncasecmp((const char *)a, b, n) == 0;
}

/* "x.shodan.io" and "shodan.io", not "notshodan.io". */
static bool ends_in(struct cs_span name, const char *suffix)
{
	size_t n = strlen(suffix);

	if (name.len < n || !is_same(name.ptr + name.len - n, suffix, n))
		return false;
	return name.len == n || name.ptr[name.len - n - 1] == '.';
}

static struct cs_scanner scanner_of(const struct suffix *row)
{
	return (struct cs_scanner){
		.name = cs_span_str(row->name),
		.kind = cs_span_str(row->kind),
	};
}

bool cs_scanner_of_name(struct cs_span name, struct cs_scanner *out)
{
	if (name.len > 0 && name.ptr[name.len - 1] == '.')
		name.len--;
	for (size_t i = 0; i < CS_LEN(suffixes); i++) {
		if (!ends_in(name, suffixes[i].suffix))
			continue;
		*out = scanner_of(&suffixes[i]);
		return true;
	}
	return false;
}

static bool is_of_word(uint8_t c)
{
	c |= 0x20;
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Whether @word stands in @text, not as a part of another one. */
static bool has_word(struct cs_span text, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= text.len; i++) {
		if (!is_same(text.ptr + i, word, n))
			continue;
		if ((i == 0 || !is_of_word(text.ptr[i - 1])) &&
		    (i + n == text.len || !is_of_word(text.ptr[i + n])))
			return true;
	}
	return false;
}

struct cs_span cs_scanner_kind_of(struct cs_span title)
{
	for (size_t i = 0; i < CS_LEN(suffixes); i++)
		if (has_word(title, suffixes[i].name))
			return cs_span_str(suffixes[i].kind);
	return cs_span_str("list");
}
