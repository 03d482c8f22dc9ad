/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What choosing the next address costs: order, address and validation hash, a
 * probe; and how fast a file of a million targets is read, beside sort -u.
 *
 *     bench/permute
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/permute.h"
#include "net/scope.h"

enum { PROBES = 10000000, LINES = 1000000 };

static const struct cs_sipkey key = { 1, 2 };

static int64_t now(void)
{
	return cs_clock_mono(cs_clock_system());
}

/* One number that depends on all the work, so that none is optimised away. */
static uint64_t walk(const struct cs_scope *scope, bool whole)
{
	uint64_t n = cs_scope_count(scope), sum = 0, position = 0;
	struct cs_permute order = cs_permute_of(n, &key);

	for (uint32_t i = 0; i < PROBES; i++) {
		uint64_t index = cs_permute_at(&order, position);

		position = position + 1 < n ? position + 1 : 0;
		if (whole) {
			struct cs_addr a = cs_scope_at(scope, index);

			sum += cs_siphash(&key, &a, sizeof(a));
		} else {
			sum += index;
		}
	}
	return sum;
}

static uint64_t look_up(const struct cs_scope *scope)
{
	uint64_t n = cs_scope_count(scope), sum = 0, index;
	struct cs_permute order = cs_permute_of(n, &key);

	for (uint32_t i = 0; i < PROBES; i++) {
		struct cs_addr a = cs_scope_at(scope, cs_permute_at(&order, i % n));

		sum += cs_scope_find(scope, &a, &index) ? index : 1;
	}
	return sum;
}

static void report(const char *what, int64_t ns, uint64_t sum)
{
	printf("  %-34s %7.1f ns   (%016llx)\n", what, (double)ns / PROBES,
	       (unsigned long long)sum);
}

static void per_probe(const char *name, struct cs_scope *scope)
{
	int64_t t0 = now();
	uint64_t order = walk(scope, false);
	int64_t t1 = now();
	uint64_t all = walk(scope, true);
	int64_t t2 = now();
	uint64_t found = look_up(scope);
	int64_t t3 = now();
	size_t n;

	(void)cs_scope_ranges(scope, &n);
	printf("%s: %zu ranges, %llu addresses\n", name, n,
	       (unsigned long long)cs_scope_count(scope));
	report("order", t1 - t0, order);
	report("order, address, SipHash", t2 - t1, all);
	report("order, address, find", t3 - t2, found);
	cs_scope_free(scope);
}

static struct cs_scope *must_build(struct cs_scope_draft *draft)
{
	struct cs_scope *scope;

	if (cs_scope_build(draft, NULL, 0, &scope)) {
		fprintf(stderr, "%s\n", draft->why);
		exit(1);
	}
	cs_scope_draft_clear(draft);
	return scope;
}

static struct cs_scope *of(const char *target)
{
	struct cs_scope_draft draft = { 0 };

	if (cs_scope_add_target(&draft, cs_span_str(target), NULL)) {
		fprintf(stderr, "%s\n", draft.why);
		exit(1);
	}
	return must_build(&draft);
}

/* A million lines of addresses and /28s in the whole of IPv4. */
static size_t write_list(char *text, bool sorted)
{
	size_t at = 0;

	for (uint64_t i = 0; i < LINES; i++) {
		uint64_t x = sorted ? i * 3300 : cs_siphash_u64(&key, i);
		bool prefix = i % 2;
		uint32_t ip = (uint32_t)x & (prefix ? 0xfffffff0 : 0xffffffff);

		ip = ip % 0xd0000000 + 0x0b000000;
		ip = (ip >> 24 == 127) ? ip + 0x01000000 : ip;
		at += (size_t)sprintf(text + at, "%u.%u.%u.%u%s\n", ip >> 24,
				      ip >> 16 & 255, ip >> 8 & 255, ip & 255,
				      prefix ? "/28" : "");
	}
	return at;
}

static void sort_u(const char *text, size_t len)
{
	char path[] = "/tmp/bench_targets_XXXXXX", command[128];
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		exit(1);
	(void)close(fd);
	(void)snprintf(command, sizeof(command), "LC_ALL=C sort -u %s >/dev/null", path);

	int64_t t0 = now();
	int status = system(command);

	printf("  %-34s %7.0f ms   (exit %d)\n", "LC_ALL=C sort -u",
	       (double)(now() - t0) / 1e6, status);
	(void)unlink(path);
}

static struct cs_scope *list(const char *name, bool sorted)
{
	char *text = malloc((size_t)LINES * 20);
	struct cs_scope_draft draft = { 0 };

	if (!text)
		exit(1);

	size_t len = write_list(text, sorted);
	int64_t t0 = now();

	if (cs_scope_read_list(&draft, cs_span_of(text, len), "bench", false, NULL,
			       NULL)) {
		fprintf(stderr, "%s\n", draft.why);
		exit(1);
	}

	int64_t t1 = now();
	struct cs_scope *scope = must_build(&draft);

	printf("%s: a million lines\n  %-34s %7.0f ms\n  %-34s %7.0f ms\n", name, "read",
	       (double)(t1 - t0) / 1e6, "build", (double)(now() - t1) / 1e6);
	sort_u(text, len);
	free(text);
	return scope;
}

int main(void)
{
	per_probe("a /16", of("10.0.0.0/16"));
	per_probe("a /8 and a bit", of("8.0.0.0-9.0.0.99"));
	per_probe("all of IPv4", of("0.0.0.0/0"));
	cs_scope_free(list("sorted", true));
	per_probe("random list", list("random", false));
	return 0;
}
