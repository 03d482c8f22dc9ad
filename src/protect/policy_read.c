/* SPDX-License-Identifier: Apache-2.0 */
/* A policy from INI text: the words of the options, each in its row. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/ini.h"
#include "base/num.h"
#include "protect/policy.h"

/* The lists while they grow. */
struct reading {
	struct cs_arena *arena;
	struct cs_policy *policy;
	struct cs_peer *allow;
	struct cs_prefix *local;
	size_t allow_room, local_room;
};

/* Room for one more of @size behind @n; NULL when memory is out. */
static void *grown(struct cs_arena *arena, void *list, size_t n, size_t *room,
		   size_t size)
{
	size_t more = *room ? *room * 2 : 64;
	void *larger;

	if (n < *room)
		return list;
	larger = cs_arena_array(arena, more, size);
	if (!larger)
		return NULL;
	if (n)
		memcpy(larger, list, n * size);
	*room = more;
	return larger;
}

static enum cs_err read_strangers(struct reading *r, struct cs_span word)
{
	for (int i = 0; cs_strangers_names[i]; i++) {
		if (cs_span_eq(word, cs_span_str(cs_strangers_names[i]))) {
			r->policy->strangers = (enum cs_strangers)i;
			return CS_OK;
		}
	}
	return CS_ERR_SYNTAX;
}

static enum cs_err read_allow(struct reading *r, struct cs_span word)
{
	struct cs_peer peer;

	if (!cs_peer_read(word, &peer))
		return CS_ERR_SYNTAX;
	r->allow = grown(r->arena, r->allow, r->policy->n_allow, &r->allow_room,
			 sizeof(peer));
	if (!r->allow)
		return CS_ERR_NOMEM;
	r->allow[r->policy->n_allow++] = peer;
	return CS_OK;
}

static enum cs_err read_local(struct reading *r, struct cs_span word)
{
	struct cs_prefix prefix;

	if (cs_prefix_read(word, &prefix))
		return CS_ERR_SYNTAX;
	r->local = grown(r->arena, r->local, r->policy->n_local, &r->local_room,
			 sizeof(prefix));
	if (!r->local)
		return CS_ERR_NOMEM;
	r->local[r->policy->n_local++] = prefix;
	return CS_OK;
}

static enum cs_err read_number(struct cs_span word, uint64_t min, uint64_t max,
			       uint32_t *out)
{
	uint64_t n;

	if (!cs_num_u64(word, min, max, &n))
		return CS_ERR_SYNTAX;
	*out = (uint32_t)n;
	return CS_OK;
}

static enum cs_err read_answer_bytes(struct reading *r, struct cs_span word)
{
	return read_number(word, 4, 65507, &r->policy->answer_bytes);
}

static enum cs_err read_answer_rate(struct reading *r, struct cs_span word)
{
	return read_number(word, 1, 1000000, &r->policy->answer_rate);
}

static enum cs_err read_peer_rate(struct reading *r, struct cs_span word)
{
	return read_number(word, 1, 1000000, &r->policy->peer_rate);
}

static enum cs_err read_bool(struct cs_span word, bool *out)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{ "yes", true }, { "true", true },   { "on", true },   { "1", true },
		{ "no", false }, { "false", false }, { "off", false }, { "0", false },
	};

	for (size_t i = 0; i < CS_LEN(words); i++) {
		if (word.len == strlen(words[i].word) &&
		    strncasecmp((const char *)word.ptr, words[i].word, word.len) == 0) {
			*out = words[i].value;
			return CS_OK;
		}
	}
	return CS_ERR_SYNTAX;
}

static enum cs_err read_multicast(struct reading *r, struct cs_span word)
{
	return read_bool(word, &r->policy->multicast);
}

static enum cs_err read_log(struct reading *r, struct cs_span word)
{
	return read_bool(word, &r->policy->log);
}

static enum cs_err read_router(struct reading *r, struct cs_span word)
{
	return read_bool(word, &r->policy->router);
}

struct key {
	const char *name;
	enum cs_err (*read)(struct reading *r, struct cs_span word);
	bool list;
	const char *want;
};

static const struct key keys[] = {
	{ "strangers", read_strangers, false, "drop, limit or dtls-only" },
	{ "allow", read_allow, true,
	  "an address or prefix without host bits, with @INTERFACE behind it or not" },
	{ "local", read_local, true, "an address or a prefix without host bits" },
	{ "answer-bytes", read_answer_bytes, false, "a number from 4 to 65507" },
	{ "answer-rate", read_answer_rate, false, "a number from 1 to 1000000" },
	{ "peer-rate", read_peer_rate, false, "a number from 1 to 1000000" },
	{ "multicast", read_multicast, false, "yes or no" },
	{ "log", read_log, false, "yes or no" },
	{ "router", read_router, false, "yes or no" },
};

static const struct key *key_named(struct cs_span name)
{
	for (size_t i = 0; i < CS_LEN(keys); i++) {
		if (cs_span_eq(name, cs_span_str(keys[i].name)))
			return &keys[i];
	}
	return NULL;
}

/* @text may hold anything: what is not printable ASCII is shown as a question mark. */
static enum cs_err wrong(char why[CS_POLICY_WHY], unsigned line, struct cs_span text,
			 const char *want)
{
	char shown[61];
	size_t n = 0;

	for (; n < text.len && n < sizeof(shown) - 1; n++) {
		bool plain = text.ptr[n] >= ' ' && text.ptr[n] <= '~';

		shown[n] = plain ? (char)text.ptr[n] : '?';
	}
	shown[n] = '\0';
	snprintf(why, CS_POLICY_WHY, "line %u: '%s': %s%s", line, shown,
		 strncmp(want, "want ", 5) == 0 ? "" : "want ", want);
	return CS_ERR_SYNTAX;
}

static enum cs_err read_value(struct reading *r, const struct key *key,
			      struct cs_span value, unsigned line,
			      char why[CS_POLICY_WHY])
{
	enum cs_err err = CS_OK;
	struct cs_span word;

	if (!key->list) {
		err = key->read(r, value);
		return err == CS_ERR_SYNTAX ? wrong(why, line, value, key->want) : err;
	}
	while (!err && cs_ini_word(&value, &word)) {
		err = key->read(r, word);
		if (err == CS_ERR_SYNTAX)
			return wrong(why, line, word, key->want);
	}
	return err;
}

static enum cs_err read_items(struct reading *r, struct cs_span text,
			      char why[CS_POLICY_WHY])
{
	struct cs_ini ini = cs_ini_over(text);
	struct cs_ini_item item;
	const struct key *key = NULL;
	bool ours = false;
	enum cs_err err = CS_OK;

	while (!err && cs_ini_next(&ini, &item)) {
		if (item.kind == CS_INI_WRONG)
			return wrong(why, ini.line, item.name, ini.why);
		if (item.kind == CS_INI_SECTION)
			ours = cs_span_eq(item.name, cs_span_str("protect"));
		if (item.kind == CS_INI_SECTION || !ours)
			continue;
		if (item.kind == CS_INI_KEY)
			key = key_named(item.name);
		if (!key)
			return wrong(why, ini.line, item.name,
				     "an option of protect plan");
		if (item.kind == CS_INI_MORE && !key->list)
			return wrong(why, ini.line, item.value, "one line");
		err = read_value(r, key, item.value, ini.line, why);
	}
	return err;
}

enum cs_err cs_policy_read(struct cs_span text, struct cs_arena *arena,
			   struct cs_policy *out, char why[CS_POLICY_WHY])
{
	struct cs_policy policy = cs_policy_preset;
	struct reading r = { .arena = arena, .policy = &policy };
	enum cs_err err = read_items(&r, text, why);

	policy.allow = r.allow;
	policy.local = r.local;
	if (!err)
		err = cs_policy_settle(&policy, arena);
	if (!err)
		*out = policy;
	return err;
}
