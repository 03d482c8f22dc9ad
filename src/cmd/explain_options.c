/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/explain_options.h"

#define AT(field) offsetof(struct cs_explain_options, field)

static const char FROM[] = "What is known";
static const char OUT[] = "What comes out";

static const char *const formats[] = { "text", "jsonl", NULL };

static const struct cs_arg rows[] = {
	{ .name = "read",
	  .letter = 'r',
	  .metavar = "FILE",
	  .type = CS_ARG_LIST,
	  .traits = CS_ARG_IS_FILE,
	  .at = AT(files),
	  .group = FROM,
	  .help = "Look in FILE (- for standard input): pcap or pcapng, plain, gzip or "
		  "zstd. May be given several times." },
	{ .name = "store",
	  .metavar = "DIR",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_DIR,
	  .at = AT(store),
	  .group = FROM,
	  .help = "Look in what `coapscope watch --store DIR` has kept." },
	{ .name = "packet",
	  .type = CS_ARG_FLAG,
	  .traits = CS_ARG_CLI_ONLY,
	  .at = AT(packet),
	  .group = FROM,
	  .help = "What is given is one datagram in hex, as tcpdump -x, xxd or people "
		  "write it; a whole IP packet or Ethernet frame is known as such. - "
		  "reads "
		  "it from standard input." },

	CS_DECODE_ROWS(AT(decode)),

	{ .name = "output-format",
	  .letter = 'O',
	  .metavar = "FORMAT",
	  .type = CS_ARG_WORD,
	  .words = formats,
	  .at = AT(format),
	  .group = OUT,
	  .help = "text (a screen for people) or jsonl (coapscope.verdict/1). By "
		  "default text." },
	{ .name = "cases",
	  .metavar = "N",
	  .type = CS_ARG_U64,
	  .preset = "5",
	  .min = 1,
	  .max = 100000,
	  .at = AT(cases),
	  .group = OUT,
	  .help = "Of a prefix, show at most the N worst sources." },
};

const struct cs_arg_set cs_explain_args = {
	.command = "explain",
	.rows = rows,
	.n_rows = CS_LEN(rows),
	.size = sizeof(struct cs_explain_options),
	.operands = "ADDRESS|PREFIX|NAME|LINE|HEX",
	.min_operands = 1,
	.max_operands = 4096,
	.intro = "Says of one address, prefix or name what it did, whether to worry, who "
		 "it "
		 "is, what to do, and how sure that is. Takes what people paste: with a "
		 "port, a line of a firewall's log or of tcpdump, an address that lost "
		 "its "
		 "dots.\n\nWith --packet it explains one datagram, field by field.",
	.examples = "  coapscope explain 198.51.100.7 -r capture.pcap\n"
		    "  coapscope explain 198.51.100.0/24 --store /var/lib/coapscope\n"
		    "  coapscope explain 'IP 198.51.100.7.4751 > 192.0.2.1.5683: UDP' -r "
		    "c.pcap\n"
		    "  coapscope explain --packet "
		    "40017d70bb2e77656c6c2d6b6e6f776e04636f7265\n",
};

/* Of places to look in, the one that is named nearest to the operator is meant. */
static void settle_place(struct cs_explain_options *o)
{
	bool files = o->files.n > 0, store = o->store != NULL;

	if (files &&
	    ((store && cs_args_outranked(&o->common, AT(files), AT(store))) ||
	     (o->packet && cs_args_outranked(&o->common, AT(files), AT(packet)))))
		o->files.n = 0;
	if (store &&
	    ((files && cs_args_outranked(&o->common, AT(store), AT(files))) ||
	     (o->packet && cs_args_outranked(&o->common, AT(store), AT(packet)))))
		o->store = NULL;
}

enum cs_err cs_explain_options_settle(struct cs_explain_options *o, char why[CS_ARG_WHY])
{
	const char *what = NULL;

	settle_place(o);
	if (o->packet && (o->files.n > 0 || o->store))
		what = "--packet and -r or --store: want one of them";
	else if (o->files.n > 0 && o->store)
		what = "-r and --store: want one of them";
	if (o->format < 0)
		o->format = CS_EXPLAIN_TEXT;
	if (!what)
		return CS_OK;
	(void)snprintf(why, CS_ARG_WHY, "%s", what);
	return CS_ERR_USAGE;
}
