/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify: tells a service manager how far we are (sd_notify's protocol): one
 * datagram to the socket that $NOTIFY_SOCKET names. Opened before the jail.
 */
#pragma once

/* A connected socket for that name, a path or "@" and an abstract one; -1: none. */
int cs_notify_open(const char *name);

/* "READY=1" and so on; @fd may be -1. Nobody waits for it. */
void cs_notify_say(int fd, const char *state);
