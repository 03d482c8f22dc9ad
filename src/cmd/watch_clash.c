/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/watch_clash.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct output {
	const char *option, *name;
};

static bool is_same_file(const char *a, const char *b)
{
	struct stat of_a, of_b;

	if (stat(a, &of_a) || stat(b, &of_b)) /* what is not there yet has but its name */
		return strcmp(a, b) == 0 && strcmp(a, "-") != 0;
	return S_ISREG(of_a.st_mode) && of_a.st_dev == of_b.st_dev &&
	       of_a.st_ino == of_b.st_ino;
}

static bool is_read(const struct cs_watch_options *options, const struct output *output,
		    char why[CS_ARG_WHY])
{
	for (size_t i = 0; i < options->files.n; i++) {
		if (!is_same_file(output->name, options->files.item[i]))
			continue;
		(void)snprintf(why, CS_ARG_WHY, "--%s %.200s: is the capture to be read",
			       output->option, output->name);
		return true;
	}
	return false;
}

static bool are_one(const struct output *a, const struct output *b, char why[CS_ARG_WHY])
{
	if (!a->name || !is_same_file(a->name, b->name))
		return false;
	(void)snprintf(why, CS_ARG_WHY, "--%s and --%s: both are %.200s", a->option,
		       b->option, b->name);
	return true;
}

bool cs_watch_clash(const struct cs_watch_options *options, char why[CS_ARG_WHY])
{
	const struct output outputs[] = {
		{ "output-file", options->output_file }, { "eve", options->eve },
		{ "summary", options->summary },         { "metrics", options->metrics },
		{ "pcap-out", options->pcap_out },
	};
	bool clash = false;

	for (size_t i = 0; i < CS_LEN(outputs) && !clash; i++) {
		if (!outputs[i].name)
			continue;
		clash = is_read(options, &outputs[i], why);
		for (size_t k = 0; k < i && !clash; k++)
			clash = are_one(&outputs[k], &outputs[i], why);
	}
	return clash;
}
