/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scope and the address order, asked line by line on standard input: one
 * line of answer each.
 *
 *     t WORD            add a target           ok | error TEXT
 *     x WORD            add an exclude         ok | error TEXT
 *     b                 build and begin anew   COUNT PUBLIC | error TEXT
 *     r                 its ranges             LO-HI LO-HI ...
 *     @ INDEX           the address
 *     ? ADDRESS         its index, or -
 *     p K0 K1 N AT      the value at AT of N in the order of a key
 *     q K0 K1 N VALUE   its position
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/permute.h"
#include "net/scope.h"

struct state {
	struct cs_scope_draft draft;
	struct cs_scope *scope;
};

static void add(struct state *s, struct cs_span word, bool exclude)
{
	enum cs_err err = exclude ? cs_scope_add_exclude(&s->draft, word, NULL)
				  : cs_scope_add_target(&s->draft, word, NULL);

	printf("%s%s\n", err ? "error " : "ok", err ? cs_strerror(err) : "");
}

static void build(struct state *s)
{
	cs_scope_free(s->scope);
	s->scope = NULL;

	enum cs_err err = cs_scope_build(&s->draft, NULL, 0, &s->scope);

	if (err)
		printf("error %s\n", cs_strerror(err));
	else
		printf("%" PRIu64 " %" PRIu64 "\n", cs_scope_count(s->scope),
		       cs_scope_public_count(s->scope));
	cs_scope_draft_clear(&s->draft);
}

static void ranges(const struct state *s)
{
	size_t n;
	const struct cs_range *r = cs_scope_ranges(s->scope, &n);

	for (size_t i = 0; i < n; i++) {
		char lo[CS_ADDR_TEXT], hi[CS_ADDR_TEXT];

		cs_addr_text(&r[i].lo, lo);
		cs_addr_text(&r[i].hi, hi);
		printf("%s%s-%s", i ? " " : "", lo, hi);
	}
	printf("\n");
}

static void at(const struct state *s, const char *text)
{
	struct cs_addr a = cs_scope_at(s->scope, strtoull(text, NULL, 10));
	char out[CS_ADDR_TEXT];

	cs_addr_text(&a, out);
	printf("%s\n", out);
}

static void find(const struct state *s, struct cs_span word)
{
	struct cs_addr a;
	uint64_t index;

	if (cs_addr_read(word, &a) && cs_scope_find(s->scope, &a, &index))
		printf("%" PRIu64 "\n", index);
	else
		printf("-\n");
}

static void order(const char *text, bool back)
{
	struct cs_sipkey key = { 0 };
	uint64_t n = 1, x = 0;

	if (sscanf(text, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &key.k0, &key.k1,
		   &n, &x) != 4)
		exit(2);

	struct cs_permute p = cs_permute_of(n, &key);

	printf("%" PRIu64 "\n", back ? cs_permute_position(&p, x) : cs_permute_at(&p, x));
}

static void answer(struct state *s, const char *line)
{
	const char *rest = line[0] && line[1] ? line + 2 : "";

	switch (line[0]) {
	case 't':
	case 'x':
		add(s, cs_span_str(rest), line[0] == 'x');
		break;
	case 'b':
		build(s);
		break;
	case 'r':
		ranges(s);
		break;
	case '@':
		at(s, rest);
		break;
	case '?':
		find(s, cs_span_str(rest));
		break;
	case 'p':
	case 'q':
		order(rest, line[0] == 'q');
		break;
	default:
		exit(2);
	}
}

int main(void)
{
	struct state s = { 0 };
	char line[512];

	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		answer(&s, line);
	}
	cs_scope_free(s.scope);
	cs_scope_draft_clear(&s.draft);
	return 0;
}
