/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/dns_reply.h"

enum {
	TYPE_CNAME = 5,
	TYPE_SOA = 6,
	TYPE_PTR = 12,
	CLASS_IN = 1,
	FLAG_RESPONSE = 0x8000,
	FLAG_TRUNCATED = 0x0200,
	CODE_MASK = 0x000f,
	CODE_OK = 0,
	CODE_NO_NAME = 3,
};

/* RFC 2181 section 8: a TTL with the highest bit set is taken as 0. */
#define TTL_MAX UINT32_C(0x7fffffff)

struct message {
	struct cs_rd rd; /* where the answers begin */
	unsigned code, answers, authorities;
	bool truncated;
};

struct record {
	struct cs_dns_name owner;
	uint16_t type, class;
	uint32_t ttl_s;
	struct cs_rd data; /* over the whole message up to the end of this record */
};

/* RFC 1035 section 4.1.1 and 4.1.2. */
static void read_question(struct message *m, const struct cs_dns_name *asked)
{
	struct cs_rd *rd = &m->rd;
	struct cs_dns_name name;

	(void)cs_rd_u16(rd); /* the id: looked at by who sent it */
	unsigned flags = cs_rd_u16(rd), questions = cs_rd_u16(rd);

	m->answers = cs_rd_u16(rd);
	m->authorities = cs_rd_u16(rd);
	(void)cs_rd_u16(rd); /* additional records: not read */
	m->code = flags & CODE_MASK;
	m->truncated = (flags & FLAG_TRUNCATED) != 0;
	if (!(flags & FLAG_RESPONSE) || questions != 1)
		cs_rd_fail(rd, CS_ERR_FOREIGN);
	cs_dns_name_read(rd, &name);

	uint16_t type = cs_rd_u16(rd), class = cs_rd_u16(rd);

	if (type != TYPE_PTR || class != CLASS_IN)
		cs_rd_fail(rd, CS_ERR_FOREIGN);
	if (!rd->err && !cs_dns_name_eq(&name, asked))
		cs_rd_fail(rd, CS_ERR_FOREIGN);
}

/* RFC 1035 section 4.1.3. False, with the reader failed, when it does not fit. */
static bool read_record(struct cs_rd *rd, struct record *r)
{
	cs_dns_name_read(rd, &r->owner);
	r->type = cs_rd_u16(rd);
	r->class = cs_rd_u16(rd);
	r->ttl_s = cs_rd_u32(rd);
	if (r->ttl_s > TTL_MAX)
		r->ttl_s = 0;

	uint16_t len = cs_rd_u16(rd);

	r->data = *rd;
	(void)cs_rd_take(rd, len);
	/* Names in the data may point back to anywhere before it. */
	r->data.len = rd->pos;
	return !rd->err;
}

/* The name that a record's data is, and nothing else. */
static bool read_target(struct record *r, struct cs_dns_name *name)
{
	cs_dns_name_read(&r->data, name);
	return !r->data.err && cs_rd_left(&r->data) == 0;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* What the answers say of one owner. */
struct found {
	bool alias, ptr, damaged;
	struct cs_dns_name to; /* of the alias */
	uint32_t alias_ttl_s, ttl_s;
};

static void take_ptr(struct record *r, struct found *found, struct cs_dns_reply *reply)
{
	struct cs_dns_name name;

	found->ttl_s = found->ptr ? least(found->ttl_s, r->ttl_s) : r->ttl_s;
	found->ptr = true;
	if (!read_target(r, &name))
		found->damaged = true;
	else if (reply->name_len == 0)
		reply->name_len = cs_dns_name_text(&name, reply->name);
}

static void take_alias(struct record *r, struct found *found)
{
	if (found->alias)
		return;
	found->alias = true;
	found->alias_ttl_s = r->ttl_s;
	if (!read_target(r, &found->to))
		found->damaged = true;
}

/* Goes through the answers once, for the records of @owner. */
static void look_for(const struct message *m, const struct cs_dns_name *owner,
		     struct found *found, struct cs_dns_reply *reply)
{
	struct cs_rd rd = m->rd;
	struct record r;

	*found = (struct found){ 0 };
	for (unsigned i = 0; i < m->answers; i++) {
		if (!read_record(&rd, &r)) {
			found->damaged = true;
			return;
		}
		if (r.class != CLASS_IN || !cs_dns_name_eq(&r.owner, owner))
			continue;
		if (r.type == TYPE_PTR)
			take_ptr(&r, found, reply);
		else if (r.type == TYPE_CNAME)
			take_alias(&r, found);
	}
}

/*
 * The SOA's data: two names, then serial, refresh, retry, expire and minimum.
 * Its own TTL bounds the minimum (RFC 2308 section 5).
 */
static bool read_soa(struct record *r, uint32_t *ttl_s)
{
	struct cs_dns_name name;

	cs_dns_name_read(&r->data, &name);
	cs_dns_name_read(&r->data, &name);
	(void)cs_rd_take(&r->data, 4 * sizeof(uint32_t));

	uint32_t minimum = cs_rd_u32(&r->data);

	*ttl_s = least(r->ttl_s, minimum > TTL_MAX ? 0 : minimum);
	return !r->data.err && cs_rd_left(&r->data) == 0;
}

/* How long there is no name: 0 when nobody says. False: the message is damaged. */
static bool negative_ttl(const struct message *m, uint32_t *ttl_s)
{
	struct cs_rd rd = m->rd;
	struct record r;

	*ttl_s = 0;
	for (unsigned i = 0; i < m->answers + m->authorities; i++) {
		if (!read_record(&rd, &r))
			return false;
		if (i >= m->answers && r.type == TYPE_SOA && r.class == CLASS_IN)
			return read_soa(&r, ttl_s);
	}
	return true;
}

static uint32_t within(uint32_t ttl_s, uint32_t max_s)
{
	if (ttl_s < CS_DNS_TTL_MIN_S)
		return CS_DNS_TTL_MIN_S;
	return least(ttl_s, max_s);
}

static void settle_named(const struct found *found, uint32_t ttl_s,
			 struct cs_dns_reply *reply)
{
	reply->verdict = reply->name_len > 0 ? CS_DNS_NAMED : CS_DNS_MISNAMED;
	reply->ttl_s = within(least(ttl_s, found->ttl_s), CS_DNS_TTL_MAX_S);
}

static void settle_nameless(const struct message *m, uint32_t ttl_s,
			    struct cs_dns_reply *reply)
{
	uint32_t soa_s;

	if (!negative_ttl(m, &soa_s))
		return;
	reply->verdict = CS_DNS_NAMELESS;
	reply->ttl_s = within(least(ttl_s, soa_s), CS_DNS_TTL_MAX_NEGATIVE_S);
}

/* From alias to alias, until a name has PTR records or nothing more is said. */
static void follow(const struct message *m, const struct cs_dns_name *asked,
		   struct cs_dns_reply *reply)
{
	struct cs_dns_name owner = *asked;
	struct found found;
	uint32_t ttl_s = TTL_MAX;

	for (unsigned i = 0; i <= CS_DNS_CHAIN_MAX; i++) {
		look_for(m, &owner, &found, reply);
		if (found.damaged)
			break;
		if (found.ptr) {
			settle_named(&found, ttl_s, reply);
			return;
		}
		if (!found.alias) {
			settle_nameless(m, ttl_s, reply);
			return;
		}
		owner = found.to;
		ttl_s = least(ttl_s, found.alias_ttl_s);
	}
	reply->name_len = 0; /* damaged, or aliases without an end */
}

void cs_dns_reply_read(struct cs_span message, const struct cs_addr *ip,
		       struct cs_dns_reply *reply)
{
	struct message m = { .rd = cs_rd_over(message.ptr, message.len) };
	struct cs_dns_name asked;

	*reply = (struct cs_dns_reply){ .verdict = CS_DNS_MALFORMED };
	cs_dns_reverse_name(ip, &asked);
	read_question(&m, &asked);
	if (m.rd.err)
		return;
	if (m.truncated)
		reply->verdict = CS_DNS_TRUNCATED;
	else if (m.code == CODE_OK || m.code == CODE_NO_NAME)
		follow(&m, &asked, reply);
	else
		reply->verdict = CS_DNS_REFUSED;
	if (reply->verdict != CS_DNS_NAMED)
		reply->name_len = 0;
}
