/* SPDX-License-Identifier: ISC */
/*
 * base/fault.h - named points at which a test may kill or fail the daemon.
 *
 * Compiled in only with --enable-faults (never in a release build), armed by
 * the environment: INTAKED_FAULT=name[:n][:kill|eio|enospc], n-th pass.
 * fault_point() returns 0, or -1 with errno set when the point is armed to
 * fail; armed to kill, it sends SIGKILL to the process and does not return.
 *
 * The list of points is in tests/system/faults.txt; the crash test runs all.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#ifdef INTAKED_FAULTS
int	fault_point(const char *name);
#else
#define fault_point(name)	(0)
#endif

#endif
