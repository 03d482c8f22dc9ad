/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protect/rules_file.h"
#include "protect/rules_span.h"
#include "protect/rules_ufw.h"
#include "protect/rules_ufw_conf.h"

enum { PIECES = 5 /* front, before, after, user, back */, PATH_MAX_LEN = 1024 };

/* A copy of /etc/ufw under way. */
struct copy {
	struct cs_rules_build build;
	const char *dir;
	struct cs_ufw_conf conf;
	struct cs_span user[2]; /* of IPv4 and IPv6 */
	char *why;
};

static const char *path_of(struct copy *c, const char *name)
{
	char path[PATH_MAX_LEN];

	(void)snprintf(path, sizeof(path), "%s/%s", c->dir, name); /* cut: not there */
	return cs_arena_text(c->build.arena, cs_span_str(path));
}

/*
 * Nobody named the files of a copy one by one, and somebody else made it: one that is a pipe
 * would be waited for until somebody writes to it.
 */
static bool may_be_read(const char *path)
{
	struct stat st;

	return stat(path, &st) != 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode);
}

static enum cs_err read_text(struct copy *c, const char *path, struct cs_span *out)
{
	char *text;
	size_t len;
	enum cs_err err;

	if (!may_be_read(path)) {
		(void)snprintf(c->why, CS_RULES_WHY, "%s: want a regular file", path);
		return CS_ERR_SYNTAX;
	}
	err = cs_rules_slurp(path, c->build.arena, &text, &len, c->why);
	if (!err)
		*out = cs_span_of(text, len);
	return err;
}

static enum cs_err read_conf(struct copy *c)
{
	const char *path = path_of(c, "ufw.conf");
	struct cs_span text;
	enum cs_err err = path ? read_text(c, path, &text) : CS_ERR_NOMEM;

	if (!err) {
		c->conf.enabled = false; /* ufw's own view of a file without the word */
		cs_ufw_conf_read(text, &c->conf);
	}
	if (err != CS_ERR_NOT_FOUND)
		return err;
	return cs_rules_unread(&c->build, "%s: it is not there: ufw is taken as enabled",
			       path);
}

/* Where default/ufw may lie beside or in a copy of /etc/ufw. */
static enum cs_err read_defaults(struct copy *c)
{
	static const char *const places[] = { "default/ufw", "../default/ufw",
					      "ufw.default", "default.ufw", "default" };
	struct cs_span text;

	for (size_t i = 0; i < CS_LEN(places); i++) {
		const char *path = path_of(c, places[i]);
		enum cs_err err = path ? read_text(c, path, &text) : CS_ERR_NOMEM;

		if (!err)
			cs_ufw_conf_read(text, &c->conf);
		if (err != CS_ERR_NOT_FOUND)
			return err;
	}
	return cs_rules_unread(
		&c->build,
		"%s/default/ufw: it is not there: incoming denied, outgoing "
		"allowed, routed denied and IPv6 managed, as Debian has it",
		c->dir);
}

/* Some text to be restored, and where it comes from. */
struct piece {
	const char *name;
	struct cs_span text;
};

/*
 * Of a file that was cut off the last table is never committed; its end must be looked for here, as
 * what is restored goes on with the next file. That line; 0: all are.
 */
static size_t uncommitted_at(struct cs_span text)
{
	size_t line = 0;
	bool open = false;

	for (struct cs_span s; cs_text_line(&text, &s); line++) {
		if (cs_text_starts(s, "*"))
			open = true;
		else if (cs_text_is(cs_text_trim(s), "COMMIT"))
			open = false;
	}
	return open ? line : 0;
}

static enum cs_err file_piece(struct copy *c, const char *stem, bool v6,
			      struct piece *out)
{
	char name[32];
	size_t line;
	enum cs_err err;

	(void)snprintf(name, sizeof(name), "%s%s.rules", stem, v6 ? "6" : "");
	*out = (struct piece){ .name = path_of(c, name) };
	err = out->name ? read_text(c, out->name, &out->text) : CS_ERR_NOMEM;
	if (err == CS_ERR_NOT_FOUND) /* as ufw does: it goes on without */
		err = cs_rules_unread(
			&c->build, "%s: it is not there: ufw goes on without", out->name);
	line = uncommitted_at(out->text);
	if (err || !line)
		return err;
	(void)snprintf(c->why, CS_RULES_WHY,
		       "%s:%zu: the file ends here, before its COMMIT: want all of it",
		       out->name, line);
	return CS_ERR_SYNTAX;
}

static size_t count_lines(struct cs_span text)
{
	size_t n = 0;

	for (struct cs_span line; cs_text_line(&text, &line);)
		n++;
	return n;
}

/* One after the other, each on lines of its own, as if they were restored one by one. */
static enum cs_err restore(struct copy *c, bool v6, const struct piece *pieces, size_t n)
{
	struct cs_rules_piece from[PIECES];
	struct cs_rules_input input = { .v6 = v6, .pieces = from, .n_pieces = n };
	size_t most = 1, line = 1;

	for (size_t i = 0; i < n; i++)
		most += pieces[i].text.len + 1;
	input.text = cs_arena_alloc(c->build.arena, most);
	if (!input.text)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		struct cs_span text = pieces[i].text;

		from[i] = (struct cs_rules_piece){ pieces[i].name, line };
		line += count_lines(text);
		if (text.len)
			memcpy(input.text + input.len, text.ptr, text.len);
		input.len += text.len;
		if (text.len && text.ptr[text.len - 1] != '\n')
			input.text[input.len++] = '\n';
	}
	return cs_rules_add_restored(&c->build, &input, c->why);
}

static enum cs_err read_family(struct copy *c, bool v6)
{
	const char *front = cs_ufw_conf_front(&c->conf, v6, c->build.arena);
	const char *back = cs_ufw_conf_back(&c->conf, v6, c->build.arena);
	struct piece pieces[PIECES];
	enum cs_err err;

	if (!front || !back)
		return CS_ERR_NOMEM;
	pieces[0] = (struct piece){ "ufw's own chains", cs_span_str(front) };
	pieces[4] = (struct piece){ "ufw's default policies", cs_span_str(back) };
	err = file_piece(c, "before", v6, &pieces[1]);
	if (!err)
		err = file_piece(c, "after", v6, &pieces[2]);
	if (!err)
		err = file_piece(c, "user", v6, &pieces[3]);
	c->user[v6] = pieces[3].text;
	return err ? err : restore(c, v6, pieces, PIECES);
}

static enum cs_err read_ipv6(struct copy *c)
{
	const struct piece none = { "ufw without IPv6",
				    cs_span_str(cs_ufw_conf_no_ipv6) };

	if (c->conf.ipv6)
		return read_family(c, true);
	return restore(c, true, &none, 1);
}

/* What runs at ufw's start besides, if somebody made it executable. */
static enum cs_err say_programs(struct copy *c)
{
	static const char *const names[] = { "before.init", "after.init" };
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < CS_LEN(names); i++) {
		const char *path = path_of(c, names[i]);

		if (!path)
			return CS_ERR_NOMEM;
		if (access(path, X_OK) == 0)
			err = cs_rules_unread(
				&c->build, "%s: ufw runs it: what it does is not known",
				path);
	}
	return err;
}

static enum cs_err read_copy(struct copy *c)
{
	enum cs_err err = read_conf(c);

	if (!err)
		err = read_defaults(c);
	if (!err && !c->conf.enabled)
		return cs_rules_unread(
			&c->build,
			"%s/ufw.conf: ENABLED is not yes: ufw is off there, "
			"its rules are not in force",
			c->dir);
	if (!err)
		err = read_family(c, false);
	if (!err)
		err = read_ipv6(c);
	if (!err)
		err = say_programs(c);
	c->build.out->ufw = true;
	return err ? err : cs_rules_name_ufw(&c->build, c->user[0], c->user[1]);
}

/*
 * The folder that holds ufw.conf or user.rules: @dir, or one of those below it that a
 * copy of more has.
 */
static const char *find_dir(const char *dir, struct cs_arena *arena)
{
	static const char *const below[] = { "", "/ufw", "/etc/ufw" };
	static const char *const names[] = { "ufw.conf", "user.rules" };
	char path[PATH_MAX_LEN];

	for (size_t i = 0; i < CS_LEN(below); i++)
		for (size_t k = 0; k < CS_LEN(names); k++) {
			(void)snprintf(path, sizeof(path), "%s%s/%s", dir, below[i],
				       names[k]);
			if (access(path, F_OK) != 0)
				continue;
			(void)snprintf(path, sizeof(path), "%s%s", dir, below[i]);
			return cs_arena_text(arena, cs_span_str(path));
		}
	return NULL;
}

enum cs_err cs_rules_read_ufw(const char *dir, struct cs_arena *arena,
			      struct cs_rules *out, char why[CS_RULES_WHY])
{
	struct copy c = { .build = { .arena = arena, .out = out },
			  .dir = find_dir(dir, arena),
			  .conf = cs_ufw_conf_debian(),
			  .why = why };

	*out = (struct cs_rules){ 0 };
	if (!c.dir) {
		(void)snprintf(why, CS_RULES_WHY,
			       "%s: no copy of /etc/ufw: it has neither ufw.conf nor "
			       "user.rules",
			       dir);
		return CS_ERR_NOT_FOUND;
	}
	(void)snprintf(why, CS_RULES_WHY, "%s", cs_strerror(CS_ERR_NOMEM));
	return read_copy(&c);
}

/* A file of this machine's ufw; what cannot be read is said and empty. */
static enum cs_err own_text(struct copy *c, const char *path, struct cs_span *out)
{
	enum cs_err err = read_text(c, path, out);

	if (!err || err == CS_ERR_NOMEM)
		return err;
	*out = cs_span_of(NULL, 0);
	return cs_rules_unread(&c->build, "%s: ufw's numbers are not known", c->why);
}

enum cs_err cs_rules_name_ufw_here(struct cs_rules_build *build)
{
	char why[CS_RULES_WHY];
	struct copy c = { .build = *build, .why = why };
	bool four = cs_rules_has_ufw(build->out, false);
	bool six = cs_rules_has_ufw(build->out, true);
	enum cs_err err = CS_OK;

	build->out->ufw = four || six;
	if (four)
		err = own_text(&c, "/etc/ufw/user.rules", &c.user[0]);
	if (!err && six)
		err = own_text(&c, "/etc/ufw/user6.rules", &c.user[1]);
	if (!err && (four || six))
		err = cs_rules_name_ufw(&c.build, c.user[0], c.user[1]);
	*build = c.build;
	return err;
}
