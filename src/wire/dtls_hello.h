/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dtls_hello: the messages of a DTLS handshake that is not encrypted yet (RFC 6347
 * section 4.2.2): what they show in clear. dtls_record.c's own.
 */
#pragma once

#include "wire/dtls_record.h"

/*
 * Reads the messages in record->fragment, and sets .handshake and all below it. What
 * does not read is passed over.
 */
void cs_dtls_read_handshake(struct cs_dtls_record *record);
