/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/ruleset.h"

#include <unistd.h>

#include "protect/draft.h"
#include "protect/rules_span.h"
#include "protect/script_listing.h"

static void put_element(FILE *to, struct cs_span text)
{
	while (text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
		text = cs_span_of(text.ptr + 1, text.len - 1);
	while (text.len &&
	       (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '}'))
		text.len--;
	if (text.len)
		fprintf(to, "\t\telement %.*s\n", (int)text.len, (const char *)text.ptr);
}

/* A comma within quotes or within a nested { } parts nothing. */
static void put_elements(FILE *to, struct cs_span line)
{
	size_t from = 0;
	bool quoted = false;

	for (size_t i = 0; i < line.len; i++) {
		quoted ^= line.ptr[i] == '"';
		if (line.ptr[i] != ',' || quoted)
			continue;
		put_element(to, cs_span_of(line.ptr + from, i - from));
		from = i + 1;
	}
	put_element(to, cs_span_of(line.ptr + from, line.len - from));
}

static void settle(struct cs_span rest, FILE *to)
{
	static const char opening[] = "\t\telements = { ";
	bool volatile_set = false, in_elements = false;
	struct cs_span line;
	uint64_t handle;

	while (cs_text_line(&rest, &line)) {
		(void)cs_text_handle(&line, &handle); /* where there is one */
		if (cs_text_starts(line, opening)) {
			in_elements = true;
			line = cs_span_of(line.ptr + sizeof(opening) - 1,
					  line.len - sizeof(opening) + 1);
		}
		if (in_elements) {
			if (!volatile_set)
				put_elements(to, line);
			in_elements = !(line.len && line.ptr[line.len - 1] == '}');
			continue;
		}
		if (cs_text_starts(line, "\tset ") || cs_text_starts(line, "\tmap "))
			volatile_set = false;
		else if (cs_text_starts(line, "\t\tflags "))
			volatile_set = cs_text_has(line, "timeout") ||
				       cs_text_has(line, "dynamic");
		fwrite(line.ptr, 1, line.len, to);
		fputc('\n', to);
	}
}

enum cs_err cs_ruleset_settle(struct cs_span listing, struct cs_arena *arena,
			      struct cs_span *out)
{
	struct cs_draft text;

	if (!cs_draft_open(&text))
		return CS_ERR_NOMEM;
	settle(listing, text.to);
	return cs_draft_close(&text, arena, out);
}

enum cs_err cs_ruleset_read(struct cs_arena *arena, struct cs_span *out,
			    char why[CS_PROGRAM_WHY])
{
	static const char *const argv[] = { "nft", "-s", "list", "ruleset", NULL };
	const struct cs_program program = { .argv = argv };
	struct cs_span listing;
	enum cs_err err;

	if (geteuid() != 0) {
		snprintf(why, CS_PROGRAM_WHY, "reading this host's rules needs root");
		return CS_ERR_DENIED;
	}
	err = cs_program_must(&program, arena, &listing, why);
	return err ? err : cs_ruleset_settle(listing, arena, out);
}

enum cs_err cs_ruleset_of(struct cs_span script, struct cs_arena *arena,
			  struct cs_span *out, char why[CS_PROGRAM_WHY])
{
	struct cs_span listing;
	enum cs_err err =
		cs_script_listing(script, CS_SCRIPT_WHOLE, arena, &listing, why);

	return err ? err : cs_ruleset_settle(listing, arena, out);
}

struct cs_span cs_ruleset_table(struct cs_span ruleset, const char *table)
{
	struct cs_span rest = ruleset, line;
	char heading[80];
	const uint8_t *from = NULL;

	snprintf(heading, sizeof(heading), "table %s {", table);
	while (cs_text_line(&rest, &line)) {
		const uint8_t *end = line.ptr + line.len;

		if (!from && cs_text_is(line, heading))
			from = line.ptr;
		if (!from || !cs_text_is(line, "}"))
			continue;
		end += end < ruleset.ptr + ruleset.len; /* with its newline */
		return cs_span_of(from, (size_t)(end - from));
	}
	return cs_span_of(ruleset.ptr, 0);
}
