/* SPDX-License-Identifier: Apache-2.0 */
#include "resources/listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coap/content_format.h"
#include "coap/link.h"

static bool passes(const struct cs_link *link, const struct cs_filter *filter)
{
	return filter->name.len == 0 ||
	       cs_link_matches(link, filter->name, filter->value);
}

/* Appends the links of @body that pass, with commas between them. */
static void keep(struct cs_listing *l, struct cs_wr *w, const struct cs_link *link)
{
	if (l->n_links++ > 0)
		cs_wr_u8(w, ',');
	cs_wr_span(w, link->text);
}

/*
 * The body is whole, but no list. A Content-Format that says so explains it;
 * devices that send a list often name none or a wrong one, so it decides
 * nothing.
 */
static void say_no_list(struct cs_listing *l, const struct cs_visit *v, size_t at)
{
	const char *name = v->content_format < 0
				   ? NULL
				   : cs_content_format_name((uint32_t)v->content_format);

	if (v->content_format >= 0 && v->content_format != CS_FORMAT_LINK)
		(void)snprintf(l->error, sizeof(l->error),
			       "not a list of links: Content-Format %d%s%s",
			       (int)v->content_format, name ? " " : "", name ? name : "");
	else
		(void)snprintf(l->error, sizeof(l->error),
			       "not a list of links: byte %zu", at);
}

static void read_links(struct cs_listing *l, const struct cs_visit *v,
		       const struct cs_filter *filter, struct cs_wr *kept)
{
	struct cs_links w = cs_links_over(cs_span_of(v->bytes, v->body.len));
	struct cs_link link;

	while (cs_links_next(&w, &link)) {
		l->n_all++;
		if (passes(&link, filter))
			keep(l, kept, &link);
	}
	l->has_list = l->n_all > 0 || (!w.err && v->complete);
	if (v->error[0])
		return;
	if (w.err == CS_ERR_SYNTAX)
		say_no_list(l, v, w.at);
	else if (w.err)
		(void)snprintf(l->error, sizeof(l->error),
			       "the list ends inside a link: byte %zu", w.at);
}

enum cs_err cs_listing_make(const struct cs_visit *v, const struct cs_filter *filter,
			    struct cs_listing *l)
{
	*l = (struct cs_listing){
		.uri = v->ask->question->uri,
		.peer = v->ask->peer,
		.has_code = v->has_code,
		.code = v->code,
		.complete = v->complete,
		.blocks = v->body.blocks,
		.size = v->body.len,
	};
	memcpy(l->error, v->error, sizeof(l->error));

	/* Between two links there was a comma in the body, too. */
	size_t room = (size_t)v->body.len + 1;
	struct cs_wr w;

	if (v->body.len == 0 && !v->complete)
		return CS_OK;
	l->kept = malloc(room);
	if (!l->kept)
		return CS_ERR_NOMEM;
	w = cs_wr_over(l->kept, room);
	read_links(l, v, filter, &w);
	l->links = cs_wr_done(&w);
	if (filter->name.len == 0)
		l->links = cs_span_of(v->bytes, v->body.len);
	return CS_OK;
}

void cs_listing_clear(struct cs_listing *l)
{
	free(l->kept);
	l->kept = NULL;
}
