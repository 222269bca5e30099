/* SPDX-License-Identifier: ISC */
#include "mailbox/oauth_answer.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include "proto/json_scan.h"

#define EXPIRES_DEFAULT_S	3600
#define EXPIRES_MAX_S		(10 * 86400)

static void
add(GString *form, const char *name, const char *value)
{
	g_autofree char	*escaped = NULL;

	if (value == NULL)
		return;
	escaped = g_uri_escape_string(value, NULL, FALSE);
	g_string_append_printf(form, "%s%s=%s", form->len > 0 ? "&" : "", name, escaped);
}

char *
oauth_form(const char *client_id, const char *secret, const char *refresh_token,
    const char *scope)
{
	GString	*form = g_string_new(NULL);

	add(form, "grant_type", refresh_token != NULL ? "refresh_token" : "client_credentials");
	add(form, "client_id", client_id);
	add(form, "client_secret", secret);
	add(form, "refresh_token", refresh_token);
	add(form, "scope", scope);
	return g_string_free(form, FALSE);
}

/* A member of the object; NULL: it has none, or the body is not JSON. */
static char *
member(const char *body, size_t len, const char *pointer)
{
	struct json_pointer	*p = json_pointer_new(pointer);
	struct json_scan	 scan = { 0 };
	char			*text = json_scan(body, len, p, &scan) == 0 ?
				    json_scan_text(&scan) : NULL;

	json_pointer_free(p);
	return text;
}

/* It goes into a line of the mail server's: nothing but visible ASCII. */
static bool
is_token(const char *text)
{
	if (text == NULL || *text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text <= ' ' || *text >= 0x7f)
			return false;
	}
	return true;
}

static int
refused(int code, const char *body, size_t len, struct err *e)
{
	static const char *const	final[] = {
		"invalid_grant", "invalid_client", "unauthorized_client", "invalid_scope",
		"unsupported_grant_type", "interaction_required", NULL
	};
	g_autofree char			*error = member(body, len, "/error");
	g_autofree char			*detail = member(body, len, "/error_description");
	bool				 for_good = error != NULL && g_strv_contains(final, error);

	if (detail != NULL)
		detail[strcspn(detail, "\r\n")] = '\0';
	return err_set(e, for_good ? ERR_PERM : ERR_TEMP, "the token server answers %d%s%s%s%s", code,
	    error != NULL ? " " : "", error != NULL ? error : "", detail != NULL ? ": " : "",
	    detail != NULL ? detail : "");
}

int
oauth_answer_read(int code, const char *body, size_t len, struct oauth_answer *a, struct err *e)
{
	g_autofree char	*expires = NULL;
	guint64		 s;

	if (code != 200)
		return refused(code, body, len, e);
	a->access_token = member(body, len, "/access_token");
	if (!is_token(a->access_token))
		return err_set(e, ERR_TEMP, "the token server's answer holds no token");
	a->refresh_token = member(body, len, "/refresh_token");
	if (!is_token(a->refresh_token))
		g_clear_pointer(&a->refresh_token, g_free);
	expires = member(body, len, "/expires_in");
	a->expires_s = EXPIRES_DEFAULT_S;
	if (expires != NULL && g_ascii_string_to_unsigned(expires, 10, 1, EXPIRES_MAX_S, &s, NULL))
		a->expires_s = (int64_t)s;
	return 0;
}

static void
forget(char **secret)
{
	if (*secret != NULL)
		explicit_bzero(*secret, strlen(*secret));
	g_clear_pointer(secret, g_free);
}

void
oauth_answer_clear(struct oauth_answer *a)
{
	forget(&a->access_token);
	forget(&a->refresh_token);
}
