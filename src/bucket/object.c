/* SPDX-License-Identifier: ISC */
#include "bucket/object.h"

#include <stdbool.h>
#include <string.h>

#define EMPTY_SHA256	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define MESSAGE_MAX	200

char *
object_place(const struct settings_bucket *s, const char *sha256)
{
	return g_strdup_printf("s3://%s/%s%s", s->name, s->prefix, sha256);
}

char *
object_url(const struct settings_bucket *s, const char *sha256)
{
	g_autofree char	*base = g_strdup(s->endpoint);
	const char	*host = strstr(base, "://") + 3;
	size_t		 len = strlen(base);

	if (base[len - 1] == '/')
		base[len - 1] = '\0';
	if (strcmp(s->style, "host") == 0)
		return g_strdup_printf("%.*s%s.%s/%s%s", (int)(host - base), base, s->name, host,
		    s->prefix, sha256);
	return g_strdup_printf("%s/%s/%s%s", base, s->name, s->prefix, sha256);
}

char *
object_scope(const struct settings_bucket *s)
{
	return g_strdup_printf("aws:amz:%s:s3", s->region);
}

char **
object_head_headers(void)
{
	static const char	*const headers[] = {
		"x-amz-content-sha256: " EMPTY_SHA256, NULL
	};

	return g_strdupv((char **)(uintptr_t)headers);
}

char **
object_put_headers(const struct settings_bucket *s, const char *sha256)
{
	GPtrArray	*lines = g_ptr_array_new();

	g_ptr_array_add(lines, g_strdup("Content-Disposition: attachment"));
	g_ptr_array_add(lines, g_strdup("Content-Type: application/octet-stream"));
	g_ptr_array_add(lines, g_strconcat("x-amz-content-sha256: ", sha256, NULL));
	if (strcmp(s->encryption, "none") != 0)
		g_ptr_array_add(lines, g_strconcat("x-amz-server-side-encryption: ",
		    s->encryption, NULL));
	g_ptr_array_add(lines, NULL);
	return (char **)g_ptr_array_free(lines, FALSE);
}

/* --- answers --- */

/* What the server calls it, whom it is about, and what the operator can do. */
static const struct {
	const char		*name;
	enum object_state	 state;
	const char		*advice;
} refusals[] = {
	{ "AccessDenied", OBJECT_FAILED, "the access key may not write there: it needs s3:PutObject" },
	{ "AllAccessDisabled", OBJECT_FAILED, "the bucket is closed" },
	{ "AuthorizationHeaderMalformed", OBJECT_FAILED, "correct bucket.region" },
	{ "EntityTooLarge", OBJECT_REFUSED, "the server takes no file of this size" },
	{ "ExpiredToken", OBJECT_FAILED, "the access key has ended" },
	{ "InvalidAccessKeyId", OBJECT_FAILED, "correct bucket.access_key" },
	{ "NoSuchBucket", OBJECT_FAILED, "make the bucket, or correct bucket.name" },
	{ "PermanentRedirect", OBJECT_FAILED, "correct bucket.endpoint and bucket.region" },
	{ "RequestTimeTooSkewed", OBJECT_FAILED, "set the clock of this host" },
	{ "SignatureDoesNotMatch", OBJECT_FAILED,
	    "correct the secret key, or bucket.access_key, or bucket.region" },
	{ "TemporaryRedirect", OBJECT_FAILED, "correct bucket.endpoint" },
	{ "XAmzContentSHA256Mismatch", OBJECT_REFUSED,
	    "the file in the state directory is damaged, or was changed on the way" },
};

/* The text of an element of the error's XML, fit for a log; "" if it has none. */
static void
read_element(const struct http_answer *a, const char *name, char *out, size_t room)
{
	g_autofree char	*tag = g_strdup_printf("<%s>", name);
	const char	*at = strstr(a->body, tag);
	size_t		 i;

	out[0] = '\0';
	if (at == NULL)
		return;
	at += strlen(tag);
	for (i = 0; i + 1 < room && at[i] != '<' && at[i] != '\0'; i++)
		out[i] = g_ascii_isprint(at[i]) ? at[i] : '?';
	out[i] = '\0';
}

enum object_state
object_judge_put(const struct http_answer *a, struct err *e)
{
	char			 name[64], message[MESSAGE_MAX];
	const char		*advice = NULL;
	enum object_state	 state = a->code == 413 ? OBJECT_REFUSED : OBJECT_FAILED;
	size_t			 i;

	if (a->code >= 200 && a->code < 300)
		return OBJECT_THERE;
	read_element(a, "Code", name, sizeof name);
	read_element(a, "Message", message, sizeof message);
	for (i = 0; i < G_N_ELEMENTS(refusals); i++)
		if (strcmp(name, refusals[i].name) == 0) {
			state = refusals[i].state;
			advice = refusals[i].advice;
		}
	if (advice == NULL && a->code == 403)
		advice = "may the access key write there, and is the secret key right?";
	if (advice == NULL && a->code == 404)
		advice = "is there such a bucket, and is bucket.style right?";
	err_set(e, a->code >= 500 ? ERR_TEMP : ERR_PERM, "the server answers %d%s%s%s%s%s%s",
	    a->code, *name != '\0' ? " " : "", name, *message != '\0' ? ", " : "", message,
	    advice != NULL ? "; " : "", advice != NULL ? advice : "");
	return state;
}

/*
 * Without the right to list, what is missing is 403 instead of 404: whatever
 * is wrong with the key or the bucket, sending the object tells it better.
 */
enum object_state
object_judge_head(const struct http_answer *a, int64_t size, struct err *e)
{
	if (a->code == 200 && (a->length == -1 || a->length == size))
		return OBJECT_THERE;
	if (a->code >= 500 || a->code == 429) {
		err_set(e, ERR_TEMP, "the server answers %d", a->code);
		return OBJECT_FAILED;
	}
	return OBJECT_UNKNOWN;
}
