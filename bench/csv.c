/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What writing a CSV costs at least: fputs() of cells that are there already,
 * and a loop over the same rows of the same file that writes them as they are.
 *
 *   csv cells REPORT.csv OUT    the cells of a report, again
 *   csv loop SEGMENT.db OUT     SELECT by address, six columns, no encoding
 *
 * Prints the CPU seconds of the writing alone.
 */
#include <arpa/inet.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/slurp.h"

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "bench csv: %s\n", what);
	exit(1);
}

static double cpu_seconds(void)
{
	struct rusage use;

	(void)getrusage(RUSAGE_SELF, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static FILE *open_out(const char *path)
{
	FILE *to = fopen(path, "w");

	if (!to || setvbuf(to, NULL, _IOFBF, 1 << 20))
		die(path);
	return to;
}

static void close_out(FILE *to)
{
	if (fflush(to) || fsync(fileno(to)) || fclose(to))
		die("writing failed");
}

/*
 * Cuts the text into NUL-terminated cells: a comma or line feed outside of quotes ends
 * one. @behind has, for each, which of the two it was.
 */
static size_t cut(char *text, size_t len, char **cells, char *behind)
{
	bool quoted = false;
	size_t n = 0;

	cells[0] = text;
	for (size_t i = 0; i < len; i++) {
		quoted ^= text[i] == '"';
		if (quoted || (text[i] != ',' && text[i] != '\n'))
			continue;
		behind[n++] = text[i];
		cells[n] = text + i + 1;
		text[i] = '\0';
	}
	return n;
}

static double write_cells(const char *from, const char *path)
{
	FILE *file = fopen(from, "r"), *to = open_out(path);
	uint8_t *bytes = NULL;
	size_t len = 0, n;
	double start;

	if (!file || cs_slurp(file, &bytes, &len))
		die(from);

	for (size_t i = n = 0; i < len; i++)
		n += bytes[i] == ',' || bytes[i] == '\n';

	char **cells = calloc(n + 1, sizeof(*cells)), *behind = calloc(n + 1, 1);

	if (!cells || !behind)
		die("out of memory");
	n = cut((char *)bytes, len, cells, behind);
	start = cpu_seconds();
	for (size_t i = 0; i < n; i++) {
		fputs(cells[i], to);
		putc(behind[i], to);
	}
	close_out(to);
	return cpu_seconds() - start;
}

static void write_row(sqlite3_stmt *stmt, FILE *to)
{
	char ip[INET6_ADDRSTRLEN];

	if (!inet_ntop(AF_INET6, sqlite3_column_blob(stmt, 0), ip, sizeof(ip)))
		die("no address");
	fputs(ip, to);
	for (int i = 1; i < 5; i++)
		fprintf(to, ",%lld", sqlite3_column_int64(stmt, i));
	putc(',', to);
	(void)fwrite(sqlite3_column_blob(stmt, 5), 1,
		     (size_t)sqlite3_column_bytes(stmt, 5), to);
	putc('\n', to);
}

static double write_loop(const char *segment, const char *path)
{
	FILE *to = open_out(path);
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db;
	double start;

	if (sqlite3_open_v2(segment, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
			    NULL) ||
	    sqlite3_exec(db, "PRAGMA cache_size=-16384", NULL, NULL, NULL) ||
	    sqlite3_prepare_v2(db,
			       "SELECT ip, reply_port, time_us, request_size,"
			       " response_size, payload FROM result INDEXED BY"
			       " result_by_ip LEFT JOIN body ON body.id = body"
			       " ORDER BY ip, port",
			       -1, &stmt, NULL))
		die(sqlite3_errmsg(db));
	start = cpu_seconds();
	while (sqlite3_step(stmt) == SQLITE_ROW)
		write_row(stmt, to);
	close_out(to);
	return cpu_seconds() - start;
}

int main(int argc, char **argv)
{
	if (argc != 4)
		die("want cells REPORT.csv OUT, or loop SEGMENT.db OUT");
	printf("%.3f\n", strcmp(argv[1], "cells") == 0 ? write_cells(argv[2], argv[3])
						       : write_loop(argv[2], argv[3]));
	return 0;
}
