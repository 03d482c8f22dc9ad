/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_words.h"

#include "protect/rules_span.h"
#include "protect/rules_xtables.h"

struct reading {
	const struct cs_words_ask *ask;
	struct cs_words words;
	struct cs_span rest;
	bool not ; /* "!" stood before the option */
};

static struct cs_span next(struct reading *r)
{
	struct cs_span word;

	if (!cs_save_word(&r->rest, &word))
		return cs_span_of(NULL, 0);
	if (word.len >= 2 && word.ptr[0] == '"' && word.ptr[word.len - 1] == '"')
		word = cs_span_of(word.ptr + 1, word.len - 2);
	return word;
}

static void judge(struct reading *r, enum cs_words_is is)
{
	if (is == CS_WORDS_MAYBE)
		r->words.unsure = true;
	else if ((is == CS_WORDS_YES) == r->not )
		r->words.matches = false;
}

/* "5683" or, with multiport, "80,5683:5690". */
static void judge_ports(struct reading *r, bool right_side)
{
	struct cs_span list = next(r);
	enum cs_words_is is = CS_WORDS_NO;

	while (list.len && is != CS_WORDS_YES) {
		const uint8_t *comma = memchr(list.ptr, ',', list.len);
		struct cs_span one =
			comma ? cs_span_of(list.ptr, (size_t)(comma - list.ptr)) : list;

		is = cs_words_port(one, r->ask);
		list = cs_text_after(list, comma ? one.len + 1 : one.len);
	}
	if (!right_side) {
		r->words.unsure = true; /* the other end's port is anybody's */
		return;
	}
	judge(r, is);
	r->words.names_port |= is == CS_WORDS_YES && !r->not ;
}

static void take_target(struct reading *r)
{
	struct cs_span target = next(r);
	static const char *const going_on[] = { "LOG",   "NFLOG",    "ULOG", "RETURN",
						"MARK",  "CONNMARK", "CT",   "NOTRACK",
						"TRACE", "SET" };
	static const char *const others[] = { "DNAT",       "SNAT",    "REDIRECT",
					      "MASQUERADE", "NFQUEUE", "QUEUE",
					      "TPROXY",     "TARPIT" };

	r->words.verdict = CS_WORDS_JUMP;
	r->words.target = target;
	if (cs_text_is(target, "ACCEPT"))
		r->words.verdict = CS_WORDS_ACCEPT;
	if (cs_text_is(target, "DROP"))
		r->words.verdict = CS_WORDS_DROP;
	if (cs_text_is(target, "REJECT"))
		r->words.verdict = CS_WORDS_REJECT;
	for (size_t i = 0; i < CS_LEN(going_on); i++)
		if (cs_text_is(target, going_on[i]))
			r->words.verdict = CS_WORDS_NONE;
	for (size_t i = 0; i < CS_LEN(others); i++)
		if (cs_text_is(target, others[i]))
			r->words.verdict = CS_WORDS_OTHER;
}

/* -m addrtype --dst-type: what is asked about goes to one of our addresses, or a group. */
static void judge_type(struct reading *r)
{
	struct cs_span type = next(r);

	if (!cs_text_is(type, "LOCAL") || r->not )
		r->words.unsure = true;
}

/* Where it goes; after DNAT nobody knows from the words. */
static void judge_to(struct reading *r)
{
	struct cs_span address = next(r);

	if (!r->ask->any_to)
		judge(r, cs_words_address(address, &r->ask->to));
}

/* Matches that narrow nothing by themselves. */
static void take_match(struct reading *r)
{
	static const char *const plain[] = { "udp",       "tcp",   "multiport", "comment",
					     "conntrack", "state", "addrtype" };
	static const char *const rates[] = { "limit",     "recent", "hashlimit",
					     "connlimit", "quota",  "statistic" };
	struct cs_span name = next(r);
	bool known = false;

	for (size_t i = 0; i < CS_LEN(plain); i++)
		known |= cs_text_is(name, plain[i]);
	for (size_t i = 0; i < CS_LEN(rates); i++)
		if (cs_text_is(name, rates[i]))
			known = r->words.rated = true;
	if (!known)
		r->words.unsure = true;
}

static void judge_option(struct reading *r, struct cs_span option)
{
	const struct cs_words_ask *ask = r->ask;

	if (cs_text_is(option, "-p"))
		judge(r, cs_words_protocol(next(r), ask->tcp));
	else if (cs_text_is(option, "-s"))
		judge(r, cs_words_address(next(r), &ask->from));
	else if (cs_text_is(option, "-d"))
		judge_to(r);
	else if (cs_text_is(option, "-i"))
		judge(r, cs_words_interface(next(r), ask->answer ? NULL : ask->in));
	else if (cs_text_is(option, "-o"))
		judge(r, cs_words_interface(next(r), ask->answer ? ask->in : NULL));
	else if (cs_text_is(option, "--dport") || cs_text_is(option, "--dports"))
		judge_ports(r, !ask->answer);
	else if (cs_text_is(option, "--sport") || cs_text_is(option, "--sports"))
		judge_ports(r, ask->answer);
	else if (cs_text_is(option, "--ports"))
		judge_ports(r, true);
	else if (cs_text_is(option, "--ctstate") || cs_text_is(option, "--state"))
		judge(r, cs_words_states(next(r)));
	else if (cs_text_is(option, "--dst-type"))
		judge_type(r);
	else if (cs_text_is(option, "-m"))
		take_match(r);
	else if (cs_text_is(option, "-j") || cs_text_is(option, "-g"))
		take_target(r);
	else if (cs_text_is(option, "--tcp-flags") || cs_text_is(option, "--src-type") ||
		 cs_text_is(option, "--ctdir") || cs_text_is(option, "--ctstatus") ||
		 cs_text_is(option, "-f"))
		r->words.unsure = true;
}

struct cs_words cs_words_xtables(struct cs_span text, const struct cs_words_ask *ask)
{
	struct reading r = { .ask = ask, .words = { .matches = true }, .rest = text };
	struct cs_span word;

	(void)next(&r); /* -A */
	(void)next(&r); /* its chain */
	while (cs_save_word(&r.rest, &word)) {
		if (cs_text_is(word, "!")) {
			r.not = true;
			continue;
		}
		if (cs_text_starts(word, "-"))
			judge_option(&r, word);
		r.not = false;
	}
	return r.words;
}
