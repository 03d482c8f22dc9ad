/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/api.h"

#include "base/clock.h"
#include "serve/auth.h"
#include "serve/serve.h"

bool cs_api_enter(struct cs_request *r, struct cs_api_query *query)
{
	int64_t today = cs_day_number(cs_clock_wall(r->serve->clock));
	char why[CS_API_WHY];
	enum cs_err err =
		cs_api_query_read(r->body, (int32_t)today, &r->arena, query, why);

	if (err == CS_ERR_NOMEM)
		cs_answer_error(r, 503, "out of memory");
	else if (err)
		cs_answer_error(r, 400, "%s", why);
	else
		return cs_auth_signed(r, query->key);
	return false;
}

bool cs_api_begin(struct cs_request *r, struct cs_json *j)
{
	if (cs_answer_begin(r, CS_TYPE_JSON)) {
		cs_answer_error(r, 503, "out of memory");
		return false;
	}
	*j = cs_json_to(r->answer.to);
	return true;
}

/* Only whose signature is right is told what there is. */
void cs_api_unknown(struct cs_request *r)
{
	struct cs_api_query query;

	if (cs_api_enter(r, &query))
		cs_answer_error(r, 404, "there is no such method");
}
