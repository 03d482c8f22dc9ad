/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever rules say: names are such as an interface can have, each once, and all within bounds. */
#include <stdlib.h>

#include "fuzz.h"
#include "protect/host_words.h"

static void check(const struct cs_host_words *w)
{
	MUST(w->n_links <= CS_HOST_NAMED_MAX);
	MUST(w->n_beyond <= CS_HOST_HINTS_MAX);
	MUST(w->n_targets <= CS_HOST_HINTS_MAX && w->n_own <= CS_HOST_HINTS_MAX);
	for (size_t i = 0; i < w->n_links; i++) {
		size_t len = strnlen(w->links[i].name, CS_HOST_NAME);

		MUST(len > 0 && len < CS_HOST_NAME);
		MUST(!strpbrk(w->links[i].name, "/ :\"*+\n\t"));
		MUST(strcmp(w->links[i].name, "lo") != 0);
		for (size_t k = 0; k < i; k++)
			MUST(strcmp(w->links[i].name, w->links[k].name) != 0);
	}
	for (size_t i = 0; i < w->n_beyond; i++) {
		struct cs_range r = cs_prefix_range(&w->beyond[i].prefix);

		MUST(w->beyond[i].link < w->n_links);
		MUST(cs_addr_cmp(&r.lo, &w->beyond[i].prefix.addr) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_host_words *w = calloc(1, sizeof(*w));
	char *text = malloc(size + 1);

	MUST(w && text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	cs_host_words_sets(w, cs_span_of(data, size));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		(void)cs_host_words_rule(
			w, line, size % 2 ? CS_HOST_PLACE_INPUT : CS_HOST_PLACE_FORWARD);
	check(w);
	free(text);
	free(w);
	return 0;
}
