/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/route.h"

void cs_health_handle(struct cs_request *r)
{
	r->answer.status = 200;
	r->answer.type = CS_TYPE_TEXT;
	r->answer.fixed = cs_span_str("ok\n");
}
