/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/decode_options.h"

bool cs_value_threshold(struct cs_span text, void *to)
{
	struct cs_threshold any = cs_threshold_defaults;

	(void)to;
	return cs_threshold_read(text, &any) == CS_OK;
}

static enum cs_err read_ports(const char *text, struct cs_arena *arena, uint16_t **out,
			      size_t *n)
{
	static struct cs_port_set set; /* 8 KiB; options are read by one thread */

	set = (struct cs_port_set){ .n = 0 };
	if (!cs_value_ports(cs_span_str(text), &set))
		return CS_ERR_USAGE; /* it has been checked */
	*out = cs_arena_array(arena, set.n, sizeof(**out));
	if (!*out)
		return CS_ERR_NOMEM;
	for (unsigned port = 1; port <= UINT16_MAX; port++)
		if (cs_port_set_has(&set, (uint16_t)port))
			(*out)[(*n)++] = (uint16_t)port;
	return CS_OK;
}

static enum cs_err read_prefixes(const struct cs_arg_list *list, struct cs_arena *arena,
				 struct cs_prefix **out, size_t *n)
{
	if (list->n == 0)
		return CS_OK;
	*out = cs_arena_array(arena, list->n, sizeof(**out));
	if (!*out)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < list->n; i++)
		if (!cs_value_prefix(cs_span_str(list->item[i]), &(*out)[(*n)++]))
			return CS_ERR_USAGE;
	return CS_OK;
}

enum cs_err cs_decode_plan(const struct cs_decode_options *options,
			   struct cs_arena *arena, struct cs_decode_plan *out)
{
	enum cs_err err;

	*out = (struct cs_decode_plan){ .threshold = cs_threshold_defaults };
	err = read_ports(options->ports, arena, &out->ports, &out->n_ports);
	if (!err)
		err = read_ports(options->secure_ports, arena, &out->secure_ports,
				 &out->n_secure_ports);
	if (!err)
		err = read_prefixes(&options->local, arena, &out->local, &out->n_local);
	if (!err)
		err = read_prefixes(&options->peer, arena, &out->peer, &out->n_peer);
	for (size_t i = 0; !err && i < options->thresholds.n; i++)
		err = cs_threshold_read(cs_span_str(options->thresholds.item[i]),
					&out->threshold);
	return err;
}
