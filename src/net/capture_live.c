/* SPDX-License-Identifier: Apache-2.0 */
#include "net/capture.h"

enum cs_err cs_capture_open_live(const struct cs_capture_live *want,
				 struct cs_capture **out, char why[CS_CAPTURE_WHY])
{
	(void)want;
	(void)out;
	(void)snprintf(why, CS_CAPTURE_WHY, "interfaces cannot be listened to yet");
	return CS_ERR_IO;
}
