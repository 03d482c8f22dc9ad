/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CoRE Link Format (RFC 6690): a lazy walk over a list of links as devices
 * really write them: valueless attributes, quoted-pairs, commas and semicolons
 * inside quotes, blanks, relative targets, and lists cut anywhere. Pure; text
 * is borrowed from the payload and may hold any byte.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/rd.h"

struct cs_link_attr {
	struct cs_span name;  /* as it stood */
	struct cs_span value; /* without quotes; quoted-pairs still escaped */
	bool has_value;       /* ";obs" has none; ";title=" has an empty one */
	bool quoted;
};

struct cs_link {
	struct cs_span target; /* between < and >, not resolved */
	struct cs_span attrs;  /* all attributes' text, for cs_link_attrs_over() */
	struct cs_span text;   /* the whole link from < on, as it stood; cut
	                          where the list is */
};

struct cs_links {
	struct cs_rd rd;
	enum cs_err err; /* how the walk ended */
	size_t at;       /* where it ended, an offset in the text; of a link that
	                    is cut, its < */
};

/* Starts a walk over a link-format document. */
struct cs_links cs_links_over(struct cs_span text);

/*
 * Yields the next link. False at the end and where the text can no longer be
 * followed; then w->err is
 * CS_OK          all of the text was a list of links (or empty)
 * CS_ERR_SHORT   the text ends inside a link, as a list cut at a block's edge
 *                does; a cut link whose target is whole has been yielded with
 *                the attributes that are whole
 * CS_ERR_SYNTAX  something else than a link stands at w->at
 */
CS_MUST_USE bool cs_links_next(struct cs_links *w, struct cs_link *link);

struct cs_link_attrs {
	struct cs_rd rd;
};

struct cs_link_attrs cs_link_attrs_over(const struct cs_link *link);
CS_MUST_USE bool cs_link_attrs_next(struct cs_link_attrs *w, struct cs_link_attr *attr);

/*
 * Removes the escapes of a quoted value (backslash and the byte it quotes)
 * into @out, which has room for value.len bytes; returns the new length. A
 * value that was not quoted is copied as it is.
 */
size_t cs_link_unquote(const struct cs_link_attr *attr, uint8_t *out);

/*
 * RFC 6690 section 4.1: whether @link passes the query "@name=@value", as a
 * server would filter /.well-known/core. "href" is the target; rt, if and rel
 * are lists of blank-separated words of which one must match; a final "*" in
 * @value matches any rest.
 */
bool cs_link_matches(const struct cs_link *link, struct cs_span name,
		     struct cs_span value);
