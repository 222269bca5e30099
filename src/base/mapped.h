/* SPDX-License-Identifier: ISC */
/*
 * base/mapped.h - a piece of a file as GBytes, in memory only where it is
 * being read.
 *
 * For a large mail that is to be passed on: reading it through the map brings
 * its pages in, and mapped_forget() lets them go again, so that all of it
 * never sits in memory.  The file must not be cut while the map lives; that
 * holds for what is durable in the journal.
 *
 * Used by store/journal_reader.c (made) and io/child.c (passed on).
 */
#ifndef BASE_MAPPED_H
#define BASE_MAPPED_H

#include <glib.h>
#include <stddef.h>
#include <sys/types.h>

/* len bytes at that offset, which the file must have; NULL and errno. */
GBytes	*mapped_bytes(int fd, off_t at, size_t len);

/*
 * Let the pages of this range go; they come back when they are read.  Only
 * for memory out of mapped_bytes(): anything else would be lost.
 */
void	 mapped_forget(const void *, size_t len);

#endif
