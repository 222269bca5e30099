/* SPDX-License-Identifier: ISC */
/*
 * conf/conf_scan.h - what libconfuse does not tell: a brace or a quote that
 * is open where the file ends, and the line where it was opened.
 */
#ifndef CONF_CONF_SCAN_H
#define CONF_CONF_SCAN_H

#include "base/err.h"

/*
 * -1: something is left open; the sentence says what, *line where.  A file
 * that cannot be read is good here: who opens it next says so.
 */
int	conf_scan(const char *file, int *line, struct err *);

#endif
