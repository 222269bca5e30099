/* SPDX-License-Identifier: ISC */
/*
 * normalize/language.h - which language a text is in, by script and small words.
 */
#ifndef NORMALIZE_LANGUAGE_H
#define NORMALIZE_LANGUAGE_H

/* A static ISO 639-1 code, or NULL if the text does not tell. */
const char	*language_guess(const char *utf8);

#endif
