/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/pool.h"

#include <string.h>

void cs_pool_init(struct cs_pool *pool, uint8_t *bytes, uint32_t pages, uint32_t *before,
		  uint8_t *class_of)
{
	*pool = (struct cs_pool){
		.base = bytes - CS_POOL_PAGE,
		.pages = pages,
		.free = pages,
		.before = before,
		.class_of = class_of,
	};
	memset(class_of, CS_POOL_NO_CLASS, pages + 1);
}

static uint32_t page_take(struct cs_pool *pool)
{
	uint32_t page = pool->released;

	pool->free--;
	if (!page)
		return ++pool->begun;
	pool->released = pool->before[page];
	return page;
}

static void page_release(struct cs_pool *pool, uint32_t page)
{
	pool->class_of[page] = CS_POOL_NO_CLASS;
	pool->before[page] = pool->released;
	pool->released = page;
	pool->free++;
}

uint32_t cs_pool_add(struct cs_pool *pool, unsigned class)
{
	struct cs_pool_class *c = &pool->class[class];

	if (!c->last || c->in_last == c->per_page) {
		uint32_t page = page_take(pool);

		pool->before[page] = c->last;
		pool->class_of[page] = (uint8_t) class;
		c->last = page;
		c->in_last = 0;
	}
	c->n++;
	return c->last * CS_POOL_PAGE_UNITS + c->in_last++ * c->units;
}

uint32_t cs_pool_remove(struct cs_pool *pool, uint32_t unit)
{
	struct cs_pool_class *c = &pool->class[cs_pool_class_of(pool, unit)];
	uint32_t page = c->last;
	uint32_t moved = page * CS_POOL_PAGE_UNITS + --c->in_last * c->units;

	c->n--;
	if (moved != unit)
		memcpy(cs_pool_at(pool, unit), cs_pool_at(pool, moved),
		       (size_t)c->units * CS_POOL_UNIT);
	if (c->in_last == 0) {
		c->last = pool->before[page];
		c->in_last = c->per_page;
		page_release(pool, page);
	}
	return moved != unit ? moved : 0;
}
