/* SPDX-License-Identifier: Apache-2.0 */
/* What it is, what would change that, and the one next step: in plain words. */
#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "watch/answer_parts.h"

enum { NAME = CS_PREFIX_TEXT };

static void name_of(const struct cs_source *source, char out[NAME])
{
	struct cs_prefix prefix = { .addr = source->ip, .bits = source->bits };

	if (source->bits < 128)
		cs_prefix_text(&prefix, out);
	else
		cs_addr_text(&source->ip, out);
}

static bool is_stranger(const struct cs_question *q)
{
	return !q->source->is_peer &&
	       cs_source_count_range(q->source, CS_OBS_OWN_ANSWER, CS_OBS_PEER) == 0;
}

static void what_h(const struct cs_question *q, char out[CS_ANSWER_TEXT])
{
	const char *text =
		"Own traffic: exchanges with a listed peer, or answers to what "
		"your own hosts asked.";

	if (is_stranger(q) && cs_question_count(q, CS_OBS_GROUP) > 0)
		text = "Own traffic: a device looks for others on your network by "
		       "multicast.";
	else if (is_stranger(q))
		text = "Probably own traffic: a client that hears your answers and reads "
		       "the same few resources again and again, but is not listed.";
	(void)snprintf(out, CS_ANSWER_TEXT, "%s", text);
}

static void what_g(const struct cs_question *q, char out[CS_ANSWER_TEXT])
{
	if (cs_question_is_attacked(q))
		(void)snprintf(out, CS_ANSWER_TEXT,
			       "You are being attacked: %" PRIu32
			       " hosts answer requests that somebody sends them in your "
			       "name; this is one of them, and no attacker.",
			       q->reflectors);
	else
		(void)snprintf(
			out, CS_ANSWER_TEXT,
			"Answers to something that you never asked: somebody used "
			"your address as a forged sender, or an answer came late.");
}

static void what_c1(const struct cs_question *q, char out[CS_ANSWER_TEXT])
{
	char name[NAME];

	name_of(q->source, name);
	(void)snprintf(out, CS_ANSWER_TEXT,
		       "Somebody sent %" PRIu32 " request%s in the name of %s so that "
		       "your answers hit it: it is the victim, not the attacker%s.",
		       q->source->requests, cs_plural(q->source->requests), name,
		       q->finding->inherited ? " (so its whole prefix is)" : "");
}

static void what_f(const struct cs_question *q, char out[CS_ANSWER_TEXT])
{
	bool silenced = cs_question_count(q, CS_OBS_SILENCED) > 0;

	(void)snprintf(out, CS_ANSWER_TEXT,
		       "Sends CoAP that breaks the rules, as one does who looks for "
		       "devices that stumble over it%s.",
		       silenced ? "; a device of yours is silent since" : "");
}

static void what_d(const struct cs_question *q, char out[CS_ANSWER_TEXT])
{
	const char *text = "Tries to change something on your devices, or to be kept "
			   "informed by them.";

	if (cs_question_count(q, CS_OBS_WRITE_DONE) > 0)
		text = "Changed something on a device of yours: a write was carried out.";
	else if (cs_question_count(q, CS_OBS_PROXIED) > 0)
		text = "Used a device of yours as a proxy to another host.";
	else if (cs_question_count(q, CS_OBS_OBSERVE_GRANTED) > 0)
		text = "A device of yours keeps a stranger informed of its changes "
		       "(Observe).";
	else if (cs_question_count(q, CS_OBS_PROXY) > 0)
		text = "Looks for a device that passes requests on to other hosts (open "
		       "proxy).";
	(void)snprintf(out, CS_ANSWER_TEXT, "%s", text);
}

static void what_e(const struct cs_question *q, char out[CS_ANSWER_TEXT])
{
	(void)snprintf(
		out, CS_ANSWER_TEXT,
		"Goes through resources to see what your devices have: %u different "
		"ones%s.",
		q->source->n_paths, q->source->paths_lost ? " and more" : "");
}

static void what_c2(const struct cs_question *q, char out[CS_ANSWER_TEXT])
{
	(void)q;
	(void)snprintf(
		out, CS_ANSWER_TEXT,
		"Tests how large your answers are, as one does who looks for hosts "
		"to reflect attacks.");
}

static void what_b(const struct cs_question *q, char out[CS_ANSWER_TEXT])
{
	const char *who = q->actor ? "A known scanner" : "Somebody";

	if (cs_question_count(q, CS_OBS_DISCOVERY) > 0)
		(void)snprintf(out, CS_ANSWER_TEXT,
			       "%s looks for CoAP devices, as goes on all over the "
			       "internet.",
			       who);
	else if (cs_source_count_range(q->source, CS_OBS_READ, CS_OBS_SENSITIVE) > 0)
		(void)snprintf(out, CS_ANSWER_TEXT, "%s asked to read something, %s.",
			       who,
			       cs_question_is_served(q) ? "and got it"
			       : q->finding->answered   ? "and did not get it"
							: "and was not answered");
	else if (q->source->requests == 0 && q->finding->answered)
		(void)snprintf(out, CS_ANSWER_TEXT,
			       "%s was answered by a host of yours; what was asked is "
			       "not in the capture.",
			       who);
	else
		(void)snprintf(
			out, CS_ANSWER_TEXT,
			"%s knocked at a CoAP port and did nothing that is of note.",
			who);
}

static void what_i(const struct cs_question *q, char out[CS_ANSWER_TEXT])
{
	enum cs_obs kind = q->finding->n_because ? (enum cs_obs)q->finding->because[0]
						 : CS_OBS_ALIEN + CS_ALIEN_UNKNOWN;

	(void)snprintf(out, CS_ANSWER_TEXT, "Not a CoAP request: %s.", cs_obs_text(kind));
}

void cs_answer_what(const struct cs_question *q, char out[CS_ANSWER_TEXT])
{
	static void (*const texts[CS_CLASSES])(const struct cs_question *,
					       char[CS_ANSWER_TEXT]) = {
		[CS_CLASS_H] = what_h,   [CS_CLASS_G] = what_g, [CS_CLASS_C1] = what_c1,
		[CS_CLASS_F] = what_f,   [CS_CLASS_D] = what_d, [CS_CLASS_E] = what_e,
		[CS_CLASS_C2] = what_c2, [CS_CLASS_B] = what_b, [CS_CLASS_I] = what_i,
	};

	texts[q->finding->primary](q, out);
}

void cs_answer_change(const struct cs_question *q, char out[CS_ANSWER_TEXT])
{
	static const char *const texts[CS_CLASSES] = {
		[CS_CLASS_H] =
			"Requests that are no part of these exchanges, or that your "
			"hosts' answers are refused.",
		[CS_CLASS_G] = "A request of yours that these answer, seen in a capture "
			       "that begins earlier; or --local, if your addresses are "
			       "others.",
		[CS_CLASS_C1] = "A sign that it hears you: an acknowledgement, the next "
				"block, an Echo value sent back; or --peer, if it is one "
				"of yours.",
		[CS_CLASS_F] =
			"If it is a device of yours with a bug: list it with --peer.",
		[CS_CLASS_D] = "If it is one of yours: list it with --peer.",
		[CS_CLASS_E] =
			"Fewer different resources, or --peer if it is one of yours.",
		[CS_CLASS_C2] = "Twenty requests or more in its name would make it a "
				"reflection, a write an attempt to control.",
		[CS_CLASS_B] =
			"A write, many different resources, or many requests to one "
			"host would be worse; an answer of yours, too.",
		[CS_CLASS_I] = "A CoAP request from the same address.",
	};

	(void)snprintf(out, CS_ANSWER_TEXT, "%s", texts[q->finding->primary]);
}

/*
 * The command that closes the door, at once where harm is being done. Who writes from
 * among our own neighbours is more often a device of ours than not, and would be shut
 * out by it: that is shown before it is done.
 */
static void closing(const struct cs_question *q, enum cs_worry worry, const char *name,
		    char out[CS_ANSWER_TEXT])
{
	if (cs_addr_is_neighbours(&q->source->ip) && !q->finding->victim)
		(void)snprintf(out, CS_ANSWER_TEXT,
			       "coapscope protect plan --strangers drop --allow %s  # if "
			       "it is one of yours; else without --allow",
			       name);
	else
		(void)snprintf(out, CS_ANSWER_TEXT,
			       "coapscope protect %s --strangers drop",
			       worry == CS_WORRY_ACT_NOW ? "apply" : "plan");
}

void cs_answer_next(const struct cs_question *q, enum cs_worry worry,
		    char out[CS_ANSWER_TEXT])
{
	const char *text = "coapscope protect check";
	char name[NAME], explain[NAME + 32];

	name_of(q->source, name);
	(void)snprintf(explain, sizeof(explain), "coapscope explain %s", name);
	if (worry == CS_WORRY_NONE)
		text = "Nothing needs to be done.";
	else if (cs_question_is_attacked(q))
		text = "Ask your provider to drop UDP from source port 5683 that is sent "
		       "to "
		       "you; block none of these addresses as attackers.";
	else if (q->finding->primary == CS_CLASS_H || q->finding->primary == CS_CLASS_G)
		text = explain;
	else if (q->finding->primary == CS_CLASS_F && worry == CS_WORRY_ACT)
		text = explain;
	else if (q->finding->answered || worry >= CS_WORRY_ACT) {
		closing(q, worry, name, out);
		return;
	}
	(void)snprintf(out, CS_ANSWER_TEXT, "%s", text);
}
