/* SPDX-License-Identifier: ISC */
/*
 * check/negation.h - "not urgent" is not urgent.
 *
 * In en, de, fr, es, it, nl, pl, pt and ru.
 */
#ifndef CHECK_NEGATION_H
#define CHECK_NEGATION_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Does a word of negation stand within the three words before the byte at of
 * the text, in the same clause?  "not only" does not negate.
 */
bool	negation_before(const char *text, size_t at);

#endif
