/* SPDX-License-Identifier: Apache-2.0 */
#include "jail/jail.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "jail/pieces.h"

#if CS_JAIL_SANITIZED
static bool jailed;

int __lsan_is_turned_off(void);

/* LeakSanitizer asks when the process ends; there is no ptrace() in a jail. */
int __lsan_is_turned_off(void)
{
	return jailed;
}
#endif

enum cs_err cs_jail_failed(enum cs_err err, const char *what, char why[CS_JAIL_WHY])
{
	(void)snprintf(why, CS_JAIL_WHY, "%.120s: %s", what, strerror(errno));
	return err;
}

/* ThreadSanitizer has a thread of its own from the start. */
static enum cs_err check_alone(char why[CS_JAIL_WHY])
{
	DIR *tasks = opendir("/proc/self/task");
	unsigned n = 0;

	for (const struct dirent *e; tasks && (e = readdir(tasks)) != NULL;)
		n += e->d_name[0] != '.';
	if (tasks)
		(void)closedir(tasks);
	if (n <= 1 || CS_JAIL_SANITIZED)
		return CS_OK;
	(void)snprintf(why, CS_JAIL_WHY, "the jail is entered with %u threads running",
		       n);
	return CS_ERR_BUSY;
}

static enum cs_err renounce(struct cs_jail_state *state, char why[CS_JAIL_WHY])
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return cs_jail_failed(CS_ERR_IO, "no_new_privs", why);
	state->no_new_privs = true;
	return CS_OK;
}

static enum cs_err check_whole(const struct cs_jail *jail,
			       const struct cs_jail_state *state, char why[CS_JAIL_WHY])
{
	if (!jail->require || cs_jail_whole(state))
		return CS_OK;
	(void)snprintf(why, CS_JAIL_WHY,
		       "the kernel has no %s, and --require-jail is set",
		       state->seccomp ? "Landlock" : "seccomp filter");
	return CS_ERR_IO;
}

enum cs_err cs_jail_enter(const struct cs_jail *jail, struct cs_jail_state *state,
			  char why[CS_JAIL_WHY])
{
	struct cs_jail_files files = { .ruleset = -1 };
	enum cs_err err = check_alone(why);

	*state = (struct cs_jail_state){ 0 };
	if (!err)
		err = cs_jail_files_open(jail, &files, why);
	if (!err)
		err = cs_jail_identity(jail->user, state, why);
	if (!err)
		err = renounce(state, why);
	if (!err)
		err = cs_jail_files_enter(&files, state, why);
	if (!err)
		err = cs_jail_calls(jail, state, why);
	if (!err)
		err = check_whole(jail, state, why);
#if CS_JAIL_SANITIZED
	jailed = true;
#endif
	return err;
}

bool cs_jail_whole(const struct cs_jail_state *state)
{
	return state->capabilities && state->no_new_privs && state->landlock_abi > 0 &&
	       state->seccomp;
}

static void say(char out[CS_JAIL_TEXT], const char *between, const char *what)
{
	size_t len = strlen(out);

	(void)snprintf(out + len, CS_JAIL_TEXT - len, "%s%s", len ? between : "", what);
}

void cs_jail_text(const struct cs_jail_state *state, char out[CS_JAIL_TEXT])
{
	char landlock[32];

	out[0] = '\0';
	if (state->user)
		say(out, ", ", "another user");
	if (state->capabilities)
		say(out, ", ", "no capabilities");
	if (state->no_new_privs)
		say(out, ", ", "no new privileges");
	(void)snprintf(landlock, sizeof(landlock), "Landlock ABI %d",
		       state->landlock_abi);
	if (state->landlock_abi > 0)
		say(out, ", ", landlock);
	if (state->seccomp)
		say(out, ", ", "seccomp");
	if (state->landlock_abi == 0)
		say(out, "; ",
		    "Landlock is not in this kernel: files are not restricted");
	if (!state->seccomp)
		say(out, "; ",
		    "seccomp is not in this kernel: system calls are not restricted");
}
