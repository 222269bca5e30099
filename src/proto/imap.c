/* SPDX-License-Identifier: ISC */
/*
 * Two layers.  The framing (the read_ functions) gathers one reply: text up
 * to a line end, and if that ends in "{n}" the n bytes after it, and so on.
 * Mail content is passed on instead of gathered and leaves a marker; the hits
 * of a SEARCH are passed on too, because their line has no bound.  The
 * replies (the on_ functions) look at one whole reply and queue its events.
 */
#include "proto/imap.h"

#include <string.h>

#include "base/text.h"
#include "proto/imap_lex.h"
#include "proto/imap_name.h"
#include "proto/imap_reply.h"
#include "proto/imap_state.h"

#define TEXT_MAX	300		/* of a server's sentence, for people */

/* --------------------------------------------------------------- replies */

static struct imap_event *
add_event(struct imap *im, enum imap_event_kind kind)
{
	struct imap_event	*ev = g_new0(struct imap_event, 1);

	ev->kind = kind;
	ev->text = ev->code = "";
	g_queue_push_tail(im->events, ev);
	return ev;
}

static const char *
keep_text(struct imap *im, const struct imap_span *text)
{
	g_autofree char	*line = text_one_line(text->p, text->len, TEXT_MAX);

	g_string_assign(im->text, line);
	return im->text->str;
}

/* Of an untagged or a tagged OK, NO, BAD: what its [CODE] tells about us. */
static void
take_code(struct imap *im, const struct imap_condition *c)
{
	struct imap_lex	 l = { c->argument.p, c->argument.p + c->argument.len };
	const struct command *first = g_queue_peek_head(im->under_way);
	uint32_t	 n;

	if (strcmp(c->code, "CAPABILITY") == 0) {
		im->abilities = imap_reply_capability(&l);
	} else if (strcmp(c->code, "UIDVALIDITY") == 0 && imap_lex_number32(&l, &n)) {
		im->opening.uidvalidity = n;
		if ((first == NULL || first->verb != VERB_SELECT) && n != im->box.uidvalidity)
			add_event(im, IMAP_RENUMBERED);
	} else if (strcmp(c->code, "UIDNEXT") == 0 && imap_lex_number32(&l, &n)) {
		im->opening.uidnext = n;
	} else if (strcmp(c->code, "READ-ONLY") == 0) {
		im->opening.read_only = true;
	} else if (strcmp(c->code, "ALERT") == 0) {
		add_event(im, IMAP_ALERT)->text = keep_text(im, &c->text);
	}
}

static void
on_untagged_condition(struct imap *im, const struct imap_condition *c)
{
	if (c->bye)
		add_event(im, IMAP_BYE)->text = keep_text(im, &c->text);
	else
		take_code(im, c);
}

/* EXISTS may come before the OK of SELECT or after: it counts both times. */
static bool
on_numbered(struct imap *im, uint32_t n, struct imap_lex *l)
{
	struct imap_span	 word;
	struct imap_event	*ev;

	if (!imap_lex_space(l) || !imap_lex_word(l, &word))
		return false;
	if (imap_span_is(&word, "EXISTS")) {
		im->opening.exists = im->box.exists = n;
		add_event(im, IMAP_EXISTS)->count = n;
	} else if (imap_span_is(&word, "EXPUNGE")) {
		if (im->box.exists > 0)
			im->box.exists--;
		add_event(im, IMAP_EXPUNGED)->count = n;
	} else if (imap_span_is(&word, "FETCH")) {
		struct imap_event fetched = { .kind = IMAP_FETCHED };

		if (!imap_reply_fetch(l, &fetched, im->content))
			return false;
		if (fetched.part != IMAP_NO_PART && im->part == IMAP_NO_PART) {
			ev = add_event(im, IMAP_MAIL_BEGIN);
			ev->part = fetched.part;
			ev->bytes = im->content->len;
			ev = add_event(im, IMAP_MAIL_CHUNK);
			ev->data = (const uint8_t *)im->content->str;
			ev->bytes = im->content->len;
		} else {
			fetched.part = im->part;
		}
		ev = add_event(im, IMAP_FETCHED);
		*ev = fetched;
		ev->text = ev->code = "";
	}
	return true;
}

static void
keep_box_name(struct imap *im, struct imap_event *ev)
{
	g_free(im->name);
	im->name = imap_name_decode(im->box_name->str, im->box_name->len);
	ev->box_name = im->box_name->str;
	ev->name = im->name;
}

static bool
on_untagged(struct imap *im, struct imap_lex *l)
{
	struct imap_lex		 at = *l;
	struct imap_span	 word;
	struct imap_condition	 c;
	struct imap_event	*ev;
	struct imap_status	 status;
	bool			 selectable;
	uint32_t		 n;

	if (imap_lex_number32(&at, &n))
		return on_numbered(im, n, &at);
	if (imap_reply_condition(&at, &c)) {
		on_untagged_condition(im, &c);
		return true;
	}
	if (!imap_lex_word(&at, &word))
		return false;
	if (imap_span_is(&word, "CAPABILITY")) {
		im->abilities = imap_reply_capability(&at);
	} else if (imap_span_is(&word, "LIST")) {
		if (!imap_reply_list(&at, im->box_name, &selectable))
			return false;
		ev = add_event(im, IMAP_LISTED);
		ev->selectable = selectable;
		keep_box_name(im, ev);
	} else if (imap_span_is(&word, "STATUS")) {
		if (!imap_reply_status(&at, im->box_name, &status))
			return false;
		ev = add_event(im, IMAP_STATUS);
		ev->status = status;
		keep_box_name(im, ev);
	}
	return true;
}

static struct command *
take_command(struct imap *im, const struct imap_span *tag)
{
	GList	*at;

	for (at = im->under_way->head; at != NULL; at = at->next) {
		struct command *c = at->data;

		if (tag->len == TAG_LETTERS && memcmp(tag->p, c->tag, TAG_LETTERS) == 0) {
			g_queue_delete_link(im->under_way, at);
			return c;
		}
	}
	return NULL;
}

/* Some servers give the UIDVALIDITY in the tagged OK of SELECT. */
static bool
on_tagged(struct imap *im, const struct imap_span *tag, struct imap_lex *l)
{
	struct command		*cmd = take_command(im, tag);
	struct imap_condition	 c;
	struct imap_event	*ev;

	if (cmd == NULL)
		return false;
	imap_lex_space(l);
	if (!imap_reply_condition(l, &c) || c.bye) {
		g_free(cmd);
		return false;
	}
	im->tagged_once = true;
	if (cmd->verb == VERB_SELECT)
		g_queue_push_head(im->under_way, cmd);
	take_code(im, &c);
	if (cmd->verb == VERB_SELECT) {
		g_queue_pop_head(im->under_way);
		if (c.result == IMAP_OK)
			im->box = im->opening;
		else
			memset(&im->box, 0, sizeof(im->box));
	}
	if (cmd->verb == VERB_IDLE)
		im->idling = false;
	if (cmd->verb == VERB_APPEND)
		g_clear_pointer(&im->appending, g_bytes_unref);
	g_string_assign(im->code, c.code);
	ev = add_event(im, IMAP_DONE);
	ev->id = cmd->id;
	ev->result = c.result;
	ev->code = im->code->str;
	ev->text = keep_text(im, &c.text);
	g_free(cmd);
	return true;
}

static void
on_continuation(struct imap *im)
{
	if (im->appending != NULL) {
		g_string_append_len(im->out, g_bytes_get_data(im->appending, NULL),
		    (gssize)g_bytes_get_size(im->appending));
		g_string_append(im->out, "\r\n");
		g_clear_pointer(&im->appending, g_bytes_unref);
		return;
	}
	if (!imap_idle_under_way(im) || im->idling)
		return;
	im->idling = true;
	if (im->idle_end)
		g_string_append(im->out, "DONE\r\n");
	else
		add_event(im, IMAP_IDLING);
}

static void
broken(struct imap *im, const char *why)
{
	g_string_assign(im->text, why);
	add_event(im, IMAP_BROKEN)->text = im->text->str;
	im->reading = READ_NOTHING;
}

/*
 * One whole reply.  An untagged one that we cannot read is passed over: it is
 * framed, so nothing is lost but itself.  A tag that is not ours means that
 * we are out of step - except at the very beginning, where the end of what
 * the login was told may still come.
 */
static void
on_reply(struct imap *im)
{
	struct imap_lex		l = { im->reply->str, im->reply->str + im->reply->len };
	struct imap_span	tag;

	if (imap_lex_char(&l, '+')) {
		on_continuation(im);
	} else if (imap_lex_char(&l, '*')) {
		imap_lex_space(&l);
		on_untagged(im, &l);
	} else if (im->reply->len > 0 && im->tagged_once) {
		if (!imap_lex_word(&l, &tag) || !on_tagged(im, &tag, &l))
			broken(im, "a reply to a command that was never sent");
	} else if (imap_lex_word(&l, &tag)) {
		on_tagged(im, &tag, &l);
	}
	g_string_truncate(im->reply, 0);
	im->piece = 0;
	im->part = IMAP_NO_PART;
}

/* --------------------------------------------------------------- framing */

/* The text of OK, NO, BAD is for people and may end in anything. */
static bool
may_hold_literal(const struct imap *im)
{
	struct imap_lex		l = { im->reply->str, im->reply->str + im->reply->len };
	struct imap_condition	c;

	if (!imap_lex_char(&l, '*'))
		return false;
	imap_lex_space(&l);
	return !imap_reply_condition(&l, &c);
}

/* Mail content follows; n bytes of it. */
static void
begin_content(struct imap *im, enum imap_part part, size_t brace, uint64_t n)
{
	struct imap_event	*ev;

	g_string_truncate(im->reply, brace);
	g_string_append(im->reply, IMAP_LEX_STREAMED);
	im->piece = im->reply->len;
	im->left = n;
	im->mute = im->part != IMAP_NO_PART || part == IMAP_OTHER_PART;
	im->reading = n > 0 ? READ_CONTENT : READ_LINE;
	if (im->mute)
		return;
	im->part = part;
	ev = add_event(im, IMAP_MAIL_BEGIN);
	ev->part = part;
	ev->bytes = n;
}

/* The line end has come: is that all, or does a literal follow? */
static void
end_text(struct imap *im)
{
	GString		*r = im->reply;
	enum imap_part	 part;
	uint64_t	 n;
	size_t		 brace;
	int		 found;

	g_string_truncate(r, r->len - 1);
	if (r->len > im->piece && r->str[r->len - 1] == '\r')
		g_string_truncate(r, r->len - 1);
	found = !may_hold_literal(im) ? 0 : imap_lex_literal_at_end(r->str + im->piece,
	    r->len - im->piece, IMAP_MAIL_MAX, &n, &brace);
	if (found == -1) {
		broken(im, "a literal of impossible size");
	} else if (found == 0) {
		on_reply(im);
	} else if ((part = imap_reply_part_at_end(r->str, im->piece + brace)) != IMAP_NO_PART) {
		begin_content(im, part, im->piece + brace, n);
	} else if (n > IMAP_LITERAL_MAX) {
		broken(im, "a literal larger than allowed");
	} else {
		g_string_append(r, "\r\n");
		im->left = n;
		im->reading = READ_LITERAL;
		if (n == 0) {
			im->piece = r->len;
			im->reading = READ_LINE;
		}
	}
}

static void
gather(struct imap *im, const uint8_t **p, size_t *len, size_t n)
{
	if (im->reply->len + n > IMAP_LINE_MAX) {
		broken(im, "a line longer than allowed");
		return;
	}
	g_string_append_len(im->reply, (const char *)*p, (gssize)n);
	*p += n;
	*len -= n;
}

static const char hits_head[] = "* SEARCH";

/* Text up to the line end; the first letters one step at a time, to tell a SEARCH. */
static void
read_line(struct imap *im, const uint8_t **p, size_t *len)
{
	const size_t	head = sizeof(hits_head);	/* with one letter more */
	const uint8_t	*nl;
	size_t		 n = *len;

	if (im->reply->len < head)
		n = MIN(n, head - im->reply->len);
	if ((nl = memchr(*p, '\n', n)) != NULL)
		n = (size_t)(nl - *p) + 1;
	gather(im, p, len, n);
	if (im->reading == READ_NOTHING)
		return;
	if (nl != NULL) {
		end_text(im);
	} else if (im->reply->len == head && im->reply->str[head - 1] == ' ' &&
	    g_ascii_strncasecmp(im->reply->str, hits_head, head - 1) == 0) {
		im->reading = READ_HITS;
		im->hit = 0;
		im->hit_bad = false;
		im->hit_depth = 0;
	}
}

static void
read_literal(struct imap *im, const uint8_t **p, size_t *len)
{
	size_t	n = (size_t)MIN(im->left, *len);

	gather(im, p, len, n);
	im->left -= n;
	if (im->left == 0 && im->reading != READ_NOTHING) {
		im->piece = im->reply->len;
		im->reading = READ_LINE;
	}
}

static void
read_content(struct imap *im, const uint8_t **p, size_t *len)
{
	size_t			 n = (size_t)MIN(im->left, *len);
	struct imap_event	*ev;

	if (!im->mute) {
		ev = add_event(im, IMAP_MAIL_CHUNK);
		ev->part = im->part;
		ev->data = *p;
		ev->bytes = n;
	}
	*p += n;
	*len -= n;
	im->left -= n;
	if (im->left == 0)
		im->reading = READ_LINE;
}

/* Numbers, and perhaps "(MODSEQ n)", up to the line end; other words do not count. */
static void
read_hits(struct imap *im, const uint8_t **p, size_t *len)
{
	while (*len > 0 && g_queue_is_empty(im->events) && im->reading == READ_HITS) {
		uint8_t	c = **p;

		++*p;
		--*len;
		if (c >= '0' && c <= '9') {
			im->hit = im->hit * 10 + (uint64_t)(c - '0');
			im->hit_bad = im->hit_bad || im->hit > UINT32_MAX;
			if (im->hit_bad)
				im->hit = 0;
			continue;
		}
		if (im->hit > 0 && !im->hit_bad && im->hit_depth == 0 &&
		    (c == ' ' || c == '\r' || c == '\n'))
			add_event(im, IMAP_FOUND)->uid = (uint32_t)im->hit;
		im->hit = 0;
		im->hit_bad = c != ' ' && c != '\r' && c != '\n';
		if (c == '(')
			im->hit_depth++;
		else if (c == ')' && im->hit_depth > 0)
			im->hit_depth--;
		if (c == '\n') {
			g_string_truncate(im->reply, 0);
			im->piece = 0;
			im->reading = READ_LINE;
		}
	}
}

bool
imap_next(struct imap *im, const uint8_t **p, size_t *len, struct imap_event *out)
{
	struct imap_event	*ev;

	while (g_queue_is_empty(im->events) && *len > 0 && im->reading != READ_NOTHING) {
		switch (im->reading) {
		case READ_LINE:		read_line(im, p, len); break;
		case READ_LITERAL:	read_literal(im, p, len); break;
		case READ_CONTENT:	read_content(im, p, len); break;
		case READ_HITS:		read_hits(im, p, len); break;
		case READ_NOTHING:	break;
		}
	}
	if ((ev = g_queue_pop_head(im->events)) == NULL)
		return false;
	*out = *ev;
	g_free(ev);
	return true;
}

GString *
imap_output(struct imap *im)
{
	return im->out;
}

unsigned
imap_abilities(const struct imap *im)
{
	return im->abilities;
}

const struct imap_box *
imap_box(const struct imap *im)
{
	return &im->box;
}

unsigned
imap_under_way(const struct imap *im)
{
	return g_queue_get_length(im->under_way);
}

struct imap *
imap_new(void)
{
	struct imap	*im = g_new0(struct imap, 1);

	im->out = g_string_new(NULL);
	im->under_way = g_queue_new();
	im->events = g_queue_new();
	im->reply = g_string_new(NULL);
	im->text = g_string_new(NULL);
	im->code = g_string_new(NULL);
	im->box_name = g_string_new(NULL);
	im->content = g_string_new(NULL);
	return im;
}

void
imap_free(struct imap *im)
{
	if (im == NULL)
		return;
	g_queue_free_full(im->under_way, g_free);
	g_queue_free_full(im->events, g_free);
	g_string_free(im->out, TRUE);
	g_string_free(im->reply, TRUE);
	g_string_free(im->text, TRUE);
	g_string_free(im->code, TRUE);
	g_string_free(im->box_name, TRUE);
	g_string_free(im->content, TRUE);
	g_clear_pointer(&im->appending, g_bytes_unref);
	g_free(im->name);
	g_free(im);
}
