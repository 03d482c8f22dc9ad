/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads messages as lines of hex and says what coap/ makes of each, one line a
 * message, in the form that the readers of the other codecs write, too:
 *
 *   ok CON 0.01 4660 token=74 11=2e77 2000?=00 7!=000000 payload= odd=M14
 *   bad M7@4
 *
 * A number is marked ? when it is not registered and ! when the length of the
 * value is not what the registry allows. What follows odd= is ours alone.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "coap/code.h"
#include "coap/msg.h"
#include "coap/option_rule.h"

enum { MAX_FLAWS = 256 };

static void print_hex(struct cs_span bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		printf("%02x", bytes.ptr[i]);
}

static const char *mark_of(const struct cs_opt *opt)
{
	const struct cs_opt_rule *rule = cs_opt_rule_find(opt->number);

	if (!rule)
		return "?";
	return opt->value.len < rule->min_len || opt->value.len > rule->max_len ? "!"
										: "";
}

static void print_oddities(struct cs_span datagram, const struct cs_msg *msg)
{
	struct cs_flaw flaws[MAX_FLAWS];
	size_t n = cs_msg_inspect(datagram, msg, flaws, MAX_FLAWS);

	printf(" odd=");
	for (size_t i = 0; i < n && i < MAX_FLAWS; i++)
		printf("%s%s", i ? "," : "", cs_fault_name(flaws[i].fault));
}

static void print_msg(struct cs_span datagram, const struct cs_msg *msg)
{
	struct cs_opts w = cs_opts_over(msg->tail);
	char code[CS_CODE_TEXT];
	struct cs_opt opt;

	cs_code_text(msg->code, code);
	printf("ok %s %s %u token=", cs_type_name(msg->type), code, msg->mid);
	print_hex(msg->token);
	while (cs_opts_next(&w, &opt)) {
		printf(" %u%s=", opt.number, mark_of(&opt));
		print_hex(opt.value);
	}
	printf(" payload=");
	print_hex(msg->payload);
	print_oddities(datagram, msg);
	putchar('\n');
}

static int answer(const char *line, size_t len)
{
	size_t n = len / 2;
	uint8_t *bytes = malloc(n ? n : 1);
	struct cs_msg msg;
	struct cs_flaw flaw;
	int failed = 1;

	if (bytes && len == 2 * n && cs_hex_read(cs_span_of(line, len), bytes, n)) {
		if (cs_msg_decode(cs_span_of(bytes, n), &msg, &flaw) == CS_OK)
			print_msg(cs_span_of(bytes, n), &msg);
		else
			printf("bad %s@%zu\n", cs_fault_name(flaw.fault), flaw.at);
		failed = 0;
	}
	free(bytes);
	return failed;
}

int main(void)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	int failed = 0;

	while (!failed && (len = getline(&line, &room, stdin)) >= 0) {
		if (len > 0 && line[len - 1] == '\n')
			len--;
		failed = answer(line, (size_t)len);
	}
	free(line);
	if (failed)
		fprintf(stderr, "canonical: want lines of hex\n");
	return failed || fflush(stdout) != 0 ? 1 : 0;
}
