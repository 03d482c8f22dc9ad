/* SPDX-License-Identifier: Apache-2.0 */
/*
 * large_pages: asks for large pages behind a large array that is filled once
 * and then read at random, where looking up small pages costs more than the
 * work itself. A wish only; the kernel may not grant it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CS_LARGE_FROM = 4 << 20 /* bytes */ };

static inline void cs_prefer_large_pages(void *bytes, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t skip = (page - (uintptr_t)bytes % page) % page;

	if (len >= CS_LARGE_FROM)
		(void)madvise((char *)bytes + skip, len - skip, MADV_HUGEPAGE);
}
