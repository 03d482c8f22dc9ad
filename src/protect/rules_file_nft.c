/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_file.h"

#include <stdio.h>

#include "protect/rules_span.h"
#include "protect/rules_words_nft.h"

/* @part is of the file's own text. */
static void blank(struct cs_rules_file *file, struct cs_span part)
{
	if (part.len)
		memset(file->text + ((const char *)part.ptr - file->text), ' ', part.len);
}

/*
 * A table with an owner is gone when the nft that loaded it ends, before it could be printed: the
 * word goes, with the comma that parts it from others.
 */
static void blank_owner(struct cs_rules_file *file, struct cs_span line)
{
	const uint8_t *at = line.ptr ? memmem(line.ptr, line.len, "owner", 5) : NULL;
	const uint8_t *comma = at ? memchr(line.ptr, ',', line.len) : NULL;

	if (comma) {
		blank(file, cs_span_of(comma, 1));
		blank(file, cs_span_of(at, 5));
	} else if (at) {
		blank(file, line);
	}
}

/* How many more braces a line opens than it closes. */
static int opened(struct cs_span line)
{
	int n = 0;

	for (size_t i = 0; i < line.len; i++)
		n += (line.ptr[i] == '{') - (line.ptr[i] == '}');
	return n;
}

/* "flow add @ft": the rest of its rule stays. */
static enum cs_err blank_flow(struct cs_rules_file *file, struct cs_span line, size_t n)
{
	static const char *const words[] = { "flow add @", "flow offload @" };
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < CS_LEN(words); i++) {
		struct cs_span name = cs_text_behind(line, words[i]), word;
		const uint8_t *at;

		if (!name.len || !cs_text_word(&name, &word))
			continue;
		at = word.ptr - strlen(words[i]);
		err = cs_rules_unread(
			&file->build, "%s:%zu: left out: flows are not offloaded: %.*s",
			file->path, n, (int)line.len, (const char *)line.ptr);
		blank(file, cs_span_of(at, (size_t)(word.ptr + word.len - at)));
	}
	return err;
}

/*
 * Flows that pass by the rules once a rule let them through change nothing of what is
 * asked, and not every kernel has them.
 */
static enum cs_err blank_flows(struct cs_rules_file *file)
{
	struct cs_span rest = cs_span_of(file->text, file->len), line;
	enum cs_err err = CS_OK;
	int depth = 0;

	for (size_t n = 1; !err && cs_text_line(&rest, &line); n++) {
		struct cs_span bare = cs_text_trim(line);

		if (depth > 0 || cs_text_starts(bare, "flowtable ")) {
			depth += opened(bare);
			blank(file, bare);
		} else if (!cs_text_starts(bare, "#")) {
			err = blank_flow(file, bare, n);
		}
	}
	return err;
}

/* What nft printed and cannot read: rules of iptables' matches and targets. */
static enum cs_err blank_unloadable(struct cs_rules_file *file)
{
	struct cs_span rest = cs_span_of(file->text, file->len), line;
	enum cs_err err = CS_OK;

	for (size_t n = 1; !err && cs_text_line(&rest, &line); n++) {
		struct cs_span bare = cs_text_trim(line);

		if (cs_text_starts(bare, "flags ") && cs_text_has(bare, "owner"))
			blank_owner(file, bare);
		if (cs_text_starts(bare, "#") || !cs_listing_is_xt(bare))
			continue;

		struct cs_span whole = bare;
		uint64_t handle;

		(void)cs_text_handle(&bare, &handle); /* it may have none */
		err = cs_rules_unread(
			&file->build,
			"%s:%zu: left out, as nft cannot load again what iptables made "
			"(iptables-save's text can be read): %.*s",
			file->path, n, (int)bare.len, (const char *)bare.ptr);
		blank(file, whole);
	}
	return err;
}

/* Words of nft's that a chain of iptables' may be called by. */
static bool is_nfts_word(struct cs_span name)
{
	static const char *const words[] = {
		"accept",   "add",      "all",      "and",     "arp",        "bridge",
		"chain",    "comment",  "continue", "counter", "create",     "ct",
		"day",      "delete",   "device",   "dnat",    "drop",       "dup",
		"dynamic",  "element",  "ether",    "exists",  "export",     "fib",
		"flow",     "frag",     "fwd",      "goto",    "hook",       "hour",
		"icmp",     "icmpv6",   "iif",      "import",  "inet",       "insert",
		"interval", "ip",       "ip6",      "ipsec",   "jump",       "limit",
		"list",     "log",      "map",      "mark",    "masquerade", "meta",
		"missing",  "monitor",  "netdev",   "notrack", "oif",        "or",
		"policy",   "priority", "queue",    "quota",   "random",     "redirect",
		"reject",   "reset",    "return",   "rt",      "rule",       "ruleset",
		"set",      "size",     "snat",     "socket",  "synproxy",   "table",
		"tcp",      "time",     "timeout",  "tproxy",  "type",       "udp",
		"update",   "vlan",     "xt",
	};

	for (size_t i = 0; i < CS_LEN(words); i++)
		if (cs_text_is(name, words[i]))
			return true;
	return false;
}

/* Such a chain, and who jumps to it, by a name of the same length that nft can read. */
static enum cs_err rename_in(struct cs_rules_file *file, struct cs_span line, size_t n)
{
	struct cs_words_token token, before = { 0 };
	const bool declares = cs_text_starts(line, "chain ");
	struct cs_span rest = line;
	enum cs_err err = CS_OK;

	for (; !err && cs_words_next(&rest, &token); before = token) {
		bool chain = declares && before.text.ptr == line.ptr;
		char *last;

		if (token.quoted || !is_nfts_word(token.text) ||
		    (!chain && !cs_text_is(before.text, "jump") &&
		     !cs_text_is(before.text, "goto")))
			continue;
		last = file->text +
		       ((const char *)token.text.ptr + token.text.len - 1 - file->text);
		*last = *last == '6' ? '_' : (char)(*last - 'a' + 'A');
		if (chain)
			err = cs_rules_unread(
				&file->build,
				"%s:%zu: named %.*s, as nft cannot read what it printed "
				"of iptables' chain",
				file->path, n, (int)token.text.len,
				(const char *)token.text.ptr);
	}
	return err;
}

static enum cs_err rename_chains(struct cs_rules_file *file)
{
	struct cs_span rest = cs_span_of(file->text, file->len), line;
	enum cs_err err = CS_OK;

	for (size_t n = 1; !err && cs_text_line(&rest, &line); n++) {
		struct cs_span bare = cs_text_trim(line);

		if (!cs_text_starts(bare, "#"))
			err = rename_in(file, bare, n);
	}
	return err;
}

/* "/dev/stdin:33:7-12: Error: ..." in the words of the file that people know. */
static void explain(const struct cs_rules_file *file, struct cs_span said)
{
	static const char stdin_name[] = "/dev/stdin:";
	struct cs_span rest = said, line, first = { 0 };

	while (cs_text_line(&rest, &line)) {
		if (first.len == 0 && !cs_text_starts(line, "# Warning"))
			first = line;
		if (!cs_text_has(line, ": Error: "))
			continue;
		first = line;
		break;
	}
	if (cs_text_starts(first, stdin_name))
		(void)snprintf(file->why, CS_RULES_WHY, "%s:%.*s", file->path,
			       (int)(first.len - sizeof(stdin_name) + 1),
			       (const char *)first.ptr + sizeof(stdin_name) - 1);
	else
		(void)snprintf(file->why, CS_RULES_WHY, "%s: %.*s", file->path,
			       (int)first.len, (const char *)first.ptr);
}

static const char *folder_of(struct cs_rules_file *file)
{
	const char *slash = strrchr(file->path, '/');

	if (!slash)
		return ".";
	return cs_arena_text(
		file->build.arena,
		cs_span_of(file->path,
			   slash == file->path ? 1 : (size_t)(slash - file->path)));
}

/* What nft makes of the file, as it prints it. */
static enum cs_err canonical(struct cs_rules_file *file, struct cs_span *listing)
{
	const char *const load[] = { "nft", "-I", folder_of(file), "-f", "-", NULL };
	static const char *const list[] = { "nft", "-a", "list", "ruleset", NULL };
	struct cs_span text = cs_span_of(file->text, file->len);
	const struct cs_program programs[] = { { .argv = load, .input = text },
					       { .argv = list } };
	struct cs_throwaway job = { .n_programs = 2, .programs = programs };
	struct cs_program_end ends[2];
	size_t n;
	enum cs_err err;

	if (!load[2])
		return CS_ERR_NOMEM;
	err = cs_rules_links(text, file->build.arena, &job.links, &job.n_links);
	if (!err)
		err = cs_throwaway_run(&job, file->build.arena, ends, &n, file->why);
	if (err)
		return err;
	if (ends[n - 1].status) {
		explain(file, ends[n - 1].err);
		return CS_ERR_SYNTAX;
	}
	*listing = ends[1].out;
	return CS_OK;
}

/* The same rule of a chain in the file's own listing; NULL: there is none. */
static const struct cs_listing_rule *same_in(const struct cs_listing *own,
					     const struct cs_listing *fresh,
					     const struct cs_listing_rule *rule,
					     size_t *from)
{
	const struct cs_listing_chain *chain = &fresh->chains[rule->chain];
	struct cs_span table = fresh->tables[chain->table].name;
	size_t place = 0;

	for (; *from < own->n_rules; ++*from) { /* both are in the same order */
		const struct cs_listing_chain *c = &own->chains[own->rules[*from].chain];

		if (cs_span_eq(c->name, chain->name) &&
		    cs_span_eq(own->tables[c->table].name, table))
			break;
	}
	for (size_t i = *from; i < own->n_rules; i++) {
		if (own->rules[i].chain != own->rules[*from].chain)
			return NULL;
		if (own->rules[i].xt)
			continue;
		if (place++ == rule->place)
			return &own->rules[i];
	}
	return NULL;
}

/*
 * Rules have the handles of the file where it is a listing with handles, chain by chain
 * and place by place. Where it has fewer or more rules than were loaded it is something else.
 */
static enum cs_err own_handles(struct cs_rules_file *file, struct cs_listing *fresh)
{
	struct cs_listing own;
	size_t line, n = 0, from = 0;
	enum cs_err err;

	if (!strstr(file->text, " # handle "))
		return CS_OK;
	err = cs_listing_read(cs_span_of(file->text, file->len), file->build.arena, &own,
			      &line);
	if (err)
		return err == CS_ERR_NOMEM ? err : CS_OK;
	for (size_t i = 0; i < own.n_rules; i++)
		n += !own.rules[i].xt;
	for (size_t i = 0; n == fresh->n_rules && i < n; i++) {
		const struct cs_listing_rule *same =
			same_in(&own, fresh, &fresh->rules[i], &from);

		if (!same || !same->handle)
			return CS_OK;
		fresh->rules[i].handle = same->handle;
	}
	return CS_OK;
}

enum cs_err cs_rules_file_nft(struct cs_rules_file *file)
{
	struct cs_listing fresh;
	struct cs_span listing;
	size_t line;
	enum cs_err err = blank_unloadable(file);

	if (!err)
		err = blank_flows(file);
	if (!err)
		err = rename_chains(file);
	if (!err)
		err = canonical(file, &listing);
	if (err)
		return err;
	file->build.out->listing = listing;
	err = cs_listing_read(listing, file->build.arena, &fresh, &line);
	if (err == CS_ERR_SYNTAX) {
		(void)snprintf(file->why, CS_RULES_WHY,
			       "nft list ruleset: line %zu is not as nft writes it",
			       line);
		return CS_ERR_IO;
	}
	if (!err)
		err = own_handles(file, &fresh);
	return err ? err : cs_rules_add_listing(&file->build, &fresh, NULL);
}
