/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/progress.h"

#include <inttypes.h>

static double percent(const struct cs_progress *p)
{
	return p->slots ? 100.0 * (double)p->slots_done / (double)p->slots : 100.0;
}

/* "1.2k", "85": three figures are enough to see whether it moves. */
static void short_number(uint64_t n, FILE *to)
{
	if (n < 10000)
		fprintf(to, "%" PRIu64, n);
	else if (n < 10000000)
		fprintf(to, "%.1fk", (double)n / 1e3);
	else
		fprintf(to, "%.1fM", (double)n / 1e6);
}

static void duration(int64_t s, FILE *to)
{
	if (s < 0)
		fputs("?", to);
	else if (s < 120)
		fprintf(to, "%" PRId64 " s", s);
	else if (s < 7200)
		fprintf(to, "%" PRId64 " min", s / 60);
	else if (s < 172800)
		fprintf(to, "%" PRId64 " h %" PRId64 " min", s / 3600, s / 60 % 60);
	else
		fprintf(to, "%" PRId64 " d %" PRId64 " h", s / 86400, s / 3600 % 24);
}

void cs_progress_line(const struct cs_progress *p, FILE *to)
{
	fprintf(to, "%5.1f %%  sent ", percent(p));
	short_number(p->sent, to);
	fputs("  ", to);
	short_number(p->rate_pps, to);
	fputs("/s  found ", to);
	short_number(p->results, to);
	fputs("  lost ", to);
	short_number(p->dropped, to);
	fputs(p->cooling ? "  waiting for answers, " : "  ", to);
	duration(p->left_s, to);
	fputs(" left", to);
}

void cs_status_header(FILE *to)
{
	fputs("time,percent,sent,rate_pps,found,rejected,dropped,left_s\n", to);
}

void cs_status_line(const struct cs_progress *p, FILE *to)
{
	char time[CS_TIME_TEXT];

	cs_time_text(p->wall_us, time);
	fprintf(to,
		"%s,%.2f,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",",
		time, percent(p), p->sent, p->rate_pps, p->results, p->rejected,
		p->dropped);
	if (p->left_s >= 0)
		fprintf(to, "%" PRId64, p->left_s);
	fputc('\n', to);
}
