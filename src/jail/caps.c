/* SPDX-License-Identifier: Apache-2.0 */
/* Who we are, and the capabilities that come with it. */
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "jail/pieces.h"

/*
 * The bounding set goes first: it takes CAP_SETPCAP, which a change of user
 * ends. Who has not got that right cannot get a capability by a program either,
 * as no_new_privs comes next.
 */
static void drop_bounding(struct cs_jail_state *state)
{
	if (!capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP))
		return;
	capng_clear(CAPNG_SELECT_BOUNDS);
	state->bounding = capng_apply(CAPNG_SELECT_BOUNDS) == 0;
}

static enum cs_err find_user(const char *name, uid_t *uid, gid_t *gid,
			     char why[CS_JAIL_WHY])
{
	const struct passwd *entry;

	errno = 0;
	entry = getpwnam(name);
	if (!entry) {
		(void)snprintf(why, CS_JAIL_WHY, "--user '%.100s': no such user", name);
		return CS_ERR_NOT_FOUND;
	}
	*uid = entry->pw_uid;
	*gid = entry->pw_gid;
	return CS_OK;
}

static enum cs_err become(const char *name, char why[CS_JAIL_WHY])
{
	uid_t uid;
	gid_t gid;
	enum cs_err err = find_user(name, &uid, &gid, why);

	if (err)
		return err;
	if (setgroups(0, NULL) != 0)
		return cs_jail_failed(CS_ERR_DENIED, "--user: giving up the groups", why);
	if (setresgid(gid, gid, gid) != 0)
		return cs_jail_failed(CS_ERR_DENIED, "--user: changing the group", why);
	if (setresuid(uid, uid, uid) != 0)
		return cs_jail_failed(CS_ERR_DENIED, "--user: changing the user", why);
	if (uid != 0 && setuid(0) == 0) {
		(void)snprintf(why, CS_JAIL_WHY, "--user: the way back is still open");
		return CS_ERR_IO;
	}
	return CS_OK;
}

static enum cs_err drop_capabilities(struct cs_jail_state *state, char why[CS_JAIL_WHY])
{
	(void)capng_get_caps_process(); /* a change of user has changed them */
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_apply(CAPNG_SELECT_CAPS) != 0)
		return cs_jail_failed(CS_ERR_IO, "dropping capabilities", why);
	(void)capng_get_caps_process(); /* as the kernel has it now */
	if (capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE) {
		(void)snprintf(why, CS_JAIL_WHY, "capabilities are still there");
		return CS_ERR_IO;
	}
	state->capabilities = true;
	return CS_OK;
}

/* A change of user would end it. */
static enum cs_err become_and_die_with_parent(const char *name, char why[CS_JAIL_WHY])
{
	int sig = 0;
	enum cs_err err;

	if (prctl(PR_GET_PDEATHSIG, &sig) != 0)
		return cs_jail_failed(CS_ERR_IO, "PR_GET_PDEATHSIG", why);
	err = become(name, why);
	if (!err && sig != 0 && prctl(PR_SET_PDEATHSIG, sig) != 0)
		return cs_jail_failed(CS_ERR_IO, "PR_SET_PDEATHSIG", why);
	return err;
}

enum cs_err cs_jail_identity(const char *user, struct cs_jail_state *state,
			     char why[CS_JAIL_WHY])
{
	enum cs_err err;

	if (capng_get_caps_process() != 0)
		return cs_jail_failed(CS_ERR_IO, "reading capabilities", why);
	drop_bounding(state);
	if (user) {
		err = become_and_die_with_parent(user, why);
		if (err)
			return err;
		state->user = true;
	}
	return drop_capabilities(state, why);
}

bool cs_jail_may_become(void)
{
	return capng_get_caps_process() == 0 &&
	       capng_have_capability(CAPNG_EFFECTIVE, CAP_SETUID) &&
	       capng_have_capability(CAPNG_EFFECTIVE, CAP_SETGID);
}

bool cs_jail_may_write(int folder)
{
	void *before = capng_get_caps_process() == 0 ? capng_save_state() : NULL;
	bool may;
	int saved;

	if (!before)
		return true; /* then it comes out when it is tried */
	(void)capng_updatev(CAPNG_DROP, CAPNG_EFFECTIVE, CAP_DAC_OVERRIDE,
			    CAP_DAC_READ_SEARCH, -1);
	(void)capng_apply(CAPNG_SELECT_CAPS); /* to lay down what one has is no error */
	may = faccessat(folder, ".", W_OK, AT_EACCESS) == 0;
	saved = errno;
	capng_restore_state(&before);
	(void)capng_apply(CAPNG_SELECT_CAPS); /* they are permitted still */
	errno = saved;
	return may;
}
