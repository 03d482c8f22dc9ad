/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch: asks for a line of memory that will be read soon. Without the empty statement
 * gcc takes a function that does nothing else for one without an effect, and leaves its
 * calls out.
 */
#pragma once

static inline void cs_fetch(const void *at)
{
	__builtin_prefetch(at);
	__asm__ volatile("" : : "r"(at));
}
