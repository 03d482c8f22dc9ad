/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

const char *cs_strerror(enum cs_err err)
{
	switch (err) {
	case CS_OK:
		return "no error";
	case CS_ERR_SHORT:
		return "a field runs past the end";
	case CS_ERR_TRAILING:
		return "bytes left over";
	case CS_ERR_RESERVED:
		return "a reserved value";
	case CS_ERR_RANGE:
		return "a value out of range";
	case CS_ERR_SYNTAX:
		return "not understood";
	case CS_ERR_FOREIGN:
		return "not a file of this version of coapscope";
	case CS_ERR_DAMAGED:
		return "the file is damaged";
	case CS_ERR_NOMEM:
		return "out of memory";
	case CS_ERR_IO:
		return "input or output failed";
	case CS_ERR_DENIED:
		return "not permitted";
	case CS_ERR_BUSY:
		return "in use by another process";
	case CS_ERR_NO_ROUTE:
		return "no route";
	case CS_ERR_FULL:
		return "no room left";
	case CS_ERR_USAGE:
		return "wrong usage";
	case CS_ERR_REFUSED:
		return "refused";
	case CS_ERR_NOT_FOUND:
		return "not found";
	}
	return "unknown error";
}
