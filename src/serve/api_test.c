/* SPDX-License-Identifier: Apache-2.0 */
/* The API's module "test". */
#include "base/clock.h"
#include "serve/api.h"
#include "serve/serve.h"

void cs_api_ping(struct cs_request *r)
{
	enum { SECONDS = sizeof("2026-11-21 20:00:00") - 1, BLANK_AT = 10 };
	char text[CS_TIME_TEXT];
	struct cs_api_query query;
	struct cs_json j;

	if (!cs_api_enter(r, &query) || !cs_api_begin(r, &j))
		return;
	cs_time_text(cs_clock_wall(r->serve->clock), text);
	text[BLANK_AT] = ' ';
	text[SECONDS] = '\0';
	cs_json_object(&j);
	cs_json_key(&j, "pong");
	cs_json_word(&j, text);
	cs_json_object_end(&j);
	cs_json_line(&j);
}
