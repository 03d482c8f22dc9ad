/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Source ports out of a rule's words: at most so many, each once and none 0 or ordinary, and
 * what is ordinary lies where it should.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protect/prober.h"
#include "protect/source_ports.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool yes)
{
	if (!yes)
		abort();
}

static void check(const struct cs_source_ports *ports)
{
	must(ports->n <= CS_SOURCE_PORTS_MAX);
	must(CS_PROBER_FIRST_PORT <= ports->first && ports->first <= ports->last &&
	     ports->last <= CS_PROBER_LAST_PORT);
	for (size_t i = 0; i < ports->n; i++) {
		must(ports->port[i] != 0);
		must(ports->port[i] < ports->first || ports->port[i] > ports->last);
		for (size_t k = 0; k < i; k++)
			must(ports->port[i] != ports->port[k]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct cs_rule rule = {
		.table = "ip t", .chain = "i", .text = text, .raw = text
	};
	const struct cs_rules rules = { .rules = &rule, .n = 1 };
	struct cs_source_ports ports[CS_PORTS_KINDS];

	must(text != NULL);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	for (unsigned i = 0; i < 4; i++) {
		rule.tool = i & 1 ? CS_RULE_IPTABLES : CS_RULE_NFT;
		rule.chain = i & 2 ? "output" : "i";
		cs_source_ports_find(&rules, ports);
		for (size_t k = 0; k < CS_PORTS_KINDS; k++)
			check(&ports[k]);
	}
	free(text);
	return 0;
}
