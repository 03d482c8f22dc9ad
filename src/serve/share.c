/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/share.h"

struct cs_share cs_share_of(const struct cs_request *r)
{
	struct cs_share share = { .all = !r->key || r->key->sees_all };

	if (!share.all)
		share.owner = r->key->owner_index;
	return share;
}

static size_t count_owners(const struct cs_serve *serve)
{
	return serve->owners ? cs_owners_count(serve->owners) : 0;
}

bool cs_share_find(const struct cs_request *r, struct cs_span name, struct cs_share *out)
{
	struct cs_share mine = cs_share_of(r);
	size_t i;

	*out = mine;
	if (mine.all && cs_span_eq(name, cs_span_str(CS_SHARE_ALL)))
		return true;
	if (!r->serve->owners || !cs_owners_find(r->serve->owners, name, &i))
		return false;
	*out = (struct cs_share){ .owner = (uint32_t)i };
	return mine.all || mine.owner == i;
}

size_t cs_share_each(const struct cs_request *r, struct cs_share *out)
{
	struct cs_share mine = cs_share_of(r);
	size_t n = mine.all ? count_owners(r->serve) : 0;

	out[0] = mine;
	for (size_t i = 0; i < n; i++)
		out[i + 1] = (struct cs_share){ .owner = (uint32_t)i };
	return n + 1;
}

const char *cs_share_name(const struct cs_serve *serve, struct cs_share share)
{
	return share.all ? CS_SHARE_ALL : cs_owners_at(serve->owners, share.owner)->name;
}

/* Everything has no filter; "cidr" as of 0.0.0.0/0 keeps the name's shape. */
void cs_share_file(const struct cs_serve *serve, struct cs_share share, int32_t day,
		   char out[CS_SHARE_FILE])
{
	static const char *const kinds[] = {
		[CS_OWNER_ASN] = "asn",
		[CS_OWNER_GEO] = "geo",
		[CS_OWNER_CIDR] = "cidr",
		[CS_OWNER_DOMAIN] = "domain",
	};
	enum cs_owner_kind kind = CS_OWNER_CIDR;
	char text[CS_DAY_TEXT];

	if (!share.all)
		kind = cs_owners_at(serve->owners, share.owner)->kind;
	cs_day_text(day * CS_US_PER_DAY, text);
	(void)snprintf(out, CS_SHARE_FILE, "%s-scan_coap-%.64s-%s.csv", text,
		       cs_share_name(serve, share), kinds[kind]);
}

enum cs_err cs_share_count(struct cs_request *r, struct cs_share share,
			   const struct cs_store_day *day, uint64_t *n)
{
	struct cs_day *loaded;
	uint32_t *counts;
	enum cs_err err;

	*n = 0;
	/* One scan or report of the day: then the catalogue knows it. */
	if (share.all && day->segments <= 1) {
		*n = day->content;
		return CS_OK;
	}
	if (share.all) {
		err = cs_days_get(r->serve->days, day->day, &loaded);
		if (!err)
			*n = cs_model_count(cs_day_model(loaded));
		if (!err)
			cs_day_put(loaded);
		return err;
	}
	err = cs_days_tally(r->serve->days, day->day, &r->arena, &counts);
	if (!err)
		*n = counts[share.owner];
	return err;
}

void cs_share_limit(const struct cs_serve *serve, struct cs_share share,
		    struct cs_query *query)
{
	query->owners = share.all ? NULL : serve->owners;
	query->owner = share.owner;
}
