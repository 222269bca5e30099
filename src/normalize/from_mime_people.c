/* SPDX-License-Identifier: ISC */
/*
 * Who wrote, to whom, and who vouches for it.
 *
 * The sender is the From header.  Reply-To decides nothing, because anybody
 * can write there who he likes; only where a list or a group rewrote From
 * is the original, as the group states it, taken.
 */
#include "normalize/from_mime.h"

#include <string.h>

#include "base/text.h"
#include "normalize/headers.h"

#define MAX_DELIVERED	20

static bool
is_address(const struct address *a)
{
	return strchr(a->addr, '@') != NULL;
}

/* All addresses of all headers of this name. */
static bool
add_header(const struct mail_header *h, void *list)
{
	headers_addresses(h->raw, list);
	return true;
}

static GPtrArray *
addresses_of(const struct mail_view *v, const char *name)
{
	GPtrArray	*list = address_list_new();

	mail_view_each_header(v, name, add_header, list);
	return list;
}

/* The first usable address in a header; NULL if none. */
static struct address *
first_of(const struct mail_view *v, const char *name)
{
	g_autoptr(GPtrArray)	list = addresses_of(v, name);
	guint			i;

	for (i = 0; i < list->len; i++)
		if (is_address(g_ptr_array_index(list, i)))
			return address_copy(g_ptr_array_index(list, i));
	return list->len > 0 ? address_copy(g_ptr_array_index(list, 0)) : NULL;
}

/* The name in a From header that has no address. */
static char *
name_only(const struct mail_view *v)
{
	const char	*value = mail_view_header(v, "From");
	g_autofree char	*line = value != NULL ? text_one_line(value, strlen(value), 200) : NULL;

	if (line == NULL)
		return NULL;
	g_strdelimit(line, "<>\"", ' ');
	g_strstrip(line);
	return *line != '\0' ? g_steal_pointer(&line) : NULL;
}

static struct address *
from_elsewhere(struct mail_view *v)
{
	static const char *const names[] = { "Sender", "Reply-To", "Return-Path", "X-Sender",
	    "X-Envelope-From", "Resent-From", HEADERS_MBOX_FROM };
	g_autofree char	*name = name_only(v);
	size_t		 i;

	for (i = 0; i < G_N_ELEMENTS(names); i++) {
		struct address	*a = first_of(v, names[i]);

		if (a != NULL && is_address(a)) {
			mail_view_warn(v, "from-missing: taken from %s", names[i]);
			if (name != NULL) {
				g_free(a->name);
				a->name = g_steal_pointer(&name);
			}
			return a;
		}
		address_free(a);
	}
	return NULL;
}

static bool
same_addr(const struct address *a, const struct address *b)
{
	return g_ascii_strcasecmp(a->addr, b->addr) == 0;
}

static bool
in_list(const GPtrArray *list, const struct address *a)
{
	guint	i;

	for (i = 0; list != NULL && i < list->len; i++)
		if (same_addr(g_ptr_array_index(list, i), a))
			return true;
	return false;
}

/*
 * A group or list put itself into From ("Ann via Support <support@...>") and
 * says in a header of its own who it was.
 */
static void
undo_rewriting(struct message *m, const struct mail_view *v)
{
	struct address	*original;
	bool		 rewritten;

	if (m->from == NULL)
		return;
	rewritten = m->from->name != NULL && (strcasestr(m->from->name, " via ") != NULL ||
	    strcasestr(m->from->name, " über ") != NULL);
	rewritten = rewritten || in_list(m->to, m->from) || mail_view_has(v, "List-Id");
	if (!rewritten)
		return;
	original = first_of(v, "X-Original-From");
	if (original == NULL || !is_address(original)) {
		address_free(original);
		original = first_of(v, "X-Original-Sender");
	}
	if (original == NULL || !is_address(original) || same_addr(original, m->from)) {
		address_free(original);
		return;
	}
	if (original->name == NULL && m->from->name != NULL) {
		char	*via = strcasestr(m->from->name, " via ");

		original->name = via != NULL ? g_strndup(m->from->name, (gsize)(via - m->from->name)) :
		    g_strdup(m->from->name);
		g_strstrip(g_strdelimit(original->name, "'\"", ' '));
	}
	m->sender = m->from;
	m->from = original;
}

static void
choose_from(struct message *m, struct mail_view *v)
{
	g_autoptr(GPtrArray)	list = addresses_of(v, "From");
	struct address		*other;
	guint			i;

	for (i = 0; i < list->len && m->from == NULL; i++)
		if (is_address(g_ptr_array_index(list, i)))
			m->from = address_copy(g_ptr_array_index(list, i));
	if (list->len > 1)
		mail_view_warn(v, "from-several: %u addresses", list->len);
	if (m->from == NULL) {
		other = from_elsewhere(v);
		if (other == NULL && list->len > 0)
			other = address_copy(g_ptr_array_index(list, 0));
		m->from = other;
	}
	undo_rewriting(m, v);
}

static void
add_delivered(struct message *m, const char *raw)
{
	g_autoptr(GPtrArray)	list = address_list_new();
	guint			i, k;

	headers_addresses(raw, list);
	for (i = 0; i < list->len && m->delivered_to->len < MAX_DELIVERED; i++) {
		const struct address	*a = g_ptr_array_index(list, i);

		for (k = 0; k < m->delivered_to->len; k++)
			if (g_ascii_strcasecmp(g_ptr_array_index(m->delivered_to, k), a->addr) == 0)
				break;
		if (k == m->delivered_to->len && is_address(a))
			g_ptr_array_add(m->delivered_to, g_strdup(a->addr));
	}
}

static bool
add_delivered_header(const struct mail_header *h, void *m)
{
	add_delivered(m, h->raw);
	return true;
}

static void
read_delivery(struct message *m, const struct mail_view *v, const struct arrival *a)
{
	static const char *const names[] = { "Delivered-To", "X-Original-To", "Envelope-To",
	    "X-Envelope-To", "X-Delivered-To", "Apparently-To", "X-Forwarded-To" };
	/* The envelope we were told is true; the header anybody can write. */
	const char	*path = arrival_fact(a, ARRIVAL_FACT_MAIL_FROM);
	g_autoptr(GPtrArray) list = address_list_new();
	size_t		 i;

	if (arrival_fact(a, ARRIVAL_FACT_RCPT_TO) != NULL)
		add_delivered(m, arrival_fact(a, ARRIVAL_FACT_RCPT_TO));
	for (i = 0; i < G_N_ELEMENTS(names); i++)
		mail_view_each_header(v, names[i], add_delivered_header, m);
	if (path == NULL)
		path = mail_view_raw(v, "Return-Path");
	if (path == NULL)
		return;
	headers_addresses(path, list);
	if (list->len > 0) {
		const struct address *first = g_ptr_array_index(list, 0);

		m->envelope_from = g_strdup(first->addr);
	} else if (strspn(path, "<> \t") == strlen(path)) {
		m->envelope_from = g_strdup("");
	}
}

/* The word behind "method=" in one clause of Authentication-Results. */
static void
read_clause(struct authentication *auth, const char *clause)
{
	struct { const char *name; char **slot; } methods[] = {
		{ "spf", &auth->spf }, { "dkim", &auth->dkim }, { "dmarc", &auth->dmarc } };
	size_t	i, n;

	clause += strspn(clause, " \t");
	for (i = 0; i < G_N_ELEMENTS(methods); i++) {
		const char	*at = clause;

		n = strlen(methods[i].name);
		if (g_ascii_strncasecmp(at, methods[i].name, n) != 0)
			continue;
		at += n;
		if (*at == '/')				/* a version */
			at += strcspn(at, "=");
		at += strspn(at, " \t");
		if (*at != '=')
			continue;
		at++;
		at += strspn(at, " \t");
		for (n = 0; g_ascii_isalpha(at[n]); n++)
			;
		/* of several signatures one that holds is enough */
		if (n == 0 || n > 20 || (*methods[i].slot != NULL &&
		    (i != 1 || g_ascii_strncasecmp(at, "pass", n) != 0)))
			continue;
		g_free(*methods[i].slot);
		*methods[i].slot = g_ascii_strdown(at, (gssize)n);
	}
}

static char *
without_comments(const char *raw)
{
	GString	*out = g_string_new(NULL);
	int	 depth = 0;
	bool	 quoted = false;

	for (; *raw != '\0'; raw++) {
		if (*raw == '"' && depth == 0)
			quoted = !quoted;
		if (*raw == '\\' && raw[1] != '\0' && (quoted || depth > 0)) {
			raw++;
			continue;
		}
		if (!quoted && *raw == '(')
			depth++;
		else if (!quoted && *raw == ')' && depth > 0)
			depth--;
		else if (depth == 0 && *raw != '"')
			g_string_append_c(out, quoted && *raw == ';' ? ' ' : *raw);
	}
	return g_string_free(out, FALSE);
}

struct auth_search {
	struct message	*m;
	const char	*authserv_id;
	bool		 logged_in;	/* who sent it, by the name that is in From */
};

/* "auth=pass smtp.auth=ann@our.example": our own MTA took it from that account. */
static bool
is_login_of(const char *clause, const struct address *from)
{
	static const char	 property[] = "smtp.auth=";
	const char		*at;
	size_t			 n;

	clause += strspn(clause, " \t");
	if (from == NULL || g_ascii_strncasecmp(clause, "auth=pass", 9) != 0 ||
	    (at = strcasestr(clause, property)) == NULL)
		return false;
	at += strlen(property);
	n = strcspn(at, " \t");
	return n == strlen(from->addr) && g_ascii_strncasecmp(at, from->addr, n) == 0;
}

/* Takes the topmost one of our own MTA; everything below may be forged. */
static bool
read_auth(const struct mail_header *h, void *arg)
{
	struct auth_search	*s = arg;
	g_autofree char		*flat = without_comments(h->raw);
	gchar			**clauses = g_strsplit(flat, ";", 50);
	bool			 ours = false;
	int			 i;

	if (clauses[0] != NULL) {
		char	*id = g_strstrip(clauses[0]);

		id[strcspn(id, " \t")] = '\0';
		ours = g_ascii_strcasecmp(id, s->authserv_id) == 0;
	}
	if (ours) {
		s->m->authentication.authserv_id = g_strdup(s->authserv_id);
		for (i = 1; clauses[i] != NULL; i++) {
			read_clause(&s->m->authentication, clauses[i]);
			s->logged_in = s->logged_in || is_login_of(clauses[i], s->m->from);
		}
	}
	g_strfreev(clauses);
	return !ours;
}

static void
read_authentication(struct message *m, const struct mail_view *v, const char *authserv_id)
{
	struct auth_search	 s = { m, authserv_id, false };
	g_autoptr(GPtrArray)	 from = NULL;

	if (authserv_id == NULL || *authserv_id == '\0')
		return;
	mail_view_each_header(v, "Authentication-Results", read_auth, &s);
	from = addresses_of(v, "From");
	/* both speak about the one From header; with several they prove nothing */
	if (from->len != 1 || m->sender != NULL || m->verified != NULL)
		return;
	if (g_strcmp0(m->authentication.dmarc, "pass") == 0)
		m->verified = g_strdup("dmarc");
	else if (s.logged_in)
		m->verified = g_strdup("auth");
}

void
from_mime_people(struct message *m, struct mail_view *v, const struct arrival *a,
    const struct normalize_options *o)
{
	g_ptr_array_unref(m->to);
	g_ptr_array_unref(m->cc);
	g_ptr_array_unref(m->reply_to);
	m->to = addresses_of(v, "To");
	m->cc = addresses_of(v, "Cc");
	m->reply_to = addresses_of(v, "Reply-To");
	choose_from(m, v);
	read_delivery(m, v, a);
	read_authentication(m, v, o->authserv_id);
}
