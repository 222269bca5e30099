/* SPDX-License-Identifier: ISC */
#include "proto/imap_reply.h"

#include <string.h>

/* "[CODE argument]": a bracket inside quotes does not end it. */
static bool
take_code(struct imap_lex *l, struct imap_condition *c)
{
	const char		*p;
	struct imap_span	 word;
	bool			 quoted = false;

	for (p = l->p; p < l->end && (quoted || *p != ']'); p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (quoted && *p == '\\' && p + 1 < l->end)
			p++;
	}
	if (p == l->end)
		return false;
	word.p = l->p;
	word.len = strcspn(l->p, " ]");
	if (word.len >= sizeof(c->code))
		word.len = sizeof(c->code) - 1;
	for (size_t i = 0; i < word.len; i++)
		c->code[i] = g_ascii_toupper(word.p[i]);
	c->code[word.len] = '\0';
	l->p = word.p + word.len;
	imap_lex_space(l);
	c->argument = (struct imap_span){ l->p, l->p < p ? (size_t)(p - l->p) : 0 };
	l->p = p + 1;
	return true;
}

bool
imap_reply_condition(struct imap_lex *l, struct imap_condition *c)
{
	struct imap_span	word;
	struct imap_lex		at = *l;

	memset(c, 0, sizeof(*c));
	if (!imap_lex_word(&at, &word))
		return false;
	if (imap_span_is(&word, "OK") || imap_span_is(&word, "PREAUTH"))
		c->result = IMAP_OK;
	else if (imap_span_is(&word, "NO"))
		c->result = IMAP_NO;
	else if (imap_span_is(&word, "BAD"))
		c->result = IMAP_BAD;
	else if (imap_span_is(&word, "BYE"))
		c->bye = true;
	else
		return false;
	imap_lex_space(&at);
	*l = at;
	if (imap_lex_char(&at, '[') && take_code(&at, c))
		*l = at;
	imap_lex_space(l);
	c->text = (struct imap_span){ l->p, (size_t)(l->end - l->p) };
	return true;
}

unsigned
imap_reply_capability(struct imap_lex *l)
{
	static const struct { const char *word; unsigned bit; } rows[] = {
		{ "IDLE", IMAP_CAN_IDLE }, { "MOVE", IMAP_CAN_MOVE },
		{ "UIDPLUS", IMAP_CAN_UIDPLUS }, { "ID", IMAP_CAN_ID }
	};
	struct imap_span	word;
	unsigned		bits = 0;

	for (imap_lex_space(l); imap_lex_word(l, &word); imap_lex_space(l)) {
		for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
			if (imap_span_is(&word, rows[i].word))
				bits |= rows[i].bit;
		}
	}
	return bits;
}

/* A name must go back into a command as it is. */
static bool
take_box(struct imap_lex *l, GString *box)
{
	g_string_truncate(box, 0);
	if (!imap_lex_astring(l, box))
		return false;
	return strlen(box->str) == box->len && strpbrk(box->str, "\r\n") == NULL;
}

bool
imap_reply_list(struct imap_lex *l, GString *box, bool *selectable)
{
	struct imap_span	word;

	*selectable = true;
	imap_lex_space(l);
	if (!imap_lex_char(l, '('))
		return false;
	for (imap_lex_space(l); imap_lex_word(l, &word); imap_lex_space(l)) {
		if (imap_span_is(&word, "\\Noselect") || imap_span_is(&word, "\\NonExistent"))
			*selectable = false;
	}
	if (!imap_lex_char(l, ')') || !imap_lex_space(l))
		return false;
	return imap_lex_skip(l) && imap_lex_space(l) && take_box(l, box);
}

bool
imap_reply_status(struct imap_lex *l, GString *box, struct imap_status *st)
{
	struct imap_span	word;
	uint32_t		n;

	memset(st, 0, sizeof(*st));
	imap_lex_space(l);
	if (!take_box(l, box) || !imap_lex_space(l) || !imap_lex_char(l, '('))
		return false;
	for (imap_lex_space(l); imap_lex_word(l, &word); imap_lex_space(l)) {
		if (!imap_lex_space(l))
			return false;
		if (!imap_lex_number32(l, &n)) {
			if (!imap_lex_skip(l))
				return false;
		} else if (imap_span_is(&word, "MESSAGES")) {
			st->messages = n;
		} else if (imap_span_is(&word, "UIDNEXT")) {
			st->uidnext = n;
		} else if (imap_span_is(&word, "UIDVALIDITY")) {
			st->uidvalidity = n;
		}
	}
	return imap_lex_char(l, ')');
}

enum imap_part
imap_reply_part(const struct imap_span *item)
{
	struct imap_span	section;
	const char		*open, *close;

	if (imap_span_is(item, "RFC822"))
		return IMAP_WHOLE;
	if (imap_span_is(item, "RFC822.HEADER"))
		return IMAP_HEADER;
	if (imap_span_is(item, "RFC822.TEXT"))
		return IMAP_OTHER_PART;
	if (!imap_span_begins(item, "BODY[") && !imap_span_begins(item, "BODY.PEEK[") &&
	    !imap_span_begins(item, "BINARY["))
		return IMAP_NO_PART;
	open = memchr(item->p, '[', item->len);
	close = memrchr(item->p, ']', item->len);
	if (close == NULL)
		return IMAP_NO_PART;
	section = (struct imap_span){ open + 1, (size_t)(close - open - 1) };
	if (section.len == 0)
		return IMAP_WHOLE;
	return imap_span_is(&section, "HEADER") ? IMAP_HEADER : IMAP_OTHER_PART;
}

enum imap_part
imap_reply_part_at_end(const char *text, size_t len)
{
	struct imap_lex		l = { text, text + len };
	struct imap_span	word = { text, 0 };
	uint32_t		seq;

	if (!imap_lex_char(&l, '*') || !imap_lex_space(&l) || !imap_lex_number32(&l, &seq) ||
	    !imap_lex_space(&l) || !imap_lex_word(&l, &word) || !imap_span_is(&word, "FETCH") ||
	    !imap_lex_space(&l) || !imap_lex_char(&l, '('))
		return IMAP_NO_PART;
	for (;;) {
		imap_lex_space(&l);
		if (!imap_lex_item(&l, &word))
			return IMAP_NO_PART;
		imap_lex_space(&l);
		if (l.p == l.end)
			return imap_reply_part(&word);
		if (!imap_lex_skip(&l))
			return IMAP_NO_PART;
	}
}

static bool
take_flags(struct imap_lex *l, struct imap_event *ev)
{
	static const struct { const char *word; unsigned bit; } rows[] = {
		{ "\\Seen", IMAP_SEEN }, { "\\Answered", IMAP_ANSWERED },
		{ "\\Flagged", IMAP_FLAGGED }, { "\\Deleted", IMAP_DELETED },
		{ "\\Draft", IMAP_DRAFT }
	};
	struct imap_span	word;

	if (!imap_lex_char(l, '('))
		return false;
	ev->has_flags = true;
	for (imap_lex_space(l); imap_lex_word(l, &word); imap_lex_space(l)) {
		for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
			if (imap_span_is(&word, rows[i].word))
				ev->flags |= rows[i].bit;
		}
	}
	return imap_lex_char(l, ')');
}

/* Content that is no literal: a short mail in quotes, or NIL for none. */
static bool
take_content(struct imap_lex *l, enum imap_part part, struct imap_event *ev, GString *quoted)
{
	if (imap_lex_streamed(l))
		return true;
	if (l->p < l->end && *l->p != '"' && *l->p != '{' && *l->p != '~')
		return imap_lex_skip(l);
	if (ev->part != IMAP_NO_PART || part == IMAP_OTHER_PART)
		return imap_lex_string(l, NULL);
	g_string_truncate(quoted, 0);
	if (!imap_lex_string(l, quoted))
		return false;
	ev->part = part;
	return true;
}

static bool
take_item(struct imap_lex *l, struct imap_event *ev, GString *quoted)
{
	struct imap_span	item;
	enum imap_part		part;

	if (!imap_lex_item(l, &item) || !imap_lex_space(l))
		return false;
	if (imap_span_is(&item, "UID"))
		return imap_lex_number32(l, &ev->uid);
	if (imap_span_is(&item, "RFC822.SIZE") && imap_lex_number(l, &ev->size)) {
		ev->has_size = true;
		return true;
	}
	if (imap_span_is(&item, "FLAGS"))
		return take_flags(l, ev);
	if ((part = imap_reply_part(&item)) != IMAP_NO_PART)
		return take_content(l, part, ev, quoted);
	return imap_lex_skip(l);
}

bool
imap_reply_fetch(struct imap_lex *l, struct imap_event *ev, GString *quoted)
{
	imap_lex_space(l);
	if (!imap_lex_char(l, '('))
		return false;
	for (imap_lex_space(l); !imap_lex_char(l, ')'); imap_lex_space(l)) {
		if (!take_item(l, ev, quoted))
			return false;
	}
	return true;
}
