/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least that libmicrohttpd can do: with as many threads as `serve`, it answers
 * every request, its body read and thrown away, with the bytes of a file.
 *
 *   httploop FILE        prints its port; ends with its standard input
 */
#include <microhttpd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 4, MOST = 64 << 20 };

static char *bytes;
static size_t len;

static enum MHD_Result answer(void *arg, struct MHD_Connection *connection,
			      const char *url, const char *method, const char *version,
			      const char *data, size_t *size, void **context)
{
	static int begun;
	struct MHD_Response *response;
	enum MHD_Result done;

	(void)arg;
	(void)url;
	(void)method;
	(void)version;
	(void)data;
	if (!*context) {
		*context = &begun;
		return MHD_YES;
	}
	if (*size > 0) {
		*size = 0;
		return MHD_YES;
	}
	response = MHD_create_response_from_buffer(len, bytes, MHD_RESPMEM_PERSISTENT);
	if (!response)
		return MHD_NO;
	done = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return done;
}

int main(int argc, char **argv)
{
	FILE *from = argc == 2 ? fopen(argv[1], "rb") : NULL;
	const union MHD_DaemonInfo *info;
	struct MHD_Daemon *daemon;

	bytes = malloc(MOST);
	if (!from || !bytes)
		return 1;
	len = fread(bytes, 1, MOST, from);
	if (fclose(from))
		return 1;
	daemon = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL,
		NULL, answer, NULL, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS,
		MHD_OPTION_END);
	info = daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
	if (!info)
		return 1;
	(void)printf("%u\n", info->port);
	(void)fflush(stdout);
	while (getchar() != EOF)
		;
	MHD_stop_daemon(daemon);
	free(bytes);
	return 0;
}
