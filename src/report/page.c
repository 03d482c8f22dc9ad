/* SPDX-License-Identifier: Apache-2.0 */
#include "report/page.h"

#include <stdlib.h>

#include "base/clock.h"
#include "report/page_days.h"
#include "report/page_document.inc"
#include "report/page_services.h"

enum { BYTES_MAX = 10 * 1000 * 1000 };

static const char OVERVIEW[] = "<script type=\"application/json\" id=\"overview-data\">";
static const char SERVICES[] = "<script type=\"application/json\" id=\"services-data\">";
static const char SCRIPT_END[] = "</script>\n";

struct cs_span cs_page_document(void)
{
	return cs_span_of(document, sizeof(document));
}

const char *cs_page_policy(void)
{
	return PAGE_POLICY "; connect-src 'self'; frame-ancestors 'none'";
}

static void put(FILE *to, const void *bytes, size_t n)
{
	(void)fwrite(bytes, 1, n, to); /* errors stay in the stream */
}

/* The list's day is the page's last; without one there is no list. */
static enum cs_err find_last(struct cs_store *store, const struct cs_page_want *want,
			     int32_t *day)
{
	struct cs_arena arena = { 0 };
	struct cs_store_day *days;
	size_t n = 0;
	enum cs_err err = cs_page_days(store, want, &arena, &days, &n);

	*day = !err && n > 0 ? days[n - 1].day : INT32_MIN;
	cs_arena_clear(&arena);
	return err;
}

static enum cs_err put_list(struct cs_store *store, const struct cs_page_want *want,
			    size_t bytes, FILE *to)
{
	struct cs_query worst = { .owners = want->owners,
				  .owner = want->owner,
				  .limit = CS_PAGE_SERVICES };
	struct cs_page_list list = {
		.query = &worst, .bytes = bytes, .seen = cs_page_seen, .seen_arg = store
	};
	struct cs_model *model = NULL;
	char why[CS_QUERY_WHY];
	enum cs_err err = find_last(store, want, &list.day);

	if (!err && list.day != INT32_MIN)
		err = cs_model_load(store, list.day, false, &model);
	if (err == CS_ERR_DAMAGED || err == CS_ERR_NOT_FOUND) {
		list.unreadable = true; /* the figures are worth a page without it */
		err = CS_OK;
	}
	list.model = model;
	if (!err)
		err = cs_page_put_list(&list, to, why);
	cs_model_free(model);
	return err;
}

/* What stands around the data, and room for the list's own head. */
static size_t frame_size(void)
{
	return sizeof(document) + sizeof(PAGE_POLICY) + sizeof(OVERVIEW) +
	       sizeof(SERVICES) + 2 * sizeof(SCRIPT_END) + 1024;
}

static enum cs_err put_file(struct cs_store *store, const struct cs_page_want *want,
			    struct cs_span overview, FILE *to)
{
	size_t most = want->bytes_max > 0 ? want->bytes_max : BYTES_MAX;
	size_t taken = frame_size() + overview.len;
	enum cs_err err;

	put(to, document, POLICY_AT);
	(void)fprintf(to,
		      "\n<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">",
		      PAGE_POLICY);
	put(to, document + POLICY_AT, DATA_AT - POLICY_AT);
	put(to, OVERVIEW, sizeof(OVERVIEW) - 1);
	put(to, overview.ptr, overview.len);
	put(to, SCRIPT_END, sizeof(SCRIPT_END) - 1);
	put(to, SERVICES, sizeof(SERVICES) - 1);
	err = put_list(store, want, most > taken ? most - taken : 0, to);
	put(to, SCRIPT_END, sizeof(SCRIPT_END) - 1);
	put(to, document + DATA_AT, sizeof(document) - DATA_AT);
	return err ? err : ferror(to) ? CS_ERR_IO : CS_OK;
}

enum cs_err cs_page_write_file(struct cs_store *store, const struct cs_page_want *want,
			       FILE *to)
{
	char *text = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);
	enum cs_err err;

	if (!memory)
		return CS_ERR_NOMEM;
	err = cs_page_write_overview(store, want, memory);
	if (err == CS_ERR_IO && ferror(memory))
		err = CS_ERR_NOMEM;
	if (fclose(memory) && !err)
		err = CS_ERR_NOMEM;
	if (!err)
		err = put_file(store, want, cs_span_of(text, len), to);
	free(text);
	return err;
}
