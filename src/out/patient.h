/* SPDX-License-Identifier: Apache-2.0 */
/*
 * patient: writing to somebody who may take as long as he likes, a pager say, and who is
 * waited for until the process is asked to end. One question for all outputs, as it is
 * the process that is asked.
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"

/*
 * From now on @fd becomes readable when the process is asked to end (a signalfd; borrowed;
 * -1: never). Who does not read within a second from then on is waited for no more.
 */
void cs_patient_until(int fd);

/*
 * As openat(2) of a pipe for writing. -1 with errno ECANCELED: a pipe that nobody reads
 * from yet, and we are to end.
 */
CS_MUST_USE int cs_patient_open(int folder, const char *name, int flags);

/*
 * As write(2), perhaps of less than @n bytes. -1 with errno ECANCELED: nobody reads, and
 * we are to end.
 */
CS_MUST_USE ssize_t cs_patient_write(int fd, const void *bytes, size_t n);
