/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scenario: writes captures whose truth is known, and labels.jsonl that says it. What
 * comes out follows from the seed alone, on every machine.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/num.h"
#include "base/siphash.h"
#include "story.h"

static const char help[] =
	"usage: scenario --seed N --out DIR [--class X] [--story NAME] [--positives N]\n"
	"\n"
	"Captures (pcap) and labels.jsonl: for each class N things done of it\n"
	"(default 20); --class B, C1, C2, D, E, F, G, H or I makes captures of one "
	"class\n"
	"(with what is around it), --story those of one story. --list names the "
	"stories.\n";

static const struct story *const tables[] = {
	stories_scan,    stories_reflect,   stories_carpet, stories_amplifier,
	stories_control, stories_enumerate, stories_broken, stories_backscatter,
	stories_peer,    stories_client,    stories_home,   stories_alien,
	stories_tcp,
};

enum { TABLES = sizeof(tables) / sizeof(tables[0]) };

static const char *const classes[] = { "B", "C1", "C2", "D", "E", "F", "G", "H", "I" };

struct want {
	uint64_t seed;
	uint64_t positives;
	const char *out;
	const char *class_; /* or NULL */
	const char *story;  /* or NULL */
};

static bool fits(const struct story *story, const struct want *want, const char *class_,
		 bool inbound)
{
	if (inbound && !story->inbound)
		return false;
	if (want->story && strcmp(want->story, story->name) != 0)
		return false;
	return !class_ || strcmp(class_, story->class_) == 0;
}

/* Draws by weight among those that fit; NULL: none does. */
static const struct story *draw(struct rng *r, const struct want *want,
				const char *class_, bool inbound)
{
	uint32_t sum = 0, at;

	for (size_t t = 0; t < TABLES; t++)
		for (const struct story *one = tables[t]; one->name; one++)
			sum += fits(one, want, class_, inbound) ? one->weight : 0;
	if (sum == 0)
		return NULL;
	at = rng_below(r, sum);
	for (size_t t = 0; t < TABLES; t++) {
		for (const struct story *one = tables[t]; one->name; one++) {
			if (!fits(one, want, class_, inbound))
				continue;
			if (at < one->weight)
				return one;
			at -= one->weight;
		}
	}
	return NULL;
}

static void tell(struct scene *s, const struct story *story)
{
	s->story = story->name;
	story->tell(s);
}

static void write_classes(FILE *to, const char *list)
{
	const char *between = "";

	fputs("\"class\":[", to);
	while (*list) {
		size_t len = strcspn(list, ",");

		fprintf(to, "%s\"%.*s\"", between, (int)len, list);
		between = ",";
		list += len + (list[len] == ',');
	}
	fputs("],", to);
}

static const char *maybe_text(enum maybe m)
{
	static const char *const texts[] = { "false", "true", "null" };

	return texts[m];
}

static void write_prefixes(FILE *to, const char *name, const struct cs_prefix *prefixes,
			   size_t n)
{
	char text[CS_PREFIX_TEXT];

	fprintf(to, ",\"%s\":[", name);
	for (size_t i = 0; i < n; i++) {
		cs_prefix_text(&prefixes[i], text);
		fprintf(to, "%s\"%s\"", i ? "," : "", text);
	}
	fputs("]", to);
}

static void write_label(FILE *to, const struct scene *s, const char *file,
			const struct label *l)
{
	static const char *const worries[] = { "none", "note", "act", "act_now" };
	const struct cs_prefix local[] = { s->local4, s->local6 };

	fprintf(to, "{\"file\":\"%s\",\"source\":\"%s\",", file, l->source);
	write_classes(to, l->classes);
	fprintf(to, "\"victim\":%s,\"answered\":%s,\"worry_at_least\":\"%s\"",
		maybe_text(l->victim), maybe_text(l->answered), worries[l->worry]);
	write_prefixes(to, "local", local, s->says_local ? 2 : 0);
	write_prefixes(to, "peer", s->peers, s->n_peers);
	fprintf(to, ",\"story\":\"%s\"", l->story);
	if (l->because)
		fprintf(to, ",\"because\":\"%s\"", l->because);
	fputs("}\n", to);
}

/* One capture around @class_ (NULL: any); returns how many stories of it were told. */
static uint64_t make_one(const struct want *want, const char *class_, const char *name,
			 uint64_t seed, FILE *labels)
{
	static struct scene s;
	char path[4096];
	uint64_t told = 0;

	scene_open(&s, seed, false);
	bool inbound = rng_chance(&s.rng, 15) && draw(&s.rng, want, class_, true);
	s.says_local = !inbound;
	for (uint32_t n = rng_between(&s.rng, 1, 3); n > 0; n--, told++)
		tell(&s, draw(&s.rng, want, class_, inbound));
	const struct want any = { 0 };
	for (uint32_t n = rng_below(&s.rng, 3); n > 0 && !want->story; n--)
		tell(&s, draw(&s.rng, &any, NULL, inbound));
	noise(&s);
	snprintf(path, sizeof(path), "%s/%s", want->out, name);
	tape_write(&s.tape, path);
	for (size_t i = 0; i < s.n_labels; i++)
		write_label(labels, &s, name, &s.labels[i]);
	scene_close(&s);
	return told;
}

static void make_class(const struct want *want, const char *class_, FILE *labels)
{
	const struct cs_sipkey key = { want->seed, 0x7363656e6172696f };
	uint64_t have = 0;

	for (unsigned nth = 0; have < want->positives; nth++) {
		char name[96], low[8] = "x";
		uint64_t seed;

		for (size_t i = 0; class_ && i <= strlen(class_); i++)
			low[i] = (char)(class_[i] | (class_[i] ? 0x20 : 0));
		snprintf(name, sizeof(name), "%s-%llu-%03u.pcap",
			 class_ ? low : want->story, (unsigned long long)want->seed, nth);
		seed = cs_siphash(&key, name, strlen(name));
		have += make_one(want, class_, name, seed, labels);
	}
}

static int list_stories(void)
{
	for (size_t t = 0; t < TABLES; t++)
		for (const struct story *one = tables[t]; one->name; one++)
			printf("%s %s\n", one->class_, one->name);
	return 0;
}

static int usage(const char *why)
{
	fprintf(stderr, "scenario: %s\n%s", why, help);
	return 2;
}

static bool read_option(const char *name, const char *value, struct want *want)
{
	struct cs_span text = cs_span_of(value, strlen(value));

	if (strcmp(name, "--seed") == 0)
		return cs_num_u64(text, 0, UINT64_MAX, &want->seed);
	if (strcmp(name, "--positives") == 0)
		return cs_num_u64(text, 1, 1000000, &want->positives);
	if (strcmp(name, "--out") == 0)
		want->out = value;
	else if (strcmp(name, "--class") == 0)
		want->class_ = value;
	else if (strcmp(name, "--story") == 0)
		want->story = value;
	else
		return false;
	return true;
}

static FILE *open_labels(const char *folder)
{
	char path[4096];
	FILE *to;

	if (mkdir(folder, 0755) && errno != EEXIST)
		return NULL;
	snprintf(path, sizeof(path), "%s/labels.jsonl", folder);
	to = fopen(path, "w");
	return to;
}

int main(int argc, char **argv)
{
	struct want want = { .positives = 20 };
	struct rng none = { 0 };
	FILE *labels;

	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return list_stories();
	for (int i = 1; i < argc; i += 2)
		if (i + 1 == argc || !read_option(argv[i], argv[i + 1], &want))
			return usage(argv[i]);
	if (!want.out)
		return usage("--out is missing");
	if (!draw(&none, &want, want.class_, false))
		return usage("no such class or story");
	labels = open_labels(want.out);
	if (!labels) {
		fprintf(stderr, "scenario: %s: %s\n", want.out, strerror(errno));
		return 1;
	}
	if (want.class_ || want.story)
		make_class(&want, want.class_, labels);
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (!want.class_ && !want.story)
			make_class(&want, classes[i], labels);
	if (ferror(labels) | fclose(labels)) {
		fprintf(stderr, "scenario: labels.jsonl: cannot be written\n");
		return 1;
	}
	return 0;
}
