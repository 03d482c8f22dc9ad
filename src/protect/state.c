/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/state.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "protect/state_own.h"

enum { STEP_MS = 20, STORE_MODE = 0750 };

/* --- which machine, which namespace --- */

/* The first line of a file, or @otherwise. */
static void first_line(const char *path, const char *otherwise, char *out, int size)
{
	FILE *file = fopen(path, "re");

	(void)snprintf(out, (size_t)size, "%s", otherwise);
	if (!file)
		return;
	if (fgets(out, size, file))
		out[strcspn(out, "\n")] = '\0';
	(void)fclose(file); /* only read */
}

/*
 * A number for the network namespace that we are in. The cookie is never used twice in a
 * boot; an inode number, on older kernels, is.
 */
static uint64_t net_number(void)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);
	struct stat st = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool told = fd >= 0 &&
		    getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) == 0;

	if (fd >= 0)
		(void)close(fd); /* nothing was sent */
	if (!told && stat("/proc/self/ns/net", &st) == 0)
		cookie = st.st_ino;
	return cookie;
}

/* The first process's namespace is the machine's, a container's own one in a container. */
static bool is_machine(void)
{
	struct stat first, ours;

	return stat("/proc/1/ns/net", &first) == 0 &&
	       stat("/proc/self/ns/net", &ours) == 0 && first.st_ino == ours.st_ino;
}

/* --- folders --- */

static enum cs_err make_run(struct cs_state *state, uint64_t net, bool look,
			    char why[CS_STATE_WHY])
{
	char name[64];

	(void)snprintf(name, sizeof(name), "run-%.8s-%" PRIu64, state->boot, net);
	if (snprintf(state->run.text, sizeof(state->run.text),
		     "/run/coapscope/protect-%" PRIu64, net) > 0 &&
	    cs_dir_make(state->run.text) == 0 && access(state->run.text, W_OK) == 0)
		return CS_OK;
	if (!cs_path_under(state->dir.text, name, &state->run)) {
		errno = ENAMETOOLONG;
		return cs_state_fail(why, state->dir.text);
	}
	return cs_dir_make(state->run.text) && !look ? cs_state_fail(why, state->run.text)
						     : CS_OK;
}

/* Looked at once, so that it is said before anything is begun; each file is then opened so. */
static enum cs_err check_owner(const char *path, bool look, char why[CS_STATE_WHY])
{
	int fd = cs_state_folder(path, why);

	if (fd < 0)
		return look && errno == ENOENT ? CS_OK : CS_ERR_IO;
	(void)close(fd); /* only looked at */
	return CS_OK;
}

/*
 * The services that share the preset store run as a user of their own. Were the folder root's,
 * systemd would give that user all that is below it at their first start: what is
 * confirmed too, which would then be refused at the next boot.
 */
static void make_store(const char *store)
{
	const struct passwd *user;

	if (geteuid() != 0 || mkdir(store, STORE_MODE))
		return; /* it is there; if not, what comes next says why */
	user = getpwnam("coapscope");
	if (user && lchown(store, user->pw_uid, user->pw_gid))
		return; /* then it is root's, which works until such a start */
}

/* Made if need be (if it can be, for a @look); it and what is below may be root's alone. */
static enum cs_err make_owned(const char *above, const char *name, bool look,
			      struct cs_path *out, char why[CS_STATE_WHY])
{
	if (!cs_path_under(above, name, out)) {
		errno = ENAMETOOLONG;
		return cs_state_fail(why, above);
	}
	if (cs_dir_make(out->text) && !look)
		return cs_state_fail(why, out->text);
	return check_owner(out->text, look, why);
}

enum cs_err cs_state_open(const char *store, bool preset, bool look, struct cs_state *out,
			  char why[CS_STATE_WHY])
{
	struct cs_state state = { .machine = is_machine(), .preset = preset, .lock = -1 };
	uint64_t net = net_number();
	char name[64];

	first_line("/proc/sys/kernel/random/boot_id", "unknown", state.boot,
		   sizeof(state.boot));
	(void)snprintf(name, sizeof(name), "net-%.8s-%" PRIu64, state.boot, net);
	if (preset)
		make_store(store);
	if (make_owned(store, "protect", look, &state.dir, why))
		return CS_ERR_IO;
	if (preset && !state.machine) {
		const struct cs_path above = state.dir;

		if (make_owned(above.text, name, look, &state.dir, why))
			return CS_ERR_IO;
	}
	if (make_run(&state, net, look, why) || check_owner(state.run.text, look, why))
		return CS_ERR_IO;
	*out = state;
	return CS_OK;
}

void cs_state_close(struct cs_state *state)
{
	cs_state_unlock(state);
}

/* --- the lock --- */

/* Tries until @wait_ms are over. -1 with errno. */
static int take(const char *path, int wait_ms)
{
	for (;; wait_ms -= STEP_MS) {
		int fd = cs_lock_take(path, false);

		if (fd >= 0 || errno != EWOULDBLOCK || wait_ms <= 0)
			return fd;
		(void)poll(NULL, 0, STEP_MS); /* only a pause */
	}
}

enum cs_err cs_state_lock(struct cs_state *state, int wait_ms, char why[CS_STATE_WHY])
{
	struct cs_path path;
	char who[64];

	if (!cs_path_under(state->run.text, "lock", &path)) {
		errno = ENAMETOOLONG;
		return cs_state_fail(why, state->run.text);
	}
	state->lock = take(path.text, wait_ms);
	if (state->lock < 0 && errno == EWOULDBLOCK) {
		first_line(path.text, "another coapscope protect", who, sizeof(who));
		(void)snprintf(why, CS_STATE_WHY,
			       "%s is changing the rules at this moment: try again when "
			       "it has ended",
			       who);
		return CS_ERR_BUSY;
	}
	if (state->lock < 0)
		return cs_state_fail(why, path.text);
	/* Who it is, for whoever comes: of no matter where the disk is full. */
	if (ftruncate(state->lock, 0) == 0)
		(void)dprintf(state->lock, "process %d\n", (int)getpid());
	return CS_OK;
}

void cs_state_unlock(struct cs_state *state)
{
	if (state->lock >= 0)
		(void)close(state->lock); /* takes the lock off */
	state->lock = -1;
}

bool cs_state_helper_is_there(const struct cs_state *state, int wait_ms)
{
	struct cs_path path;

	if (!cs_path_under(state->run.text, "helper", &path))
		return false;
	for (;; wait_ms -= STEP_MS) {
		if (!cs_lock_is_held(path.text))
			return false;
		if (wait_ms <= 0)
			return true;
		(void)poll(NULL, 0, STEP_MS); /* only a pause */
	}
}

enum cs_err cs_state_new_id(char out[CS_STATE_ID])
{
	uint8_t bytes[(CS_STATE_ID - 1) / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return CS_ERR_IO;
	cs_hex_text(cs_span_of(bytes, sizeof(bytes)), out);
	return CS_OK;
}

/* --- what is pending --- */

static const char pending_mark[] = "pending-";

void cs_state_pending_name(const char *id, char out[CS_STATE_PENDING])
{
	(void)snprintf(out, CS_STATE_PENDING, "%s%s", pending_mark, id);
}

void cs_state_forget_pending(const struct cs_state *state, const char *id)
{
	struct cs_path path;
	char name[CS_STATE_PENDING];

	cs_state_pending_name(id, name);
	if (cs_path_under(state->run.text, name, &path))
		(void)unlink(path.text); /* the kernel has nothing of that name */
}

void cs_state_forget_void(const struct cs_state *state, int wait_ms)
{
	DIR *dir = opendir(state->run.text);
	struct dirent *found;

	if (!dir)
		return; /* nothing was ever pending */
	while ((found = readdir(dir)))
		if (strncmp(found->d_name, pending_mark, sizeof(pending_mark) - 1) == 0)
			(void)unlinkat(dirfd(dir), found->d_name, 0);
	(void)closedir(dir);
	(void)cs_state_helper_is_there(state, wait_ms);
}
