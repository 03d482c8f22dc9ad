/* SPDX-License-Identifier: Apache-2.0 */
/* The program: what belongs to the process, and nothing else. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/num.h"
#include "cmd/cmd.h"

static const char *from_environment(const char *name)
{
	return getenv(name);
}

/* How wide the terminal of @fd is; 0 when that cannot be known. */
static unsigned columns_of(int fd)
{
	const char *text = getenv("COLUMNS");
	struct winsize size;
	uint64_t n = 0;

	if (text && cs_num_u64(cs_span_str(text), 1, 10000, &n))
		return (unsigned)n;
	return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/*
 * A standard stream that the caller closed would be the next file that is
 * opened: results would go into a socket or a database. Filled so that using it
 * fails, as it would have.
 */
static void fill_standard_streams(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) == -1 &&
		    open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			_exit(CS_EXIT_FAILED);
	}
}

int main(int argc, char **argv)
{
	struct cs_ctx ctx = {
		.log = { .command = "", .most = CS_NOTE },
		.clock = cs_clock_system(),
		.env = from_environment,
		.environment = environ,
		.system_config = "/etc/coapscope/coapscope.conf",
		.commands = cs_commands,
		.n_commands = cs_n_commands,
	};

	fill_standard_streams();
	ctx.in = stdin;
	ctx.out = stdout;
	ctx.err = ctx.log.to = stderr;
	ctx.columns = columns_of(STDOUT_FILENO);
	/* A closed pipe is a write error that is said, not a silent end. */
	(void)signal(SIGPIPE, SIG_IGN);
	return cs_cmd_main(&ctx, argc, argv);
}
