/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clue: one thing that can be seen in an answer, as the row of a table says it:
 * a link's path or attribute, an option, a piece of text. What it means is the
 * table's business. Pure.
 */
#pragma once

#include "coap/link.h"
#include "probe/reading.h"

enum {
	CS_CLUE_LINKS = 1024,    /* of an answer that are looked at: lists are hostile */
	CS_CLUE_SEGMENTS = 16,   /* of a path, likewise */
	CS_CLUE_ATTRS = 16,      /* of a link, likewise */
	CS_CLUE_TEXT_MAX = 2048, /* bytes of a body in which text is looked for */
};

/*
 * All that is set must hold, of one and the same link where it is about links.
 * Nothing set: no clue, which never holds.
 */
struct cs_clue {
	const char *path;   /* whole, without the first slash; "" is the root */
	const char *below;  /* a path's first segments, whole */
	const char *target; /* the target begins so, as it stood */
	const char *attr;   /* a link has this attribute ... */
	const char *value;  /* ... of this value; of rt, if and rel one word of it */
	uint32_t option;    /* the first datagram has the option of this number */
	const char *text;   /* somewhere in a body that is no list of links */
	/* How the answer was made. */
	bool (*habit)(const struct cs_result *result, const struct cs_reading *reading);
};

static inline bool cs_clue_is_of_link(const struct cs_clue *clue)
{
	return clue->path || clue->below || clue->target || clue->attr;
}

static inline bool cs_clue_is_set(const struct cs_clue *clue)
{
	return cs_clue_is_of_link(clue) || clue->option || clue->text || clue->habit;
}

/* A link taken apart, once for all rules. Everything is borrowed from the link. */
struct cs_link_view {
	const struct cs_link *link;
	struct cs_span path; /* without scheme, authority, first and last slash */
	struct cs_span segments[CS_CLUE_SEGMENTS];
	size_t n_segments; /* further ones are not looked at */
	struct cs_link_attr attrs[CS_CLUE_ATTRS];
	size_t n_attrs; /* likewise */
};

/* @link must outlive @view. */
void cs_link_view(const struct cs_link *link, struct cs_link_view *view);

/* False for a clue that is not about links. */
bool cs_clue_in_link(const struct cs_clue *clue, const struct cs_link_view *view);

/* False for a clue that is about links. */
bool cs_clue_in_answer(const struct cs_clue *clue, const struct cs_result *result,
		       const struct cs_reading *reading);
