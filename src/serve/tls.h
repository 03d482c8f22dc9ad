/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls: certificate and key as the HTTP library wants them, and whether they
 * belong together: said before anything is served, in words.
 */
#pragma once

#include "base/rd.h"

enum { CS_TLS_WHY = 512, CS_TLS_FILE = 1 << 20 /* bytes */ };

struct cs_tls {
	struct cs_span cert, key; /* PEM with a NUL at the end; owned */
};

/*
 * Reads both. @why is one line with the file.
 * CS_ERR_DENIED   everybody may read the key
 * CS_ERR_SYNTAX   not PEM, a key with a passphrase, or not the certificate's
 * CS_ERR_IO, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_tls_read(const char *cert, const char *key, struct cs_tls *out,
				    char why[CS_TLS_WHY]);

/* Wipes and frees. A zeroed one is fine. */
void cs_tls_clear(struct cs_tls *tls);
