/* SPDX-License-Identifier: Apache-2.0 */
/* Brings a model's rows in order, once all have come. */
#include <stdlib.h>
#include <string.h>

#include "report/model_load.h"
#include "report/radix.h"

static struct cs_radix_item *items_new(size_t n)
{
	struct cs_radix_item *items = calloc(n ? n : 1, sizeof(*items));

	if (items)
		for (size_t i = 0; i < n; i++)
			items[i].i = (uint32_t)i;
	return items;
}

/* By address and port; of equal ones, in the order they came. */
static enum cs_err sort(const struct cs_model *m, struct cs_radix_item *items)
{
	enum cs_err err;

	for (size_t i = 0; i < m->n; i++)
		items[i].key = m->cold[items[i].i].port;
	err = cs_radix_sort(items, m->n);
	for (size_t i = 0; !err && i < m->n; i++)
		items[i].key = cs_addr_low64(&m->cold[items[i].i].ip);
	if (!err)
		err = cs_radix_sort(items, m->n);
	for (size_t i = 0; !err && i < m->n; i++)
		items[i].key = cs_addr_high64(&m->cold[items[i].i].ip);
	return err ? err : cs_radix_sort(items, m->n);
}

/* Keeps the newest of each address and port; the first of two that are as new. */
static size_t pick(const struct cs_model *m, struct cs_radix_item *items)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++) {
		const struct cs_row_cold *row = &m->cold[items[i].i];
		const struct cs_row_cold *last = n ? &m->cold[items[n - 1].i] : NULL;

		if (!last || cs_row_order(last, row) != 0)
			items[n++] = items[i];
		else if (row->time_us > last->time_us)
			items[n - 1] = items[i];
	}
	return n;
}

/* One list of a model in its new order, exactly as long as it must be. */
static enum cs_err arrange(void *list, size_t item, const struct cs_radix_item *order,
			   size_t n)
{
	uint8_t *from, *to = calloc(n ? n : 1, item);

	if (!to)
		return CS_ERR_NOMEM;
	memcpy(&from, list, sizeof(from));
	for (size_t i = 0; i < n; i++)
		memcpy(to + i * item, from + order[i].i * item, item);
	free(from);
	memcpy(list, &to, sizeof(to));
	return CS_OK;
}

static enum cs_err arrange_all(struct cs_model *m, struct cs_radix_item *items)
{
	enum cs_err err = sort(m, items);
	size_t n;

	if (err)
		return err;
	n = pick(m, items);
	err = arrange(&m->hot, sizeof(*m->hot), items, n);
	if (!err)
		err = arrange(&m->cold, sizeof(*m->cold), items, n);
	if (!err)
		err = arrange(&m->fault, sizeof(*m->fault), items, n);
	m->n = n;
	return err;
}

/* Severity, then amplification, both falling; then the address, as rows stand. */
static enum cs_err find_worst(struct cs_model *m, struct cs_radix_item *items)
{
	const uint64_t top = (UINT64_C(1) << 56) - 1;
	enum cs_err err;

	m->worst = calloc(m->n ? m->n : 1, sizeof(*m->worst));
	if (!m->worst)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < m->n; i++) {
		uint64_t amp = cs_row_amplification(m, i);
		uint64_t severity = cs_row_severity(m, i);

		items[i].i = (uint32_t)i;
		items[i].key = ~(severity << 56 | (amp < top ? amp : top));
	}
	err = cs_radix_sort(items, m->n);
	for (size_t i = 0; !err && i < m->n; i++)
		m->worst[i] = items[i].i;
	return err;
}

/* Number 0, nothing known, is there also where nothing came; its tags are plain. */
static enum cs_err bundles_ready(struct cs_loader *loader)
{
	struct cs_model *m = loader->model;

	if (!m->places)
		m->places = calloc(1, sizeof(*m->places));
	if (!m->judged)
		m->judged = calloc(1, sizeof(*m->judged));
	m->n_places = loader->places.n;
	m->n_judged = loader->judged.n;
	if (!m->places || !m->judged)
		return CS_ERR_NOMEM;
	m->judged[0].severity = CS_SEVERITY_MEDIUM;
	return cs_texts_put(&m->texts, cs_span_str(CS_TAGS_PLAIN), &m->judged[0].tags);
}

enum cs_err cs_loader_finish(struct cs_loader *loader, struct cs_model **out)
{
	struct cs_model *m = loader->model;
	struct cs_radix_item *items;
	enum cs_err err = bundles_ready(loader);

	cs_texts_done(&m->texts);
	if (err)
		return err;
	items = items_new(m->n);
	if (!items)
		return CS_ERR_NOMEM;
	err = arrange_all(m, items);
	if (!err)
		err = find_worst(m, items);
	free(items);
	if (err)
		return err;
	loader->model = NULL;
	*out = m;
	return CS_OK;
}
