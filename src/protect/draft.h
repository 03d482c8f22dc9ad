/* SPDX-License-Identifier: Apache-2.0 */
/* draft: text that is written as a stream and then lives in an arena. */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rd.h"

struct cs_draft {
	FILE *to;
	char *bytes;
	size_t len;
};

/* NULL: memory is out. The stream is the text's: cs_draft_close() ends both. */
static inline FILE *cs_draft_open(struct cs_draft *text)
{
	*text = (struct cs_draft){ 0 };
	text->to = open_memstream(&text->bytes, &text->len);
	return text->to;
}

static inline void cs_draft_put(FILE *to, struct cs_span s)
{
	if (s.len > 0)
		(void)fwrite(s.ptr, 1, s.len, to);
}

static inline void cs_draft_line(FILE *to, struct cs_span line)
{
	cs_draft_put(to, line);
	(void)fputc('\n', to); /* the end looks for errors */
}

/* CS_ERR_NOMEM */
CS_MUST_USE static inline enum cs_err cs_draft_close(struct cs_draft *text,
						     struct cs_arena *arena,
						     struct cs_span *out)
{
	bool failed = ferror(text->to) != 0;
	char *kept = NULL;

	if (fclose(text->to) == 0 && !failed)
		kept = cs_arena_text(arena, cs_span_of(text->bytes, text->len));
	*out = cs_span_of(kept, kept ? text->len : 0);
	free(text->bytes);
	return kept ? CS_OK : CS_ERR_NOMEM;
}
