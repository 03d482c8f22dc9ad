/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/resources_options.h"

#include "base/num.h"

#define AT(field) offsetof(struct cs_resources_options, field)

static const char WHOM[] = "What to ask";
static const char PATIENCE[] = "How fast and how patient";
static const char SENDING[] = "How packets leave";
static const char OUTPUT[] = "What comes out";
static const char RUN[] = "The run";

static const char *const formats[] = { "table", "jsonl", "links", NULL };

/* 16 to 1024 by powers of two (RFC 7959 section 2.2), or 0. */
static bool read_block_size(struct cs_span text, void *to)
{
	uint64_t n;

	if (!cs_num_u64(text, 0, 1024, &n) || (n & (n - 1)) != 0 || (n > 0 && n < 16))
		return false;
	*(uint64_t *)to = n;
	return true;
}

/* RFC 6690 section 4.1: one query parameter, a name before the first "=". */
static bool is_filter(struct cs_span text, void *to)
{
	const uint8_t *equals = text.len ? memchr(text.ptr, '=', text.len) : NULL;

	(void)to;
	return equals && equals > text.ptr && equals + 1 < text.ptr + text.len &&
	       text.len <= 255; /* the longest Uri-Query, RFC 7252 section 5.10 */
}

static const struct cs_arg rows[] = {
	{ .name = "targets-file",
	  .alias = "allowlist-file",
	  .metavar = "FILE",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_FILE,
	  .at = AT(targets_file),
	  .group = WHOM,
	  .help = "Read more targets from FILE (- for standard input), one a line; # "
		  "begins "
		  "a comment." },
	{ .name = "target-port",
	  .letter = 'p',
	  .metavar = "PORTS",
	  .type = CS_ARG_TEXT,
	  .preset = "5683",
	  .at = AT(target_ports_text),
	  .read = cs_value_ports,
	  .want = "ports from 1 to 65535 as 5683,5684,7000-7010",
	  .group = WHOM,
	  .help = "UDP ports to ask where the target does not name one, as "
		  "5683,7000-7010." },
	{ .name = "filter",
	  .metavar = "NAME=VALUE",
	  .type = CS_ARG_TEXT,
	  .at = AT(filter),
	  .read = is_filter,
	  .want = "NAME=VALUE of at most 255 bytes, as rt=temperature or href=/sensors*",
	  .group = WHOM,
	  .help = "Show only the resources with that attribute (RFC 6690 section 4.1), "
		  "as "
		  "rt=temperature or href=/sensors*. The whole list is read and filtered "
		  "here: devices ignore such queries, or get them wrong." },
	{ .name = "block-size",
	  .metavar = "BYTES",
	  .type = CS_ARG_PARSED,
	  .preset = "0",
	  .at = AT(block_size),
	  .read = read_block_size,
	  .want = "0, or 16, 32, 64, 128, 256, 512 or 1024",
	  .group = WHOM,
	  .help = "Ask for blocks of that size from the first request on; 0: the device "
		  "chooses." },

	{ .name = "rate",
	  .letter = 'r',
	  .metavar = "N",
	  .type = CS_ARG_U64,
	  .preset = "100",
	  .at = AT(rate_pps),
	  .max = 100000000,
	  .want = "0 (unpaced) or 1 to 100000000 packets per second",
	  .group = PATIENCE,
	  .help = "Send at most N packets a second, repeats included; 0: unpaced." },
	{ .name = "concurrency",
	  .metavar = "N",
	  .type = CS_ARG_U64,
	  .preset = "64",
	  .at = AT(concurrency),
	  .min = 1,
	  .max = 1024,
	  .group = PATIENCE,
	  .help = "How many devices are asked at a time; each has one request open "
		  "(NSTART, RFC 7252 section 4.7)." },
	{ .name = "timeout",
	  .metavar = "SECONDS",
	  .type = CS_ARG_U64,
	  .preset = "93",
	  .at = AT(timeout_s),
	  .min = 1,
	  .max = 3600,
	  .group = PATIENCE,
	  .help = "Give a request up after SECONDS without an answer. 93 is "
		  "MAX_TRANSMIT_WAIT of RFC 7252 section 4.8.2." },
	{ .name = "retries",
	  .metavar = "N",
	  .type = CS_ARG_U64,
	  .preset = "4",
	  .at = AT(retries),
	  .max = 10,
	  .group = PATIENCE,
	  .help = "Send a request that got no answer again at most N times, after 2 to 3 "
		  "seconds and then twice as long each time (RFC 7252 section 4.2)." },

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
		  "given." },
	{ .name = "source-port",
	  .letter = 's',
	  .metavar = "PORTS",
	  .type = CS_ARG_PARSED,
	  .at = AT(source_ports),
	  .read = cs_value_port_range,
	  .want = "a port from 1 to 65535, or a range as 40000-40063",
	  .group = SENDING,
	  .help = "Send from this port or range, as 40000-40063; by default a free "
		  "one." },

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
	  .help = "table, jsonl, or links (RFC 6690 text as the device sent it). By "
		  "default "
		  "table on a terminal, else jsonl." },

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

const struct cs_arg_set cs_resources_args = {
	.command = "resources",
	.rows = rows,
	.n_rows = CS_LEN(rows),
	.size = sizeof(struct cs_resources_options),
	.operands = "TARGET...",
	.min_operands = 0, /* there may be a file */
	.max_operands = SIZE_MAX,
	.intro =
		"Reads the whole list of resources of each device, all blocks of it, and "
		"prints it as the device has it.\n\n"
		"TARGET is an address, a name, a coap:// URI, or a small prefix or "
		"range. A "
		"URI with a path asks for that resource instead of /.well-known/core. "
		"Ask "
		"what you own or may ask.",
	.examples = "  coapscope resources 192.0.2.17\n"
		    "  coapscope resources -O jsonl 'coap://[2001:db8::5]:5683/'\n"
		    "  coapscope resources --filter rt=temperature 192.0.2.0/28\n",
};

enum cs_err cs_resources_options_settle(struct cs_resources_options *options,
					char why[CS_ARG_WHY])
{
	if (options->common.operands.n == 0 && !options->targets_file) {
		(void)snprintf(
			why, CS_ARG_WHY,
			"no targets: want TARGET... or --targets-file; see coapscope "
			"resources --help");
		return CS_ERR_USAGE;
	}
	if (!cs_value_ports(cs_span_str(options->target_ports_text),
			    &options->target_ports))
		return CS_ERR_USAGE; /* not reached: the table has checked it */
	return CS_OK;
}
