/* SPDX-License-Identifier: Apache-2.0 */
/* rules_file: what reading rules of another machine takes, piece by piece. */
#pragma once

#include "protect/rules_build.h"
#include "protect/throwaway.h"

/* One file under way. @text is in the arena and may be changed: things are blanked out in it. */
struct cs_rules_file {
	struct cs_rules_build build;
	const char *path;
	char *text; /* NUL-terminated */
	size_t len;
	char *why; /* CS_RULES_WHY bytes */
};

/* Reads the file's bytes into the arena; errors as cs_rules_read_file(). */
CS_MUST_USE enum cs_err cs_rules_slurp(const char *path, struct cs_arena *arena,
				       char **text, size_t *len, char why[CS_RULES_WHY]);

/* Each kind of text to rules; errors as cs_rules_read_file(). */
CS_MUST_USE enum cs_err cs_rules_file_nft(struct cs_rules_file *file);
CS_MUST_USE enum cs_err cs_rules_file_save(struct cs_rules_file *file);

/* Where text that is restored comes from: a file's lines begin at line @from of it. */
struct cs_rules_piece {
	const char *name;
	size_t from; /* from 1 */
};

/* What iptables-restore is given for one family. */
struct cs_rules_input {
	bool v6;
	char *text;
	size_t len;
	const struct cs_rules_piece *pieces; /* in order; the first from line 1 */
	size_t n_pieces;
};

/*
 * Restores @input in a namespace that is thrown away and prints it
 * back to @saved, in the words of iptables-save. What this machine has no match, target or
 * set for becomes a comment in the text and is said.
 * CS_ERR_SYNTAX with name and line in @why; others as cs_throwaway_run()
 */
CS_MUST_USE enum cs_err cs_rules_restored(struct cs_rules_build *build,
					  const struct cs_rules_input *input,
					  struct cs_span *saved, char why[CS_RULES_WHY]);

/*
 * Restores it and adds what came of it. Errors as cs_rules_restored()
 */
CS_MUST_USE enum cs_err cs_rules_add_restored(struct cs_rules_build *build,
					      const struct cs_rules_input *input,
					      char why[CS_RULES_WHY]);

/*
 * Names in nft's text that may be interfaces which have to be there for it to be loaded:
 * *@n of them in the arena. CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_rules_links(struct cs_span text, struct cs_arena *arena,
				       const char *const **out, size_t *n);
