/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/scan_options.h"

#include <string.h>

#define AT(field) offsetof(struct cs_scan_options, field)

static const char TARGETS[] = "What to ask";
static const char PACE[] = "How fast and how often";
static const char SENDING[] = "How packets leave";
static const char OUTPUT[] = "What comes out";
static const char ENRICH[] = "What is added to the rows";
static const char RUN[] = "The run";

static const char *const senders[] = { "auto", "udp", "packet", NULL };
static const char *const formats[] = { "csv", "jsonl", "table", NULL };
static const char *const columns[] = { "page", "current", NULL };

enum {
	MOST_RATE = 100000000,   /* packets a second; a 40 Gbit/s link holds fewer */
	MOST_SECONDS = 31536000, /* a year */
	MOST_SHARDS = 65536,
};

static const struct cs_arg rows[] = {
	{ .name = "targets-file",
	  .alias = "allowlist-file",
	  .metavar = "FILE",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_FILE,
	  .at = AT(targets_file),
	  .group = TARGETS,
	  .help = "Read more targets from FILE (- for standard input): one address, "
		  "prefix, "
		  "range or name a line, # begins a comment." },
	{ .name = "target-port",
	  .letter = 'p',
	  .metavar = "PORTS",
	  .type = CS_ARG_TEXT,
	  .preset = "5683",
	  .at = AT(target_ports_text),
	  .read = cs_value_ports,
	  .want = "ports from 1 to 65535 as 5683,5684,7000-7010",
	  .group = TARGETS,
	  .help = "UDP ports to ask, as 5683,5684,7000-7010." },
	{ .name = "exclude",
	  .metavar = "ADDRESS",
	  .type = CS_ARG_LIST,
	  .traits = CS_ARG_ADDS | CS_ARG_SPLIT,
	  .at = AT(exclude),
	  .group = TARGETS,
	  .help = "Never ask this address, prefix or range. May be given several times "
		  "or as "
		  "a list with commas; adds to what files and the environment exclude." },
	{ .name = "exclude-file",
	  .alias = "blocklist-file",
	  .metavar = "FILE",
	  .type = CS_ARG_LIST,
	  .traits = CS_ARG_ADDS | CS_ARG_IS_FILE,
	  .at = AT(exclude_files),
	  .group = TARGETS,
	  .help = "Never ask what FILE lists, in ZMap's format. May be given several "
		  "times. "
		  "/etc/coapscope/exclude.conf always counts. More than 65536 public "
		  "addresses need this option; the file may be empty." },
	{ .name = "max-targets",
	  .letter = 'n',
	  .metavar = "N",
	  .type = CS_ARG_U64,
	  .preset = "0",
	  .at = AT(max_targets),
	  .max = UINT64_MAX,
	  .group = TARGETS,
	  .help = "Ask at most N pairs of address and port; 0: all." },
	{ .name = "seed",
	  .letter = 'e',
	  .metavar = "N",
	  .type = CS_ARG_PARSED,
	  .at = AT(seed),
	  .read = cs_value_maybe_u64,
	  .want = "a number from 0 to 18446744073709551615",
	  .group = TARGETS,
	  .help = "Choose the order in which targets are asked. A random one when not "
		  "given; "
		  "shards of one scan need the same." },
	{ .name = "shards",
	  .metavar = "N",
	  .type = CS_ARG_U64,
	  .preset = "1",
	  .at = AT(shards),
	  .min = 1,
	  .max = MOST_SHARDS,
	  .group = TARGETS,
	  .help = "Split the targets into N parts, one a machine." },
	{ .name = "shard",
	  .metavar = "I",
	  .type = CS_ARG_U64,
	  .preset = "0",
	  .at = AT(shard),
	  .max = MOST_SHARDS - 1,
	  .group = TARGETS,
	  .help = "Which part this run asks, counted from 0." },

	{ .name = "rate",
	  .letter = 'r',
	  .metavar = "PPS",
	  .type = CS_ARG_U64,
	  .preset = "1000",
	  .at = AT(rate_pps),
	  .max = MOST_RATE,
	  .want = "0 (unpaced) or 1 to 100000000 packets per second",
	  .group = PACE,
	  .help = "Send at most PPS packets a second, follow-ups included; 0: as fast as "
		  "the "
		  "machine can." },
	{ .name = "bandwidth",
	  .letter = 'B',
	  .metavar = "BPS",
	  .type = CS_ARG_PARSED,
	  .at = AT(bandwidth_bps),
	  .read = cs_value_bandwidth,
	  .want = "bits per second, with K, M or G as in 10M",
	  .group = PACE,
	  .help = "Set the rate in bits per second on the wire instead, with K, M or G "
		  "(powers of 1000) as in 10M." },
	{ .name = "probes",
	  .letter = 'P',
	  .metavar = "N",
	  .type = CS_ARG_U64,
	  .preset = "1",
	  .at = AT(probes),
	  .min = 1,
	  .max = 16,
	  .group = PACE,
	  .help = "Send N probes to each address and port; where packets get lost, 2 "
		  "find "
		  "more." },
	{ .name = "cooldown-time",
	  .letter = 'c',
	  .metavar = "SECONDS",
	  .type = CS_ARG_U64,
	  .preset = "8",
	  .at = AT(cooldown_s),
	  .max = CS_SCAN_COOLDOWN_MAX_S,
	  .group = PACE,
	  .help = "How long replies are awaited after the last probe." },
	{ .name = "max-runtime",
	  .letter = 't',
	  .metavar = "SECONDS",
	  .type = CS_ARG_U64,
	  .preset = "0",
	  .at = AT(max_runtime_s),
	  .max = MOST_SECONDS,
	  .group = PACE,
	  .help = "Stop sending after SECONDS; 0: when all are asked." },
	{ .name = "max-results",
	  .letter = 'N',
	  .metavar = "N",
	  .type = CS_ARG_U64,
	  .preset = "0",
	  .at = AT(max_results),
	  .max = UINT64_MAX,
	  .group = PACE,
	  .help = "Stop sending after N devices have been found; 0: never." },
	{ .name = "token",
	  .metavar = "N",
	  .type = CS_ARG_U64,
	  .preset = "0",
	  .at = AT(token_len),
	  .max = 8,
	  .want = "0 to 8 bytes",
	  .group = PACE,
	  .help = "Put a token of N bytes into the probe. 0 is the 21 byte probe that "
		  "other "
		  "scanners send, so that sizes compare." },
	{ .name = "follow",
	  .type = CS_ARG_FLAG,
	  .preset = "true",
	  .at = AT(follow),
	  .group = PACE,
	  .help = "Send probes only: no request for the further blocks of a long answer, "
		  "none "
		  "that confirms a reply without our message ID." },

	{ .name = "interface",
	  .letter = 'i',
	  .metavar = "NAME",
	  .type = CS_ARG_TEXT,
	  .at = AT(interface),
	  .group = SENDING,
	  .help = "Send by this interface; by default the one that the routes give." },
	{ .name = "source-ip",
	  .letter = 'S',
	  .metavar = "ADDRESS",
	  .type = CS_ARG_LIST,
	  .traits = CS_ARG_SPLIT,
	  .at = AT(source_ips),
	  .group = SENDING,
	  .help = "Send from this address of ours; one for IPv4 and one for IPv6 may be "
		  "given. An address that is not ours is refused." },
	{ .name = "source-port",
	  .letter = 's',
	  .metavar = "PORTS",
	  .type = CS_ARG_PARSED,
	  .at = AT(source_ports),
	  .read = cs_value_port_range,
	  .want = "a port from 1 to 65535, or a range as 40000-40063",
	  .group = SENDING,
	  .help = "Send from this port or range, as 40000-40063; by default a free "
		  "block. "
		  "More ports make a forged reply less likely to be believed." },
	{ .name = "sender",
	  .metavar = "HOW",
	  .type = CS_ARG_WORD,
	  .preset = "auto",
	  .at = AT(sender),
	  .words = senders,
	  .group = SENDING,
	  .help = "udp: through sockets, needs no right; packet: raw Ethernet frames, "
		  "past "
		  "the host's own firewall, needs CAP_NET_RAW; auto: packet where it is "
		  "possible." },

	{ .name = "output-file",
	  .letter = 'o',
	  .metavar = "FILE",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_FILE,
	  .preset = "-",
	  .at = AT(output_file),
	  .group = OUTPUT,
	  .help = "Write results to FILE, - for standard output. A regular file appears "
		  "whole "
		  "or not at all." },
	{ .name = "output-format",
	  .letter = 'O',
	  .metavar = "FORMAT",
	  .type = CS_ARG_WORD,
	  .at = AT(output_format),
	  .words = formats,
	  .group = OUTPUT,
	  .help = "csv (Shadowserver's scan_coap columns), jsonl or table. By default "
		  "table "
		  "on a terminal, else jsonl." },
	{ .name = "csv-columns",
	  .metavar = "WHICH",
	  .type = CS_ARG_WORD,
	  .preset = "page",
	  .at = AT(csv_columns),
	  .words = columns,
	  .group = OUTPUT,
	  .help = "The columns of the CSV: those that the report's page documents, or "
		  "those "
		  "of its current files." },
	{ .name = "all-codes",
	  .type = CS_ARG_FLAG,
	  .at = AT(all_codes),
	  .group = OUTPUT,
	  .help = "Put every validated reply into csv and table, not only 2.05 "
		  "Content." },
	{ .name = "split-ipv6",
	  .type = CS_ARG_FLAG,
	  .at = AT(split_ipv6),
	  .group = OUTPUT,
	  .help = "Write the IPv6 rows of a csv to a file of their own beside FILE of "
		  "--output-file: scan6_coap in its name where FILE has scan_coap, else "
		  "-ipv6 before its ending." },
	{ .name = "store",
	  .metavar = "DIR",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_NO | CS_ARG_IS_DIR,
	  .at = AT(store),
	  .group = OUTPUT,
	  .help = "Keep results in DIR, or keep none. By default /var/lib/coapscope for "
		  "root, "
		  "else $XDG_DATA_HOME/coapscope." },
	{ .name = "metadata-file",
	  .letter = 'm',
	  .metavar = "FILE",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_FILE,
	  .at = AT(metadata_file),
	  .group = OUTPUT,
	  .help = "Write what was done to FILE at the end, as one JSON object." },
	{ .name = "status-updates-file",
	  .letter = 'u',
	  .metavar = "FILE",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_FILE,
	  .at = AT(status_updates_file),
	  .group = OUTPUT,
	  .help = "Write the progress to FILE once a second, as CSV." },

	CS_ENRICH_ASK(AT(enrich), ENRICH),
	CS_ENRICH_ROWS(AT(enrich), 0, ENRICH),

	{ .name = "resume",
	  .metavar = "ID|last",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_CLI_ONLY,
	  .at = AT(resume),
	  .group = RUN,
	  .help = "Go on with the scan of that id, or with the one that was started "
		  "last. Takes no targets and nothing else that would change "
		  "the question: the store knows it." },
	{ .name = "dry-run",
	  .type = CS_ARG_FLAG,
	  .at = AT(dry_run),
	  .group = RUN,
	  .help = "Show what would be sent, and from where; send nothing." },
	{ .name = "user",
	  .metavar = "NAME",
	  .type = CS_ARG_TEXT,
	  .at = AT(user),
	  .group = RUN,
	  .help = "Become this user before the first packet leaves. Without it root "
		  "stays "
		  "root, with no capabilities." },
	{ .name = "require-jail",
	  .type = CS_ARG_FLAG,
	  .at = AT(require_jail),
	  .group = RUN,
	  .help = "Refuse to run where the kernel lacks a piece of the jail (Landlock, "
		  "seccomp)." },
};

const struct cs_arg_set cs_scan_args = {
	.command = "scan",
	.rows = rows,
	.n_rows = CS_LEN(rows),
	.size = sizeof(struct cs_scan_options),
	.operands = "TARGET...",
	.min_operands = 0, /* there may be a file, or a scan to resume */
	.max_operands = SIZE_MAX,
	.intro = "Asks every address of the targets for its CoAP resources and writes "
		 "down who "
		 "answered, with what, and how much larger the answer was than the "
		 "question.\n\n"
		 "TARGET is an address, a prefix (192.0.2.0/24), a range "
		 "(192.0.2.1-192.0.2.9), a name, or the word local: the networks of this "
		 "host's own interfaces. Scan what you own or may scan.",
	.examples =
		"  coapscope scan 192.0.2.0/24\n"
		"  coapscope scan -O csv -o found.csv --exclude 192.0.2.1 192.0.2.0/24\n"
		"  coapscope scan --geoip GeoLite2-ASN.mmdb --ptr 192.0.2.0/24\n"
		"  coapscope scan --dry-run --targets-file ours.txt\n"
		"  coapscope scan -p 5683,5684 -r 10000 --seed 7 --shards 2 --shard 0 "
		"2001:db8::/112\n",
};

/* Of two ways to give the rate the one that is nearer to the operator holds. */
static enum cs_err settle_rate(struct cs_scan_options *o, char why[CS_ARG_WHY])
{
	struct cs_origin rate = cs_args_origin(&o->common, AT(rate_pps));
	struct cs_origin bandwidth = cs_args_origin(&o->common, AT(bandwidth_bps));

	if (rate.from == bandwidth.from) {
		(void)snprintf(
			why, CS_ARG_WHY,
			"--rate and --bandwidth say the same thing: want one of them");
		return CS_ERR_USAGE;
	}
	if (rate.from > bandwidth.from)
		o->bandwidth_bps = 0;
	return CS_OK;
}

static enum cs_err settle_shards(const struct cs_scan_options *o, char why[CS_ARG_WHY])
{
	if (o->shard >= o->shards) {
		(void)snprintf(why, CS_ARG_WHY,
			       "--shard %llu: want 0 to %llu, as --shards is %llu",
			       (unsigned long long)o->shard,
			       (unsigned long long)o->shards - 1,
			       (unsigned long long)o->shards);
		return CS_ERR_USAGE;
	}
	if (o->shards > 1 && !o->seed.given && !o->resume) {
		(void)snprintf(why, CS_ARG_WHY,
			       "--shards %llu: want --seed too, the same for every shard",
			       (unsigned long long)o->shards);
		return CS_ERR_USAGE;
	}
	return CS_OK;
}

static enum cs_err settle_targets(const struct cs_scan_options *o, char why[CS_ARG_WHY])
{
	bool named = o->common.operands.n > 0 || o->targets_file;

	if (named == (o->resume != NULL)) {
		(void)snprintf(
			why, CS_ARG_WHY, "%s",
			named ? "--resume takes no targets: the store knows them"
			      : "no targets: want TARGET... or --targets-file; see "
				"coapscope scan --help");
		return CS_ERR_USAGE;
	}
	if (o->resume && o->no_store) {
		(void)snprintf(why, CS_ARG_WHY,
			       "--resume needs a store: want no --no-store");
		return CS_ERR_USAGE;
	}
	return CS_OK;
}

static enum cs_err settle_split(const struct cs_scan_options *o, char why[CS_ARG_WHY])
{
	if (!o->split_ipv6 ||
	    (o->output_format == CS_SCAN_CSV && strcmp(o->output_file, "-") != 0))
		return CS_OK;
	(void)snprintf(
		why, CS_ARG_WHY,
		"--split-ipv6: want --output-format csv and --output-file FILE with it");
	return CS_ERR_USAGE;
}

enum cs_err cs_scan_options_settle(struct cs_scan_options *options, char why[CS_ARG_WHY])
{
	enum cs_err err;

	options->no_store = cs_args_taken_back(&options->common, AT(store));
	options->enriched =
		cs_enrich_asked(&options->common, AT(enrich), &options->enrich);
	if (!cs_value_ports(cs_span_str(options->target_ports_text),
			    &options->target_ports))
		return CS_ERR_USAGE; /* not reached: the table has checked it */
	err = settle_targets(options, why);
	if (!err)
		err = settle_rate(options, why);
	if (!err)
		err = settle_shards(options, why);
	if (!err)
		err = settle_split(options, why);
	return err;
}
