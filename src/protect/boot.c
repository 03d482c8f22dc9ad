/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/boot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/slurp.h"
#include "protect/program.h"

#define WANTS "/etc/systemd/system/sysinit.target.wants/" CS_BOOT_UNIT

static const char *const unit_folders[] = { "/etc/systemd/system", "/lib/systemd/system",
					    "/usr/lib/systemd/system",
					    "/usr/local/lib/systemd/system" };

static bool is_installed(void)
{
	for (size_t i = 0; i < CS_LEN(unit_folders); i++) {
		struct cs_path path;

		if (cs_path_under(unit_folders[i], CS_BOOT_UNIT, &path) &&
		    cs_file_exists(path.text))
			return true;
	}
	return false;
}

static bool is_enabled(void)
{
	struct stat st;

	return lstat(WANTS, &st) == 0;
}

/* Whether nft's configuration names our script. A comment that does is taken for it, too. */
static bool is_included(const struct cs_path *script)
{
	FILE *file = fopen("/etc/nftables.conf", "re");
	uint8_t *bytes = NULL;
	size_t len = 0;
	bool found;

	if (!file)
		return false;
	found = cs_slurp(file, &bytes, &len) == CS_OK && len > 0 &&
		memmem(bytes, len, script->text, strlen(script->text)) != NULL;
	free(bytes);
	(void)fclose(file); /* only read */
	return found;
}

static void say(struct cs_boot *boot, const struct cs_state *state,
		const struct cs_path *script)
{
	if (!state->machine)
		(void)snprintf(boot->why, sizeof(boot->why),
			       "this network namespace is not the machine's own");
	else if (!boot->systemd)
		(void)snprintf(
			boot->why, sizeof(boot->why),
			"no systemd runs here: have `coapscope protect restore` run "
			"at boot, or include \"%.300s\" in /etc/nftables.conf",
			script->text);
	else if (!state->preset)
		(void)snprintf(boot->why, sizeof(boot->why),
			       CS_BOOT_UNIT " looks at the default store, and --store "
					    "names another");
	else
		(void)snprintf(boot->why, sizeof(boot->why), CS_BOOT_UNIT " is not %s",
			       is_installed()
				       ? "enabled: want `systemctl enable " CS_BOOT_UNIT
					 "`"
				       : "installed");
}

void cs_boot_look(const struct cs_state *state, struct cs_boot *out)
{
	struct cs_path script;

	memset(out, 0, sizeof(*out));
	out->systemd = cs_file_exists("/run/systemd/system");
	if (!cs_path_under(state->dir.text, "kept.nft", &script))
		return;
	if (state->machine && is_included(&script))
		out->by = CS_BOOT_BY_INCLUDE;
	else if (state->machine && state->preset && out->systemd && is_installed() &&
		 is_enabled())
		out->by = CS_BOOT_BY_UNIT;
	else
		say(out, state, &script);
}

void cs_boot_cover(const struct cs_state *state, struct cs_arena *arena,
		   struct cs_boot *out)
{
	static const char *const argv[] = { "systemctl",         "--quiet",
					    "--no-ask-password", "enable",
					    CS_BOOT_UNIT,        NULL };
	const struct cs_program program = { .argv = argv };
	struct cs_program_end end;

	cs_boot_look(state, out);
	if (out->by != CS_BOOT_BY_NOTHING || !out->systemd || !state->machine ||
	    !state->preset || !is_installed())
		return;
	/* Whether it did is seen by looking. */
	if (cs_program_run(&program, arena, &end) == CS_OK)
		cs_boot_look(state, out);
}
