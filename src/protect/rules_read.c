/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/slurp.h"
#include "protect/ipsets.h"
#include "protect/program.h"
#include "protect/rules_build.h"
#include "protect/rules_file.h"
#include "protect/rules_ipset.h"
#include "protect/rules_misprint.h"
#include "protect/rules_span.h"
#include "protect/rules_ufw.h"
#include "protect/script_listing.h"

/* One reading of this machine's rules. */
struct reading {
	struct cs_rules_build build;
	struct cs_listing listing;
	bool *iptables; /* of each table of the listing: iptables-save has it */
	const struct cs_rules_change *change; /* to be read as if it were made */
	bool sets_read;                       /* ipset was asked for its sets */
	char *why;                            /* CS_RULES_WHY bytes */
};

static enum cs_err refuse(const struct cs_program_end *end, char *why)
{
	struct cs_span line = cs_program_said(end->err);

	if (cs_text_has(end->err, "ermission denied") ||
	    cs_text_has(end->err, "not permitted")) {
		(void)snprintf(why, CS_RULES_WHY,
			       "this machine's rules can be read by root alone (nft: "
			       "%.*s)",
			       (int)line.len, (const char *)line.ptr);
		return CS_ERR_DENIED;
	}
	(void)snprintf(why, CS_RULES_WHY, "nft list ruleset: %.*s",
		       line.len < CS_RULES_WHY ? (int)line.len : CS_RULES_WHY,
		       (const char *)line.ptr);
	return CS_ERR_REFUSED;
}

/* Our table as the change's script makes it. */
static enum cs_err with_script(const struct reading *r, struct cs_span *listing)
{
	struct cs_span then = r->change->listed;
	enum cs_err err = CS_OK;

	if (!then.len)
		err = cs_script_listing(r->change->script, CS_SCRIPT_SHORT,
					r->build.arena, &then, r->why);
	return err ? err
		   : cs_rules_listing_with(*listing, then, r->build.arena, listing,
					   r->why);
}

static enum cs_err read_listing(struct reading *r)
{
	static const char *const argv[] = { "nft", "-a", "list", "ruleset", NULL };
	struct cs_program program = { .argv = argv };
	struct cs_program_end end;
	enum cs_err err = cs_program_run(&program, r->build.arena, &end);
	size_t line;

	if (err) {
		(void)snprintf(r->why, CS_RULES_WHY, "nft: %s",
			       err == CS_ERR_NOT_FOUND ? "no such program is installed "
							 "(package nftables)"
						       : cs_strerror(err));
		return err;
	}
	if (end.status)
		return refuse(&end, r->why);
	if (r->change->script.len > 0)
		err = with_script(r, &end.out);
	if (err)
		return err;
	r->build.out->listing = end.out;
	err = cs_listing_read(end.out, r->build.arena, &r->listing, &line);
	if (err)
		(void)snprintf(r->why, CS_RULES_WHY,
			       "nft list ruleset: line %zu is not as nft writes it",
			       line);
	return err == CS_ERR_SYNTAX ? CS_ERR_IO : err;
}

/*
 * Tables that iptables may have made: of its names, without sets, and each rule counts or
 * is one that nft cannot print. iptables-save would print the others, too, and wrongly: a
 * lookup in a named set becomes nothing.
 */
static bool maybe_iptables(const struct cs_listing_table *table, bool v6)
{
	static const char *const names[] = { "filter", "nat", "mangle", "raw",
					     "security" };
	struct cs_span name = cs_text_after(table->name, v6 ? 4 : 3);

	if (!cs_text_starts(table->name, v6 ? "ip6 " : "ip ") || table->n_blocks ||
	    !(table->xt || table->counted))
		return false;
	for (size_t i = 0; i < CS_LEN(names); i++)
		if (cs_text_is(name, names[i]))
			return true;
	return false;
}

/*
 * Matches and targets with something behind them that lives elsewhere in the kernel,
 * which the scratch may not have: ipset's sets, accounts, control groups.
 */
static bool leans_on_others(struct cs_span text)
{
	static const char *const words[] = { "-m nfacct", "-m rateest", "-m cgroup",
					     "-m bpf",    "-j CT ",     "-j RATEEST",
					     "-j HMARK" };

	for (size_t i = 0; i < CS_LEN(words); i++)
		if (cs_text_has(text, words[i]))
			return true;
	return cs_ipsets_named(text);
}

/* What of @text can be loaded in a namespace where nothing else is; the rest is said. */
static enum cs_err without_others(struct reading *r, const char *name, bool v6,
				  struct cs_span *text)
{
	const struct cs_rules_piece piece = { name, 1 };
	const struct cs_rules_input input = {
		.v6 = v6,
		.text = (char *)(uintptr_t)text->ptr, /* the arena's: ours to change */
		.len = text->len,
		.pieces = &piece,
		.n_pieces = 1
	};

	return cs_rules_restored(&r->build, &input, text, r->why);
}

/* Where ufw is what is to be changed: the rules of this backend with the change made. */
static enum cs_err with_change(struct reading *r, const char *name, bool v6,
			       struct cs_span *text)
{
	struct cs_span load = v6 ? r->change->load6 : r->change->load4, all;
	char *bytes;

	if (load.len == 0 ||
	    !cs_text_has(*text, v6 ? "\n:ufw6-user-input " : "\n:ufw-user-input "))
		return CS_OK;
	bytes = cs_arena_alloc(r->build.arena, text->len + load.len + 2);
	if (!bytes)
		return CS_ERR_NOMEM;
	all = cs_span_of(bytes,
			 (size_t)snprintf(bytes, text->len + load.len + 2, "%.*s\n%.*s",
					  (int)text->len, (const char *)text->ptr,
					  (int)load.len, (const char *)load.ptr));
	*text = all;
	return without_others(r, name, v6, text);
}

/* What a program that prints rules says; nothing where it is not installed or knows none. */
static enum cs_err print_rules(struct reading *r, const char *name, struct cs_span *out)
{
	const char *const argv[] = { name, NULL };
	struct cs_program program = { .argv = argv };
	struct cs_program_end end;
	enum cs_err err = cs_program_run(&program, r->build.arena, &end);

	*out = cs_span_of(NULL, 0);
	if (err == CS_ERR_NOT_FOUND)
		return cs_rules_unread(&r->build,
				       "%s: no such program is installed: "
				       "iptables' rules are not read",
				       name);
	if (err)
		(void)snprintf(r->why, CS_RULES_WHY, "%s: %s", name, cs_strerror(err));
	else if (end.status)
		return cs_rules_unread(&r->build, "%s: %.*s", name, (int)end.err.len,
				       (const char *)end.err.ptr);
	else
		*out = end.out;
	return err;
}

/* The same, taken apart, with the change made. */
static enum cs_err run_save(struct reading *r, const char *name, bool v6,
			    struct cs_save *out)
{
	struct cs_span text;
	size_t line;
	enum cs_err err = print_rules(r, name, &text);

	*out = (struct cs_save){ 0 };
	if (!err && cs_ipsets_named(text) && !r->sets_read) {
		r->sets_read = true;
		err = cs_rules_read_ipset(&r->build, r->why);
	}
	if (!err && leans_on_others(text))
		err = without_others(r, name, v6, &text);
	if (!err)
		err = with_change(r, name, v6, &text);
	if (err || text.len == 0)
		return err; /* said */
	err = cs_save_read(text, r->build.arena, out, &line);
	if (err)
		(void)snprintf(r->why, CS_RULES_WHY, "%s: %s", name, cs_strerror(err));
	return err == CS_ERR_SYNTAX ? CS_ERR_IO : err;
}

/* Whether a table of the listing ("ip6 filter") is that one of iptables'. */
static bool is_named(const struct cs_listing_table *table, struct cs_span name, bool v6)
{
	struct cs_span plain = cs_text_after(table->name, v6 ? 4 : 3);

	return cs_text_starts(table->name, v6 ? "ip6 " : "ip ") && plain.ptr &&
	       cs_span_eq(plain, name);
}

/* The listing's table of that name; SIZE_MAX: none. */
static size_t table_named(const struct reading *r, struct cs_span name, bool v6)
{
	for (size_t i = 0; i < r->listing.n_tables; i++)
		if (maybe_iptables(&r->listing.tables[i], v6) &&
		    is_named(&r->listing.tables[i], name, v6))
			return i;
	return SIZE_MAX;
}

/* True where nft has a table of that name, whoever made it. */
static bool is_taken(const struct reading *r, struct cs_span name, bool v6)
{
	for (size_t i = 0; i < r->listing.n_tables; i++)
		if (is_named(&r->listing.tables[i], name, v6))
			return true;
	return false;
}

/* The tables that are iptables-nft's go from the listing to iptables-save's. */
static enum cs_err read_nft_save(struct reading *r, bool v6)
{
	struct cs_save save;
	bool *not_these;
	enum cs_err err;
	bool any = false;

	for (size_t i = 0; i < r->listing.n_tables; i++)
		any |= maybe_iptables(&r->listing.tables[i], v6);
	if (!any)
		return CS_OK;
	err = run_save(r, v6 ? "ip6tables-nft-save" : "iptables-nft-save", v6, &save);
	if (err)
		return err;
	not_these = cs_arena_array(r->build.arena, save.n_tables + 1, sizeof(bool));
	if (!not_these)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < save.n_tables; i++) {
		size_t at = table_named(r, save.tables[i].name, v6);

		save.tables[i].v6 = v6;
		/* One that is not there at all comes with the change. */
		not_these[i] = at == SIZE_MAX && is_taken(r, save.tables[i].name, v6);
		if (at != SIZE_MAX)
			r->iptables[at] = true;
	}
	return cs_rules_add_save(
		&r->build, &save,
		&(struct cs_rules_wanted){ .v6 = v6, .not_these = not_these });
}

/* True for a table of the old backend that decides nothing: no rules, nothing dropped. */
static bool says_nothing(const struct cs_save *save, size_t table)
{
	for (size_t i = 0; i < save->n_chains; i++)
		if (save->chains[i].table == table &&
		    (save->chains[i].n_rules ||
		     cs_text_is(save->chains[i].policy, "DROP")))
			return false;
	return true;
}

/* True where the old backend has a table in this namespace. */
static bool has_legacy(bool v6)
{
	FILE *names = fopen(
		v6 ? "/proc/net/ip6_tables_names" : "/proc/net/ip_tables_names", "re");
	int first = names ? fgetc(names) : EOF;

	if (names)
		(void)fclose(names); /* only read from */
	return first != EOF;
}

/*
 * The old backend's rules, which nft does not list. The scratch has them as
 * iptables-nft's, so that a trace tells of them; where nft has a table of that name, they
 * stay what they are.
 */
static enum cs_err read_legacy(struct reading *r, bool v6)
{
	struct cs_save save;
	bool *taken, *not_taken, any = false;
	enum cs_err err;

	if (!has_legacy(v6))
		return CS_OK;
	err = run_save(r, v6 ? "ip6tables-legacy-save" : "iptables-legacy-save", v6,
		       &save);
	if (err)
		return err;
	taken = cs_arena_array(r->build.arena, 2 * save.n_tables + 1, sizeof(bool));
	if (!taken)
		return CS_ERR_NOMEM;
	not_taken = taken + save.n_tables;
	for (size_t i = 0; i < save.n_tables; i++) {
		bool nothing = says_nothing(&save, i);

		save.tables[i].v6 = v6;
		taken[i] = nothing || is_taken(r, save.tables[i].name, v6);
		not_taken[i] = nothing || !taken[i];
		any |= !not_taken[i];
	}
	err = cs_rules_add_save(&r->build, &save,
				&(struct cs_rules_wanted){
					.v6 = v6, .legacy = true, .not_these = taken });
	if (err || !any)
		return err;
	err = cs_rules_unread(&r->build,
			      "%s: it has rules in tables that the new backend has, too: "
			      "they are asked, but which of them decides is not known",
			      v6 ? "ip6tables-legacy" : "iptables-legacy");
	if (err)
		return err;
	return cs_rules_add_save(&r->build, &save,
				 &(struct cs_rules_wanted){ .v6 = v6,
							    .legacy = true,
							    .as_it_is = true,
							    .not_these = not_taken });
}

/* Where nothing looks like it, and that is nearly always, nobody is asked. */
static enum cs_err mark_misprinted(struct reading *r)
{
	static const char *const argv[] = { "nft",  "-t",      "--debug=netlink",
					    "list", "ruleset", NULL };
	const struct cs_program program = { .argv = argv };
	struct cs_span given;
	enum cs_err err;

	if (!cs_rules_may_misprint(&r->listing))
		return CS_OK;
	err = cs_program_must(&program, r->build.arena, &given, r->why);
	if (!err)
		cs_rules_mark_misprinted(&r->listing, given);
	return err;
}

static enum cs_err read_all(struct reading *r)
{
	enum cs_err err = read_listing(r);

	if (err)
		return err;
	r->iptables =
		cs_arena_array(r->build.arena, r->listing.n_tables + 1, sizeof(bool));
	if (!r->iptables)
		return CS_ERR_NOMEM;
	err = read_nft_save(r, false);
	if (!err)
		err = read_nft_save(r, true);
	if (!err)
		err = read_legacy(r, false);
	if (!err)
		err = read_legacy(r, true);
	if (!err)
		err = r->change->user.len > 0
			      ? cs_rules_name_ufw(&r->build, r->change->user,
						  r->change->user6)
			      : cs_rules_name_ufw_here(&r->build);
	if (!err)
		err = mark_misprinted(r);
	return err ? err : cs_rules_add_listing(&r->build, &r->listing, r->iptables);
}

enum cs_err cs_rules_read(struct cs_arena *arena, struct cs_rules *out,
			  char why[CS_RULES_WHY])
{
	static const struct cs_rules_change none;

	return cs_rules_read_with(&none, arena, out, why);
}

enum cs_err cs_rules_read_with(const struct cs_rules_change *change,
			       struct cs_arena *arena, struct cs_rules *out,
			       char why[CS_RULES_WHY])
{
	struct reading r = { .build = { .arena = arena, .out = out },
			     .change = change,
			     .why = why };

	*out = (struct cs_rules){ 0 };
	(void)snprintf(why, CS_RULES_WHY, "%s", cs_strerror(CS_ERR_NOMEM));
	return read_all(&r);
}
