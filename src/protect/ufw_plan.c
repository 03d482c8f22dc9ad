/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/ufw_plan.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "protect/rules_span.h"
#include "protect/ufw_block.h"

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
	const struct cs_ufw_tuple *at; /* of this family, ours too */
	size_t n;
	bool v6;
	uint32_t
		place; /* in front of which number ours go, of both families; 0: behind all */
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

static bool is_v6(const struct cs_prefix *p)
{
	return !(cs_addr_is_v4(&p->addr) && p->bits >= 96);
}

static bool within(const struct cs_prefix *inner, const struct cs_prefix *outer)
{
	return inner->bits >= outer->bits && cs_prefix_has(outer, &inner->addr);
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

/* What a rule says of CoAP that comes in for this host. */
static bool is_of_coap(const struct cs_ufw_tuple *t)
{
	static const char *const protocols[] = { "any", "udp", "tcp" };
	bool protocol = false;

	for (size_t i = 0; i < CS_LEN(protocols); i++)
		protocol |= cs_text_is(t->protocol, protocols[i]);
	return protocol && !t->route && !t->out && !cs_ufw_tuple_is_ours(t) &&
	       (cs_ufw_ports_have(t->to_port, 5683) ||
		cs_ufw_ports_have(t->to_port, 5684));
}

/* All of plain CoAP, from whatever port: then it can be said again by a profile. */
static bool is_of_all_coap(const struct cs_ufw_tuple *t)
{
	return cs_text_is(t->from_port, "any") && cs_ufw_ports_have(t->to_port, 5683) &&
	       !cs_text_is(t->protocol, "tcp") && !t->odd;
}

static bool strangers_denied(const struct cs_policy *policy)
{
	return policy->strangers != CS_STRANGERS_LIMIT;
}

/* A peer that this rule would keep out, though it is about more than this peer's own part. */
static bool keeps_a_peer_out(const struct family *f, const struct cs_ufw_tuple *t)
{
	for (size_t i = 0; t->action != CS_UFW_ALLOW && i < f->policy->n_allow; i++)
		if (is_v6(&f->policy->allow[i].prefix) == f->v6 &&
		    within(&f->policy->allow[i].prefix, &t->from))
			return true;
	return false;
}

static bool lets_strangers_in(const struct family *f, const struct cs_ufw_tuple *t)
{
	return strangers_denied(f->policy) &&
	       (t->action == CS_UFW_ALLOW || t->action == CS_UFW_LIMIT);
}

/* The number that a rule has once ours are gone. */
static uint32_t number_without_ours(const struct cs_ufw_tuples *all,
				    const struct cs_ufw_tuple *t)
{
	uint32_t ours = 0, last = 0;

	for (size_t i = 0; i < all->n && all->at[i].number < t->number; i++) {
		if (cs_ufw_tuple_is_ours(&all->at[i]) && all->at[i].number != last) {
			last = all->at[i].number;
			ours++;
		}
	}
	return t->number - ours;
}

static uint32_t place_in(const struct family *f, const struct cs_ufw_tuples *all)
{
	for (size_t i = 0; i < f->n; i++)
		if (is_of_coap(&f->at[i]) &&
		    (lets_strangers_in(f, &f->at[i]) || keeps_a_peer_out(f, &f->at[i])))
			return number_without_ours(all, &f->at[i]);
	return 0;
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
	if (f->place > 0) {
		*at++ = "insert";
		*at++ = line(f, "%" PRIu32, f->place);
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

/* A host without its length, as a person would write it. */
static const char *prefix_text(struct family *f, const struct cs_prefix *prefix)
{
	char text[CS_PREFIX_TEXT];

	if (prefix->bits == 128)
		cs_addr_text(&prefix->addr, text);
	else
		cs_prefix_text(prefix, text);
	return line(f, "%s", text);
}

static bool is_anywhere(const struct family *f, const struct cs_prefix *prefix)
{
	return prefix->bits == (f->v6 ? 0 : 96);
}

static const char *any_of(const struct family *f)
{
	return f->v6 ? "::/0" : "0.0.0.0/0";
}

static void put_strangers(struct family *f)
{
	bool plain = f->policy->strangers == CS_STRANGERS_DTLS_ONLY;

	if (strangers_denied(f->policy))
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
	if (is_v6(&peer->prefix) == f->v6)
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

		if (is_v6(local) != f->v6)
			continue;
		if (!f->v6)
			put_discovery(f, prefix_text(f, local), "224.0.1.187");
		for (size_t k = 0; f->v6 && k < CS_LEN(groups6); k++)
			put_discovery(f, prefix_text(f, local), groups6[k]);
	}
	for (size_t k = 0; f->policy->multicast && f->v6 && k < CS_LEN(groups6); k++)
		put_discovery(f, "fe80::/10", groups6[k]);
}

/*
 * ufw counts the tuples of a profile one by one when it inserts, and together when it shows numbers: ours may
 * come to stand further up than the number says, never further down.
 */
static bool is_behind(const struct family *f, const struct cs_ufw_tuples *all,
		      const struct cs_ufw_tuple *t)
{
	uint32_t place = f->place, tuples = 1;

	for (size_t i = 0; f->v6 && i < all->n && !all->at[i].v6; i++)
		if (!cs_ufw_tuple_is_ours(&all->at[i]) &&
		    (i == 0 || all->at[i].number != all->at[i - 1].number))
			place--;
	for (const struct cs_ufw_tuple *other = f->at; other < t; other++)
		tuples += !cs_ufw_tuple_is_ours(other);
	return f->place > 0 && tuples >= place;
}

/* It is about a part of what a peer of ours is, and no peer is named in it. */
static bool is_part_of_a_peer(const struct family *f, const struct cs_ufw_tuple *t)
{
	bool part = false;

	for (size_t i = 0; i < f->policy->n_allow; i++) {
		const struct cs_prefix *peer = &f->policy->allow[i].prefix;

		if (is_v6(peer) != f->v6)
			continue;
		if (within(peer, &t->from))
			return false;
		part |= within(&t->from, peer);
	}
	return part;
}

static bool same_prefix(const struct cs_prefix *a, const struct cs_prefix *b)
{
	return a->bits == b->bits && cs_addr_cmp(&a->addr, &b->addr) == 0;
}

static bool would_be_passed_by(const struct family *f, const struct cs_ufw_tuples *all,
			       const struct cs_ufw_tuple *t)
{
	return is_of_coap(t) && t->action != CS_UFW_ALLOW && is_behind(f, all, t) &&
	       is_part_of_a_peer(f, t);
}

/* ufw has one rule for a match, whatever its ports were. */
static bool is_said_already(const struct family *f, const struct cs_ufw_tuples *all,
			    const struct cs_ufw_tuple *t)
{
	for (const struct cs_ufw_tuple *other = f->at; other < t; other++)
		if (same_prefix(&other->from, &t->from) &&
		    same_prefix(&other->to, &t->to) && cs_span_eq(other->in, t->in) &&
		    is_of_all_coap(other) && other->action != CS_UFW_LIMIT &&
		    would_be_passed_by(f, all, other))
			return true;
	return false;
}

/* A deny of a part of what we let in goes on to hold: it is said again in front. */
static void put_kept(struct family *f, const struct cs_ufw_tuples *all)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct cs_ufw_tuple *t = &f->at[i];
		uint32_t number = number_without_ours(all, t);

		if (!would_be_passed_by(f, all, t) || is_said_already(f, all, t))
			continue;
		if (t->action == CS_UFW_LIMIT || !is_of_all_coap(t)) {
			note(f, line(f,
				     "rule %" PRIu32
				     " of ufw no longer holds for an allowed peer",
				     number));
			continue;
		}
		put_rule(f,
			 &(struct wanted){
				 .action = t->action == CS_UFW_DENY ? "deny" : "reject",
				 .from = prefix_text(f, &t->from),
				 .to = is_anywhere(f, &t->to) ? "any"
							      : prefix_text(f, &t->to),
				 .in = t->in.len ? line(f, "%.*s", (int)t->in.len,
							(const char *)t->in.ptr)
						 : NULL,
				 .profile = CS_UFW_PROFILE,
				 .comment = line(f, "coapscope: as rule %" PRIu32 " says",
						 number),
			 });
	}
}

/* They were made in the order in which they shall stand; what is inserted at one place, last first. */
static void turn_round(struct cs_ufw_command *from, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct cs_ufw_command swap = from[i];

		from[i] = from[n - 1 - i];
		from[n - 1 - i] = swap;
	}
}

static void put_family(struct family *f, const struct cs_ufw_tuples *all)
{
	size_t first = f->plan->n_commands;

	f->place = place_in(f, all);
	put_kept(f, all);
	put_discoveries(f);
	for (size_t i = 0; i < f->policy->n_allow; i++)
		put_peer(f, &f->policy->allow[i]);
	put_strangers(f);
	if (f->place > 0)
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
	size_t n4 = 0;

	while (n4 < all->n && !all->at[n4].v6)
		n4++;
	put_deletes(f, all);
	/* IPv6 first: what is inserted there leaves IPv4's numbers alone. */
	if (ipv6) {
		f->v6 = true;
		f->at = all->at + n4;
		f->n = all->n - n4;
		put_family(f, all);
	}
	f->v6 = false;
	f->at = all->at;
	f->n = n4;
	put_family(f, all);
}

static void put_notes(struct family *f, bool ipv6)
{
	if (!ipv6)
		note(f, "ufw is set to IPV6=no: it drops all IPv6, and no peer is let in "
			"by it");
	if (f->policy->router)
		note(f, "what is forwarded is dropped in before.rules alone: ufw's route "
			"rules stay as they are");
	if (!strangers_denied(f->policy))
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
