/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>

void cs_log(const struct cs_log *log, enum cs_level level, const char *fmt, ...)
{
	va_list args;

	if (!log->to || level > log->most)
		return;
	flockfile(log->to);
	fprintf(log->to, "coapscope%s%s: %s", log->command[0] ? " " : "", log->command,
		level == CS_WARN ? "warning: " : "");
	va_start(args, fmt);
	vfprintf(log->to, fmt, args);
	va_end(args);
	fputc('\n', log->to);
	funlockfile(log->to);
}
