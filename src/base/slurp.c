/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slurp.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_STEP = 1 << 16 };

enum cs_err cs_slurp(FILE *file, uint8_t **bytes, size_t *len)
{
	size_t cap = 0;

	*bytes = NULL;
	*len = 0;
	for (;;) {
		if (*len == cap) {
			size_t more = cap ? 2 * cap : FIRST_STEP;
			uint8_t *larger;

			if (cap >= CS_SLURP_MAX)
				return CS_ERR_FULL;
			larger = realloc(*bytes, more);
			if (!larger)
				return CS_ERR_NOMEM;
			*bytes = larger;
			cap = more;
		}

		size_t n = fread(*bytes + *len, 1, cap - *len, file);

		if (n == 0)
			return ferror(file) ? CS_ERR_IO : CS_OK;
		*len += n;
	}
}

enum cs_err cs_err_of_file(int number)
{
	switch (number) {
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
		return CS_ERR_NOT_FOUND;
	case ENOMEM:
		return CS_ERR_NOMEM;
	default:
		return CS_ERR_IO;
	}
}
