/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/rules_ufw_conf.h"

#include <stdarg.h>
#include <stdio.h>

#include "protect/rules_span.h"

enum { TEXT_MAX = 8192 /* our own words: they fit */ };

static const char *const ways[CS_UFW_WAYS] = { "input", "output", "forward" };
static const char *const builtins[CS_UFW_WAYS] = { "INPUT", "OUTPUT", "FORWARD" };

const char cs_ufw_conf_no_ipv6[] = "*filter\n"
				   ":INPUT DROP [0:0]\n"
				   ":FORWARD DROP [0:0]\n"
				   ":OUTPUT DROP [0:0]\n"
				   "-A INPUT -i lo -j ACCEPT\n"
				   "-A OUTPUT -o lo -j ACCEPT\n"
				   "COMMIT\n";

struct cs_ufw_conf cs_ufw_conf_debian(void)
{
	return (struct cs_ufw_conf){ .enabled = true,
				     .ipv6 = true,
				     .policy = { "DROP", "ACCEPT", "DROP" } };
}

/* NAME="VALUE" # comment. False for a line that sets nothing. */
static bool assignment(struct cs_span line, struct cs_span *name, struct cs_span *value)
{
	const uint8_t *is;

	line = cs_text_trim(line);
	is = line.len ? memchr(line.ptr, '=', line.len) : NULL;
	if (!is || line.ptr[0] == '#')
		return false;
	*name = cs_span_of(line.ptr, (size_t)(is - line.ptr));
	*value = cs_text_after(line, name->len + 1);
	if (value->len && (value->ptr[0] == '"' || value->ptr[0] == '\'')) {
		const uint8_t *end =
			memchr(value->ptr + 1, value->ptr[0], value->len - 1);

		*value = cs_span_of(value->ptr + 1, end ? (size_t)(end - value->ptr) - 1
							: value->len - 1);
		return true;
	}
	for (size_t n = 0; n < value->len; n++)
		if (cs_text_blank(value->ptr[n]) || value->ptr[n] == ';')
			value->len = n;
	return true;
}

static void set_policy(struct cs_ufw_conf *conf, struct cs_span name,
		       struct cs_span value)
{
	static const char *const known[] = { "ACCEPT", "DROP", "REJECT" };
	char wanted[32];

	for (size_t way = 0; way < CS_UFW_WAYS; way++) {
		(void)snprintf(wanted, sizeof(wanted), "DEFAULT_%s_POLICY",
			       builtins[way]);
		for (size_t i = 0; cs_text_is(name, wanted) && i < CS_LEN(known); i++)
			if (cs_text_is(value, known[i]))
				conf->policy[way] = known[i];
	}
}

void cs_ufw_conf_read(struct cs_span text, struct cs_ufw_conf *conf)
{
	struct cs_span name, value;

	for (struct cs_span line; cs_text_line(&text, &line);) {
		if (!assignment(line, &name, &value))
			continue;

		bool yes = cs_text_is(value, "yes") || cs_text_is(value, "YES");

		if (cs_text_is(name, "ENABLED"))
			conf->enabled = yes;
		else if (cs_text_is(name, "IPV6"))
			conf->ipv6 = yes;
		else
			set_policy(conf, name, value);
	}
}

struct words {
	char *text;
	size_t len;
};

CS_PRINTF(2, 3)
static void put(struct words *w, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(w->text + w->len, TEXT_MAX - w->len, format, args);
	va_end(args);
	if (n > 0 && (size_t)n < TEXT_MAX - w->len)
		w->len += (size_t)n;
}

/* The chains that packets come through, in their order, before any file's. */
static void put_primary(struct words *w, const char *ufw)
{
	static const char *const stages[] = { "before-logging", "before", "after",
					      "after-logging",  "reject", "track" };

	for (size_t way = 0; way < CS_UFW_WAYS; way++)
		for (size_t i = 0; i < CS_LEN(stages); i++)
			put(w, ":%s-%s-%s - [0:0]\n", ufw, stages[i], ways[way]);
	for (size_t way = 0; way < CS_UFW_WAYS; way++)
		for (size_t i = 0; i < CS_LEN(stages); i++)
			put(w, "-A %s -j %s-%s-%s\n", builtins[way], ufw, stages[i],
			    ways[way]);
}

const char *cs_ufw_conf_front(const struct cs_ufw_conf *conf, bool v6,
			      struct cs_arena *arena)
{
	const char *ufw = v6 ? "ufw6" : "ufw";
	struct words w = { .text = cs_arena_alloc(arena, TEXT_MAX) };

	if (!w.text)
		return NULL;
	put(&w, "*filter\n");
	put_primary(&w, ufw);
	for (size_t way = 0; way < CS_UFW_WAYS; way++) {
		const char *policy = conf->policy[way], *name = ways[way];

		if (strcmp(policy, "REJECT") == 0)
			put(&w, "-A %s-reject-%s -j REJECT\n", ufw, name);
		if (strcmp(policy, "ACCEPT") == 0)
			put(&w,
			    "-A %s-track-%s -p tcp -m conntrack --ctstate NEW -j ACCEPT\n"
			    "-A %s-track-%s -p udp -m conntrack --ctstate NEW -j "
			    "ACCEPT\n",
			    ufw, name, ufw, name);
		put(&w, ":%s-skip-to-policy-%s - [0:0]\n", ufw, name);
		put(&w, "-A %s-skip-to-policy-%s -j %s\n", ufw, name, policy);
		put(&w, ":%s-user-%s - [0:0]\n:%s-user-logging-%s - [0:0]\n", ufw, name,
		    ufw, name);
	}
	put(&w,
	    ":%s-logging-deny - [0:0]\n:%s-logging-allow - [0:0]\n"
	    ":%s-user-limit - [0:0]\n:%s-user-limit-accept - [0:0]\nCOMMIT\n",
	    ufw, ufw, ufw, ufw);
	return w.text;
}

const char *cs_ufw_conf_back(const struct cs_ufw_conf *conf, bool v6,
			     struct cs_arena *arena)
{
	const char *ufw = v6 ? "ufw6" : "ufw";
	struct words w = { .text = cs_arena_alloc(arena, TEXT_MAX) };

	if (!w.text)
		return NULL;
	put(&w, "*filter\n");
	for (size_t way = 0; way < CS_UFW_WAYS; way++)
		put(&w, ":%s %s [0:0]\n", builtins[way],
		    strcmp(conf->policy[way], "ACCEPT") == 0 ? "ACCEPT" : "DROP");
	for (size_t way = 0; way < CS_UFW_WAYS; way++)
		put(&w, "-A %s-before-%s -j %s-user-%s\n", ufw, ways[way], ufw,
		    ways[way]);
	put(&w, "COMMIT\n");
	return w.text;
}
