/* SPDX-License-Identifier: ISC */
#include <glib.h>
#include <string.h>

#include "normalize/quote_words.h"
#include "normalize/trim_reply.h"

bool
reply_subject(const char *subject)
{
	size_t	n;

	if (subject == NULL)
		return false;
	while (g_ascii_isspace(*subject))
		subject++;
	if (*subject == '[')	/* a mailing list's or ticket system's tag */
		subject += strcspn(subject, "]");
	subject += strspn(subject, "] ");
	n = strcspn(subject, ":[(\xEF");	/* also a wide colon, "Re[2]:", "Re(2):" */
	if (subject[n] == '\0' || n > 24)
		return false;
	while (n > 0 && subject[n - 1] == ' ')
		n--;
	return n > 0 && quote_is(QUOTE_REPLY_SUBJECT, subject, n);
}

bool
forward_subject(const char *subject)
{
	size_t	n;

	if (subject == NULL)
		return false;
	while (g_ascii_isspace(*subject))
		subject++;
	n = strcspn(subject, ":\xEF");
	if (subject[n] == '\0' || n > 40)
		return false;
	while (n > 0 && subject[n - 1] == ' ')
		n--;
	return n > 0 && quote_is(QUOTE_FORWARD_SUBJECT, subject, n);
}
