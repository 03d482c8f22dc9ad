/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One list of errors for the whole program. The blocks say who is at fault,
 * because the caller's next step differs: INPUT is counted and recorded as an
 * observation, SYSTEM is retried or reported with errno, USAGE goes back to
 * the operator. A bug in our own code is an assert(), never a code.
 */
#pragma once

#define CS_MUST_USE           __attribute__((warn_unused_result))
#define CS_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

#define CS_LEN(array) (sizeof(array) / sizeof((array)[0]))

enum cs_err {
	CS_OK = 0,

	/* INPUT: bytes from the network or a file did not mean what they must. */
	CS_ERR_SHORT = -100, /* a field runs past the end */
	CS_ERR_TRAILING,     /* bytes left over after a complete object */
	CS_ERR_RESERVED,     /* a value the specification reserves */
	CS_ERR_RANGE,        /* a well-formed value outside its legal range */
	CS_ERR_SYNTAX,       /* text that does not follow its grammar */
	CS_ERR_FOREIGN,      /* a file that is not ours, or of another version */
	CS_ERR_DAMAGED,      /* a file that was ours and no longer holds together */

	/* SYSTEM: the kernel, the disk or a library said no; errno is kept. */
	CS_ERR_NOMEM = -200,
	CS_ERR_IO,
	CS_ERR_DENIED,   /* not permitted to this process */
	CS_ERR_BUSY,     /* somebody else holds it */
	CS_ERR_NO_ROUTE, /* the host has no way there */
	CS_ERR_FULL,     /* a bounded buffer has no room */

	/* USAGE: the operator asked for something we will not do. */
	CS_ERR_USAGE = -300,
	CS_ERR_REFUSED,   /* nothing may be sent there */
	CS_ERR_NOT_FOUND, /* no such thing under that name */
};

/* Short lower-case phrase for @err; never NULL, static storage. */
const char *cs_strerror(enum cs_err err);
