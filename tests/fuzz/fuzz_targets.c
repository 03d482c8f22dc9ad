/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of targets, a line "--", a file of excludes: whatever they say, an
 * address comes out only when a target names it and no exclude does, and every
 * address has its index.
 */
#include <string.h>

#include "fuzz.h"
#include "net/scope.h"
#include "net/special.h"

enum { SAMPLES = 64 };

static bool any_has(const struct cs_ranges *ranges, const struct cs_addr *a)
{
	for (size_t i = 0; i < ranges->n; i++)
		if (cs_range_has(&ranges->at[i], a))
			return true;
	return false;
}

/* Special-purpose, and no target that lies inside that prefix has it. */
static bool not_named(const struct cs_ranges *targets, const struct cs_addr *a)
{
	if (!cs_special_of(a))
		return false;
	for (size_t i = 0; i < targets->n; i++)
		if (cs_range_has(&targets->at[i], a) &&
		    cs_special_around(&targets->at[i]))
			return false;
	return true;
}

static void check_index(const struct cs_scope_draft *draft, const struct cs_scope *scope,
			uint64_t i)
{
	struct cs_addr a = cs_scope_at(scope, i);
	struct cs_range one = { a, a };
	uint64_t index;

	MUST(any_has(&draft->targets, &a));
	MUST(!any_has(&draft->excludes, &a));
	MUST(!not_named(&draft->targets, &a));
	MUST(!cs_special_never(&one));
	MUST(cs_scope_find(scope, &a, &index) && index == i);
}

/* Each end of what was named is found exactly when it may be asked. */
static void check_ends(const struct cs_scope_draft *draft, const struct cs_scope *scope)
{
	for (size_t i = 0; i < draft->targets.n && i < SAMPLES; i++) {
		const struct cs_addr *a = &draft->targets.at[i].lo;
		struct cs_range one = { *a, *a };
		uint64_t index;

		MUST(cs_scope_find(scope, a, &index) ==
		     (!any_has(&draft->excludes, a) && !cs_special_never(&one) &&
		      !not_named(&draft->targets, a)));
	}
}

static void check_again(const struct cs_scope *scope)
{
	struct cs_scope *again;
	size_t n;
	const struct cs_range *ranges = cs_scope_ranges(scope, &n);

	MUST(cs_scope_from_ranges(ranges, n, &again) == CS_OK);
	MUST(cs_scope_count(again) == cs_scope_count(scope));
	MUST(cs_scope_public_count(again) == cs_scope_public_count(scope));
	cs_scope_free(again);
}

static void check_scope(struct cs_scope_draft *draft)
{
	struct cs_scope *scope;
	enum cs_err err = cs_scope_build(draft, NULL, 0, &scope);

	if (err) {
		MUST(err == CS_ERR_USAGE || err == CS_ERR_REFUSED);
		MUST(draft->why[0]);
		return;
	}

	uint64_t count = cs_scope_count(scope);

	MUST(count > 0 && cs_scope_public_count(scope) <= count);
	for (uint64_t i = 0; i < SAMPLES && i < count; i++) {
		check_index(draft, scope, i);
		check_index(draft, scope, count - 1 - i);
		check_index(draft, scope, count / SAMPLES * i);
	}
	check_ends(draft, scope);
	check_again(scope);
	cs_scope_free(scope);
}

static void check_message(const char *why)
{
	size_t len = strlen(why);

	MUST(len > 0 && len < CS_SCOPE_WHY - 1);
	for (size_t i = 0; i < len; i++)
		MUST(why[i] >= ' ' && why[i] <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *mark = size ? memmem(data, size, "\n--\n", 4) : NULL;
	size_t len = mark ? (size_t)(mark - data) : size;
	struct cs_span targets = cs_span_of(data, len), excludes = { 0 };
	struct cs_scope_draft draft = { 0 };

	if (mark)
		excludes = cs_span_of(mark + 4, size - len - 4);

	enum cs_err err =
		cs_scope_read_list(&draft, targets, "targets", false, NULL, NULL);

	if (!err)
		err = cs_scope_read_list(&draft, excludes, "excludes", true, NULL, NULL);
	if (err)
		check_message(draft.why);
	else
		check_scope(&draft);
	cs_scope_draft_clear(&draft);
	return 0;
}
