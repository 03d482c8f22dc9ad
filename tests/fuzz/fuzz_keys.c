/* SPDX-License-Identifier: Apache-2.0 */
/* A file of API keys; and what stands behind the ? of an address. */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#include "serve/fields.h"
#include "serve/keys.h"

static void a_key_is_whole(const struct cs_key *key)
{
	MUST(strlen(key->name) >= 1 && strlen(key->name) <= CS_KEY_NAME);
	MUST(strlen(key->owner) >= 1 && strlen(key->owner) <= CS_KEY_NAME);
	MUST(key->sees_all == (strcmp(key->owner, "*") == 0));
	MUST(key->line >= 1 && key->owner_line > key->line);
	for (const char *c = key->name; *c; c++)
		MUST(*c > 0x20 && *c < 0x7f && *c != ':');
}

static void the_reason_is_one_plain_line(const char *why)
{
	unsigned line = 0;

	MUST(sscanf(why, "f.ini:%u: ", &line) == 1 && line >= 1);
	for (; *why; why++)
		MUST(*why >= 0x20 && *why < 0x7f);
}

static void fields_only_get_shorter(struct cs_span query)
{
	struct cs_arena arena = { 0 };
	char why[CS_FIELDS_WHY] = "";
	struct cs_fields fields;
	enum cs_err err = cs_fields_read(query, &arena, &fields, why);
	size_t len = 0;

	MUST(err == CS_OK || (err == CS_ERR_SYNTAX && *why));
	for (size_t i = 0; !err && i < fields.n; i++) {
		len += fields.at[i].name.len + fields.at[i].value.len;
		MUST(!memchr(fields.at[i].name.ptr, 0, fields.at[i].name.len));
	}
	MUST(len <= query.len);
	cs_arena_clear(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[CS_KEYS_WHY] = "";
	struct cs_keys *keys;
	enum cs_err err = cs_keys_read_text(cs_span_of(data, size), "f.ini", &keys, why);

	MUST(err == CS_OK || err == CS_ERR_SYNTAX);
	MUST((err == CS_OK) == (keys != NULL) && (err == CS_OK) == (*why == '\0'));
	if (err)
		the_reason_is_one_plain_line(why);
	for (size_t i = 0; i < cs_keys_count(keys); i++) {
		struct cs_key *key = cs_keys_at(keys, i);

		a_key_is_whole(key);
		MUST(!cs_keys_basic(keys, cs_span_str(key->name), cs_span_str("")));
	}
	cs_keys_free(keys);
	fields_only_get_shorter(cs_span_of(data, size));
	return 0;
}
