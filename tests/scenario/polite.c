/* SPDX-License-Identifier: Apache-2.0 */
/* How clients behave that keep to RFC 7252, and what scanners send. */
#include "story.h"

struct mesg plain_probe(uint16_t mid)
{
	struct mesg m = mesg_new(CS_CON, CS_CODE_GET, mid);

	mesg_path(&m, "/.well-known/core");
	return m;
}

/* Tokens of libcoap count up; others draw them. */
static void next_token(struct actor *who)
{
	for (size_t i = who->tkl; i > 0; i--)
		if (++who->token[i - 1])
			return;
}

struct mesg polite(struct actor *who, enum cs_type type, uint8_t code, const char *path)
{
	struct mesg m = mesg_new(type, code, ++who->mid);

	next_token(who);
	mesg_token(&m, who->token, who->tkl);
	if (path)
		mesg_path(&m, path);
	return m;
}

struct mesg polite_get(struct actor *who, const char *path)
{
	return polite(who, CS_CON, CS_CODE_GET, path);
}

static void acknowledge(struct scene *s, struct actor *who, struct device *device,
			const struct heard *heard)
{
	struct mesg ack = mesg_new(CS_ACK, CS_CODE_EMPTY, heard->mid);

	say(s, who, &device->end, heard->at_us + 20000 + rng_below(&s->rng, 40000),
	    mesg_bytes(&ack));
}

struct heard ask_politely(struct scene *s, struct actor *who, struct device *device,
			  int64_t at_us, const struct mesg *m, unsigned lost)
{
	int64_t wait = 2 * SECOND + rng_below(&s->rng, SECOND);
	struct heard heard;

	for (unsigned i = 0; i < lost; i++) {
		/* Either the request does not get through, or the answer does not. */
		if (rng_chance(&s->rng, 40))
			(void)ask(s, who, device, at_us, m);
		else
			say(s, who, &device->end, at_us, mesg_bytes(m));
		at_us += wait + rng_below(&s->rng, 3000);
		wait *= 2;
	}
	heard = ask(s, who, device, at_us, m);
	if (heard.response && heard.type == CS_CON)
		acknowledge(s, who, device, &heard);
	return heard;
}
