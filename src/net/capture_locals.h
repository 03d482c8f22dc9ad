/* SPDX-License-Identifier: Apache-2.0 */
/* capture_locals: which addresses the interfaces of a capture have, by netlink. */
#pragma once

#include "net/capture_port.h"

/*
 * The addresses (of all bits) and the networks of @ports (all there are, if one of them
 * is "any"), each once; of a point-to-point link our own address alone. *@out is the
 * caller's to free().
 * CS_ERR_IO with errno, CS_ERR_NOMEM
 */
CS_MUST_USE enum cs_err cs_capture_locals_read(const struct cs_capture_port *ports,
					       size_t n, struct cs_prefix **out,
					       size_t *n_out);
