/* SPDX-License-Identifier: ISC */
/*
 * intake/parse_worker.h - the process that takes messages apart.
 *
 * "intaked --worker=parse", started by io/child: the configuration comes on
 * fd 4, requests come as frames on fd 3: a count, and so many arrivals, each
 * as bytes (model/wire.h).  The answer holds as many parsed messages, in the
 * same order, each as bytes.
 */
#ifndef INTAKE_PARSE_WORKER_H
#define INTAKE_PARSE_WORKER_H

#include "intake/parser.h"

/* Returns the exit status, when the other side closes. */
int	parse_worker_main(void);

/* The loop of it, for a process that is set up otherwise. */
int	parse_worker_serve(const struct parser *, int fd, int64_t memory);

#endif
