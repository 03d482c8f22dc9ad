/* SPDX-License-Identifier: Apache-2.0 */
/* What the guard's decisions are called, and its evidence in words. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "protect/guard.h"

const char *const cs_guard_reason_names[CS_GUARD_REASONS] = {
	[CS_GUARD_ATTACKER] = "attacker",
	[CS_GUARD_VICTIM] = "victim protected",
};

const char *const cs_guard_class_names[CS_GUARD_CLASSES] = {
	"H", "G", "C1", "F", "D", "E", "C2", "B", "I",
};

const char *const cs_guard_worry_names[CS_GUARD_WORRIES] = {
	"none",
	"note",
	"act",
	"act_now",
};

static const char *const worry_texts[CS_GUARD_WORRIES] = {
	"no worry",
	"a note",
	"act",
	"act now",
};

static const char *const answer_texts[CS_GUARD_ANSWERS] = {
	[CS_GUARD_BLOCKED] = "blocked",
	[CS_GUARD_RENEWED] = "blocked for longer",
	[CS_GUARD_STANDS] = "blocked already",
	[CS_GUARD_HARMLESS] = "nothing that anybody has to act on",
	[CS_GUARD_OURS] =
		"no attack: our own traffic, answers meant for others, or no CoAP",
	[CS_GUARD_UNSURE] = "the verdict is not sure enough",
	[CS_GUARD_FORGED] = ("its address may be forged: not all that came from it shows "
			     "that it hears us"),
	[CS_GUARD_NEIGHBOURS] = "a prefix: of attackers single addresses are blocked",
	[CS_GUARD_ALLOWED] = "an allowed peer",
	[CS_GUARD_LOCAL] = "a local address",
	[CS_GUARD_NOBODY] = "no address that a single host has",
	[CS_GUARD_WIDE] = "too wide a prefix",
	[CS_GUARD_BRIEF] = "too short a time",
	[CS_GUARD_ODD] = "the evidence does not bear the reason out",
	[CS_GUARD_FULL] = "as many entries stand as may (--entries)",
	[CS_GUARD_RATE] = "too many entries within a minute (--entry-rate)",
	[CS_GUARD_FAILED] = "the firewall did not take it",
};

const char *cs_guard_answer_text(enum cs_guard_answer answer)
{
	return answer_texts[answer];
}

/* The index of @name in @names, or -1. */
static int index_of(struct cs_span name, const char *const *names, int n)
{
	for (int i = 0; i < n; i++)
		if (cs_span_eq(name, cs_span_str(names[i])))
			return i;
	return -1;
}

bool cs_guard_class_read(struct cs_span name, enum cs_guard_class *out)
{
	int i = index_of(name, cs_guard_class_names, CS_GUARD_CLASSES);

	if (i >= 0)
		*out = (enum cs_guard_class)i;
	return i >= 0;
}

bool cs_guard_worry_read(struct cs_span name, enum cs_guard_worry *out)
{
	int i = index_of(name, cs_guard_worry_names, CS_GUARD_WORRIES);

	if (i >= 0)
		*out = (enum cs_guard_worry)i;
	return i >= 0;
}

/* Appends; what does not fit is cut off. */
static void CS_PRINTF(3, 4) put(char *out, size_t *at, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(out + *at, CS_GUARD_TEXT - *at, format, args);
	va_end(args);
	if (n > 0)
		*at += (size_t)n < CS_GUARD_TEXT - *at ? (size_t)n
						       : CS_GUARD_TEXT - 1 - *at;
}

void cs_guard_text(const struct cs_guard_evidence *because, char out[CS_GUARD_TEXT])
{
	char first[CS_TIME_TEXT], last[CS_TIME_TEXT];
	size_t at = 0;

	cs_time_text(because->first_us, first);
	cs_time_text(because->last_us, last);
	put(out, &at,
	    "class %s, %s, %u %% sure, %s: %" PRIu32 " packets, %" PRIu64
	    " bytes in, %" PRIu64 " out",
	    cs_guard_class_names[because->class_], worry_texts[because->worry],
	    (unsigned)because->confidence,
	    because->answered ? "answered" : "not answered", because->packets,
	    because->bytes_in, because->bytes_out);
	for (size_t i = 0; i < because->n_seen; i++)
		put(out, &at, "%s%s %" PRIu32, i ? ", " : "; ", because->seen[i].what,
		    because->seen[i].count);
	/* Cut to seconds: the places of "2026-11-21T20:00:00". */
	put(out, &at, "; from %.19sZ to %.19sZ", first, last);
}
