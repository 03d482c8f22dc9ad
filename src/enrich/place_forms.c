/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/place_forms.h"

#include "base/num.h"
#include "enrich/place_text.h"

/* --- cells --- */

static struct cs_span until(struct cs_span s, char end)
{
	const uint8_t *at = s.len ? memchr(s.ptr, end, s.len) : NULL;

	if (at)
		s.len = (size_t)(at - s.ptr);
	return s;
}

static struct cs_span behind(struct cs_span s, size_t n)
{
	n = n < s.len ? n : s.len;
	return cs_span_of(s.ptr + n, s.len - n);
}

/* At most @most cells: the last one has the separators that are left, too. */
static void split(struct cs_span line, char separator, size_t most,
		  struct cs_place_cells *out)
{
	out->n = 0;
	for (;;) {
		struct cs_span cell = out->n + 1 < most ? until(line, separator) : line;

		out->at[out->n++] = cell;
		if (cell.len == line.len)
			return;
		line = behind(line, cell.len + 1);
	}
}

static enum cs_err bad(struct cs_place_line *line, enum cs_err err, struct cs_span cell,
		       const char *want)
{
	line->bad = cell;
	line->want = want;
	return err;
}

static enum cs_err read_address(struct cs_span cell, struct cs_addr *out,
				struct cs_place_line *line)
{
	if (cs_addr_read(cell, out))
		return CS_OK;
	return bad(line, CS_ERR_SYNTAX, cell, "an address");
}

/* Numbers are IPv4 addresses, too. */
static enum cs_err read_end(struct cs_span cell, struct cs_addr *out,
			    struct cs_place_line *line)
{
	uint64_t n;

	if (cs_num_u64(cell, 0, UINT32_MAX, &n)) {
		*out = cs_addr_v4((uint32_t)n);
		return CS_OK;
	}
	if (cs_addr_read(cell, out))
		return CS_OK;
	return bad(line, CS_ERR_SYNTAX, cell,
		   "an address, or an IPv4 address as a number");
}

static enum cs_err read_ends(const struct cs_place_cells *cells,
			     struct cs_place_line *line)
{
	enum cs_err err = read_end(cells->at[0], &line->range.lo, line);

	if (!err)
		err = read_end(cells->at[1], &line->range.hi, line);
	if (err)
		return err;
	if (cs_addr_is_v4(&line->range.lo) != cs_addr_is_v4(&line->range.hi))
		return bad(line, CS_ERR_RANGE, cells->at[1],
			   "both ends of one address family");
	if (cs_addr_cmp(&line->range.lo, &line->range.hi) > 0)
		return bad(line, CS_ERR_RANGE, cells->at[1],
			   "a last address that is not before the first");
	return CS_OK;
}

static bool is_of_origin(uint8_t c)
{
	return (c >= '0' && c <= '9') || c == '_' || c == ',' || c == '{' || c == '}';
}

/* The first of "1_2" (several origins) and of "1,2" or "{1,2}" (a set). */
static enum cs_err read_origin(struct cs_span cell, struct cs_place_line *line)
{
	static const char want[] = "an AS number, or several as 1_2 or 1,2";
	struct cs_span text = cell;

	if (text.len > 0 && text.ptr[0] == '{')
		text = behind(text, 1);
	text = until(until(until(text, '_'), ','), '}');
	for (size_t i = 0; i < cell.len; i++)
		if (!is_of_origin(cell.ptr[i]))
			return bad(line, CS_ERR_SYNTAX, cell, want);
	if (!cs_place_asn(text, &line->place.asn))
		return bad(line, text.len > 0 ? CS_ERR_RANGE : CS_ERR_SYNTAX, cell, want);
	return CS_OK;
}

/* Says of every address and of none who has it. */
static bool is_default(const struct cs_prefix *p)
{
	return p->bits == (cs_addr_is_v4(&p->addr) ? 96 : 0);
}

static bool has_host_bits(const struct cs_prefix *p)
{
	const struct cs_prefix mask = { .bits = p->bits };
	struct cs_range r = cs_prefix_range(&mask);
	uint8_t set = 0;

	for (size_t i = 0; i < sizeof(p->addr.b); i++)
		set |= p->addr.b[i] & r.hi.b[i];
	return set != 0;
}

static void take_prefix(const struct cs_prefix *p, struct cs_place_line *line)
{
	line->range = cs_prefix_range(p);
	line->nothing = is_default(p);
}

/* --- forms --- */

static bool second_has_slash(const struct cs_place_cells *cells)
{
	return until(cells->at[1], '/').len < cells->at[1].len;
}

static bool second_has_none(const struct cs_place_cells *cells)
{
	return !second_has_slash(cells);
}

/* 1.0.0.0 TAB 24 TAB 13335 */
static enum cs_err read_pfx2as(const struct cs_place_cells *cells,
			       struct cs_place_line *line)
{
	struct cs_prefix p;
	uint64_t bits;
	enum cs_err err = read_address(cells->at[0], &p.addr, line);

	if (err)
		return err;

	unsigned most = cs_addr_is_v4(&p.addr) ? 32 : 128;

	if (!cs_num_u64(cells->at[1], 0, most, &bits))
		return bad(line, CS_ERR_RANGE, cells->at[1],
			   most == 32 ? "a length from 0 to 32"
				      : "a length from 0 to 128");
	p.bits = (uint8_t)(bits + 128 - most);
	if (has_host_bits(&p))
		return bad(line, CS_ERR_RANGE, cells->at[0],
			   "an address without bits behind its prefix length");
	take_prefix(&p, line);
	return read_origin(cells->at[2], line);
}

/* 13335 TAB 1.0.0.0/24 TAB 340 */
static enum cs_err read_ris(const struct cs_place_cells *cells,
			    struct cs_place_line *line)
{
	struct cs_prefix p;
	uint64_t peers;
	enum cs_err err = read_origin(cells->at[0], line);

	if (err)
		return err;
	err = cs_prefix_read(cells->at[1], &p);
	if (err)
		return bad(line, err, cells->at[1],
			   "a prefix without bits behind its length");
	if (!cs_num_u64(cells->at[2], 0, UINT64_MAX, &peers))
		return bad(line, CS_ERR_SYNTAX, cells->at[2],
			   "how many peers have seen it");
	take_prefix(&p, line);
	return CS_OK;
}

/* 1.0.0.0 TAB 1.0.0.255 TAB 13335 TAB US TAB CLOUDFLARENET */
static enum cs_err read_iptoasn(const struct cs_place_cells *cells,
				struct cs_place_line *line)
{
	enum cs_err err = read_ends(cells, line);

	if (err)
		return err;
	if (!cs_place_asn(cells->at[2], &line->place.asn))
		return bad(line, CS_ERR_RANGE, cells->at[2],
			   "an AS number from 0 to 4294967295");
	line->place.geo = cs_place_code(cells->at[3]);
	if (line->place.geo.len == 0 && cells->at[3].len != 2 && cells->at[3].len > 0 &&
	    !cs_span_eq(cells->at[3], cs_span_str("None")))
		return bad(line, CS_ERR_SYNTAX, cells->at[3],
			   "a country's two letters, or None");
	if (line->place.asn)
		line->place.as_name = cs_place_name(cells->at[4]);
	return CS_OK;
}

/* 16777216,16777471,AU or 2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff,JP */
static enum cs_err read_geoip(const struct cs_place_cells *cells,
			      struct cs_place_line *line)
{
	enum cs_err err = read_ends(cells, line);

	if (err)
		return err;
	if (cells->at[2].len != 2)
		return bad(line, CS_ERR_SYNTAX, cells->at[2],
			   "a country's two letters, or ??");
	line->place.geo = cs_place_code(cells->at[2]);
	return CS_OK;
}

static const struct cs_place_form forms[] = {
	{ "pfx2as", '\t', 3, second_has_none, read_pfx2as },
	{ "RIS dump", '\t', 3, second_has_slash, read_ris },
	{ "IPtoASN", '\t', 5, NULL, read_iptoasn },
	{ "tor-geoipdb", ',', 3, NULL, read_geoip },
};

static bool cut_as(const struct cs_place_form *form, struct cs_span line,
		   struct cs_place_cells *cells)
{
	/* One cell more than is wanted would be left in the last one. */
	split(line, form->separator, form->cells, cells);
	return cells->n == form->cells &&
	       (form->cells == CS_PLACE_CELLS ||
		until(cells->at[cells->n - 1], form->separator).len ==
			cells->at[cells->n - 1].len);
}

const struct cs_place_form *cs_place_form_of(struct cs_span line)
{
	struct cs_place_cells cells;

	for (size_t i = 0; i < CS_LEN(forms); i++)
		if (cut_as(&forms[i], line, &cells) &&
		    (!forms[i].looks || forms[i].looks(&cells)))
			return &forms[i];
	return NULL;
}

/* --- a file --- */

bool cs_place_next_line(struct cs_span *text, uint64_t *number, struct cs_span *line)
{
	while (text->len > 0) {
		struct cs_span one = until(*text, '\n');

		*text = behind(*text, one.len + 1);
		(*number)++;
		if (one.len > 0 && one.ptr[one.len - 1] == '\r')
			one.len--;
		if (one.len == 0 || one.ptr[0] == '#' || one.ptr[0] == '%')
			continue;
		*line = one;
		return true;
	}
	return false;
}

static enum cs_err read_line(const struct cs_place_form *form, struct cs_span text,
			     struct cs_place_table *table, uint64_t *records,
			     struct cs_place_fault *fault)
{
	struct cs_place_line line = { 0 };
	struct cs_place_cells cells;

	if (!cut_as(form, text, &cells)) {
		fault->want = form->separator == ',' ? "three cells with commas between"
			      : form->cells == 3     ? "three cells with tabs between"
						     : "five cells with tabs between";
		return CS_ERR_SYNTAX;
	}

	enum cs_err err = form->read(&cells, &line);

	fault->bad = line.bad;
	fault->want = line.want;
	if (err || line.nothing)
		return err;
	(*records)++;
	return cs_place_table_add(table, &line.range, &line.place);
}

static struct cs_span without_mark(struct cs_span text)
{
	static const uint8_t mark[] = { 0xef, 0xbb, 0xbf }; /* U+FEFF in UTF-8 */

	if (text.len < sizeof(mark) || memcmp(text.ptr, mark, sizeof(mark)) != 0)
		return text;
	return behind(text, sizeof(mark));
}

enum cs_err cs_place_read_text(struct cs_span text, struct cs_place_table *table,
			       const struct cs_place_form **form, uint64_t *records,
			       struct cs_place_fault *fault)
{
	struct cs_span left = without_mark(text), line;
	enum cs_err err = CS_OK;

	*form = NULL;
	*records = 0;
	*fault = (struct cs_place_fault){ 0 };
	while (!err && cs_place_next_line(&left, &fault->line, &line)) {
		if (!*form)
			*form = cs_place_form_of(line);
		if (!*form)
			return CS_ERR_FOREIGN;
		err = read_line(*form, line, table, records, fault);
	}
	if (!err && !*form)
		return CS_ERR_FOREIGN;
	return err ? err : cs_place_table_settle(table);
}
