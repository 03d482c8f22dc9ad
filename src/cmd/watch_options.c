/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/watch_options.h"

#include "cmd/watch_clash.h"
#include "cmd/watch_protect.h"

#define AT(field) offsetof(struct cs_watch_options, field)

static const char FROM[] = "Where packets come from";
static const char OUT[] = "What comes out";
static const char KEEP[] = "What is kept";
static const char RUN[] = "The run";

static const char *const formats[] = { "table", "jsonl", "text", NULL };

static const struct cs_arg rows[] = {
	{ .name = "interface",
	  .letter = 'i',
	  .metavar = "IFACE",
	  .type = CS_ARG_LIST,
	  .traits = CS_ARG_SPLIT,
	  .at = AT(interfaces),
	  .group = FROM,
	  .help = "Watch this interface; any is all of them. May be given several times. "
		  "One that goes away is waited for, one that is named twice is listened "
		  "to once." },
	{ .name = "read",
	  .letter = 'r',
	  .metavar = "FILE",
	  .type = CS_ARG_LIST,
	  .traits = CS_ARG_IS_FILE,
	  .at = AT(files),
	  .group = FROM,
	  .help = "Read packets from FILE instead (- for standard input): pcap or "
		  "pcapng, plain, gzip or zstd. May be given several times." },
	{ .name = "snaplen",
	  .metavar = "BYTES",
	  .type = CS_ARG_U64,
	  .preset = "1600",
	  .min = 128,
	  .max = 262144,
	  .at = AT(snaplen),
	  .group = FROM,
	  .help = "Take so many bytes of each packet." },
	{ .name = "buffer",
	  .metavar = "BYTES",
	  .type = CS_ARG_PARSED,
	  .preset = "32M",
	  .at = AT(buffer),
	  .read = cs_value_bytes,
	  .want = "bytes from 1M, with K, M or G",
	  .group = FROM,
	  .help = "Room in the kernel for what has not been read yet, an interface." },
	{ .name = "promiscuous",
	  .type = CS_ARG_FLAG,
	  .at = AT(promiscuous),
	  .group = FROM,
	  .help = "Also packets that are not for this host." },

	{ .name = "output-format",
	  .letter = 'O',
	  .metavar = "FORMAT",
	  .type = CS_ARG_WORD,
	  .words = formats,
	  .at = AT(format),
	  .group = OUT,
	  .help = "table (one row a source, the worst first; on a terminal it is "
		  "written over itself), jsonl (one verdict a line; live, the last line "
		  "of a source counts) or text (one line a message). By default a "
		  "table on a terminal, else jsonl." },
	{ .name = "output-file",
	  .letter = 'o',
	  .metavar = "FILE",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_FILE,
	  .at = AT(output_file),
	  .group = OUT,
	  .help = "Write there instead of to standard output. Live, lines are added to "
		  "the file, which is opened anew at SIGHUP." },
	{ .name = "rows",
	  .metavar = "N",
	  .type = CS_ARG_U64,
	  .preset = "10000",
	  .max = 1000000,
	  .at = AT(rows),
	  .group = OUT,
	  .help = "Show at most the N worst in a table; it says how many are left out." },
	{ .name = "messages",
	  .type = CS_ARG_FLAG,
	  .at = AT(messages),
	  .group = OUT,
	  .help = "Tell each message, too: a line with -O text, an event with --eve." },
	{ .name = "hex",
	  .letter = 'x',
	  .type = CS_ARG_FLAG,
	  .at = AT(hex),
	  .group = OUT,
	  .help = "With -O text, the bytes of each message as well." },
	{ .name = "count",
	  .letter = 'c',
	  .metavar = "N",
	  .type = CS_ARG_U64,
	  .preset = "0",
	  .max = UINT64_MAX,
	  .at = AT(count),
	  .group = OUT,
	  .help = "End after N messages; 0: no limit." },
	{ .name = "eve",
	  .metavar = "FILE|SOCKET",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_FILE,
	  .at = AT(eve),
	  .group = OUT,
	  .help = "Write Suricata's EVE JSON: an alert for each verdict but those on "
		  "own traffic (severity 1: act now, to 4: no need to worry), "
		  "statistics, and with --messages an event for each message. A Unix "
		  "socket that is there is connected to." },
	{ .name = "summary",
	  .metavar = "FILE",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_FILE,
	  .at = AT(summary),
	  .group = OUT,
	  .help = "At the end, write what was counted (coapscope.capture/1); - is the "
		  "last line of standard output." },
	{ .name = "metrics",
	  .metavar = "FILE",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_FILE,
	  .at = AT(metrics),
	  .group = OUT,
	  .help = "Write the counters as a textfile of Prometheus' node exporter, "
		  "replaced at each interval." },

	{ .name = "pcap-out",
	  .metavar = "FILE",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_FILE,
	  .at = AT(pcap_out),
	  .group = KEEP,
	  .help = "Write the packets that are evidence for a verdict, and no other." },
	{ .name = "pcap-size",
	  .metavar = "BYTES",
	  .type = CS_ARG_PARSED,
	  .preset = "16M",
	  .at = AT(pcap_size),
	  .read = cs_value_bytes,
	  .want = "bytes from 1M, with K, M or G",
	  .group = KEEP,
	  .help = "Begin another file when that one is so large." },
	{ .name = "pcap-files",
	  .metavar = "N",
	  .type = CS_ARG_U64,
	  .preset = "4",
	  .min = 1,
	  .max = 1000,
	  .at = AT(pcap_files),
	  .group = KEEP,
	  .help = "Keep so many: FILE, FILE.1, FILE.2 ... the newest first." },
	{ .name = "store",
	  .metavar = "DIR",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_DIR,
	  .at = AT(store),
	  .group = KEEP,
	  .help = "Keep sources, verdicts and samples of evidence there by day, for "
		  "`coapscope explain`." },
	{ .name = "keep",
	  .metavar = "DAYS",
	  .type = CS_ARG_U64,
	  .min = 1,
	  .max = 36500,
	  .at = AT(keep_days),
	  .group = KEEP,
	  .help = "Days for which they are kept: live 30, unless it says otherwise; what "
		  "files said, as long as you like." },
	{ .name = "anonymise",
	  .type = CS_ARG_FLAG,
	  .at = AT(anonymise),
	  .group = KEEP,
	  .help = "Keep prefixes (/24, /64) in place of addresses." },

	CS_DECODE_ROWS(AT(decode)),

	{ .name = "interval",
	  .metavar = "MS",
	  .type = CS_ARG_U64,
	  .preset = "1000",
	  .min = 100,
	  .max = 3600000,
	  .at = AT(interval_ms),
	  .group = RUN,
	  .help = "Live, tell what changed so often, in milliseconds." },
	{ .name = "duration",
	  .metavar = "SECONDS",
	  .type = CS_ARG_U64,
	  .preset = "0",
	  .max = 1000000000,
	  .at = AT(duration_s),
	  .group = RUN,
	  .help = "Live, end after so long; 0: no limit." },
	{ .name = "protect",
	  .metavar = "SOCKET",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_FILE | CS_ARG_NO,
	  .bare = CS_GUARD_SOCKET,
	  .at = AT(protect),
	  .group = RUN,
	  .help = "Live, hand over whom to block to `coapscope protect guard`, which is "
		  "at /run/coapscope/guard unless SOCKET says otherwise. Whether anybody "
		  "is blocked, it decides." },
};

const struct cs_arg_set cs_watch_args = {
	.command = "watch",
	.rows = rows,
	.n_rows = CS_LEN(rows),
	.size = sizeof(struct cs_watch_options),
	.intro = "Decodes everything that reaches the CoAP ports and says of each source "
		 "what it is, whether to worry, because of what, and what to do next.\n\n"
		 "Sends nothing, unless --resolver names whom to ask for names. A source "
		 "whose address is forged is called the victim that it is.",
	.examples = "  coapscope watch -i eth0\n"
		    "  coapscope watch -r capture.pcapng --local 192.0.2.0/24\n"
		    "  coapscope watch -r capture.pcap -O text --messages -x -c 100\n"
		    "  coapscope watch -i any --store /var/lib/coapscope --eve "
		    "/run/suricata/eve.sock\n",
};

enum { KEEP_LIVE = 30 /* days */ };

/* Of the configuration --protect may stand beside -r: it counts for what is live. */
static bool is_typed(const struct cs_watch_options *o)
{
	return cs_args_origin(&o->common, AT(protect)).from == CS_FROM_FLAG;
}

/* Who names a capture on the command line means it, whatever the file watches. */
static void settle_source(struct cs_watch_options *o)
{
	bool both = o->interfaces.n > 0 && o->files.n > 0;

	if (both && cs_args_outranked(&o->common, AT(interfaces), AT(files)))
		o->interfaces.n = 0;
	else if (both && cs_args_outranked(&o->common, AT(files), AT(interfaces)))
		o->files.n = 0;
}

static bool is_named_before(const struct cs_arg_list *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list->item[i], name) == 0)
			return true;
	}
	return false;
}

/* No packet is counted twice: each interface is listened to once, and any is all of them. */
static void settle_interfaces(struct cs_watch_options *o)
{
	struct cs_arg_list *list = &o->interfaces;
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		if (!is_named_before(list, n, list->item[i]))
			list->item[n++] = list->item[i];
	}
	list->n = n;
	o->any_alone = n > 1 && is_named_before(list, n, "any");
	if (!o->any_alone)
		return;
	list->item[0] = "any";
	list->n = 1;
}

enum cs_err cs_watch_options_settle(struct cs_watch_options *o, char why[CS_ARG_WHY])
{
	const char *what = NULL;

	settle_source(o);
	settle_interfaces(o);

	if (o->interfaces.n == 0 && o->files.n == 0)
		what = "want -i IFACE or -r FILE";
	else if (o->interfaces.n > 0 && o->files.n > 0)
		what = "-i and -r: want one of them";
	else if (o->format == CS_WATCH_TEXT)
		o->messages = true;
	else if (o->hex)
		what = "-x is for -O text";
	if (!what && o->anonymise && !o->store)
		what = "--anonymise is for --store";
	if (!what && o->messages && o->format != CS_WATCH_TEXT && !o->eve)
		what = "--messages is for -O text or --eve";
	if (!what && o->protect && o->files.n > 0 && is_typed(o))
		what = "--protect is for -i; of a file: coapscope protect guard "
		       "--verdicts";
	if (o->files.n > 0)
		o->protect = NULL;
	else if (o->keep_days == 0)
		o->keep_days = KEEP_LIVE;
	if (!what)
		return cs_watch_clash(o, why) ? CS_ERR_USAGE : CS_OK;
	(void)snprintf(why, CS_ARG_WHY, "%s", what);
	return CS_ERR_USAGE;
}
