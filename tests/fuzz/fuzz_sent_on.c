/* SPDX-License-Identifier: Apache-2.0 */
/* What rules send on: one of both ports is a CoAP port, none is 0, and none is named twice. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protect/sent_on.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_coap(uint16_t port)
{
	return port == 5683 || port == 5684;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct cs_sent_on found[CS_SENT_ON_MAX];
	struct cs_rule rule = { .text = text };
	const struct cs_rules rules = { .rules = &rule, .n = 1 };
	size_t n;

	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	n = cs_sent_on_find(&rules, found);
	if (n > CS_SENT_ON_MAX)
		abort();
	for (size_t i = 0; i < n; i++) {
		if (found[i].from == 0 || found[i].to == 0 ||
		    (!is_coap(found[i].from) && !is_coap(found[i].to)))
			abort();
		for (size_t k = 0; k < i; k++)
			if (found[k].from == found[i].from &&
			    found[k].to == found[i].to && found[k].tcp == found[i].tcp)
				abort();
	}
	free(text);
	return 0;
}
