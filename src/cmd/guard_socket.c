/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/guard_socket.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cmd/watch_protect.h"
#include "protect/guard_wire.h"

enum { SAID_A_MINUTE = 10, MINUTE_S = 60, FOLDER_MODE = 0751, SOCKET_MODE = 0600 };

/* --- opening --- */

static int cannot(const struct cs_ctx *ctx, const char *path, const char *what)
{
	cs_log(&ctx->log, CS_ERROR, "--socket %s: %s: %s", path, what, strerror(errno));
	return CS_EXIT_FAILED;
}

static bool name_of(const char *path, struct sockaddr_un *out)
{
	size_t len = strlen(path);

	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (len == 0 || len >= sizeof(out->sun_path))
		return false;
	memcpy(out->sun_path, path, len);
	return true;
}

/*
 * The folder below /run is gone with each boot. The preset one is shared with what protect
 * keeps there for itself: others may pass through it, and not look.
 */
static void make_folder(const char *path)
{
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
	const char *slash = strrchr(path, '/');

	if (!slash || slash == path || (size_t)(slash - path) >= sizeof(folder))
		return;
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = '\0';
	if (mkdir(folder, FOLDER_MODE) && strcmp(path, CS_GUARD_SOCKET) != 0)
		return;
	(void)chmod(folder, FOLDER_MODE); /* bind() says what is wrong */
}

/* What is left of a guard that was killed goes; anything else stays. */
static int clear_way(const struct cs_ctx *ctx, const struct sockaddr_un *name)
{
	struct stat st;
	int fd, rc, why;

	if (lstat(name->sun_path, &st))
		return -1;
	if (!S_ISSOCK(st.st_mode)) {
		cs_log(&ctx->log, CS_ERROR,
		       "--socket %s: is no socket: want a name that "
		       "is free",
		       name->sun_path);
		return CS_EXIT_USAGE;
	}
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return cannot(ctx, name->sun_path, "socket");
	rc = connect(fd, (const struct sockaddr *)name, sizeof(*name));
	why = errno;
	(void)close(fd); /* never used */
	if (rc && why == ECONNREFUSED)
		return unlink(name->sun_path) ? cannot(ctx, name->sun_path, "unlink")
					      : -1;
	cs_log(&ctx->log, CS_ERROR, "--socket %s: somebody listens there already",
	       name->sun_path);
	return CS_EXIT_REFUSED;
}

static int listen_at(struct cs_guard_socket *s, const struct sockaddr_un *name)
{
	mode_t before = umask(0777 & ~SOCKET_MODE);
	int rc;

	s->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	rc = s->fd < 0 ? -1 : bind(s->fd, (const struct sockaddr *)name, sizeof(*name));
	(void)umask(before); /* cannot fail */
	if (rc) {
		rc = cannot(s->ctx, name->sun_path, "bind");
		cs_guard_socket_close(s); /* the name is not ours */
		return rc;
	}
	if (listen(s->fd, CS_GUARD_CLIENTS))
		return cannot(s->ctx, name->sun_path, "listen");
	if (s->user != geteuid() && lchown(name->sun_path, s->user, (gid_t)-1))
		return cannot(s->ctx, name->sun_path, "chown");
	return -1;
}

static int find_user(struct cs_guard_socket *s, const char *user)
{
	const struct passwd *entry;

	s->user = geteuid();
	if (!user)
		return -1;
	entry = getpwnam(user);
	if (!entry) {
		cs_log(&s->ctx->log, CS_ERROR, "--user %s: no such user", user);
		return CS_EXIT_USAGE;
	}
	s->user = entry->pw_uid;
	return -1;
}

int cs_guard_socket_open(const struct cs_ctx *ctx, const char *path, const char *user,
			 struct cs_guard_socket *out)
{
	struct sockaddr_un name;
	int status;

	*out = (struct cs_guard_socket){ .ctx = ctx, .fd = -1 };
	for (size_t i = 0; i < CS_GUARD_CLIENTS; i++)
		out->client[i] = -1;
	if (!name_of(path, &name)) {
		cs_log(&ctx->log, CS_ERROR,
		       "--socket '%s': want a path of 1 to %zu bytes", path,
		       sizeof(name.sun_path) - 1);
		return CS_EXIT_USAGE;
	}
	status = find_user(out, user);
	if (status < 0) {
		make_folder(path);
		status = clear_way(ctx, &name);
	}
	return status < 0 ? listen_at(out, &name) : status;
}

void cs_guard_socket_close(struct cs_guard_socket *s)
{
	if (s->fd < 0)
		return; /* nor is anybody connected */
	for (size_t i = 0; i < CS_GUARD_CLIENTS; i++)
		if (s->client[i] >= 0)
			(void)close(s->client[i]); /* only read from */
	(void)close(s->fd);                        /* likewise */
	s->fd = -1;
}

/* --- who asks --- */

/* A few lines a minute: whoever may not ask shall not fill the log either. */
static void complain(struct cs_guard_socket *s, const char *what, unsigned uid)
{
	int64_t now_ns = cs_clock_mono(s->ctx->clock);

	if (now_ns - s->said_ns > MINUTE_S * CS_NS_PER_S) {
		if (s->unsaid > 0)
			cs_log(&s->ctx->log, CS_WARN, "%u more were turned away",
			       s->unsaid);
		s->said_ns = now_ns;
		s->said = s->unsaid = 0;
	}
	if (s->said == SAID_A_MINUTE) {
		s->unsaid++;
		return;
	}
	s->said++;
	cs_log(&s->ctx->log, CS_WARN, "%s (user id %u)", what, uid);
}

static uid_t who_is(int fd)
{
	struct ucred who = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len))
		return (uid_t)-1;
	return who.uid;
}

static bool may_ask(const struct cs_guard_socket *s, uid_t uid)
{
	return uid == 0 || uid == s->user || uid == geteuid();
}

static void take_client(struct cs_guard_socket *s)
{
	int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	uid_t uid;
	size_t i = 0;

	if (fd < 0)
		return; /* gone again */
	uid = who_is(fd);
	while (i < CS_GUARD_CLIENTS && s->client[i] >= 0)
		i++;
	if (may_ask(s, uid) && i < CS_GUARD_CLIENTS) {
		s->client[i] = fd;
		return;
	}
	complain(s,
		 i < CS_GUARD_CLIENTS ? "turned away who may not ask (see --user)"
				      : "turned away one more than may ask at a time",
		 (unsigned)uid);
	(void)close(fd); /* never used */
}

static void hang_up(struct cs_guard_socket *s, size_t i)
{
	(void)close(s->client[i]); /* only read from */
	s->client[i] = -1;
}

/* --- what is asked --- */

static bool take_request(struct cs_guard_socket *s, size_t i,
			 struct cs_guard_request *out)
{
	uint8_t bytes[CS_GUARD_WIRE + 1];
	ssize_t n = recv(s->client[i], bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n > 0 && !cs_guard_wire_read(cs_span_of(bytes, (size_t)n), out))
		return true;
	if (n > 0)
		complain(s, "hung up on who sent what is no request",
			 (unsigned)who_is(s->client[i]));
	hang_up(s, i);
	return false;
}

/* One record of whoever has one, each in turn. */
static bool take_turns(struct cs_guard_socket *s, const struct pollfd *fds,
		       struct cs_guard_request *out)
{
	for (size_t turn = 0; turn < CS_GUARD_CLIENTS; turn++) {
		size_t i = (s->next + turn) % CS_GUARD_CLIENTS;

		if (s->client[i] < 0 || !fds[i].revents || !take_request(s, i, out))
			continue;
		s->next = (i + 1) % CS_GUARD_CLIENTS;
		return true;
	}
	return false;
}

bool cs_guard_socket_next(struct cs_guard_socket *s, int stop_fd,
			  struct cs_guard_request *out)
{
	enum { STOP = CS_GUARD_CLIENTS, DOOR, FDS };
	struct pollfd fds[FDS] = {
		[STOP] = { stop_fd, POLLIN, 0 }, [DOOR] = { s->fd, POLLIN, 0 }
	};

	for (;;) {
		for (size_t i = 0; i < CS_GUARD_CLIENTS; i++)
			fds[i] = (struct pollfd){ s->client[i], POLLIN, 0 };
		if (poll(fds, FDS, -1) < 0 && errno != EINTR)
			return false;
		if (fds[STOP].revents)
			return false;
		if (take_turns(s, fds, out))
			return true;
		if (fds[DOOR].revents)
			take_client(s);
	}
}
