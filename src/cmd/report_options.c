/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/report_options.h"

#include "base/clock.h"
#include "base/num.h"
#include "scan/record.h"

#define AT(field) offsetof(struct cs_report_options, field)
#define OF(verb)  CS_REPORT_OF(verb)

static const char SOURCE[] = "What is reported on";
static const char ENRICHMENT[] = "What is added to the rows";
static const char OUTPUT[] = "What comes out";

static const char *const formats[] = { "table", "csv", "jsonl", "json", NULL };

/* A day in words or figures; which one it is, report_day.h knows. */
static bool is_day(struct cs_span text, void *to)
{
	static const char *const words[] = { "today", "yesterday", "last" };
	int32_t day;

	(void)to;
	for (size_t i = 0; i < CS_LEN(words); i++) {
		if (cs_span_eq(text, cs_span_str(words[i])))
			return true;
	}
	return cs_day_read(text, &day);
}

/* "400d" or "400". */
static bool read_days(struct cs_span text, void *to)
{
	if (text.len > 0 && text.ptr[text.len - 1] == 'd')
		text.len--;
	return cs_num_u64(text, 1, 36500, to);
}

static bool is_csv_columns(struct cs_span text, void *to)
{
	enum cs_csv_columns columns;

	(void)to;
	return cs_csv_columns_read(text, &columns);
}

static const struct cs_arg rows[] = {
	{ .name = "store",
	  .metavar = "DIR",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_DIR,
	  .at = AT(store),
	  .group = SOURCE,
	  .help = "The store that `coapscope scan` and `coapscope report import` fill. "
		  "By "
		  "default /var/lib/coapscope for root, else $XDG_DATA_HOME/coapscope." },
	{ .name = "day",
	  .metavar = "DAY",
	  .type = CS_ARG_TEXT,
	  .preset = "last",
	  .at = AT(day),
	  .read = is_day,
	  .want = "a day as 2026-11-21, today, yesterday or last",
	  .verbs = OF(CSV) | OF(JSONL) | OF(STATS) | OF(ENRICH),
	  .group = SOURCE,
	  .help = "The UTC day of the probes: YYYY-MM-DD, today, yesterday, or last: the "
		  "last one that has data." },
	{ .name = "keep",
	  .metavar = "DAYS",
	  .type = CS_ARG_PARSED,
	  .at = AT(keep_days),
	  .read = read_days,
	  .want = "days as 400d or 400, 1 to 36500",
	  .verbs = OF(PRUNE),
	  .group = SOURCE,
	  .help = "How many days to keep, today among them." },
	{ .name = "dry-run",
	  .type = CS_ARG_FLAG,
	  .at = AT(dry_run),
	  .verbs = OF(PRUNE),
	  .group = SOURCE,
	  .help = "Say what would be removed, and remove nothing." },
	{ .name = "sample",
	  .type = CS_ARG_FLAG,
	  .at = AT(sample),
	  .verbs = OF(IMPORT),
	  .group = SOURCE,
	  .help = "Mark the rows as sample data, wherever they are shown." },
	{ .name = "repair",
	  .type = CS_ARG_FLAG,
	  .at = AT(repair),
	  .verbs = OF(VERIFY),
	  .group = SOURCE,
	  .help = "Put right what can be; without it the store is only read. What is "
		  "damaged is set aside as NAME.damaged." },
	{ .name = "from",
	  .metavar = "DAY",
	  .type = CS_ARG_TEXT,
	  .at = AT(from),
	  .read = is_day,
	  .want = "a day as 2026-11-21, today, yesterday or last",
	  .verbs = OF(STATS) | OF(HTML),
	  .group = SOURCE,
	  .help = "The first day of the page or of the series; by default the first that "
		  "the store has." },
	{ .name = "to",
	  .metavar = "DAY",
	  .type = CS_ARG_TEXT,
	  .at = AT(to),
	  .read = is_day,
	  .want = "a day as 2026-11-21, today, yesterday or last",
	  .verbs = OF(STATS) | OF(HTML),
	  .group = SOURCE,
	  .help = "The last day of the page or series, which its list of services is of; "
		  "by "
		  "default "
		  "the last that the store has." },
	{ .name = "owner",
	  .metavar = "NAME",
	  .type = CS_ARG_TEXT,
	  .at = AT(owner),
	  .verbs = OF(STATS) | OF(HTML),
	  .group = SOURCE,
	  .help = "Only what belongs to the organisation NAME, a section of --owners. "
		  "Every "
		  "day is counted for it, which takes about a second for each half "
		  "million services." },
	{ .name = "all-days",
	  .type = CS_ARG_FLAG,
	  .at = AT(all_days),
	  .verbs = OF(ENRICH),
	  .group = SOURCE,
	  .help = "Every day that the store has." },

	CS_ENRICH_ROWS(AT(enrich), OF(ENRICH), ENRICHMENT),
	{ .name = "fresh",
	  .type = CS_ARG_FLAG,
	  .at = AT(fresh),
	  .verbs = OF(ENRICH),
	  .group = ENRICHMENT,
	  .help = "Forget what was known before. Without it what no source knows any "
		  "more stays as it was." },

	{ .name = "owners",
	  .metavar = "FILE",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_FILE,
	  .at = AT(owners),
	  .verbs = OF(CSV) | OF(JSONL) | OF(STATS) | OF(HTML),
	  .group = OUTPUT,
	  .help = "Whose is what: an INI file with a section for each organisation. csv "
		  "and jsonl write a report for each of them into --out-dir; html and "
		  "stats tell of the one that --owner names." },
	{ .name = "out-dir",
	  .metavar = "DIR",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_DIR,
	  .at = AT(out_dir),
	  .verbs = OF(CSV) | OF(JSONL),
	  .group = OUTPUT,
	  .help = "Write files into DIR, named as Shadowserver names them. They appear "
		  "when all of them are whole." },
	{ .name = "output-file",
	  .letter = 'o',
	  .metavar = "FILE",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_FILE,
	  .preset = "-",
	  .at = AT(output_file),
	  .verbs = OF(CSV) | OF(JSONL) | OF(DIFF) | OF(STATS) | OF(HTML) | OF(VERIFY),
	  .group = OUTPUT,
	  .help = "Write to FILE, - for standard output. A regular file appears whole or "
		  "not at all." },
	{ .name = "output-format",
	  .letter = 'O',
	  .metavar = "FORMAT",
	  .type = CS_ARG_WORD,
	  .at = AT(output_format),
	  .words = formats,
	  .verbs = OF(DIFF) | OF(STATS) | OF(VERIFY),
	  .group = OUTPUT,
	  .help = "table, csv or jsonl (for stats also called json: it is one object); "
		  "verify has no csv. "
		  "By default table on a terminal, else jsonl." },
	{ .name = "csv-columns",
	  .metavar = "ORDER",
	  .type = CS_ARG_TEXT,
	  .preset = "page",
	  .at = AT(csv_columns),
	  .read = is_csv_columns,
	  .want = "page or current",
	  .verbs = OF(CSV),
	  .group = OUTPUT,
	  .help = "The order of the 18 columns: page (of Shadowserver's page) or current "
		  "(of its reports since 2024-07-29)." },
	{ .name = "all-codes",
	  .type = CS_ARG_FLAG,
	  .at = AT(all_codes),
	  .verbs = OF(CSV),
	  .group = OUTPUT,
	  .help = "Every validated reply, not only 2.05 Content." },
	{ .name = "split-ipv6",
	  .type = CS_ARG_FLAG,
	  .at = AT(split_ipv6),
	  .verbs = OF(CSV) | OF(JSONL),
	  .group = OUTPUT,
	  .help = "Write IPv6 rows to files of their own, with scan6_coap in their "
		  "names; needs --out-dir." },
};

/* Each begins with what it does; the operands it takes stand with it. */
static const struct cs_arg_verb verbs[CS_REPORT_VERBS] = {
	[CS_REPORT_CSV] = {
		.name = "csv",
		.summary = "write a day in Shadowserver's scan_coap format",
		.intro = "Writes a day's rows as Shadowserver's scan_coap report: to FILE, "
			 "or with --out-dir to a file for each organisation of --owners.",
		.examples = "  coapscope report csv -o today.csv --day today\n"
			    "  coapscope report csv --out-dir reports --owners owners.ini\n",
	},
	[CS_REPORT_JSONL] = {
		.name = "jsonl",
		.summary = "write a day as JSON lines, with every reply and its enrichment",
		.intro = "Writes a day's rows as JSON lines (coapscope.scan/1): every "
			 "validated reply, what enrichment knows of it, and since when "
			 "it has been there.",
		.examples = "  coapscope report jsonl --day 2026-11-21 | jq .ip\n",
	},
	[CS_REPORT_DIFF] = {
		.name = "diff",
		.summary = "show what is new, gone or changed between two days",
		.operands = "[DAY DAY]",
		.max_operands = 2,
		.intro = "Shows what is new, gone, changed or moved on the second day, "
			 "beside the first; without days, on the last one that has data, "
			 "beside the one before it. Ends with 1 when something is new, "
			 "else with 0.",
		.examples = "  coapscope report diff yesterday today\n"
			    "  coapscope report diff -q -O table      # in cron: nothing "
			    "said, no mail\n",
	},
	[CS_REPORT_STATS] = {
		.name = "stats",
		.summary = "count a day's services by country, network, stack and more",
		.intro = "Counts a day's services and addresses, by severity, country, "
			 "network, stack, amplification, port, tag and sector, and says "
			 "by which sources they were enriched; with --from or --to also "
			 "day by day.",
		.examples = "  coapscope report stats\n"
			    "  coapscope report stats --from 2026-11-01 -O csv -o stats.csv\n"
			    "  coapscope report stats --owners owners.ini --owner example\n",
	},
	[CS_REPORT_IMPORT] = {
		.name = "import",
		.summary = "take Shadowserver's scan_coap reports into the store",
		.operands = "FILE...",
		.min_operands = 1,
		.max_operands = SIZE_MAX,
		.intro = "Takes scan_coap reports, as Shadowserver mails them or as `coapscope "
			 "report csv` writes them, into the store: plain or zipped, with "
			 "the columns of any year. What a row says of place, tags and "
			 "severity is kept with it. A row that makes no sense is named "
			 "and left out. The same rows again change nothing, but put "
			 "back what was said of places and tags where that is gone.",
		.examples = "  coapscope report import 2026-01-05-scan_coap-example-asn.csv.zip\n"
			    "  coapscope report import --store ./store reports/*.csv\n",
	},
	[CS_REPORT_PRUNE] = {
		.name = "prune",
		.summary = "remove old days from the store",
		.intro = "Removes the days before the last DAYS from the store, for good: "
			 "results, enrichment, figures, and since when an address has been "
			 "seen that was last seen before. Others may read and scan "
			 "meanwhile.",
		.examples = "  coapscope report prune --keep 400d --dry-run\n"
			    "  coapscope report prune --keep 400d\n",
	},
	[CS_REPORT_VERIFY] = {
		.name = "verify",
		.summary = "check a store, and repair what can be repaired",
		.intro = "Checks every file of a store and that they agree, and names what "
			 "is damaged, a line each. With --repair it puts right what can "
			 "be: caches and enrichment are dropped, segments entered "
			 "again, rows that can still be read saved. Ends with 4 when "
			 "something is damaged or lost, else with 0.",
		.examples = "  coapscope report verify\n"
			    "  coapscope report verify --repair -O jsonl\n",
	},
	[CS_REPORT_ENRICH] = {
		.name = "enrich",
		.summary = "add or renew whose and where a day's addresses are",
		.intro = "Adds to the rows of a day what databases, names and the "
			 "answers themselves tell, or renews it where it is known: "
			 "country, city, network, owner, stack, severity with its "
			 "reason, tags. Asks for names only with --ptr. Each part of "
			 "a day is renewed whole or stays as it was.",
		.examples = "  coapscope report enrich --geoip GeoLite2-ASN.mmdb\n"
			    "  coapscope report enrich --all-days --ptr --resolver "
			    "192.0.2.53\n",
	},
	[CS_REPORT_HTML] = {
		.name = "html",
		.summary = "write the page: one file that shows it all",
		.intro = "Writes the page as one HTML file that needs nothing else: map, time "
			 "series, tree map, tables, and the worst 5,000 services of the "
			 "last day with their resources. It opens from a disk or a mail, "
			 "fetches nothing, and has at most 10 MB: what was left out is "
			 "said on it. What is looked at stands in the address bar, so a "
			 "view can be passed on.",
		.examples = "  coapscope report html -o page.html\n"
			    "  coapscope report html -o page.html --from 2026-11-01\n"
			    "  coapscope report html -o theirs.html --owners owners.ini "
			    "--owner example\n",
	},
};

const struct cs_arg_set cs_report_args = {
	.command = "report",
	.rows = rows,
	.n_rows = CS_LEN(rows),
	.size = sizeof(struct cs_report_options),
	.intro = "Reports on what the store has: files for network owners, what changed, "
		 "figures, the page. Sends no packet but questions to DNS for enrich "
		 "--ptr.",
	.examples = "  coapscope report csv --out-dir reports --owners owners.ini\n"
		    "  coapscope report diff yesterday today\n",
	.verbs = verbs,
	.n_verbs = CS_REPORT_VERBS,
};
