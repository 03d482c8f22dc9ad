/* SPDX-License-Identifier: Apache-2.0 */
#include "protect/ufw_block.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "protect/draft.h"
#include "protect/rules_span.h"
#include "protect/ufw_place.h"

#define FIRST                                                                           \
	"# coapscope: begin (`coapscope protect undo` takes this block out; it is not " \
	"to be edited)\n"
#define LAST "# coapscope: end\n"

#define PORTS  "5683,5684"
#define LOGGED "-m limit --limit 1/sec --limit-burst 1 -j LOG --log-prefix "

enum {
	LIMIT_MAX = 10000, /* a second: xt_limit counts in ten thousandths of one */
	IPV4_HEAD = 20,
	IPV6_HEAD = 40,
	UDP_HEAD = 8,
	TCP_HEAD = 20,
	LENGTH_MAX = 65535,
};

struct block {
	FILE *to;
	const struct cs_policy *policy;
	bool v6;
	uint32_t rate; /* answers a second to strangers of this family */
};

/*
 * The largest rate that xt_limit can hold and that is none above @rate: it keeps the time
 * between two tokens, in ten thousandths of a second.
 */
static uint32_t holdable(uint32_t rate)
{
	uint32_t between = rate >= LIMIT_MAX ? 1 : (LIMIT_MAX + rate - 1) / rate;

	return LIMIT_MAX / between;
}

static void put_drop(struct block *b, const char *chain, const char *prefix)
{
	if (b->policy->log)
		fprintf(b->to, "-A %s " LOGGED "\"[COAPSCOPE %s] \"\n", chain, prefix);
	fprintf(b->to, "-A %s -j DROP\n", chain);
}

/* A group is for the link alone: whoever is not on one of ours has no business there. */
static void put_group_chain(struct block *b)
{
	for (size_t i = 0; i < b->policy->n_local; i++) {
		char text[CS_PREFIX_TEXT];

		if (cs_ufw_is_v6(&b->policy->local[i]) != b->v6)
			continue;
		cs_prefix_text(&b->policy->local[i], text);
		fprintf(b->to, "-A coapscope-group -s %s -j RETURN\n", text);
	}
	if (b->v6)
		fputs("-A coapscope-group -s fe80::/10 -j RETURN\n", b->to);
	put_drop(b, "coapscope-group", "GROUP");
}

/* What goes to a group; IPv6 has no broadcast. */
static void put_groups(struct block *b, const char *end)
{
	fprintf(b->to, "-A coapscope-in -m addrtype --dst-type MULTICAST%s\n", end);
	if (!b->v6)
		fprintf(b->to, "-A coapscope-in -m addrtype --dst-type BROADCAST%s\n",
			end);
}

/* Discovery from our links, once or twice a second: it is answered by many. */
static void put_discovery(struct block *b)
{
	if (b->policy->multicast) {
		char end[160];

		(void)snprintf(end, sizeof(end),
			       " -p udp -m hashlimit --hashlimit-upto 5/sec "
			       "--hashlimit-burst 10 --hashlimit-mode srcip "
			       "--hashlimit-name coapscope-group%c -j ACCEPT",
			       b->v6 ? '6' : '4');
		put_groups(b, end);
	}
	put_groups(b, " -j DROP");
}

/* By which interface an answer leaves is the routes' business: the way in was judged. */
static void put_peers(struct block *b, bool in)
{
	for (size_t i = 0; i < b->policy->n_allow; i++) {
		const struct cs_peer *peer = &b->policy->allow[i];
		char text[CS_PREFIX_TEXT];

		if (cs_ufw_is_v6(&peer->prefix) != b->v6)
			continue;
		cs_prefix_text(&peer->prefix, text);
		if (!in)
			fprintf(b->to, "-A coapscope-out -d %s -j RETURN\n", text);
		else if (peer->interface[0])
			fprintf(b->to, "-A coapscope-in -s %s -i %s -j coapscope-peer\n",
				text, peer->interface);
		else
			fprintf(b->to, "-A coapscope-in -s %s -j coapscope-peer\n", text);
	}
}

/* An allowed address has a bound of its own: to forge it is no way around. */
static void put_peer_chain(struct block *b)
{
	uint32_t rate = b->policy->peer_rate;

	fprintf(b->to,
		"-A coapscope-peer -m hashlimit --hashlimit-upto %" PRIu32
		"/sec --hashlimit-burst %" PRIu32
		" --hashlimit-mode srcip --hashlimit-name coapscope-peer%c -j ACCEPT\n",
		rate, rate, b->v6 ? '6' : '4');
	put_drop(b, "coapscope-peer", "PEER");
}

/*
 * As many requests as there may be answers, and no more than a quarter of them of one
 * network, so that one source, or many forged ones, leave something for others. A
 * connection that stands is no reflection; its answers are bounded.
 */
static void put_limited(struct block *b)
{
	uint32_t share = b->rate > 4 ? b->rate / 4 : 1;

	if (b->rate > 0)
		fprintf(b->to,
			"-A coapscope-in -p tcp -m conntrack --ctstate ESTABLISHED -j "
			"RETURN\n"
			"-A coapscope-in -m hashlimit --hashlimit-above %" PRIu32
			"/sec --hashlimit-burst %" PRIu32
			" --hashlimit-mode srcip --hashlimit-srcmask %d "
			"--hashlimit-name coapscope-net%c -j DROP\n"
			"-A coapscope-in -m limit --limit %" PRIu32
			"/sec --limit-burst %" PRIu32 " -j ACCEPT\n",
			share, share < 10 ? 10 : share, b->v6 ? 56 : 24,
			b->v6 ? '6' : '4', b->rate, b->rate);
	put_drop(b, "coapscope-in", "LIMIT");
}

/* To IPv6 every address is unicast that is no group's, its own ones too. */
static void put_scope(struct block *b)
{
	fputs("# what is for other hosts (a published container port is for this one)\n",
	      b->to);
	fputs(b->v6 ? "-A coapscope-in ! -d ff00::/8 -m addrtype ! --dst-type LOCAL -j "
		      "RETURN\n"
		    : "-A coapscope-in -m addrtype --dst-type UNICAST -j RETURN\n",
	      b->to);
}

static void put_in(struct block *b)
{
	const struct cs_policy *policy = b->policy;

	fputs("# this host's own, and replies to what was asked from here\n"
	      "-A coapscope-in -i lo -j RETURN\n"
	      "-A coapscope-in -m conntrack --ctstate RELATED,ESTABLISHED --ctdir REPLY "
	      "-j "
	      "RETURN\n",
	      b->to);
	if (!policy->router)
		put_scope(b);
	fputs("# to groups: from our own links alone\n", b->to);
	put_groups(b, " -j coapscope-group");
	fputs("# allowed\n", b->to);
	put_peers(b, true);
	fputs("# discovery\n", b->to);
	put_discovery(b);
	fputs("# strangers\n", b->to);
	if (policy->strangers == CS_STRANGERS_DTLS_ONLY) {
		fputs("-A coapscope-in -p udp -m udp --dport 5684 -j RETURN\n"
		      "-A coapscope-in -p tcp -m tcp --dport 5684 -j RETURN\n",
		      b->to);
	}
	if (policy->strangers == CS_STRANGERS_LIMIT)
		put_limited(b);
	else
		put_drop(b, "coapscope-in", "DROP");
}

/*
 * A request of this host's own that leaves by a CoAP port: the code in its second byte
 * says so. What answers a group is no reply to the kernel either, so the direction alone
 * does not tell.
 */
static void put_own_requests(struct block *b)
{
	fprintf(b->to,
		"-A coapscope-out -p udp -m conntrack --ctdir ORIGINAL -m u32 --u32 "
		"\"%s>>16&0xff=0x1:0x1f\" -j RETURN\n"
		"-A coapscope-out -p tcp -m conntrack --ctdir ORIGINAL -j RETURN\n",
		b->v6 ? "48" : "0>>22&0x3c@8");
}

/* What is too large for a stranger: of TCP a segment. */
static void put_large(struct block *b, const char *protocol, uint32_t head)
{
	uint32_t most = b->policy->answer_bytes + head + (b->v6 ? IPV6_HEAD : IPV4_HEAD);

	if (most < LENGTH_MAX)
		fprintf(b->to,
			"-A coapscope-out -p %s -m length --length %" PRIu32
			":65535 -j DROP\n",
			protocol, most + 1);
}

static void put_out(struct block *b)
{
	fputs("# answers to strangers\n"
	      "-A coapscope-out -o lo -j RETURN\n",
	      b->to);
	if (!b->policy->router)
		fputs("-A coapscope-out -m addrtype ! --src-type LOCAL -m conntrack ! "
		      "--ctstate DNAT -j RETURN\n",
		      b->to);
	put_peers(b, false);
	put_own_requests(b);
	put_large(b, "udp", UDP_HEAD);
	put_large(b, "tcp", TCP_HEAD);
	if (b->rate > 0)
		fprintf(b->to,
			"-A coapscope-out -m limit --limit %" PRIu32
			"/sec --limit-burst %" PRIu32 " -j ACCEPT\n",
			b->rate, b->rate);
	put_drop(b, "coapscope-out", "ANSWER");
}

static void put_hooks(struct block *b, bool out)
{
	fputs("-A PREROUTING -p udp -m multiport --dports " PORTS " -j coapscope-in\n"
	      "-A PREROUTING -p tcp -m multiport --dports " PORTS " -j coapscope-in\n",
	      b->to);
	if (out)
		fputs("-A POSTROUTING -p udp -m multiport --sports " PORTS
		      " -j coapscope-out\n"
		      "-A POSTROUTING -p tcp -m multiport --sports " PORTS
		      " -j coapscope-out\n"
		      "-A POSTROUTING -p udp -m conntrack --ctstate DNAT --ctorigdstport "
		      "5683:5684 --ctdir REPLY -j coapscope-out\n"
		      "-A POSTROUTING -p tcp -m conntrack --ctstate DNAT --ctorigdstport "
		      "5683:5684 --ctdir REPLY -j coapscope-out\n",
		      b->to);
}

static void put_all(struct block *b)
{
	bool out = b->policy->strangers == CS_STRANGERS_LIMIT;

	fputs(FIRST "*mangle\n"
		    ":coapscope-in - [0:0]\n"
		    ":coapscope-peer - [0:0]\n"
		    ":coapscope-group - [0:0]\n",
	      b->to);
	if (out)
		fputs(":coapscope-out - [0:0]\n", b->to);
	put_in(b);
	put_peer_chain(b);
	put_group_chain(b);
	if (out)
		put_out(b);
	put_hooks(b, out);
	fputs("COMMIT\n" LAST, b->to);
}

/* Both families together give no more than the whole: IPv4 has the odd one. */
static uint32_t share_of(uint32_t rate, bool v6, enum cs_ufw_share share)
{
	if (share == CS_UFW_HALF)
		rate = v6 ? rate / 2 : rate - rate / 2;
	return rate > 0 ? holdable(rate) : 0;
}

enum cs_err cs_ufw_block(const struct cs_policy *policy, bool v6, enum cs_ufw_share share,
			 struct cs_arena *arena, struct cs_span *out)
{
	struct cs_draft text;
	struct block b = { .policy = policy,
			   .v6 = v6,
			   .rate = share_of(policy->answer_rate, v6, share),
			   .to = cs_draft_open(&text) };

	if (!b.to)
		return CS_ERR_NOMEM;
	put_all(&b);
	return cs_draft_close(&text, arena, out);
}

struct cs_span cs_ufw_block_of(struct cs_span file)
{
	const uint8_t *first =
		file.len ? memmem(file.ptr, file.len, FIRST, sizeof(FIRST) - 1) : NULL;
	struct cs_span from = first ? cs_text_after(file, (size_t)(first - file.ptr))
				    : cs_span_of(NULL, 0);
	const uint8_t *last =
		from.len ? memmem(from.ptr, from.len, LAST, sizeof(LAST) - 1) : NULL;

	return last ? cs_span_of(from.ptr, (size_t)(last - from.ptr) + sizeof(LAST) - 1)
		    : cs_span_of(NULL, 0);
}

/* What was there in front of it: the line feed before the block came with it. */
static struct cs_span before_block(struct cs_span file, struct cs_span block, bool more)
{
	size_t n = (size_t)(block.ptr - file.ptr);
	bool ours = n > 0 && file.ptr[n - 1] == '\n';

	/* Unless somebody has edited there, and lines would run together. */
	if (more && n > 1 && file.ptr[n - 2] != '\n')
		ours = false;
	return cs_span_of(file.ptr, ours ? n - 1 : n);
}

enum cs_err cs_ufw_block_put(struct cs_span file, struct cs_span block,
			     struct cs_arena *arena, struct cs_span *out)
{
	struct cs_span old = cs_ufw_block_of(file), head = file, tail = { 0 };
	struct cs_draft text;
	FILE *to;

	if (old.len == 0 && file.len &&
	    memmem(file.ptr, file.len, FIRST, sizeof(FIRST) - 1))
		return CS_ERR_SYNTAX;
	if (old.len > 0) {
		tail = cs_span_of(old.ptr + old.len,
				  (size_t)(file.ptr + file.len - old.ptr) - old.len);
		head = before_block(file, old, tail.len > 0);
	}
	to = cs_draft_open(&text);
	if (!to)
		return CS_ERR_NOMEM;
	cs_draft_put(to, head);
	cs_draft_put(to, tail);
	if (block.len > 0) {
		fputc('\n', to);
		cs_draft_put(to, block);
	}
	return cs_draft_close(&text, arena, out);
}

static bool is_jump(struct cs_span line, const char *chain)
{
	return cs_text_starts(line, "-A P") && cs_text_ends(line, chain);
}

static bool has_jump(struct cs_span saved, const char *chain)
{
	for (struct cs_span line; cs_text_line(&saved, &line);)
		if (is_jump(line, chain))
			return true;
	return false;
}

enum cs_err cs_ufw_block_load(struct cs_span block, struct cs_span saved,
			      struct cs_arena *arena, struct cs_span *out)
{
	bool in = has_jump(saved, "-j coapscope-in");
	bool answers = has_jump(saved, "-j coapscope-out");
	struct cs_draft text;
	FILE *to = cs_draft_open(&text);

	if (!to)
		return CS_ERR_NOMEM;
	for (struct cs_span line; cs_text_line(&block, &line);) {
		if (cs_text_starts(line, "#") ||
		    (in && is_jump(line, "-j coapscope-in")) ||
		    (answers && is_jump(line, "-j coapscope-out")))
			continue;
		cs_draft_line(to, line);
	}
	return cs_draft_close(&text, arena, out);
}
