/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/explain_host.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "coap/code.h"
#include "out/term.h"
#include "watch/message.h"

const char cs_explain_host_next[] = "coapscope protect check";

/* --- what comes --- */

static bool is_request(const struct cs_post_message *m)
{
	return m->kind == CS_SIGHT_REQUEST ||
	       (m->kind == CS_SIGHT_EMPTY && m->type == CS_CON);
}

static void count_asker(struct cs_explain_host *host, const struct cs_addr *ip)
{
	size_t i = 0;

	while (i < host->n_askers && cs_addr_cmp(&host->asker[i].ip, ip) != 0)
		i++;
	if (i == CS_HOST_ASKERS) {
		host->others++;
		return;
	}
	if (i == host->n_askers)
		host->asker[host->n_askers++].ip = *ip;
	host->asker[i].requests++;
}

static void asked(struct cs_explain_host *host, const struct cs_post_message *m)
{
	unsigned at = host->next++ % CS_HOST_WAITING;

	if (host->requests++ == 0 || m->wall_us < host->first_us)
		host->first_us = m->wall_us;
	if (host->requests == 1 || m->wall_us > host->last_us)
		host->last_us = m->wall_us;
	count_asker(host, &m->from);

	host->waiting[at].wall_us = m->wall_us;
	host->waiting[at].ip = m->from;
	host->waiting[at].port = m->from_port;
	host->waiting[at].what.len = cs_message_asked(
		m, host->waiting[at].what.text, sizeof(host->waiting[at].what.text));
}

static void give(struct cs_explain_host *host, const struct cs_explain_asked *what)
{
	size_t i = 0;

	while (i < host->n_given &&
	       (host->given[i].what.len != what->len ||
		memcmp(host->given[i].what.text, what->text, what->len) != 0))
		i++;
	if (i == CS_HOST_GIVEN) {
		host->given_more++;
		return;
	}
	if (i == host->n_given)
		host->given[host->n_given++].what = *what;
	host->given[i].times++;
}

static void answered(struct cs_explain_host *host, const struct cs_post_message *m)
{
	host->answers++;
	if (!m->matched || cs_code_class(m->code) != 2)
		return;
	for (size_t i = 0; i < CS_HOST_WAITING; i++)
		if (host->waiting[i].wall_us == m->request_us &&
		    host->waiting[i].port == m->to_port &&
		    cs_addr_cmp(&host->waiting[i].ip, &m->to) == 0) {
			give(host, &host->waiting[i].what);
			return;
		}
	host->given_more++;
}

void cs_explain_host_take(struct cs_explain_host *host, const struct cs_prefix *what,
			  const struct cs_post_message *message)
{
	bool in = message->way == CS_WAY_IN || message->way == CS_WAY_INSIDE;
	bool out = message->way == CS_WAY_OUT || message->way == CS_WAY_INSIDE;

	if (message->again)
		return;
	if (in && is_request(message) && cs_prefix_has(what, &message->to))
		asked(host, message);
	else if (out && message->kind == CS_SIGHT_RESPONSE &&
		 cs_prefix_has(what, &message->from))
		answered(host, message);
}

/* --- what is said --- */

static void put_askers(FILE *to, const struct cs_explain_host *host)
{
	(void)fputs("\nAsked by\n", to);
	for (size_t i = 0; i < host->n_askers; i++) {
		char text[CS_ADDR_TEXT];

		cs_addr_text(&host->asker[i].ip, text);
		(void)fprintf(to, "  %s: %" PRIu64 " time%s\n", text,
			      host->asker[i].requests,
			      cs_plural(host->asker[i].requests));
	}
	if (host->others)
		(void)fprintf(to, "  others: %" PRIu64 " time%s\n", host->others,
			      cs_plural(host->others));
	(void)fputs("  coapscope explain ADDRESS says what one of them is\n", to);
}

static void put_given(FILE *to, const struct cs_explain_host *host)
{
	(void)fputs("\nWhat it gave\n", to);
	for (size_t i = 0; i < host->n_given; i++) {
		const struct cs_explain_asked *what = &host->given[i].what;

		(void)fputs("  ", to);
		cs_term_text(to, cs_span_of(what->text, what->len));
		(void)fprintf(to, ": %" PRIu64 " time%s\n", host->given[i].times,
			      cs_plural(host->given[i].times));
	}
	if (host->given_more)
		(void)fprintf(to, "  something else: %" PRIu64 " time%s\n",
			      host->given_more, cs_plural(host->given_more));
	if (host->n_given == 0 && host->given_more == 0)
		(void)fputs("  nothing that was seen\n", to);
}

void cs_explain_host_text(FILE *to, const struct cs_explain_host *host, const char *name)
{
	char first[CS_TIME_TEXT], last[CS_TIME_TEXT];

	cs_time_text(host->first_us, first);
	cs_time_text(host->last_us, last);
	(void)fprintf(to,
		      "%s: yours. It was asked %" PRIu64 " time%s, and answered %" PRIu64
		      ".\n\nWhen\n  %s to %s\n",
		      name, host->requests, cs_plural(host->requests), host->answers,
		      first, last);
	put_askers(to, host);
	put_given(to, host);
	(void)fprintf(to, "\nWhat to do\n  %s\n", cs_explain_host_next);
}

void cs_explain_host_json(struct cs_json *j, const struct cs_explain_host *host)
{
	cs_json_key(j, "local");
	cs_json_object(j);
	cs_json_put_time(j, "first", host->first_us);
	cs_json_put_time(j, "last", host->last_us);
	cs_json_put_uint(j, "requests", host->requests);
	cs_json_put_uint(j, "answers", host->answers);
	cs_json_key(j, "asked_by");
	cs_json_array(j);
	for (size_t i = 0; i < host->n_askers; i++) {
		char text[CS_ADDR_TEXT];

		cs_addr_text(&host->asker[i].ip, text);
		cs_json_object(j);
		cs_json_put_word(j, "source", text);
		cs_json_put_uint(j, "requests", host->asker[i].requests);
		cs_json_object_end(j);
	}
	cs_json_array_end(j);
	cs_json_put_uint(j, "asked_by_others", host->others);
	cs_json_key(j, "given");
	cs_json_array(j);
	for (size_t i = 0; i < host->n_given; i++) {
		const struct cs_explain_asked *what = &host->given[i].what;

		cs_json_object(j);
		cs_json_put_text(j, "what", cs_span_of(what->text, what->len));
		cs_json_put_uint(j, "count", host->given[i].times);
		cs_json_object_end(j);
	}
	cs_json_array_end(j);
	cs_json_put_uint(j, "given_more", host->given_more);
	cs_json_object_end(j);
}
