/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frames: what src/net/capture gives, a line a frame, for tests and measurements:
 *   frames [-q] [-f FILTER] [-w FILE] FILE...
 *   frames [-q] -i INTERFACE... [-s SECONDS] [-b BUFFER] [-p MS] [-f FILTER] [-w FILE] [-j]
 * A line is SOURCE TIME_US DLT CAPTURED LENGTH HEX; -q: none, only the sum at the end.
 * -c: the filter for ports 5683 and 5684. -w: as pcapng. -p: nothing is read for so long.
 * -j: in a process of its own, in the jail, while this one closes its half. Remarks and
 * the sum go to standard output as well.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "jail/jail.h"
#include "net/capture.h"
#include "out/pcap_file.h"

enum { INTERFACES_MAX = 16 };

static struct {
	const char *interfaces[INTERFACES_MAX];
	size_t n;
	const char *filter;
	uint32_t buffer;
	int seconds, pause_ms;
	FILE *to;
	bool quiet, jailed;
} want = { .buffer = CS_CAPTURE_BUFFER, .seconds = 5 };

static struct {
	uint64_t frames, bytes, errors;
} sum;

static const char *coap_filter(void)
{
	static const uint16_t ports[] = { 5683, 5684 };
	static char filter[CS_CAPTURE_FILTER];

	return cs_capture_filter(ports, CS_LEN(ports), filter) ? filter : NULL;
}

static int read_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "qf:i:s:b:jcw:p:")) != -1) {
		if (c == 'q')
			want.quiet = true;
		else if (c == 'j')
			want.jailed = true;
		else if (c == 'c')
			want.filter = coap_filter();
		else if (c == 'w')
			want.to = fopen(optarg, "w");
		else if (c == 'p')
			want.pause_ms = atoi(optarg);
		else if (c == 'f')
			want.filter = optarg;
		else if (c == 's')
			want.seconds = atoi(optarg);
		else if (c == 'b')
			want.buffer = (uint32_t)atol(optarg);
		else if (c == 'i' && want.n < INTERFACES_MAX)
			want.interfaces[want.n++] = optarg;
		else
			exit(2);
	}
	return optind;
}

static struct cs_pcap_file written;

static void show(const struct cs_capture_frame *f)
{
	sum.frames++;
	sum.bytes += f->bytes.len;
	if (want.to &&
	    cs_pcap_file_add(&written, f->wall_us, f->dlt, f->bytes, f->wire_len))
		exit(1);
	if (want.quiet)
		return;
	printf("%u %" PRId64 " %d %zu %u ", f->source, f->wall_us, f->dlt, f->bytes.len,
	       f->wire_len);
	for (size_t i = 0; i < f->bytes.len; i++)
		printf("%02x", f->bytes.ptr[i]);
	putchar('\n');
	if (want.n > 0) /* live: somebody may be waiting for it */
		(void)fflush(stdout);
}

/* Once when one goes, and once when all are back. */
static void show_lost(const struct cs_capture *capture)
{
	static bool was;
	const char *lost = cs_capture_lost(capture);

	if (!lost == !was)
		return;
	was = lost;
	printf("# away: %s\n", lost ? lost : "none");
	(void)fflush(stdout);
}

static void read_all(struct cs_capture *capture)
{
	struct cs_capture_frame frame;
	int64_t end = cs_clock_mono(cs_clock_system()) + want.seconds * CS_NS_PER_S;

	while (!cs_capture_done(capture) &&
	       (!want.n || cs_clock_mono(cs_clock_system()) < end)) {
		enum cs_err err = cs_capture_next(capture, want.n ? 100 : -1, &frame);

		show_lost(capture);
		if (!err) {
			show(&frame);
		} else if (err != CS_ERR_NOT_FOUND) {
			sum.errors++;
			printf("# %s: %s\n", cs_strerror(err), cs_capture_why(capture));
		}
	}
}

static enum cs_err open_interfaces(struct cs_capture **out, char why[CS_CAPTURE_WHY])
{
	const struct cs_capture_live live = {
		.interfaces = want.interfaces,
		.n_interfaces = want.n,
		.filter = want.filter,
		.snaplen = CS_CAPTURE_SNAPLEN,
		.buffer = want.buffer,
	};

	return cs_capture_open_live(&live, out, why);
}

static void show_locals(const struct cs_capture *capture)
{
	const struct cs_prefix *locals;
	size_t n = cs_capture_locals(capture, &locals);

	for (size_t i = 0; i < n; i++) {
		char text[CS_PREFIX_TEXT];

		cs_prefix_text(&locals[i], text);
		printf("# local %s\n", text);
	}
}

/* As the decoder of `watch` does it. */
static void go_to_jail(struct cs_capture *capture)
{
	const struct cs_jail jail = { .capture = true, .post = STDOUT_FILENO };
	struct cs_jail_state state;
	char why[CS_JAIL_WHY];
	pid_t pid = fork();
	int status = -1;

	if (pid > 0) {
		cs_capture_close(capture);
		(void)waitpid(pid, &status, 0);
		exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
	}
	if (cs_jail_enter(&jail, &state, why)) {
		printf("# %s\n", why);
		exit(1);
	}
}

static void show_sum(struct cs_capture *capture)
{
	printf("frames %" PRIu64 " bytes %" PRIu64 " errors %" PRIu64 " dropped %" PRIu64
	       "\n",
	       sum.frames, sum.bytes, sum.errors, cs_capture_dropped(capture));
}

int main(int argc, char **argv)
{
	int first = read_options(argc, argv);
	struct cs_capture *capture;
	char why[CS_CAPTURE_WHY];
	enum cs_err err;

	err = want.n ? open_interfaces(&capture, why)
		     : cs_capture_open_files((const char *const *)argv + first,
					     (size_t)(argc - first), stdin, want.filter,
					     &capture, why);
	if (err) {
		printf("# %s: %s\n", cs_strerror(err), why);
		return 1;
	}
	show_locals(capture);
	(void)fflush(stdout);
	if (want.jailed)
		go_to_jail(capture);
	puts("# ready");
	(void)fflush(stdout);
	(void)usleep((useconds_t)want.pause_ms * 1000);
	if (want.to && cs_pcap_file_begin(&written, want.to))
		return 1;
	read_all(capture);
	show_sum(capture);
	cs_capture_close(capture);
	return want.to && fclose(want.to) ? 1 : 0;
}
