/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify: tells a service manager how far we are (sd_notify's protocol): one
 * datagram to the socket that $NOTIFY_SOCKET names. Opened before the jail.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/* A connected socket for that name, a path or "@" and an abstract one; -1: none. */
int cs_notify_open(const char *name);

/* "READY=1" and so on; @fd may be -1. Nobody waits for it. */
void cs_notify_say(int fd, const char *state);

/*
 * How often, in microseconds, "WATCHDOG=1" is to be said: twice in the time that the
 * manager waits. @usec and @pid are $WATCHDOG_USEC and $WATCHDOG_PID, or NULL; @self is
 * who we are: a number that is another's is not meant for us. 0: never.
 */
int64_t cs_notify_every_us(const char *usec, const char *pid, pid_t self);
