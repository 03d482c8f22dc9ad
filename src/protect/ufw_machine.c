/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/ufw_machine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/slurp.h"
#include "out/file.h"
#include "protect/program.h"
#include "protect/rules_span.h"
#include "protect/rules_ufw_conf.h"
#include "protect/ufw_back.h"
#include "protect/ufw_block.h"

static const char LOCK[] = "/run/ufw.lock";
static const char CONF[] = "/etc/ufw/ufw.conf";
static const char DEFAULTS[] = "/etc/default/ufw";

static const char *const paths[CS_UFW_NAMES] = {
	[CS_UFW_PROFILES] = ("/etc/ufw/" CS_UFW_PROFILE_FILE),
	[CS_UFW_BEFORE] = "/etc/ufw/before.rules",
	[CS_UFW_BEFORE6] = "/etc/ufw/before6.rules",
	[CS_UFW_USER] = "/etc/ufw/user.rules",
	[CS_UFW_USER6] = "/etc/ufw/user6.rules",
};

enum { LOCK_STEP_MS = 20 };

static enum cs_err fail(char why[CS_STATE_WHY], const char *path)
{
	(void)snprintf(why, CS_STATE_WHY, "%s: %s", path, strerror(errno));
	return errno == EACCES || errno == EPERM ? CS_ERR_DENIED : CS_ERR_IO;
}

/* --- reading --- */

/* The whole of a file; with @need one that is not there is an error. */
static enum cs_err read_file(const char *path, bool need, struct cs_arena *arena,
			     struct cs_span *out, char why[CS_STATE_WHY])
{
	FILE *file = fopen(path, "re");
	uint8_t *bytes = NULL;
	const char *text;
	size_t len = 0;
	enum cs_err err;

	*out = cs_span_of(NULL, 0);
	if (!file && errno == ENOENT && !need)
		return CS_OK;
	if (!file)
		return fail(why, path);
	err = cs_slurp(file, &bytes, &len);
	(void)fclose(file); /* only read */
	text = err ? NULL : cs_arena_text(arena, cs_span_of(bytes, len));
	free(bytes);
	if (err || !text) {
		err = err ? err : CS_ERR_NOMEM;
		(void)snprintf(why, CS_STATE_WHY, "%s: %s", path, cs_strerror(err));
		return err;
	}
	*out = cs_span_of(text, len);
	return CS_OK;
}

static enum cs_err read_conf(struct cs_arena *arena, struct cs_ufw_conf *conf,
			     char why[CS_STATE_WHY])
{
	struct cs_span text;
	enum cs_err err;

	if (access(CONF, F_OK) && errno == ENOENT) {
		(void)snprintf(why, CS_STATE_WHY,
			       "there is no ufw here (%s is missing): want it "
			       "installed, or --backend nft",
			       CONF);
		return CS_ERR_NOT_FOUND;
	}
	*conf = (struct cs_ufw_conf){ .enabled = false };
	err = read_file(DEFAULTS, true, arena, &text, why);
	if (!err)
		cs_ufw_conf_read(text, conf);
	if (!err)
		err = read_file(CONF, true, arena, &text, why);
	if (!err)
		cs_ufw_conf_read(text, conf);
	/* As ufw has it: a kernel without IPv6 has none to keep in order. */
	conf->ipv6 = conf->ipv6 && access("/proc/sys/net/ipv6", F_OK) == 0;
	return err;
}

static enum cs_err read_files(bool ipv6, struct cs_arena *arena, struct cs_ufw_files *out,
			      char why[CS_STATE_WHY])
{
	struct cs_span *const into[CS_UFW_NAMES] = {
		[CS_UFW_PROFILES] = &out->profile, [CS_UFW_BEFORE] = &out->before,
		[CS_UFW_BEFORE6] = &out->before6,  [CS_UFW_USER] = &out->user,
		[CS_UFW_USER6] = &out->user6,
	};
	enum cs_err err = CS_OK;

	out->ipv6 = ipv6;
	for (int i = 0; !err && i < CS_UFW_NAMES; i++) {
		bool of_ipv6 = i == CS_UFW_BEFORE6 || i == CS_UFW_USER6;

		err = read_file(paths[i], i != CS_UFW_PROFILES && (ipv6 || !of_ipv6),
				arena, into[i], why);
	}
	return err;
}

static enum cs_err save(const char *name, struct cs_arena *arena, struct cs_span *out,
			char why[CS_STATE_WHY])
{
	const char *const argv[] = { name, NULL };
	const struct cs_program program = { .argv = argv };

	return cs_program_must(&program, arena, out, why);
}

/* Where there is no nft there is nothing that iptables leaves in it. */
static enum cs_err list_chains(struct cs_arena *arena, struct cs_span *out)
{
	static const char *const argv[] = { "nft", "list", "chains", NULL };
	const struct cs_program program = { .argv = argv };
	struct cs_program_end end;
	enum cs_err err = cs_program_run(&program, arena, &end);

	*out = cs_span_of(NULL, 0);
	if (!err && end.status == 0)
		*out = end.out;
	return err == CS_ERR_NOMEM ? err : CS_OK;
}

enum cs_err cs_ufw_machine_read(struct cs_arena *arena, struct cs_ufw_machine *out,
				char why[CS_STATE_WHY])
{
	struct cs_ufw_machine m = { .enabled = false };
	struct cs_ufw_conf conf;
	enum cs_err err = read_conf(arena, &conf, why);

	if (!err)
		err = read_files(conf.ipv6, arena, &m.shot.files, why);
	if (!err)
		err = save("iptables-save", arena, &m.shot.save4, why);
	if (!err)
		err = save("ip6tables-save", arena, &m.shot.save6, why);
	if (!err)
		err = list_chains(arena, &m.shot.chains);
	if (err)
		return err;
	m.enabled = conf.enabled;
	m.running = cs_text_has(m.shot.save4, "\n:ufw-user-input ");
	*out = m;
	return CS_OK;
}

bool cs_ufw_shots_equal(const struct cs_ufw_shot *a, const struct cs_ufw_shot *b)
{
	return a->files.ipv6 == b->files.ipv6 &&
	       cs_span_eq(a->files.user, b->files.user) &&
	       cs_span_eq(a->files.user6, b->files.user6) &&
	       cs_span_eq(a->files.before, b->files.before) &&
	       cs_span_eq(a->files.before6, b->files.before6) &&
	       cs_span_eq(a->files.profile, b->files.profile) &&
	       cs_ufw_saves_equal(a->save4, b->save4) &&
	       cs_ufw_saves_equal(a->save6, b->save6);
}

/* --- records --- */

void cs_ufw_shot_put(struct cs_record *record, const struct cs_ufw_shot *shot)
{
	cs_record_put(record, "six", shot->files.ipv6 ? "yes" : "no");
	cs_record_part(record, "user", shot->files.user);
	cs_record_part(record, "user_six", shot->files.user6);
	cs_record_part(record, "before", shot->files.before);
	cs_record_part(record, "before_six", shot->files.before6);
	cs_record_part(record, "profile", shot->files.profile);
	cs_record_part(record, "save", shot->save4);
	cs_record_part(record, "save_six", shot->save6);
	cs_record_part(record, "chains", shot->chains);
}

void cs_ufw_shot_take(const struct cs_record *record, struct cs_ufw_shot *out)
{
	const char *ipv6 = cs_record_key(record, "six");

	out->files = (struct cs_ufw_files){
		.user = cs_record_text(record, "user"),
		.user6 = cs_record_text(record, "user_six"),
		.before = cs_record_text(record, "before"),
		.before6 = cs_record_text(record, "before_six"),
		.profile = cs_record_text(record, "profile"),
		.ipv6 = ipv6 && strcmp(ipv6, "yes") == 0,
	};
	out->save4 = cs_record_text(record, "save");
	out->save6 = cs_record_text(record, "save_six");
	out->chains = cs_record_text(record, "chains");
}

/* --- changing --- */

bool cs_ufw_is_in_force(void)
{
	struct cs_arena arena = { 0 };
	char why[CS_STATE_WHY];
	struct cs_span text;
	bool there = save("iptables-save", &arena, &text, why) != CS_OK ||
		     cs_ufw_save_has_ours(text);

	cs_arena_clear(&arena);
	return there;
}

static bool has_block(enum cs_ufw_name name, struct cs_arena *arena)
{
	char why[CS_STATE_WHY];
	struct cs_span text;

	return read_file(paths[name], true, arena, &text, why) == CS_OK &&
	       cs_ufw_block_of(text).len > 0;
}

bool cs_ufw_survives_reboot(char why[CS_STATE_WHY])
{
	struct cs_arena arena = { 0 };
	struct cs_ufw_conf conf = { .enabled = false };
	bool known = read_conf(&arena, &conf, why) == CS_OK;
	bool block = known && has_block(CS_UFW_BEFORE, &arena) &&
		     (!conf.ipv6 || has_block(CS_UFW_BEFORE6, &arena));

	if (known && !conf.enabled)
		(void)snprintf(
			why, CS_STATE_WHY,
			"ufw is inactive, and loads nothing then: want `ufw enable`");
	else if (known && !block)
		(void)snprintf(
			why, CS_STATE_WHY,
			"somebody took our block out of before.rules: want `coapscope "
			"protect undo`, and apply again");
	cs_arena_clear(&arena);
	return conf.enabled && block;
}

bool cs_ufw_is_used(void)
{
	struct cs_arena arena = { 0 };
	char why[CS_STATE_WHY];
	struct cs_span text;
	bool used =
		read_file(paths[CS_UFW_PROFILES], true, &arena, &text, why) == CS_OK &&
		cs_ufw_profile_is_ours(text);

	cs_arena_clear(&arena);
	return used;
}

/* Bytes that are there already need no writing: a file's times stay what they were. */
static bool is_there(const char *path, struct cs_span text)
{
	char why[CS_STATE_WHY];
	struct cs_arena arena = { 0 };
	struct cs_span now;
	bool same = read_file(path, true, &arena, &now, why) == CS_OK &&
		    cs_span_eq(now, text);

	cs_arena_clear(&arena);
	return same;
}

enum cs_err cs_ufw_file_write(enum cs_ufw_name name, struct cs_span text,
			      char why[CS_STATE_WHY])
{
	const char *path = paths[name];
	struct cs_out_file *file;

	if (name == CS_UFW_PROFILES && text.len == 0)
		return unlink(path) && errno != ENOENT ? fail(why, path) : CS_OK;
	if (is_there(path, text))
		return CS_OK;
	if (cs_out_file_open(path, &file))
		return fail(why, path);
	/* What goes wrong here shows at the commit. */
	(void)fwrite(text.ptr, 1, text.len, cs_out_file_stream(file));
	return cs_out_file_commit(file) ? fail(why, path) : CS_OK;
}

enum cs_err cs_ufw_restore(struct cs_span script, bool v6, struct cs_arena *arena,
			   char why[CS_STATE_WHY])
{
	const char *const argv[] = { v6 ? "ip6tables-restore" : "iptables-restore", "-n",
				     NULL };
	const struct cs_program program = { .argv = argv, .input = script };
	struct cs_span said;

	return script.len ? cs_program_must(&program, arena, &said, why) : CS_OK;
}

/* Whether `nft list chains` has a chain, or with @chain NULL the table. */
static bool has_chain(struct cs_span chains, const char *table, const char *chain)
{
	bool in = false;

	for (struct cs_span line; cs_text_line(&chains, &line);) {
		struct cs_span rest = line, word, name;

		if (cs_text_starts(line, "table ")) {
			in = cs_text_starts(cs_text_after(line, 6), table) &&
			     cs_text_is(cs_text_after(line, 6 + strlen(table)), " {");
			if (in && !chain)
				return true;
		} else if (in && chain && cs_text_word(&rest, &word) &&
			   cs_text_is(word, "chain") && cs_text_word(&rest, &name) &&
			   cs_text_is(name, chain)) {
			return true;
		}
	}
	return false;
}

/* Its output, or nothing where it did not do it: what cannot be taken out stays. */
static struct cs_span try_program(const char *const *argv, struct cs_arena *arena)
{
	const struct cs_program program = { .argv = argv };
	struct cs_program_end end;

	return cs_program_run(&program, arena, &end) || end.status ? cs_span_of(NULL, 0)
								   : end.out;
}

/* iptables has the kernel refuse a chain with rules in it, which nft deletes with the chain. */
static void delete_chain(bool v6, const char *chain, struct cs_arena *arena)
{
	const char *const argv[] = {
		v6 ? "ip6tables" : "iptables", "-t", "mangle", "-X", chain, NULL
	};

	(void)try_program(argv, arena);
}

/* A table is deleted with all that is in it: it must have nothing left. */
static void delete_table(const char *family, struct cs_arena *arena)
{
	const char *const list[] = { "nft", "list", "table", family, "mangle", NULL };
	const char *const argv[] = { "nft", "delete", "table", family, "mangle", NULL };
	struct cs_span said = try_program(list, arena);

	if (said.len > 0 && !cs_text_has(said, "\t"))
		(void)try_program(argv, arena);
}

void cs_ufw_sweep(const struct cs_ufw_shot *before, const struct cs_ufw_shot *left,
		  struct cs_arena *arena)
{
	static const char *const families[] = { "ip", "ip6" };
	static const char *const chains[] = { "PREROUTING", "POSTROUTING" };

	for (size_t i = 0; i < CS_LEN(families); i++) {
		char table[16];

		(void)snprintf(table, sizeof(table), "%s mangle", families[i]);
		for (size_t k = 0; k < CS_LEN(chains); k++)
			if (has_chain(left->chains, table, chains[k]) &&
			    !has_chain(before->chains, table, chains[k]))
				delete_chain(i == 1, chains[k], arena);
		if (has_chain(left->chains, table, NULL) &&
		    !has_chain(before->chains, table, NULL))
			delete_table(families[i], arena);
	}
}

int cs_ufw_lock(int wait_ms)
{
	int fd = open(LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	const struct flock whole = { .l_type = F_WRLCK };

	for (; fd >= 0; wait_ms -= LOCK_STEP_MS) {
		if (fcntl(fd, F_SETLK, &whole) == 0)
			return fd;
		if (wait_ms <= 0)
			break;
		(void)poll(NULL, 0, LOCK_STEP_MS); /* only a pause */
	}
	if (fd >= 0)
		(void)close(fd); /* nothing was written */
	return -1;
}

void cs_ufw_unlock(int fd)
{
	if (fd >= 0)
		(void)close(fd); /* takes the lock off */
}
