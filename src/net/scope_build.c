/* SPDX-License-Identifier: Apache-2.0 */
/* From what was named to what may be asked: targets less all that is left out. */
#include <stdio.h>

#include "net/scope.h"
#include "net/scope_private.h"
#include "net/special.h"

/* The rows of the table, disjoint, as ranges: all, or those that are never sent to. */
static enum cs_err special_ranges(bool never_only, struct cs_ranges *out)
{
	size_t n;
	const struct cs_special *rows = cs_special_rows(&n);
	enum cs_err err = CS_OK;

	for (size_t i = 0; i < n && !err; i++) {
		struct cs_range r = cs_prefix_range(&rows[i].prefix);

		if (never_only ? rows[i].never : !rows[i].inner)
			err = cs_ranges_add(out, &r);
	}
	if (!err)
		err = cs_ranges_sort(out);
	if (!err)
		cs_ranges_join(out);
	return err;
}

/*
 * The targets, sorted and disjoint: those inside a special-purpose prefix
 * whole, of the others what is not special.
 */
static enum cs_err gather(const struct cs_ranges *targets, struct cs_ranges *out)
{
	struct cs_ranges special = { 0 };
	enum cs_err err = special_ranges(false, &special);
	size_t from = 0;

	for (size_t i = 0; i < targets->n && !err; i++) {
		const struct cs_range *r = &targets->at[i];

		if (cs_special_around(r))
			err = cs_ranges_add(out, r);
		else
			err = cs_ranges_add_less(out, *r, &special, &from);
	}
	if (!err)
		err = cs_ranges_sort(out); /* overlapping ones may have crossed */
	cs_ranges_join(out);
	cs_ranges_clear(&special);
	return err;
}

/* The excludes with all that is never sent to, sorted and disjoint. */
static enum cs_err gather_excludes(const struct cs_ranges *excludes,
				   const struct cs_range *never, size_t n_never,
				   struct cs_ranges *out)
{
	enum cs_err err = special_ranges(true, out);

	if (!err)
		err = cs_ranges_add_all(out, never, n_never);
	if (!err)
		err = cs_ranges_add_all(out, excludes->at, excludes->n);
	if (!err)
		err = cs_ranges_sort(out);
	if (!err)
		cs_ranges_join(out);
	return err;
}

static enum cs_err explain(struct cs_scope_draft *draft, enum cs_err err, const char *why)
{
	(void)snprintf(draft->why, sizeof(draft->why), "%s", why);
	return err;
}

/* What is left of @wanted makes the set. */
static enum cs_err build(struct cs_scope_draft *draft, const struct cs_ranges *wanted,
			 const struct cs_ranges *excluded, struct cs_scope **out)
{
	struct cs_ranges left = { 0 };
	enum cs_err err = cs_ranges_subtract(wanted, excluded, &left);

	if (!err && wanted->n == 0)
		err = explain(draft, CS_ERR_REFUSED,
			      "the targets hold only special-purpose addresses, which "
			      "are asked when they are named themselves (10.0.0.0/8)");
	else if (!err && left.n == 0)
		err = explain(draft, CS_ERR_REFUSED, "every target is excluded");
	else if (!err)
		err = cs_scope_over(&left, out);
	cs_ranges_clear(&left);
	return err;
}

enum cs_err cs_scope_build(struct cs_scope_draft *draft, const struct cs_range *never,
			   size_t n_never, struct cs_scope **out)
{
	struct cs_ranges wanted = { 0 }, excluded = { 0 };
	enum cs_err err;

	if (draft->targets.n == 0)
		return explain(draft, CS_ERR_USAGE, "no target was given");

	err = cs_ranges_sort(&draft->targets);
	if (!err)
		err = gather(&draft->targets, &wanted);
	if (!err)
		err = gather_excludes(&draft->excludes, never, n_never, &excluded);
	if (!err)
		err = build(draft, &wanted, &excluded, out);
	if (err == CS_ERR_NOMEM || err == CS_ERR_RANGE)
		(void)explain(draft, err,
			      err == CS_ERR_RANGE ? "more than 2^62 addresses"
						  : cs_strerror(err));
	cs_ranges_clear(&wanted);
	cs_ranges_clear(&excluded);
	return err;
}

/* Whether @r ascends within one family, and not from IPv6 to IPv6 over all of IPv4. */
static bool is_range(const struct cs_range *r)
{
	struct cs_addr first_v4 = cs_addr_v4(0);
	bool starts_before_v4 = cs_addr_cmp(&r->lo, &first_v4) < 0;

	return cs_addr_cmp(&r->lo, &r->hi) <= 0 &&
	       cs_addr_is_v4(&r->lo) == cs_addr_is_v4(&r->hi) &&
	       starts_before_v4 == (cs_addr_cmp(&r->hi, &first_v4) < 0);
}

static bool is_set(const struct cs_range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_range(&ranges[i]) ||
		    (i > 0 && cs_addr_cmp(&ranges[i - 1].hi, &ranges[i].lo) >= 0))
			return false;
	return n > 0;
}

enum cs_err cs_scope_from_ranges(const struct cs_range *ranges, size_t n,
				 struct cs_scope **out)
{
	struct cs_ranges all = { 0 }, never = { 0 }, left = { 0 };
	enum cs_err err;

	if (!is_set(ranges, n))
		return CS_ERR_DAMAGED;

	err = cs_ranges_add_all(&all, ranges, n);
	if (!err)
		err = special_ranges(true, &never);
	if (!err)
		err = cs_ranges_subtract(&all, &never, &left);
	if (!err && (left.n != n || memcmp(left.at, ranges, n * sizeof(*ranges)) != 0))
		err = CS_ERR_REFUSED;
	if (!err)
		err = cs_scope_over(&left, out);
	cs_ranges_clear(&all);
	cs_ranges_clear(&never);
	cs_ranges_clear(&left);
	return err;
}
