/* SPDX-License-Identifier: Apache-2.0 */
#include "resources/tree.h"

#include <search.h>
#include <string.h>

struct node {
	struct node *parent, *first, *last, *next;
	struct cs_span label; /* with its slash */
	bool is_link;
	struct cs_link link;
};

struct builder {
	struct cs_arena *arena;
	struct node top;
	void *index; /* of nodes by parent and label; tsearch() */
	size_t n;
};

/* By parent, then by label; any order will do as long as it is one. */
static int order(const void *left, const void *right)
{
	const struct node *a = left, *b = right;
	uintptr_t x = (uintptr_t)a->parent, y = (uintptr_t)b->parent;

	if (x != y)
		return (x > y) - (x < y);
	if (a->label.len != b->label.len)
		return (a->label.len > b->label.len) - (a->label.len < b->label.len);
	return memcmp(a->label.ptr, b->label.ptr, a->label.len);
}

static struct node *append(struct builder *b, struct node *parent, struct cs_span label)
{
	struct node *node = cs_arena_alloc(b->arena, sizeof(*node));

	if (!node)
		return NULL;
	node->parent = parent;
	node->label = label;
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	b->n++;
	return node;
}

/* The step @label below @parent, made if it is not there yet. */
static struct node *step(struct builder *b, struct node *parent, struct cs_span label)
{
	struct node like = { .parent = parent, .label = label };
	void *found = tfind(&like, &b->index, order);

	if (found)
		return *(struct node **)found;

	struct node *node = append(b, parent, label);

	return node && tsearch(node, &b->index, order) ? node : NULL;
}

/* Takes the next "/segment" off @path; all that is left where a query begins. */
static struct cs_span next_label(struct cs_span *path)
{
	size_t len = 1;

	while (len < path->len && path->ptr[len] != '/' && path->ptr[len] != '?')
		len++;
	if (len < path->len && path->ptr[len] == '?')
		len = path->len;

	struct cs_span label = cs_span_of(path->ptr, len);

	*path = cs_span_of(path->ptr + len, path->len - len);
	return label;
}

static bool add(struct builder *b, const struct cs_link *link)
{
	struct cs_span left = link->target, label;
	struct node *node = &b->top;

	if (left.len == 0 || left.ptr[0] != '/') {
		node = append(b, node, left);
	} else {
		while (left.len > 0 && node) {
			label = next_label(&left);
			node = step(b, node, label);
		}
		/* The same target once more is a resource of its own. */
		if (node && node->is_link)
			node = append(b, node->parent, label);
	}
	if (!node)
		return false;
	node->is_link = true;
	node->link = *link;
	return true;
}

/*
 * The end of the chain of single steps that @node begins. They were all made
 * for one link, so their labels stand in one piece.
 */
static struct node *end_of_chain(struct node *node)
{
	while (!node->is_link && node->first && node->first == node->last)
		node = node->first;
	return node;
}

/* The next one down the page; *@depth follows. */
static struct node *after(const struct node *node, const struct node *top,
			  unsigned *depth)
{
	if (node->first) {
		++*depth;
		return node->first;
	}
	while (node != top && !node->next) {
		/* A chain is one row: only its beginning counts. */
		node = node->parent;
		if (node == top || node->is_link || node->first != node->last)
			--*depth;
	}
	return node == top ? NULL : node->next;
}

static void list_rows(const struct builder *b, struct cs_tree *tree)
{
	unsigned depth = 0;

	for (struct node *node = b->top.first; node;
	     node = after(node, &b->top, &depth)) {
		struct cs_span label = node->label;

		node = end_of_chain(node);
		label.len = (size_t)(node->label.ptr + node->label.len - label.ptr);
		tree->rows[tree->n++] = (struct cs_tree_row){
			.label = label,
			.depth = depth,
			.is_link = node->is_link,
			.link = node->link,
		};
	}
}

/* The nodes are the arena's; only the index is given back. */
static void keep_node(void *node)
{
	(void)node;
}

enum cs_err cs_tree_build(struct cs_span list, struct cs_arena *arena,
			  struct cs_tree *tree)
{
	struct builder b = { .arena = arena };
	struct cs_links w = cs_links_over(list);
	struct cs_link link;
	bool ok = true;

	*tree = (struct cs_tree){ 0 };
	while (ok && cs_links_next(&w, &link))
		ok = add(&b, &link);
	if (ok && b.n > 0) {
		tree->rows = cs_arena_array(arena, b.n, sizeof(*tree->rows));
		ok = tree->rows != NULL;
	}
	if (ok)
		list_rows(&b, tree);
	tdestroy(b.index, keep_node);
	return ok ? CS_OK : CS_ERR_NOMEM;
}
