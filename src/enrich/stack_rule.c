/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each rule names what it rests on: a file of a project's published source, a
 * specification, or what the implementation was seen to answer. There is none
 * for what is known by hearsay only. docs/decisions/severity.md has more.
 */
#include "enrich/stack_rule.h"

#include "coap/option.h"
#include "coap/option_rule.h"

static bool option_value(const struct cs_reading *reading, uint32_t number,
			 struct cs_span *value)
{
	struct cs_opts w = cs_opts_over(reading->options);
	struct cs_opt opt;

	while (cs_opts_next(&w, &opt)) {
		if (opt.number != number)
			continue;
		*value = opt.value;
		return true;
	}
	return false;
}

/* Server.ts: the ETag of a body in blocks is its pairs of bytes, XORed. */
static bool etag_is_xor_of_body(const struct cs_result *result,
				const struct cs_reading *reading)
{
	struct cs_span etag, block;
	uint8_t id[2] = { 0 };

	if (!result->complete || !option_value(reading, CS_OPT_ETAG, &etag) ||
	    !option_value(reading, CS_OPT_BLOCK2, &block) || etag.len != sizeof(id))
		return false;
	for (size_t i = 0; i < result->body.len; i++)
		id[i % 2] ^= result->body.ptr[i];
	return cs_span_eq(etag, cs_span_of(id, sizeof(id)));
}

/* coap_add_data_large_response(): a counter as ETag, and Size2 unasked. */
static bool etag_is_short_and_size2(const struct cs_result *result,
				    const struct cs_reading *reading)
{
	struct cs_span etag, other;

	(void)result;
	return option_value(reading, CS_OPT_ETAG, &etag) && etag.len == 1 &&
	       option_value(reading, CS_OPT_BLOCK2, &other) &&
	       option_value(reading, CS_OPT_SIZE2, &other);
}

/* resourcelayer.py discover(): every link ends in a comma, the last one too. */
static bool list_ends_in_comma(const struct cs_result *result,
			       const struct cs_reading *reading)
{
	return !reading->reported && result->complete && result->body.len > 1 &&
	       result->body.ptr[0] == '<' &&
	       result->body.ptr[result->body.len - 1] == ',';
}

const struct cs_stack_rule cs_stack_rules[CS_STACK_RULES] = {
	/* China Mobile's And-link for home routers, public clients and answers. */
	{ "QLINK", 95, "resources /qlink/...", { { .below = "qlink" } } },
	{ "QLINK",
	  80,
	  "resources /device/inform/...",
	  { { .path = "device/inform/boot" }, { .path = "device/inform/heartbeat" } } },
	/* A report that lost what stands between < and >. */
	{ "QLINK", 90, "titles qlink/...", { { .text = "title=qlink/" } } },

	/* Efento's sensors' manual: efento/m, efento/i, efento/c, efento/t. */
	{ "Efento", 95, "resources /efento/...", { { .below = "efento" } } },
	/* CoapTransportService.java: api/v1, fw, sw. */
	{ "ThingsBoard",
	  90,
	  "resources /api/v1, /fw and /sw",
	  { { .path = "api/v1" }, { .path = "fw" }, { .path = "sw" } } },
	{ "ThingsBoard",
	  60,
	  "resources /api and /api/v1",
	  { { .path = "api" }, { .path = "api/v1" }, { .path = ".well-known/core" } } },

	/* CoapServer.java, class RootResource. */
	{ "Californium", 95, "its banner", { { .text = "Eclipse Californium (Cf)" } } },
	{ "Californium", 90, "its older banner", { { .text = "Californium (Cf)" } } },
	/* cf-helloworld-server, HelloWorldServer.java. */
	{ "Californium",
	  90,
	  "its example's title Hello-World Resource",
	  { { .path = "helloWorld",
	      .attr = "title",
	      .value = "Hello-World Resource" } } },
	/* cf-plugtest-server, MyContext.java and MyIpResource.java. */
	{ "Californium",
	  90,
	  "its title Communication Context",
	  { { .attr = "title", .value = "Communication Context" } } },
	/* cf-extplugtest-server, ReverseRequest.java and ReverseObserve.java. */
	{ "Californium",
	  95,
	  "resources of its extended test server",
	  { { .path = "reverse-request" }, { .path = "reverse-observe" } } },
	/* cf-plugtest-server, ObserveReset.java: not in the servers that copy it. */
	{ "Californium",
	  90,
	  "resources of its plugtest server",
	  { { .path = "obs-reset" }, { .path = "multi-format" } } },
	/* cf-proxy2, ExampleCrossProxy2.java. */
	{ "Californium",
	  90,
	  "resources of its proxy",
	  { { .path = "coap2coap" }, { .path = "coap2http" } } },

	/* examples/coap-server.c: the root's title, and what stands beside it. */
	{ "libcoap",
	  95,
	  "its example server's /example_data",
	  { { .attr = "title", .value = "General Info" },
	    { .path = "example_data", .attr = "title", .value = "Example Data" } } },
	{ "libcoap",
	  95,
	  "its example server's /time",
	  { { .path = "time", .attr = "if", .value = "clock" },
	    { .path = "time", .attr = "rt", .value = "ticks" } } },
	{ "libcoap",
	  80,
	  "its example server's root and /async",
	  { { .path = "", .attr = "title", .value = "General Info" },
	    { .path = "async", .attr = "ct", .value = "0" } } },
	{ "libcoap",
	  70,
	  "its example server's root title",
	  { { .path = "", .attr = "title", .value = "General Info" } } },
	{ "libcoap", 95, "its banner", { { .text = "server made with libcoap" } } },
	{ "libcoap", 95, "its test banner", { { .text = "libcoap server for ETSI" } } },
	/* examples/coap-rd.c. */
	{ "libcoap",
	  85,
	  "its example directory's ins=default",
	  { { .path = "rd", .attr = "ins", .value = "default" } } },
	/* Seen: coap-server of 4.3.1 with a list of more than a block. */
	{ "libcoap",
	  60,
	  "a one-byte ETag and Size2 with Block2",
	  { { .habit = etag_is_short_and_size2 } } },

	/* lib/server.ts, _toETag(). */
	{ "node-coap",
	  90,
	  "an ETag that is the body XORed",
	  { { .habit = etag_is_xor_of_body } } },

	/* aiocoap/meta.py and resource.py: the link to the implementation. */
	{ "aiocoap",
	  95,
	  "its link rel=impl-info",
	  { { .target = "https://christian.amsuess.com/tools/aiocoap/" } } },
	{ "aiocoap",
	  90,
	  "its link rel=impl-info, older",
	  { { .target = "http://christian.amsuess.com/tools/aiocoap/" } } },

	/* coapserver.py. */
	{ "CoAPthon",
	  95,
	  "its example server's resources",
	  { { .path = "advanced" }, { .path = "advancedSeparate" } } },
	{ "CoAPthon",
	  55,
	  "a list that ends in a comma",
	  { { .habit = list_ends_in_comma } } },

	/* examples/coap/coap-example-server, resources of Erbium. */
	{ "Contiki-NG",
	  95,
	  "its example's title Hello world: ?len=0..",
	  { { .attr = "title", .value = "Hello world: ?len=0.." } } },
	{ "Contiki-NG",
	  90,
	  "its example's /actuators/toggle",
	  { { .path = "actuators/toggle", .attr = "rt", .value = "Control" } } },
	/* examples/platform-specific/cc26x0-cc13x0/cc26x0-web-demo. */
	{ "Contiki-NG",
	  95,
	  "its web demo's /sen/batmon/...",
	  { { .path = "sen/batmon/temp" } } },
	/* os/net/app-layer/coap/coap-res-well-known-core.c. */
	{ "Contiki-NG",
	  60,
	  "lists /.well-known/core with ct=40",
	  { { .path = ".well-known/core", .attr = "ct", .value = "40" } } },

	/* examples/gcoap/server.c, examples/nanocoap_server. */
	{ "RIOT", 95, "resource /riot/board", { { .path = "riot/board" } } },
	{ "RIOT", 95, "resource /riot/value", { { .path = "riot/value" } } },
	/* samples/net/sockets/coap_server: core1 and core2. */
	{ "Zephyr",
	  90,
	  "its sample's titles Core 1 and Core 2",
	  { { .path = "core1", .attr = "title", .value = "Core 1" },
	    { .path = "core2", .attr = "title", .value = "Core 2" } } },

	/* src/core/thread/uri_paths.cpp: the names of Thread's management. */
	{ "OpenThread",
	  80,
	  "Thread's names /a/aq, /a/as or /c/ag",
	  { { .path = "a/aq" }, { .path = "c/ag" } } },
	{ "OpenThread",
	  75,
	  "Thread's names of a diagnosis",
	  { { .path = "d/dg" }, { .path = "d/dr" } } },

	/* OMA LwM2M, section 5.4 of the core specification; Wakaama, Leshan. */
	{ "LwM2M", 95, "rt=oma.lwm2m", { { .attr = "rt", .value = "oma.lwm2m" } } },
	{ "LwM2M",
	  75,
	  "objects /1/0 and /3/0",
	  { { .path = "1/0" }, { .path = "3/0" } } },

	/* OCF core specification; iotivity-lite api/oc_discovery.c. */
	{ "OCF", 95, "rt=oic.wk.res", { { .attr = "rt", .value = "oic.wk.res" } } },
	{ "OCF", 90, "resource /oic/res", { { .path = "oic/res" } } },

	/* CoIoT for Shelly devices, revision 1.0. */
	{ "Shelly", 90, "option 3332 of CoIoT", { { .option = 3332 } } },
	{ "Shelly",
	  80,
	  "resources /cit/d and /cit/s",
	  { { .path = "cit/d" }, { .path = "cit/s" } } },
	/* As public clients of the gateway show; it should answer on 5684 only. */
	{ "Tradfri",
	  90,
	  "resources //15001 and //15004",
	  { { .target = "//15001" }, { .target = "//15004" } } },
	/* Broadband Forum TR-369, CoAP binding; obuspa. */
	{ "USP",
	  95,
	  "rt=bbf.usp.endpoint",
	  { { .attr = "rt", .value = "bbf.usp.endpoint" } } },
};

static void note(struct cs_stack_seen *seen, size_t i, size_t k)
{
	seen->clues[i] |= (uint8_t)(1U << k);
}

void cs_stack_look_answer(struct cs_stack_seen *seen, const struct cs_result *result,
			  const struct cs_reading *reading)
{
	for (size_t i = 0; i < CS_STACK_RULES; i++) {
		const struct cs_clue *clues = cs_stack_rules[i].clues;

		for (size_t k = 0; k < CS_STACK_CLUES && cs_clue_is_set(&clues[k]); k++)
			if (!cs_clue_is_of_link(&clues[k]) &&
			    cs_clue_in_answer(&clues[k], result, reading))
				note(seen, i, k);
	}
}

void cs_stack_look_link(struct cs_stack_seen *seen, const struct cs_link_view *view)
{
	for (size_t i = 0; i < CS_STACK_RULES; i++) {
		const struct cs_clue *clues = cs_stack_rules[i].clues;

		/* Never a link after something else: see the header. */
		for (size_t k = 0; k < CS_STACK_CLUES && cs_clue_is_of_link(&clues[k]);
		     k++)
			if (cs_clue_in_link(&clues[k], view))
				note(seen, i, k);
	}
}

bool cs_stack_holds(const struct cs_stack_seen *seen, size_t i)
{
	const struct cs_clue *clues = cs_stack_rules[i].clues;
	size_t n = 0;

	if (seen->clues[i] == 0)
		return false;
	while (n < CS_STACK_CLUES && cs_clue_is_set(&clues[n]))
		n++;
	return seen->clues[i] == (1U << n) - 1;
}

/* Where @rule goes: its family's place if that is less sure, or behind the surer. */
static size_t place(const struct cs_stack_rule *rule, const struct cs_stack_rule **best,
		    size_t n)
{
	size_t at = 0;

	while (at < n && best[at]->confidence >= rule->confidence)
		if (strcmp(best[at++]->family, rule->family) == 0)
			return CS_STACK_FAMILIES;
	return at;
}

/* Makes room at @at: the family's later row goes, or else the last. */
static size_t make_room(const struct cs_stack_rule *rule,
			const struct cs_stack_rule **best, size_t n, size_t at)
{
	size_t end = at;

	while (end < n && strcmp(best[end]->family, rule->family) != 0)
		end++;
	if (end == n && n < CS_STACK_FAMILIES)
		n++;
	else if (end == n)
		end--;
	memmove(&best[at + 1], &best[at], (end - at) * sizeof(best[0]));
	return n;
}

size_t cs_stack_best(const struct cs_stack_seen *seen,
		     const struct cs_stack_rule *best[CS_STACK_FAMILIES])
{
	size_t n = 0;

	for (size_t i = 0; i < CS_STACK_RULES; i++) {
		const struct cs_stack_rule *rule = &cs_stack_rules[i];

		if (!cs_stack_holds(seen, i))
			continue;

		size_t at = place(rule, best, n);

		if (at >= CS_STACK_FAMILIES)
			continue;
		n = make_room(rule, best, n, at);
		best[at] = rule;
	}
	return n;
}
