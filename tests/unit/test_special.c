/* SPDX-License-Identifier: Apache-2.0 */
#include "addresses.h"

#include "net/special.h"

static struct cs_range row_range(const struct cs_special *row)
{
	return cs_prefix_range(&row->prefix);
}

static bool inside(const struct cs_special *row, const struct cs_special *outer)
{
	struct cs_range r = row_range(row), o = row_range(outer);

	return cs_range_has(&o, &r.lo) && cs_range_has(&o, &r.hi);
}

static void rows_ascend_and_know_what_they_lie_in(void **state)
{
	const struct cs_special *outer = NULL, *rows;
	size_t n;

	(void)state;
	rows = cs_special_rows(&n);
	for (size_t i = 0; i < n; i++) {
		struct cs_prefix again;
		char text[CS_PREFIX_TEXT];

		cs_prefix_text(&rows[i].prefix, text);
		if (cs_prefix_read(cs_span_str(text), &again) != CS_OK)
			fail_msg("%s has host bits", text);
		if (rows[i].inner != (outer && inside(&rows[i], outer)))
			fail_msg("%s: inner is %d", text, rows[i].inner);
		if (i > 0 &&
		    cs_addr_cmp(&rows[i - 1].prefix.addr, &rows[i].prefix.addr) > 0)
			fail_msg("%s is out of order", text);
		if (!rows[i].inner)
			outer = &rows[i];
	}
}

static const struct {
	const char *first, *last, *prefix;
	bool never;
} edges[] = {
	{ "::", "::", "::/128", true },
	{ "::1", "::1", "::1/128", false },
	{ "0.0.0.0", "0.0.0.0", "0.0.0.0/32", true },
	{ "0.0.0.1", "0.255.255.255", "0.0.0.0/8", true },
	{ "10.0.0.0", "10.255.255.255", "10.0.0.0/8", false },
	{ "100.64.0.0", "100.127.255.255", "100.64.0.0/10", false },
	{ "127.0.0.0", "127.255.255.255", "127.0.0.0/8", false },
	{ "169.254.0.0", "169.254.255.255", "169.254.0.0/16", false },
	{ "172.16.0.0", "172.31.255.255", "172.16.0.0/12", false },
	{ "192.0.0.0", "192.0.0.7", "192.0.0.0/29", false },
	{ "192.0.0.8", "192.0.0.8", "192.0.0.8/32", false },
	{ "192.0.0.9", "192.0.0.9", "192.0.0.9/32", false },
	{ "192.0.0.10", "192.0.0.10", "192.0.0.10/32", false },
	{ "192.0.0.11", "192.0.0.169", "192.0.0.0/24", false },
	{ "192.0.0.170", "192.0.0.170", "192.0.0.170/32", false },
	{ "192.0.0.171", "192.0.0.171", "192.0.0.171/32", false },
	{ "192.0.0.172", "192.0.0.255", "192.0.0.0/24", false },
	{ "192.0.2.0", "192.0.2.255", "192.0.2.0/24", false },
	{ "192.31.196.0", "192.31.196.255", "192.31.196.0/24", false },
	{ "192.52.193.0", "192.52.193.255", "192.52.193.0/24", false },
	{ "192.88.99.0", "192.88.99.1", "192.88.99.0/24", false },
	{ "192.88.99.2", "192.88.99.2", "192.88.99.2/32", false },
	{ "192.88.99.3", "192.88.99.255", "192.88.99.0/24", false },
	{ "192.168.0.0", "192.168.255.255", "192.168.0.0/16", false },
	{ "192.175.48.0", "192.175.48.255", "192.175.48.0/24", false },
	{ "198.18.0.0", "198.19.255.255", "198.18.0.0/15", false },
	{ "198.51.100.0", "198.51.100.255", "198.51.100.0/24", false },
	{ "203.0.113.0", "203.0.113.255", "203.0.113.0/24", false },
	{ "224.0.0.0", "239.255.255.255", "224.0.0.0/4", true },
	{ "240.0.0.0", "255.255.255.254", "240.0.0.0/4", false },
	{ "255.255.255.255", "255.255.255.255", "255.255.255.255/32", true },
	{ "64:ff9b::", "64:ff9b::ffff:ffff", "64:ff9b::/96", false },
	{ "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "64:ff9b:1::/48", false },
	{ "100::", "100::ffff:ffff:ffff:ffff", "100::/64", false },
	{ "100:0:0:1::", "100::1:ffff:ffff:ffff:ffff", "100:0:0:1::/64", false },
	{ "2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "2001::/32", false },
	{ "2001:1::", "2001:1::", "2001::/23", false },
	{ "2001:1::1", "2001:1::1", "2001:1::1/128", false },
	{ "2001:1::2", "2001:1::2", "2001:1::2/128", false },
	{ "2001:1::3", "2001:1::3", "2001:1::3/128", false },
	{ "2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", "2001:2::/48", false },
	{ "2001:2:1::", "2001:2:ffff:ffff:ffff:ffff:ffff:ffff", "2001::/23", false },
	{ "2001:3::", "2001:3:ffff:ffff:ffff:ffff:ffff:ffff", "2001:3::/32", false },
	{ "2001:4:112::", "2001:4:112:ffff:ffff:ffff:ffff:ffff", "2001:4:112::/48",
	  false },
	{ "2001:10::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", "2001:10::/28", false },
	{ "2001:20::", "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff", "2001:20::/28", false },
	{ "2001:30::", "2001:3f:ffff:ffff:ffff:ffff:ffff:ffff", "2001:30::/28", false },
	{ "2001:40::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001::/23", false },
	{ "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::/32",
	  false },
	{ "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2002::/16", false },
	{ "2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff", "2620:4f:8000::/48",
	  false },
	{ "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff::/20", false },
	{ "5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "5f00::/16", false },
	{ "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fc00::/7", false },
	{ "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe80::/10", false },
	{ "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ff00::/8", true },
};

static void check(const struct cs_addr *a, const char *prefix, bool never)
{
	const struct cs_special *row = cs_special_of(a);
	struct cs_range one = { *a, *a };
	char text[CS_ADDR_TEXT], got[CS_PREFIX_TEXT] = "none";

	cs_addr_text(a, text);
	if (row)
		cs_prefix_text(&row->prefix, got);
	if (strcmp(got, prefix) != 0)
		fail_msg("%s is in %s, not %s", text, got, prefix);
	if (cs_special_never(&one) != never)
		fail_msg("%s: never is %d", text, !never);
}

static void each_row_begins_and_ends_where_it_must(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(edges); i++) {
		struct cs_addr first = addr(edges[i].first), last = addr(edges[i].last);

		check(&first, edges[i].prefix, edges[i].never);
		check(&last, edges[i].prefix, edges[i].never);
	}
}

/* One address before or behind each outer row that has ordinary neighbours. */
static const char *const ordinary[] = {
	"::2",
	"1.0.0.0",
	"9.255.255.255",
	"11.0.0.0",
	"100.63.255.255",
	"100.128.0.0",
	"126.255.255.255",
	"128.0.0.0",
	"169.253.255.255",
	"169.255.0.0",
	"172.15.255.255",
	"172.32.0.0",
	"191.255.255.255",
	"192.0.1.0",
	"192.0.1.255",
	"192.0.3.0",
	"192.31.195.255",
	"192.31.197.0",
	"192.52.192.255",
	"192.52.194.0",
	"192.88.98.255",
	"192.88.100.0",
	"192.167.255.255",
	"192.169.0.0",
	"192.175.47.255",
	"192.175.49.0",
	"198.17.255.255",
	"198.20.0.0",
	"198.51.99.255",
	"198.51.101.0",
	"203.0.112.255",
	"203.0.114.0",
	"223.255.255.255",
	"64:ff9b::1:0:0",
	"64:ff9b:2::",
	"100:0:0:2::",
	"2001:200::",
	"2001:db7::",
	"2001:db9::",
	"2003::",
	"2620:4f:7fff::",
	"2620:4f:8001::",
	"3fff:1000::",
	"5eff::",
	"5f01::",
	"fbff::",
	"fe00::",
	"fe7f::",
	"fec0::",
	"feff::",
	"2606:4700::1111",
	"8.8.8.8",
};

static void what_lies_beside_them_is_ordinary(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(ordinary); i++) {
		struct cs_addr a = addr(ordinary[i]);

		check(&a, "none", false);
	}
}

static const struct {
	const char *lo, *hi, *around; /* NULL: none */
	bool never;
} ranges[] = {
	{ "10.0.0.0", "10.255.255.255", "10.0.0.0/8", false },
	{ "10.0.0.0", "11.0.0.0", NULL, false },
	{ "9.255.255.255", "10.0.0.0", NULL, false },
	{ "192.0.0.0", "192.0.0.255", "192.0.0.0/24", false },
	{ "192.0.0.4", "192.0.0.200", "192.0.0.0/24", false },
	{ "192.0.0.9", "192.0.0.9", "192.0.0.0/24", false },
	{ "192.0.0.171", "192.0.1.0", NULL, false },
	{ "0.0.0.0", "0.255.255.255", "0.0.0.0/8", true },
	{ "0.0.0.0", "1.0.0.0", NULL, false },
	{ "224.0.0.0", "255.255.255.255", NULL, false },
	{ "240.0.0.0", "255.255.255.255", "240.0.0.0/4", false },
	{ "::", "::1", NULL, false },
	{ "ff02::1", "ff02::fb", "ff00::/8", true },
	{ "8.8.8.8", "8.8.8.8", NULL, false },
};

static void a_range_is_in_a_row_only_with_both_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(ranges); i++) {
		struct cs_range r = { addr(ranges[i].lo), addr(ranges[i].hi) };
		const struct cs_special *row = cs_special_around(&r);
		char got[CS_PREFIX_TEXT] = "none";

		if (row)
			cs_prefix_text(&row->prefix, got);
		if (strcmp(got, ranges[i].around ? ranges[i].around : "none") != 0 ||
		    cs_special_never(&r) != ranges[i].never)
			fail_msg("%s-%s: in %s, never %d", ranges[i].lo, ranges[i].hi,
				 got, cs_special_never(&r));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_ascend_and_know_what_they_lie_in),
		cmocka_unit_test(each_row_begins_and_ends_where_it_must),
		cmocka_unit_test(what_lies_beside_them_is_ordinary),
		cmocka_unit_test(a_range_is_in_a_row_only_with_both_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
