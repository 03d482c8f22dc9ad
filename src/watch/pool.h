/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool: slots of a few sizes in pages of one mapping, for watch/table.c. No gaps: the
 * slots of a class stand one behind the other, and the last moves to where one is
 * freed, so that a page is free again as soon as its bytes are. Slots are named by
 * their place in units; 0 is none.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CS_POOL_UNIT = 4, /* bytes; slots are so aligned */
	CS_POOL_PAGE = 1 << 14,
	CS_POOL_PAGE_UNITS = CS_POOL_PAGE / CS_POOL_UNIT,
	CS_POOL_CLASSES = 16,
	CS_POOL_NO_CLASS = 0xff, /* of a page that is free */
};

struct cs_pool_class {
	uint32_t units;    /* of a slot */
	uint32_t per_page; /* slots; what is left of a page is the caller's */
	uint32_t last;     /* page; 0: the class is empty */
	uint32_t in_last;  /* slots in use there */
	uint64_t n;
};

/* Fields are for reading; they are written here alone. */
struct cs_pool {
	uint8_t *base;     /* where page 0 would be; the first is 1 */
	uint32_t pages;    /* 1..pages */
	uint32_t begun;    /* 1..begun were in use at some time */
	uint32_t released; /* first of the chain of those that no longer are */
	uint32_t free;     /* how many could be had */
	uint32_t *before;  /* of each page: the one before it in its class's chain */
	uint8_t *class_of; /* of each page */
	struct cs_pool_class class[CS_POOL_CLASSES];
};

static inline uint8_t *cs_pool_at(const struct cs_pool *pool, uint32_t unit)
{
	return pool->base + (size_t)unit * CS_POOL_UNIT;
}

static inline unsigned cs_pool_class_of(const struct cs_pool *pool, uint32_t unit)
{
	return pool->class_of[unit / CS_POOL_PAGE_UNITS];
}

/* How many slots of @page are in use. */
static inline uint32_t cs_pool_in_page(const struct cs_pool *pool, uint32_t page)
{
	const struct cs_pool_class *class = &pool->class[pool->class_of[page]];

	return page == class->last ? class->in_last : class->per_page;
}

/*
 * @bytes are @pages pages; @before and @class_of have pages + 1 rows. The caller then
 * sets .units and .per_page of its classes.
 */
void cs_pool_init(struct cs_pool *pool, uint8_t *bytes, uint32_t pages, uint32_t *before,
		  uint8_t *class_of);

/* A slot of @class; there is a page free or room in the class's last. */
uint32_t cs_pool_add(struct cs_pool *pool, unsigned class);

/* Frees @unit; returns the slot whose bytes were moved to it, 0 where none were. */
uint32_t cs_pool_remove(struct cs_pool *pool, uint32_t unit);
