/* SPDX-License-Identifier: Apache-2.0 */
/* The table itself: the common rows, looking rows up, and what they are called. */
#include "cmd/args.h"

#include <ctype.h>

#include "cmd/cmd.h"

#define AT(field) offsetof(struct cs_common, field)

static const char *const color_words[] = { "auto", "always", "never", NULL };

const struct cs_arg cs_common_args[] = {
	{ .name = "help",
	  .letter = 'h',
	  .type = CS_ARG_FLAG,
	  .traits = CS_ARG_CLI_ONLY,
	  .at = AT(help),
	  .group = "Common options",
	  .help = "Print this help and exit." },
	{ .name = "quiet",
	  .letter = 'q',
	  .type = CS_ARG_FLAG,
	  .at = AT(quiet),
	  .group = "Common options",
	  .help = "Say nothing on standard error but errors and warnings." },
	{ .name = "verbose",
	  .letter = 'v',
	  .type = CS_ARG_COUNT,
	  .at = AT(verbose),
	  .group = "Common options",
	  .help = "Say more on standard error; twice: what only a developer wants." },
	{ .name = "color",
	  .metavar = "WHEN",
	  .type = CS_ARG_WORD,
	  .preset = "auto",
	  .at = AT(color),
	  .words = color_words,
	  .group = "Common options",
	  .help = "Colour text for people: auto (on a terminal, unless NO_COLOR is set), "
		  "always or never." },
	{ .name = "config",
	  .metavar = "FILE",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_CLI_ONLY | CS_ARG_IS_FILE,
	  .at = AT(config),
	  .group = "Common options",
	  .help = "Read options from the INI file FILE too, after "
		  "/etc/coapscope/coapscope.conf. Section = command, key = long "
		  "option." },
	{ .name = "print-config",
	  .type = CS_ARG_FLAG,
	  .traits = CS_ARG_CLI_ONLY,
	  .at = AT(print_config),
	  .group = "Common options",
	  .help = "Print every option's value and where it comes from, as INI, and "
		  "exit." },
};

const size_t cs_n_common_args = CS_LEN(cs_common_args);

static bool has_name(const struct cs_arg *row, const char *name)
{
	return strcmp(row->name, name) == 0 ||
	       (row->alias && strcmp(row->alias, name) == 0);
}

const struct cs_arg *cs_args_find(const struct cs_arg_set *set, const char *name,
				  bool *taken_back)
{
	bool negated = strncmp(name, "no-", 3) == 0;

	for (size_t i = 0; i < cs_arg_count(set); i++) {
		const struct cs_arg *row = cs_arg_row(set, i);
		bool may = row->type == CS_ARG_FLAG || row->traits & CS_ARG_NO;

		if (!has_name(row, name) && !(negated && may && has_name(row, name + 3)))
			continue;
		*taken_back = negated;
		return row;
	}
	return NULL;
}

const struct cs_arg_verb *cs_args_verb(const struct cs_arg_set *set, const char *name)
{
	for (size_t i = 0; i < set->n_verbs; i++) {
		if (strcmp(set->verbs[i].name, name) == 0)
			return &set->verbs[i];
	}
	return NULL;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein's distance; both must be shorter than MOST_NAME. */
enum { MOST_NAME = 48 };

static size_t distance(const char *a, const char *b)
{
	size_t row[MOST_NAME], n = strlen(b);

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t change = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = min3(row[j] + 1, row[j - 1] + 1, change);
		}
	}
	return row[n];
}

/* Keeps in @best the name that is nearest; a name that begins so is near. */
static void consider(const char *name, const char *wanted, const char **best,
		     size_t *least)
{
	size_t far, wanted_len = strlen(wanted);

	if (!name || strlen(name) >= MOST_NAME || wanted_len == 0)
		return;
	far = strncmp(name, wanted, wanted_len) == 0 ? 1 : distance(name, wanted);
	if (far < *least) {
		*least = far;
		*best = name;
	}
}

const char *cs_args_nearest(const struct cs_arg_set *set, const char *name)
{
	size_t least = strlen(name) < 6 ? 3 : 4; /* farther is no resemblance */
	const char *best = "";

	if (strlen(name) >= MOST_NAME)
		return best;
	for (size_t i = 0; i < cs_arg_count(set); i++) {
		consider(cs_arg_row(set, i)->name, name, &best, &least);
		consider(cs_arg_row(set, i)->alias, name, &best, &least);
	}
	return best;
}

void cs_args_env_name(const struct cs_arg_set *set, const char *name,
		      char out[CS_ARG_ENV])
{
	(void)snprintf(out, CS_ARG_ENV, "COAPSCOPE_%s_%s", set->command, name);
	for (char *c = out; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
}

void cs_args_verb_names(const struct cs_arg_set *set, unsigned which,
			char out[CS_ARG_VERBS])
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < set->n_verbs && len < CS_ARG_VERBS; i++) {
		unsigned rest = which >> i;
		const char *before = len == 0 ? "" : rest == 1 ? " or " : ", ";
		int n = rest & 1 ? snprintf(out + len, CS_ARG_VERBS - len, "%s%s", before,
					    set->verbs[i].name)
				 : 0;

		len += n > 0 ? (size_t)n : 0;
	}
}

static void want_words(const struct cs_arg *row, char out[CS_ARG_WANT])
{
	size_t len = 0;

	for (size_t i = 0; row->words[i] && len < CS_ARG_WANT; i++) {
		const char *before = i == 0 ? "" : row->words[i + 1] ? ", " : " or ";
		int n = snprintf(out + len, CS_ARG_WANT - len, "%s%s", before,
				 row->words[i]);

		len += n > 0 ? (size_t)n : 0;
	}
}

void cs_args_want(const struct cs_arg *row, char out[CS_ARG_WANT])
{
	if (row->want)
		(void)snprintf(out, CS_ARG_WANT, "%s", row->want);
	else if (row->type == CS_ARG_WORD)
		want_words(row, out);
	else if (row->type == CS_ARG_FLAG)
		(void)snprintf(out, CS_ARG_WANT, "yes or no");
	else if (row->type == CS_ARG_U64 && row->max == UINT64_MAX)
		(void)snprintf(out, CS_ARG_WANT, "a number, at least %llu",
			       (unsigned long long)row->min);
	else if (row->type == CS_ARG_U64)
		(void)snprintf(out, CS_ARG_WANT, "a number from %llu to %llu",
			       (unsigned long long)row->min,
			       (unsigned long long)row->max);
	else if (row->type == CS_ARG_COUNT)
		(void)snprintf(out, CS_ARG_WANT, "a number from 0 to 9");
	else
		(void)snprintf(out, CS_ARG_WANT, "%s", row->metavar);
}
