/* SPDX-License-Identifier: ISC */
#include "mail_text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "normalize/normalize.h"

static bool
has_header(const char *mail, const char *name)
{
	g_autofree char	*later = g_strdup_printf("\n%s:", name);
	const char	*end = strstr(mail, "\n\n"), *at = strstr(mail, later);

	return strncmp(mail, later + 1, strlen(later) - 1) == 0 || (at != NULL && at < end);
}

struct message *
mail_text_message(const char *mail)
{
	g_autoptr(GPtrArray)	 addresses = g_ptr_array_new();
	struct normalize_options options = {
		.own_addresses = addresses, .own_domain = "support.example", .instance = "support-1"
	};
	g_autofree char		*whole = g_strconcat(
	    has_header(mail, "From") ? "" : "From: Erika <erika@customer.example>\n",
	    has_header(mail, "To") ? "" : "To: support@support.example\n", mail, NULL);
	g_autoptr(GBytes)	 bytes = g_bytes_new(whole, strlen(whole));
	struct arrival		*a = arrival_new(ARRIVAL_MAIL, "inject", "test", "1", bytes);
	struct message		*msg;

	g_ptr_array_add(addresses, (char *)"support@support.example");
	msg = normalize(a, &options);
	arrival_free(a);
	return msg;
}

static void
end_case(unsigned line, const char *head, GString *mail, void (*fn)(unsigned, const char *, const char *))
{
	/* a mail without body still has the blank line */
	if (strstr(mail->str, "\n\n") == NULL)
		g_string_append_c(mail, '\n');
	fn(line, head, mail->str);
	g_string_truncate(mail, 0);
}

unsigned
mail_text_each(const char *file, void (*fn)(unsigned line, const char *head, const char *mail))
{
	const char		*dir = getenv("top_srcdir");
	g_autofree char		*path = g_build_filename(dir == NULL ? "." : dir, "tests/golden/normalize", file, NULL);
	g_autofree char		*all = NULL;
	g_auto(GStrv)		 lines = NULL;
	g_autoptr(GString)	 mail = g_string_new(NULL);
	const char		*head = NULL;
	unsigned		 n = 0, at = 0;

	if (!g_file_get_contents(path, &all, NULL, NULL))
		return 0;
	lines = g_strsplit(all, "\n", -1);
	for (unsigned i = 0; lines[i] != NULL; i++) {
		if (strncmp(lines[i], "=== ", 4) == 0) {
			if (head != NULL)
				end_case(at, head, mail, fn);
			head = lines[i] + 4;
			at = i + 1;
			n++;
		} else if (head != NULL && strncmp(lines[i], "# ---", 5) != 0) {
			g_string_append_printf(mail, "%s\n", lines[i]);
		}
	}
	if (head != NULL)
		end_case(at, head, mail, fn);
	return n;
}
