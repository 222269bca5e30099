/* SPDX-License-Identifier: ISC */
#include "normalize/attachment.h"

#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "normalize/attachment_name.h"
#include "normalize/tnef.h"

/* What the html shows: everything that stands behind "cid:". */
static GHashTable *
find_cids(const char *html)
{
	GHashTable	*set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const char	*at = html, *end = html != NULL ? html + strlen(html) : NULL;
	size_t		 n;

	while (at != NULL && (at = memchr(at, ':', (size_t)(end - at))) != NULL &&
	    g_hash_table_size(set) < 1000) {
		at++;
		if (at - html < 4 || g_ascii_strncasecmp(at - 4, "cid:", 4) != 0)
			continue;
		n = strcspn(at, "\"'<> \t\n)");
		if (n > 0 && n < 500) {
			g_autofree char	*raw = g_strndup(at, n);
			char		*id = g_uri_unescape_string(raw, NULL);

			g_hash_table_add(set, id != NULL ? id : g_steal_pointer(&raw));
		}
		at += n;
	}
	return set;
}

static struct attachment *
new_with_content(GBytes *content)
{
	struct attachment	*a = attachment_new();
	gsize			 len;
	const void		*bytes = g_bytes_get_data(content, &len);

	a->content = g_bytes_ref(content);
	a->size = len;
	digest_sha256_hex(bytes != NULL ? bytes : "", len, a->sha256);
	a->sniffed_type = g_strdup(attachment_sniff(bytes, len));
	return a;
}

/* A name for what has none: its kind and its number. */
static char *
make_name(const struct message *m, const struct attachment *a)
{
	const char	*type = a->content_type;

	if (a->sniffed_type != NULL && (strcmp(type, "application/octet-stream") == 0 ||
	    strcmp(attachment_extension(type), ".bin") == 0))
		type = a->sniffed_type;
	return g_strdup_printf("attachment-%u%s", m->attachments->len + 1,
	    attachment_extension(type));
}

static void
take(struct message *m, struct attachment *a)
{
	if (a->filename == NULL)
		a->filename = make_name(m, a);
	g_ptr_array_add(m->attachments, a);
}

void
attachment_add(struct message *m, const char *name, const char *type, GBytes *content)
{
	struct attachment	*a = new_with_content(content);

	a->filename = attachment_name_clean(name);
	a->content_type = g_strdup(type != NULL ? type :
	    a->sniffed_type != NULL ? a->sniffed_type : "application/octet-stream");
	take(m, a);
}

/* The name of an enclosed message is its subject. */
static char *
name_of_message(const struct mail_part *p)
{
	const char	*subject = mail_headers_find(p->nested, "Subject");
	g_autofree char	*flat = NULL, *name = NULL;

	if (subject == NULL || *subject == '\0')
		return NULL;
	flat = g_strdelimit(g_strdup(subject), "/\\:", '_');
	name = g_strconcat(flat, ".eml", NULL);
	return attachment_name_clean(name);
}

static char *
choose_name(const struct mail_part *p)
{
	g_autofree char	*path = NULL;
	const char	*query;

	if (p->filename != NULL)
		return g_strdup(p->filename);
	if (p->nested != NULL && g_str_has_prefix(p->content_type, "message/"))
		return name_of_message(p);
	if (p->content_location != NULL) {
		query = p->content_location + strcspn(p->content_location, "?#");
		path = g_strndup(p->content_location, (gsize)(query - p->content_location));
		if (strrchr(path, '.') != NULL && (strrchr(path, '/') == NULL ||
		    strrchr(path, '.') > strrchr(path, '/')))
			return attachment_name_clean(path);
	}
	return NULL;
}

static bool
is_shown_inline(const struct mail_part *p, GHashTable *cids, const char *html)
{
	bool	image = g_str_has_prefix(p->content_type, "image/");

	if (p->content_id != NULL && g_hash_table_contains(cids, p->content_id))
		return true;
	if (p->disposition != NULL && strcmp(p->disposition, "attachment") == 0)
		return false;
	if (p->content_location != NULL && html != NULL && strlen(p->content_location) > 4 &&
	    strstr(html, p->content_location) != NULL)
		return true;
	if (image && p->in_related && p->content_id != NULL)
		return true;
	return image && p->disposition != NULL && strcmp(p->disposition, "inline") == 0;
}

/* Parts that are nobody's file. */
static bool
is_nothing(const struct mail_part *p)
{
	if (strcmp(p->content_type, "application/applefile") == 0 &&
	    strcmp(p->parent, "multipart/appledouble") == 0)
		return true;
	if (p->filename != NULL)
		return false;
	if (p->in_alternative && (strcmp(p->content_type, "text/x-amp-html") == 0 ||
	    strcmp(p->content_type, "text/watch-html") == 0))
		return true;
	if (g_bytes_get_size(p->bytes) == 0)
		return true;
	return p->text != NULL && g_str_has_prefix(p->content_type, "text/") &&
	    p->text[strspn(p->text, " \t\n")] == '\0';
}

static void
warn_of_kind(struct mail_view *v, const struct mail_part *p)
{
	static const struct { const char *type, *code; } kinds[] = {
		{ "application/pgp-encrypted", "encrypted: pgp" },
		{ "application/pkcs7-mime", "encrypted: s/mime" },
		{ "application/x-pkcs7-mime", "encrypted: s/mime" },
		{ "message/partial", "partial-message" },
		{ "message/external-body", "external-body" },
	};
	size_t	i;

	for (i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (strcmp(p->content_type, kinds[i].type) == 0)
			mail_view_warn(v, "%s", kinds[i].code);
}

static bool
is_tnef(const struct mail_part *p)
{
	gsize		 len;
	const char	*bytes = g_bytes_get_data(p->bytes, &len);

	return len > 6 && memcmp(bytes, "\170\237\076\042", 4) == 0 &&
	    (strcmp(p->content_type, "application/ms-tnef") == 0 ||
	    strcmp(p->content_type, "application/vnd.ms-tnef") == 0 ||
	    (p->filename != NULL && strcasecmp(p->filename, "winmail.dat") == 0));
}

static void
add_tnef_file(void *arg, const char *name, const char *type, GBytes *content)
{
	struct message	*m = arg;

	if (m->attachments->len < 1000)
		attachment_add(m, name, type, content);
}

/* Outlook's winmail.dat: what is in it; the file itself if that is nothing. */
static bool
open_tnef(struct message *m, struct mail_view *v, const struct mail_part *p)
{
	guint		 before = m->attachments->len;
	g_autofree char	*text = NULL;
	gsize		 len;
	const void	*bytes = g_bytes_get_data(p->bytes, &len);

	text = tnef_read(bytes, len, add_tnef_file, m);
	if (text != NULL && (m->full_text == NULL ||
	    m->full_text[strspn(m->full_text, " \t\n")] == '\0')) {
		g_free(m->full_text);
		m->full_text = g_steal_pointer(&text);
		mail_view_warn(v, "tnef: text taken from winmail.dat");
		return true;
	}
	return m->attachments->len > before;
}

void
attachment_collect(struct message *m, struct mail_view *v, const struct body *b)
{
	g_autoptr(GHashTable)	cids = find_cids(b->html);
	guint			i;

	for (i = 0; i < v->parts->len; i++) {
		const struct mail_part	*p = g_ptr_array_index(v->parts, i);
		struct attachment	*a;

		if (b->used[i] || is_nothing(p))
			continue;
		warn_of_kind(v, p);
		if (is_tnef(p) && open_tnef(m, v, p))
			continue;
		a = new_with_content(p->bytes);
		a->content_type = g_strdup(p->content_type);
		a->content_id = g_strdup(p->content_id);
		a->filename = choose_name(p);
		a->is_inline = is_shown_inline(p, cids, b->html);
		take(m, a);
	}
}
