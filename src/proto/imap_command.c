/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <string.h>

#include "base/digest.h"
#include "proto/imap_name.h"
#include "proto/imap_state.h"

bool
imap_idle_under_way(const struct imap *im)
{
	const struct command	*c = g_queue_peek_tail(im->under_way);

	return c != NULL && c->verb == VERB_IDLE;
}

static unsigned __attribute__((format(printf, 3, 4)))
send_command(struct imap *im, enum verb verb, const char *fmt, ...)
{
	struct command	*c = g_new0(struct command, 1);
	uint8_t		 random[TAG_LETTERS];
	va_list		 ap;

	g_assert((!imap_idle_under_way(im) || (im->idling && im->idle_end)) && (im->appending == NULL || verb == VERB_APPEND));
	digest_random(random, sizeof(random));
	digest_base32(random, TAG_LETTERS, c->tag);
	c->id = ++im->last_id;
	c->verb = verb;
	g_queue_push_tail(im->under_way, c);
	g_string_append_printf(im->out, "%s ", c->tag);
	va_start(ap, fmt);
	g_string_append_vprintf(im->out, fmt, ap);
	va_end(ap);
	g_string_append(im->out, "\r\n");
	return c->id;
}

static unsigned
send_with_box(struct imap *im, enum verb verb, const char *before, const char *box_name,
    const char *after)
{
	g_autoptr(GString)	quoted = g_string_new(NULL);

	imap_name_quote(quoted, box_name);
	return send_command(im, verb, "%s%s%s", before, quoted->str, after);
}

unsigned
imap_capability(struct imap *im)
{
	return send_command(im, VERB_OTHER, "CAPABILITY");
}

unsigned
imap_ident(struct imap *im, const char *name, const char *version)
{
	return send_command(im, VERB_OTHER, "ID (\"name\" \"%s\" \"version\" \"%s\")",
	    name, version);
}

unsigned
imap_list(struct imap *im, const char *pattern)
{
	return send_with_box(im, VERB_OTHER, "LIST \"\" ", pattern, "");
}

unsigned
imap_select(struct imap *im, const char *box_name, bool read_only)
{
	memset(&im->opening, 0, sizeof(im->opening));
	return send_with_box(im, VERB_SELECT, read_only ? "EXAMINE " : "SELECT ", box_name, "");
}

unsigned
imap_status(struct imap *im, const char *box_name)
{
	return send_with_box(im, VERB_OTHER, "STATUS ", box_name,
	    " (MESSAGES UIDNEXT UIDVALIDITY)");
}

unsigned
imap_search(struct imap *im, const char *criteria)
{
	return send_command(im, VERB_OTHER, "UID SEARCH %s", criteria);
}

unsigned
imap_fetch_info(struct imap *im, const char *set)
{
	return send_command(im, VERB_OTHER, "UID FETCH %s (UID RFC822.SIZE FLAGS)", set);
}

unsigned
imap_fetch_mail(struct imap *im, const char *set, enum imap_part part)
{
	return send_command(im, VERB_OTHER, "UID FETCH %s (UID BODY.PEEK[%s])", set,
	    part == IMAP_HEADER ? "HEADER" : "");
}

unsigned
imap_add_flags(struct imap *im, const char *set, const char *flags)
{
	return send_command(im, VERB_OTHER, "UID STORE %s +FLAGS.SILENT (%s)", set, flags);
}

static unsigned
send_transfer(struct imap *im, const char *verb, const char *set, const char *box_name)
{
	g_autofree char	*before = g_strdup_printf("UID %s %s ", verb, set);

	return send_with_box(im, VERB_OTHER, before, box_name, "");
}

unsigned
imap_move(struct imap *im, const char *set, const char *box_name)
{
	return send_transfer(im, "MOVE", set, box_name);
}

unsigned
imap_copy(struct imap *im, const char *set, const char *box_name)
{
	return send_transfer(im, "COPY", set, box_name);
}

unsigned
imap_expunge(struct imap *im, const char *set)
{
	return send_command(im, VERB_OTHER, "UID EXPUNGE %s", set);
}

unsigned
imap_noop(struct imap *im)
{
	return send_command(im, VERB_OTHER, "NOOP");
}

unsigned
imap_idle(struct imap *im)
{
	im->idling = im->idle_end = false;
	return send_command(im, VERB_IDLE, "IDLE");
}

/* DONE may only follow the server's "+": until then it is remembered. */
void
imap_idle_end(struct imap *im)
{
	if (!imap_idle_under_way(im) || im->idle_end)
		return;
	im->idle_end = true;
	if (im->idling)
		g_string_append(im->out, "DONE\r\n");
}

unsigned
imap_append(struct imap *im, const char *box_name, GBytes *mail)
{
	g_autofree char	*literal = g_strdup_printf(" (\\Seen) {%" G_GSIZE_FORMAT "}",
			    g_bytes_get_size(mail));

	im->appending = g_bytes_ref(mail);
	return send_with_box(im, VERB_APPEND, "APPEND ", box_name, literal);
}

unsigned
imap_logout(struct imap *im)
{
	return send_command(im, VERB_OTHER, "LOGOUT");
}

void
imap_set_format(GString *out, const uint32_t *uids, size_t count)
{
	size_t	i, last;

	for (i = 0; i < count; i = last + 1) {
		for (last = i; last + 1 < count && uids[last + 1] == uids[last] + 1; )
			last++;
		if (i > 0)
			g_string_append_c(out, ',');
		g_string_append_printf(out, "%u", uids[i]);
		if (last > i)
			g_string_append_printf(out, ":%u", uids[last]);
	}
}

bool
imap_flag_is_valid(const char *flag)
{
	const char	*p = flag + (*flag == '\\');

	if (*p == '\0')
		return false;
	for (; *p != '\0'; p++) {
		if (*p <= ' ' || *p >= 0x7f || strchr("(){%*\"\\]", *p) != NULL)
			return false;
	}
	return true;
}
