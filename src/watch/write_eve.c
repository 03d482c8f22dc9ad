/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/write_eve.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "base/clock.h"
#include "watch/flow_hash.h"
#include "watch/write_eve_coap.h"
#include "watch/write_summary.h"
#include "watch/write_verdict.h"

struct cs_eve {
	struct cs_flow_hash *hash; /* owned */
};

enum cs_err cs_eve_open(struct cs_eve **out)
{
	struct cs_eve *eve = calloc(1, sizeof(*eve));
	enum cs_err err = eve ? cs_flow_hash_open(&eve->hash) : CS_ERR_NOMEM;

	if (err) {
		free(eve);
		return err;
	}
	*out = eve;
	return CS_OK;
}

void cs_eve_close(struct cs_eve *eve)
{
	if (!eve)
		return;
	cs_flow_hash_close(eve->hash);
	free(eve);
}

/* --- what all events begin with --- */

/* "2026-11-21T20:00:00.123456+0000": RFC 3339's Z in Suricata's words. */
static void put_timestamp(struct cs_json *j, int64_t wall_us)
{
	char text[CS_TIME_TEXT];

	cs_time_text(wall_us, text);
	cs_json_key(j, "timestamp");
	cs_json_string_begin(j);
	cs_json_string_part(j, cs_span_of(text, CS_TIME_TEXT - sizeof("Z")));
	cs_json_string_part(j, cs_span_str("+0000"));
	cs_json_string_end(j);
}

static void put_type(struct cs_json *j, const char *type)
{
	cs_json_key(j, "event_type");
	cs_json_word(j, type);
}

/* One end of a flow; what is not known is null. */
static void put_end(struct cs_json *j, const char *ip_key, const char *port_key,
		    const struct cs_addr *ip, uint16_t port)
{
	char text[CS_ADDR_TEXT];

	if (ip)
		cs_addr_text(ip, text);
	cs_json_key(j, ip_key);
	cs_json_word(j, ip ? text : NULL);
	cs_json_put_uint_if(j, port_key, port != 0, port);
}

static void put_protocols(struct cs_json *j, bool tcp, const char *community)
{
	cs_json_key(j, "proto");
	cs_json_word(j, tcp ? "TCP" : "UDP");
	cs_json_key(j, "app_proto");
	cs_json_word(j, "coap");
	cs_json_key(j, "community_id");
	cs_json_word(j, community);
}

static void end_event(struct cs_json *j)
{
	cs_json_object_end(j);
	cs_json_line(j);
}

/* --- messages --- */

void cs_eve_message(struct cs_eve *eve, FILE *to, const struct cs_post_message *m)
{
	struct cs_json j = cs_json_to(to);
	struct cs_flow_id id;
	bool named =
		cs_flow_hash_of(eve->hash, &m->from, m->from_port, &m->to, m->to_port,
				m->tcp ? IPPROTO_TCP : IPPROTO_UDP, &id) == CS_OK;

	cs_json_object(&j);
	put_timestamp(&j, m->wall_us);
	cs_json_key(&j, "flow_id");
	if (named)
		cs_json_uint(&j, id.number);
	else
		cs_json_null(&j);
	put_type(&j, "coap");
	put_end(&j, "src_ip", "src_port", &m->from, m->from_port);
	put_end(&j, "dest_ip", "dest_port", &m->to, m->to_port);
	put_protocols(&j, m->tcp, named ? id.community : NULL);
	cs_json_key(&j, "coap");
	cs_write_eve_coap(&j, m);
	end_event(&j);
}

/* --- verdicts --- */

/*
 * Of each class the signature's number (in the range that Suricata leaves to local
 * rules; never given anew to another class) and the category, in the words of its
 * classification.config.
 */
static const struct {
	uint32_t id;
	const char *category;
} signatures[CS_CLASSES] = {
	[CS_CLASS_H] = { 1568301, "Not Suspicious Traffic" },
	[CS_CLASS_G] = { 1568302, "Misc activity" },
	[CS_CLASS_C1] = { 1568303, "Attempted Denial of Service" },
	[CS_CLASS_F] = { 1568304, "Generic Protocol Command Decode" },
	[CS_CLASS_D] = { 1568305, "Attempted Administrator Privilege Gain" },
	[CS_CLASS_E] = { 1568306, "Attempted Information Leak" },
	[CS_CLASS_C2] = { 1568307, "Attempted Denial of Service" },
	[CS_CLASS_B] = { 1568308, "Detection of a Network Scan" },
	[CS_CLASS_I] = { 1568309, "Misc activity" },
};

/* 1 is the worst, as there. */
static unsigned severity_of(enum cs_worry worry)
{
	switch (worry) {
	case CS_WORRY_ACT_NOW:
		return 1;
	case CS_WORRY_ACT:
		return 2;
	case CS_WORRY_NOTE:
		return 3;
	case CS_WORRY_NONE:
		break;
	}
	return 4;
}

static void put_signature(struct cs_json *j, const struct cs_finding *finding)
{
	const char *text = cs_class_text(finding->primary);

	cs_json_key(j, "signature");
	cs_json_string_begin(j);
	cs_json_string_part(j, cs_span_str("coapscope: "));
	cs_json_string_part(j, cs_span_str(text));
	/* For who blocks by src_ip: it is the address of who is hit. */
	if (finding->victim)
		cs_json_string_part(j,
				    cs_span_str(", forged source address: do not block"));
	cs_json_string_end(j);
}

static void put_alert(struct cs_json *j, const struct cs_verdict *v)
{
	cs_json_key(j, "alert");
	cs_json_object(j);
	cs_json_key(j, "action");
	cs_json_word(j, "allowed");
	cs_json_key(j, "gid");
	cs_json_uint(j, 1);
	cs_json_key(j, "signature_id");
	cs_json_uint(j, signatures[v->finding->primary].id);
	cs_json_key(j, "rev");
	cs_json_uint(j, 1);
	put_signature(j, v->finding);
	cs_json_key(j, "category");
	cs_json_word(j, signatures[v->finding->primary].category);
	cs_json_key(j, "severity");
	cs_json_uint(j, severity_of(v->answer->worry));
	cs_json_object_end(j);
}

/* A source has asked more than one of us: there is no other end, nor one flow. */
void cs_eve_alert(struct cs_eve *eve, FILE *to, const struct cs_verdict *v)
{
	const struct cs_source *s = v->source;
	struct cs_json j = cs_json_to(to);
	bool single = s->bits >= 128;

	(void)eve;
	cs_json_object(&j);
	put_timestamp(&j, s->last_us);
	cs_json_key(&j, "flow_id");
	cs_json_null(&j);
	put_type(&j, "alert");
	put_end(&j, "src_ip", "src_port", single ? &s->ip : NULL, single ? s->port : 0);
	put_end(&j, "dest_ip", "dest_port", NULL, 0);
	put_protocols(&j, cs_source_is_tcp(s), NULL);
	put_alert(&j, v);
	cs_json_key(&j, "verdict");
	cs_write_verdict_in(&j, v);
	end_event(&j);
}

bool cs_eve_wants(const struct cs_verdict *verdict)
{
	return verdict->finding->primary != CS_CLASS_H ||
	       verdict->answer->worry != CS_WORRY_NONE;
}

/* --- counters --- */

void cs_eve_stats(struct cs_eve *eve, FILE *to, int64_t wall_us, uint64_t uptime_s,
		  const struct cs_post_counts *counts, uint64_t lost)
{
	struct cs_json j = cs_json_to(to);

	(void)eve;
	cs_json_object(&j);
	put_timestamp(&j, wall_us);
	put_type(&j, "stats");
	cs_json_key(&j, "stats");
	cs_json_object(&j);
	cs_json_put_uint(&j, "uptime", uptime_s);
	cs_json_key(&j, "capture");
	cs_json_object(&j);
	cs_json_put_uint(&j, "kernel_packets", counts->frames);
	cs_json_put_uint(&j, "kernel_drops", counts->kernel_dropped);
	cs_json_object_end(&j);
	cs_json_put_uint(&j, "events_lost", lost);
	cs_json_key(&j, "coap");
	cs_json_object(&j);
	cs_write_summary_in(&j, counts);
	cs_json_object_end(&j);
	cs_json_object_end(&j);
	end_event(&j);
}
