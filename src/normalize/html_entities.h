/* SPDX-License-Identifier: ISC */
/*
 * normalize/html_entities.h - "&auml;", "&#228;" and "&#xE4;" to characters.
 *
 * As browsers do it: names of HTML 3 also without a semicolon, numbers 128 to
 * 159 as windows-1252, impossible numbers as U+FFFD.  What is no entity stays
 * as it is written.  No result is a NUL or a control other than tab and
 * newline, so valid UTF-8 stays valid.
 */
#ifndef NORMALIZE_HTML_ENTITIES_H
#define NORMALIZE_HTML_ENTITIES_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

struct html_entity {
	const char	*name;
	gunichar	 character;
	bool		 bare;		/* works without a semicolon */
};

extern const struct html_entity	html_entity_rows[];	/* sorted by name */
extern const unsigned		html_entity_count;

/*
 * p is at a '&'.  Returns the bytes the entity takes and its character in *c,
 * or 0 if there is none.  In an attribute a bare name before '=' or a letter
 * is no entity ("?a=1&copy=2").
 */
size_t	html_entity_read(const char *p, size_t len, bool in_attribute, gunichar *c);

/* Append text with its entities replaced. */
void	html_entities_decode(GString *out, const char *p, size_t len, bool in_attribute);

#endif
