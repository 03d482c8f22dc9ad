/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_build.h"

#include "protect/rules_span.h"

/* True when @words, each a word or "#" for a number, come next in @s; @len is their length. */
static bool next_are(struct cs_span s, const char *const *words, size_t n, size_t *len)
{
	struct cs_span rest = s, word = { s.ptr, 0 };
	uint64_t ignored;

	for (size_t i = 0; i < n; i++) {
		if (!cs_text_word(&rest, &word))
			return false;
		if (words[i][0] == '#' ? !cs_num_u64(word, 0, UINT64_MAX, &ignored)
				       : !cs_text_is(word, words[i]))
			return false;
	}
	*len = (size_t)(word.ptr + word.len - s.ptr);
	return true;
}

/* How much of @s, at the start of a word, is a count that `nft -s` would not print. */
static size_t count_here(struct cs_span s)
{
	static const char *const counter[] = { "packets", "#", "bytes", "#" };
	static const char *const used[] = { "used", "#", "bytes" };
	static const char *const used_k[] = { "used", "#", "kbytes" };
	static const char *const used_m[] = { "used", "#", "mbytes" };
	size_t len;

	if (next_are(s, counter, CS_LEN(counter), &len) ||
	    next_are(s, used, CS_LEN(used), &len) ||
	    next_are(s, used_k, CS_LEN(used_k), &len) ||
	    next_are(s, used_m, CS_LEN(used_m), &len))
		return len;
	return 0;
}

const char *cs_rules_text(struct cs_arena *arena, struct cs_span text)
{
	char *out = cs_arena_alloc(arena, text.len + 1);
	bool quoted = false, fresh = true; /* at the start of a word */
	size_t n = 0;

	for (size_t i = 0; out && i < text.len; i++) {
		uint8_t c = text.ptr[i];

		if (c == '"')
			quoted = !quoted;
		if (!quoted && cs_text_blank(c)) {
			fresh = true;
			continue;
		}
		if (fresh && !quoted && (c == 'p' || c == 'u')) {
			size_t skip = count_here(cs_text_after(text, i));

			if (skip) {
				i += skip - 1;
				continue;
			}
		}
		if (fresh && n)
			out[n++] = ' ';
		fresh = false;
		out[n++] = (char)(c < ' ' || c == 0x7f ? '?' : c);
	}
	return out;
}

bool cs_rules_rated(struct cs_span text)
{
	static const char *const words[] = {
		"limit rate",         "limit name",      "meter ",       "quota",
		"ct count ",          "-m limit",        "-m recent",    "-m hashlimit",
		"-m connlimit",       "-m quota",        "-m statistic", "numgen ",
		"xt match hashlimit", "xt match recent",
	};

	if (cs_text_has(text, "-j LOG") || cs_text_has(text, "-logging-"))
		return false; /* only what is logged is rationed */
	for (size_t i = 0; i < CS_LEN(words); i++)
		if (cs_text_has(text, words[i]))
			return true;
	return false;
}
