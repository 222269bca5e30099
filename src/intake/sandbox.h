/* SPDX-License-Identifier: ISC */
/*
 * intake/sandbox.h - shuts a worker process in, before it sees a stranger's
 * bytes.
 *
 * After sandbox_enter() the process can compute, talk over the descriptors it
 * has, and end.  It cannot open files, make sockets or processes, nor grow
 * past its memory.  Forbidden calls fail with EPERM.
 */
#ifndef INTAKE_SANDBOX_H
#define INTAKE_SANDBOX_H

#include <stdint.h>

#include "base/err.h"

/* memory: of address space, in bytes.  Cannot be undone. */
int	sandbox_enter(int64_t memory, struct err *);

#endif
