/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/ufw_plan.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "protect/rules_span.h"
#include "protect/ufw_block.h"
#include "protect/ufw_place.h"

static const char PROFILE[] =
	"# Written by `coapscope protect apply --backend ufw`; `coapscope protect undo` "
	"takes it away.\n"
	"[" CS_UFW_PROFILE "]\n"
	"title=CoAP\n"
	"description=Constrained Application Protocol (RFC 7252, RFC 8323)\n"
	"ports=5683,5684/udp|5683,5684/tcp\n"
	"\n"
	"[" CS_UFW_PROFILE_PLAIN "]\n"
	"title=CoAP without encryption\n"
	"description=Constrained Application Protocol without DTLS or TLS\n"
	"ports=5683\n";

/* One family of the rules while its commands are made. */
struct family {
	const struct cs_policy *policy;
	struct cs_ufw_side side;
	struct cs_arena *arena;
	struct cs_ufw_plan *plan;
	bool failed; /* memory is out */
};

bool cs_ufw_profile_is_ours(struct cs_span text)
{
	return cs_span_eq(text, cs_span_of(PROFILE, sizeof(PROFILE) - 1));
}

bool cs_ufw_tuple_is_ours(const struct cs_ufw_tuple *t)
{
	return cs_text_is(t->to_app, CS_UFW_PROFILE) ||
	       cs_text_is(t->to_app, CS_UFW_PROFILE_PLAIN);
}

/* A line that lives as long as the plan; "" when memory is out. */
CS_PRINTF(2, 3)
static const char *line(struct family *f, const char *fmt, ...)
{
	char text[512];
	const char *kept;
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	kept = cs_arena_text(f->arena, cs_span_str(text));
	f->failed |= !kept;
	return kept ? kept : "";
}

static void note(struct family *f, const char *text)
{
	f->plan->notes[f->plan->n_notes++] = text;
}

static bool is_plain_word(const char *word)
{
	return strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789_-./:,=%@+") == strlen(word);
}

/* The command as a person would type it. */
static const char *shell_text(struct family *f, const char *const *argv)
{
	char text[512];
	size_t at = 0;

	for (; *argv && at < sizeof(text); argv++) {
		const char *quote = is_plain_word(*argv) ? "" : "'";

		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s%s%s",
				       at ? " " : "", quote, *argv, quote);
	}
	return line(f, "%s", text);
}

static struct cs_ufw_command *next_command(struct family *f)
{
	return &f->plan->commands[f->plan->n_commands++];
}

/* A rule of ours, at the place of this family. */
struct wanted {
	const char *action, *from, *to, *in, *profile, *comment;
};

static void put_rule(struct family *f, const struct wanted *w)
{
	struct cs_ufw_command *command = next_command(f);
	const char **at = command->argv;

	*at++ = "ufw";
	if (f->side.place > 0) {
		*at++ = "insert";
		*at++ = line(f, "%" PRIu32, f->side.place);
	}
	*at++ = w->action;
	if (w->in) {
		*at++ = "in";
		*at++ = "on";
		*at++ = w->in;
	}
	*at++ = "from";
	*at++ = w->from;
	*at++ = "to";
	*at++ = w->to;
	*at++ = "app";
	*at++ = w->profile;
	*at++ = "comment";
	*at++ = w->comment;
	command->text = shell_text(f, command->argv);
}

static const char *prefix_text(struct family *f, const struct cs_prefix *prefix)
{
	char text[CS_PREFIX_TEXT];

	cs_prefix_short(prefix, text);
	return line(f, "%s", text);
}

static bool is_anywhere(const struct family *f, const struct cs_prefix *prefix)
{
	return prefix->bits == (f->side.v6 ? 0 : 96);
}

static const char *any_of(const struct family *f)
{
	return f->side.v6 ? "::/0" : "0.0.0.0/0";
}

static void put_strangers(struct family *f)
{
	bool plain = f->policy->strangers == CS_STRANGERS_DTLS_ONLY;

	if (cs_ufw_denies_strangers(f->policy))
		put_rule(f,
			 &(struct wanted){
				 .action = "deny",
				 .from = any_of(f),
				 .to = "any",
				 .profile = plain ? CS_UFW_PROFILE_PLAIN : CS_UFW_PROFILE,
				 .comment = "coapscope: strangers",
			 });
}

static void put_peer(struct family *f, const struct cs_peer *peer)
{
	if (cs_ufw_is_v6(&peer->prefix) == f->side.v6)
		put_rule(f,
			 &(struct wanted){
				 .action = "allow",
				 .from = prefix_text(f, &peer->prefix),
				 .to = "any",
				 .in = peer->interface[0] ? line(f, "%s", peer->interface)
							  : NULL,
				 .profile = CS_UFW_PROFILE,
				 .comment = "coapscope: allowed",
			 });
}

static void put_discovery(struct family *f, const char *from, const char *to)
{
	put_rule(f, &(struct wanted){
			    .action = "allow",
			    .from = from,
			    .to = to,
			    .profile = CS_UFW_PROFILE_PLAIN,
			    .comment = "coapscope: discovery from our links",
		    });
}

static void put_discoveries(struct family *f)
{
	static const char *const groups6[] = { "ff02::fd", "ff05::fd" };

	for (size_t i = 0; f->policy->multicast && i < f->policy->n_local; i++) {
		const struct cs_prefix *local = &f->policy->local[i];

		if (cs_ufw_is_v6(local) != f->side.v6)
			continue;
		if (!f->side.v6)
			put_discovery(f, prefix_text(f, local), "224.0.1.187");
		for (size_t k = 0; f->side.v6 && k < CS_LEN(groups6); k++)
			put_discovery(f, prefix_text(f, local), groups6[k]);
	}
	for (size_t k = 0; f->policy->multicast && f->side.v6 && k < CS_LEN(groups6); k++)
		put_discovery(f, "fe80::/10", groups6[k]);
}

static void put_again(struct family *f, const struct cs_ufw_tuple *t, uint32_t number)
{
	put_rule(f, &(struct wanted){
			    .action = t->action == CS_UFW_DENY ? "deny" : "reject",
			    .from = prefix_text(f, &t->from),
			    .to = is_anywhere(f, &t->to) ? "any" : prefix_text(f, &t->to),
			    .in = t->in.len ? line(f, "%.*s", (int)t->in.len,
						   (const char *)t->in.ptr)
					    : NULL,
			    .profile = CS_UFW_PROFILE,
			    .comment = line(f, "coapscope: as rule %" PRIu32 " says",
					    number),
		    });
}

/* A deny of a part of what we let in goes on to hold: it is said again in front. */
static void put_kept(struct family *f)
{
	for (size_t i = 0; i < f->side.n; i++) {
		const struct cs_ufw_tuple *t = &f->side.at[i];
		uint32_t number = cs_ufw_number(f->side.all, t);

		switch (cs_ufw_side_passes(&f->side, t)) {
		case CS_UFW_NOT_PASSED:
			break;
		case CS_UFW_LOST:
			note(f, line(f,
				     "rule %" PRIu32
				     " of ufw no longer holds for an allowed peer",
				     number));
			break;
		case CS_UFW_SAY_AGAIN:
			put_again(f, t, number);
			break;
		}
	}
}

/*
 * They were made in the order in which they shall stand; what is inserted at one place,
 * last first.
 */
static void turn_round(struct cs_ufw_command *from, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct cs_ufw_command swap = from[i];

		from[i] = from[n - 1 - i];
		from[n - 1 - i] = swap;
	}
}

static void put_family(struct family *f, const struct cs_ufw_tuples *all, bool v6)
{
	size_t first = f->plan->n_commands;

	f->side = cs_ufw_side_of(all, f->policy, v6);
	put_kept(f);
	put_discoveries(f);
	for (size_t i = 0; i < f->policy->n_allow; i++)
		put_peer(f, &f->policy->allow[i]);
	put_strangers(f);
	if (f->side.place > 0)
		turn_round(f->plan->commands + first, f->plan->n_commands - first);
}

/* What an apply before this one made, last first, so that the numbers stay what they are. */
static void put_deletes(struct family *f, const struct cs_ufw_tuples *all)
{
	uint32_t last = 0;

	for (size_t i = all->n; i-- > 0;) {
		struct cs_ufw_command *command;

		if (!cs_ufw_tuple_is_ours(&all->at[i]) || all->at[i].number == last)
			continue;
		last = all->at[i].number;
		command = next_command(f);
		command->argv[0] = "ufw";
		command->argv[1] = "--force";
		command->argv[2] = "delete";
		command->argv[3] = line(f, "%" PRIu32, last);
		command->text = shell_text(f, command->argv);
	}
}

static void put_commands(struct family *f, const struct cs_ufw_tuples *all, bool ipv6)
{
	put_deletes(f, all);
	/* IPv6 first: what is inserted there leaves IPv4's numbers alone. */
	if (ipv6)
		put_family(f, all, true);
	put_family(f, all, false);
}

static void put_notes(struct family *f, bool ipv6)
{
	if (!ipv6)
		note(f, "ufw is set to IPV6=no: it drops all IPv6, and no peer is let in "
			"by it");
	if (f->policy->router)
		note(f, "what is forwarded is dropped in before.rules alone: ufw's route "
			"rules stay as they are");
	if (!cs_ufw_denies_strangers(f->policy))
		note(f, "limit opens nothing: where ufw denies strangers they stay "
			"denied");
}

static enum cs_err make_room(struct cs_ufw_plan *plan, const struct cs_ufw_tuples *all,
			     const struct cs_policy *policy, struct cs_arena *arena)
{
	/* Each tuple is deleted or said again, each local prefix has two groups. */
	size_t commands = all->n + policy->n_allow + 2 * policy->n_local + 8;

	plan->commands = cs_arena_array(arena, commands, sizeof(*plan->commands));
	plan->notes = cs_arena_array(arena, all->n + 8, sizeof(*plan->notes));
	return plan->commands && plan->notes ? CS_OK : CS_ERR_NOMEM;
}

static enum cs_err put_files(const struct cs_ufw_files *files,
			     const struct cs_policy *policy, struct cs_arena *arena,
			     struct cs_ufw_plan *plan, char *why)
{
	enum cs_ufw_share share = files->ipv6 ? CS_UFW_HALF : CS_UFW_WHOLE;
	enum cs_err err = cs_ufw_block(policy, false, share, arena, &plan->block);

	plan->profile = cs_span_of(PROFILE, sizeof(PROFILE) - 1);
	if (!err)
		err = cs_ufw_block_put(files->before, plan->block, arena, &plan->before);
	if (!err && files->ipv6)
		err = cs_ufw_block(policy, true, share, arena, &plan->block6);
	if (!err && files->ipv6)
		err = cs_ufw_block_put(files->before6, plan->block6, arena,
				       &plan->before6);
	if (err == CS_ERR_SYNTAX)
		(void)snprintf(why, CS_UFW_WHY,
			       "before.rules or before6.rules has a line \"# coapscope: "
			       "begin\" and no \"# coapscope: end\" behind it: take the "
			       "rest of that block out");
	else if (err)
		(void)snprintf(why, CS_UFW_WHY, "%s", cs_strerror(err));
	return err;
}

static enum cs_err look_before(const struct cs_ufw_files *files,
			       const struct cs_policy *policy, char *why)
{
	if (files->profile.len > 0 && !cs_ufw_profile_is_ours(files->profile)) {
		(void)snprintf(why, CS_UFW_WHY,
			       "%s is there and not as coapscope writes it: move it away",
			       CS_UFW_PROFILE_FILE);
		return CS_ERR_FOREIGN;
	}
	if (policy->n_allow > CS_UFW_PEERS_MAX) {
		(void)snprintf(
			why, CS_UFW_WHY,
			"%zu allowed peers: with ufw at most %d, as each is a rule "
			"of its own; --backend nft takes more",
			policy->n_allow, CS_UFW_PEERS_MAX);
		return CS_ERR_FULL;
	}
	return CS_OK;
}

enum cs_err cs_ufw_plan(const struct cs_ufw_files *files, const struct cs_policy *policy,
			struct cs_arena *arena, struct cs_ufw_plan *out,
			char why[CS_UFW_WHY])
{
	struct cs_ufw_plan plan = { 0 };
	struct family f = { .policy = policy, .arena = arena, .plan = &plan };
	struct cs_span none = { 0 };
	struct cs_ufw_tuples all;
	enum cs_err err = look_before(files, policy, why);

	if (err)
		return err;
	err = cs_ufw_tuples_read(files->user, files->ipv6 ? files->user6 : none, arena,
				 &all);
	if (!err)
		err = make_room(&plan, &all, policy, arena);
	if (err) {
		(void)snprintf(why, CS_UFW_WHY, "%s", cs_strerror(err));
		return err;
	}
	put_commands(&f, &all, files->ipv6);
	put_notes(&f, files->ipv6);
	if (f.failed) {
		(void)snprintf(why, CS_UFW_WHY, "%s", cs_strerror(CS_ERR_NOMEM));
		return CS_ERR_NOMEM;
	}
	err = put_files(files, policy, arena, &plan, why);
	if (!err)
		*out = plan;
	return err;
}
