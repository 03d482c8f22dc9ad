/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/commands.h"

const struct cs_cmd cs_commands[] = {
	{ "scan", "find CoAP services in the networks you name",
	  CS_NEED_NET | CS_NEED_STORE_WR, &cs_scan_args, cs_cmd_scan },
	{ "resources", "read the list of resources of a device, all of it", CS_NEED_NET,
	  &cs_resources_args, cs_cmd_resources },
	{ "watch", "say who knocks on the CoAP ports, and whether to worry",
	  CS_NEED_NET | CS_NEED_STORE_WR, &cs_watch_args, cs_cmd_watch },
	{ "explain", "say of one address what it did, or of one packet what it is",
	  CS_NEED_STORE_RD, &cs_explain_args, cs_cmd_explain },
	{ "protect", "close it at the firewall, prove it, and never lock yourself out",
	  CS_NEED_ADMIN | CS_NEED_STORE_WR, &cs_protect_args, cs_cmd_protect },
	{ "report", "write what the store has: files for owners, changes, the page",
	  CS_NEED_STORE_RD | CS_NEED_STORE_WR, &cs_report_args, cs_cmd_report },
	{ "serve", "answer by HTTP: the page, the Reports API, metrics",
	  CS_NEED_NET | CS_NEED_STORE_RD, &cs_serve_args, cs_cmd_serve },
	{ "completion", "print the completion script of a shell", 0, &cs_completion_args,
	  cs_cmd_completion },
	{ "help", "show what there is, or the options of a command", 0, &cs_help_args,
	  cs_cmd_help },
};

const size_t cs_n_commands = CS_LEN(cs_commands);
