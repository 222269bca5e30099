/* SPDX-License-Identifier: ISC */
/*
 * Replays tests/transcripts/imap/ at every split point, and hostile replies
 * from the tables below.  Lines of a transcript:
 *
 *	! select INBOX		call this command
 *	> SELECT "INBOX"	what has to be sent for it (behind the tag)
 *	< * 3 EXISTS		what the server sends, with CR LF; $1 is the tag
 *				of the first command
 *	<~ abc\r\n		the same with escapes and nothing added
 *	= exists 3		the events, in order
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/imap.h"
#include "proto/imap_name.h"

#define MAX_TAGS	32

struct play {
	struct imap	*im;
	char		*tags[MAX_TAGS + 1];
	unsigned	 tag_count;
	GString		*events, *content, *sent;
	uint64_t	 promised;	/* content bytes announced and not yet seen */
	size_t		 fed, split;	/* where in the whole input to cut */
	bool		 single;	/* byte by byte */
};

static const char *const result_words[] = { "OK", "NO", "BAD" };
static const char *const part_words[] = { "none", "whole", "header", "other" };

static void
flush_content(struct play *pl)
{
	g_autofree char	*escaped = NULL;

	if (pl->content->len == 0)
		return;
	escaped = g_strescape(pl->content->str, NULL);
	g_string_append_printf(pl->events, "content %s\n", escaped);
	g_string_truncate(pl->content, 0);
}

static void
note_fetched(struct play *pl, const struct imap_event *ev)
{
	g_string_append_printf(pl->events, "fetched uid=%u", ev->uid);
	if (ev->has_size)
		g_string_append_printf(pl->events, " size=%" G_GUINT64_FORMAT, ev->size);
	if (ev->has_flags)
		g_string_append_printf(pl->events, " flags=%x", ev->flags);
	if (ev->part != IMAP_NO_PART)
		g_string_append_printf(pl->events, " part=%s", part_words[ev->part]);
	g_string_append_c(pl->events, '\n');
}

static void
note(struct play *pl, const struct imap_event *ev)
{
	GString	*out = pl->events;

	if (ev->kind == IMAP_MAIL_CHUNK) {
		assert_true(ev->bytes <= pl->promised);
		pl->promised -= ev->bytes;
		g_string_append_len(pl->content, (const char *)ev->data, (gssize)ev->bytes);
		return;
	}
	flush_content(pl);
	switch (ev->kind) {
	case IMAP_DONE:
		g_string_append_printf(out, "done %u %s%s%s%s %s\n", ev->id,
		    result_words[ev->result], *ev->code ? " [" : "", ev->code,
		    *ev->code ? "]" : "", ev->text);
		break;
	case IMAP_LISTED:
		g_string_append_printf(out, "listed %s (%s)%s\n", ev->box_name, ev->name,
		    ev->selectable ? "" : " noselect");
		break;
	case IMAP_STATUS:
		g_string_append_printf(out, "status %s messages=%u uidnext=%u uidvalidity=%u\n",
		    ev->name, ev->status.messages, ev->status.uidnext, ev->status.uidvalidity);
		break;
	case IMAP_FOUND:
		g_string_append_printf(out, "found %u\n", ev->uid);
		break;
	case IMAP_MAIL_BEGIN:
		pl->promised = ev->bytes;
		g_string_append_printf(out, "mail %s %" G_GUINT64_FORMAT "\n",
		    part_words[ev->part], ev->bytes);
		break;
	case IMAP_FETCHED:
		assert_int_equal(pl->promised, 0);
		note_fetched(pl, ev);
		break;
	case IMAP_EXISTS:
		g_string_append_printf(out, "exists %u\n", ev->count);
		break;
	case IMAP_EXPUNGED:
		g_string_append_printf(out, "expunged %u\n", ev->count);
		break;
	case IMAP_RENUMBERED:
		g_string_append(out, "renumbered\n");
		break;
	case IMAP_IDLING:
		g_string_append(out, "idling\n");
		break;
	case IMAP_ALERT:
		g_string_append_printf(out, "alert %s\n", ev->text);
		break;
	case IMAP_BYE:
		g_string_append_printf(out, "bye %s\n", ev->text);
		break;
	case IMAP_BROKEN:
		g_string_append_printf(out, "broken %s\n", ev->text);
		break;
	case IMAP_MAIL_CHUNK:
		break;
	}
}

/* An exact copy, so that ASan sees an over-read. */
static void
feed_piece(struct play *pl, const char *bytes, size_t len)
{
	uint8_t			*copy = g_malloc(MAX(len, 1));
	const uint8_t		*p = copy;
	struct imap_event	 ev;

	memcpy(copy, bytes, len);
	while (imap_next(pl->im, &p, &len, &ev))
		note(pl, &ev);
	g_free(copy);
	pl->fed += (size_t)(p - copy);
}

static void
feed(struct play *pl, const char *bytes, size_t len)
{
	size_t	i, first;

	if (pl->single) {
		for (i = 0; i < len; i++)
			feed_piece(pl, bytes + i, 1);
		return;
	}
	first = pl->split > pl->fed && pl->split < pl->fed + len ? pl->split - pl->fed : 0;
	if (first > 0)
		feed_piece(pl, bytes, first);
	feed_piece(pl, bytes + first, len - first);
}

/* What was sent since the last look; notes the tag. */
static void
take_sent(struct play *pl, bool tagged)
{
	GString		*out = imap_output(pl->im);
	const char	*blank;

	if (tagged && g_str_has_prefix(out->str, "DONE\r\n"))
		g_string_erase(out, 0, strlen("DONE\r\n"));
	blank = strchr(out->str, ' ');
	g_string_truncate(pl->sent, 0);
	if (tagged) {
		assert_non_null(blank);
		assert_true(pl->tag_count < MAX_TAGS);
		pl->tags[++pl->tag_count] = g_strndup(out->str, (gsize)(blank - out->str));
		g_string_append(pl->sent, blank + 1);
	} else {
		g_string_append(pl->sent, out->str);
	}
	assert_true(g_str_has_suffix(pl->sent->str, "\r\n"));
	g_string_truncate(pl->sent, pl->sent->len - 2);
	g_string_truncate(out, 0);
}

static void
call(struct play *pl, const char *line)
{
	g_auto(GStrv)	 w = g_strsplit(line, " ", 3);
	const char	*a = w[1], *b = w[1] != NULL ? w[2] : NULL;
	struct imap	*im = pl->im;

	if (strcmp(w[0], "idle-end") == 0) {
		imap_idle_end(im);
		if (imap_output(im)->len > 0)
			take_sent(pl, false);
		return;
	}
	if (strcmp(w[0], "capability") == 0)
		imap_capability(im);
	else if (strcmp(w[0], "id") == 0)
		imap_ident(im, a, b);
	else if (strcmp(w[0], "list") == 0)
		imap_list(im, a);
	else if (strcmp(w[0], "select") == 0)
		imap_select(im, a, false);
	else if (strcmp(w[0], "examine") == 0)
		imap_select(im, a, true);
	else if (strcmp(w[0], "status") == 0)
		imap_status(im, a);
	else if (strcmp(w[0], "search") == 0)
		imap_search(im, line + strlen("search "));
	else if (strcmp(w[0], "info") == 0)
		imap_fetch_info(im, a);
	else if (strcmp(w[0], "mail") == 0)
		imap_fetch_mail(im, a, IMAP_WHOLE);
	else if (strcmp(w[0], "header") == 0)
		imap_fetch_mail(im, a, IMAP_HEADER);
	else if (strcmp(w[0], "flag") == 0)
		imap_add_flags(im, a, b);
	else if (strcmp(w[0], "move") == 0)
		imap_move(im, a, b);
	else if (strcmp(w[0], "copy") == 0)
		imap_copy(im, a, b);
	else if (strcmp(w[0], "expunge") == 0)
		imap_expunge(im, a);
	else if (strcmp(w[0], "noop") == 0)
		imap_noop(im);
	else if (strcmp(w[0], "idle") == 0)
		imap_idle(im);
	else if (strcmp(w[0], "logout") == 0)
		imap_logout(im);
	else
		fail_msg("no command %s", w[0]);
	take_sent(pl, true);
}

/* "$1" is the tag of the first command. */
static GString *
with_tags(const struct play *pl, const char *text, size_t len)
{
	GString	*out = g_string_new_len(text, (gssize)len);
	char	 name[8];
	unsigned i;

	for (i = pl->tag_count; i > 0; i--) {
		g_snprintf(name, sizeof(name), "$%u", i);
		if (len > 0 && memchr(out->str, '\0', out->len) == NULL)
			g_string_replace(out, name, pl->tags[i], 0);
	}
	return out;
}

static void
play_line(struct play *pl, const char *line, GString *wanted)
{
	g_autoptr(GString)	 bytes = NULL;
	g_autofree char		*plain = NULL;

	if (g_str_has_prefix(line, "! ")) {
		call(pl, line + 2);
	} else if (g_str_has_prefix(line, "> ")) {
		if (strcmp(pl->sent->str, line + 2) != 0)
			print_message("%s", pl->events->str);
		assert_string_equal(pl->sent->str, line + 2);
	} else if (g_str_has_prefix(line, "= ")) {
		g_string_append_printf(wanted, "%s\n", line + 2);
	} else if (g_str_has_prefix(line, "<~ ")) {
		plain = g_strcompress(line + 3);
		bytes = with_tags(pl, plain, strlen(plain));
		feed(pl, bytes->str, bytes->len);
	} else if (g_str_has_prefix(line, "< ") || strcmp(line, "<") == 0) {
		bytes = with_tags(pl, line + (line[1] == ' ' ? 2 : 1),
		    strlen(line + (line[1] == ' ' ? 2 : 1)));
		g_string_append(bytes, "\r\n");
		feed(pl, bytes->str, bytes->len);
	} else if (line[0] != '\0' && line[0] != '#') {
		fail_msg("no such line: %s", line);
	}
}

static void
play_begin(struct play *pl)
{
	memset(pl, 0, sizeof(*pl));
	pl->im = imap_new();
	pl->events = g_string_new(NULL);
	pl->content = g_string_new(NULL);
	pl->sent = g_string_new(NULL);
}

static void
play_end(struct play *pl)
{
	imap_free(pl->im);
	g_string_free(pl->events, TRUE);
	g_string_free(pl->content, TRUE);
	g_string_free(pl->sent, TRUE);
	for (unsigned i = 1; i <= pl->tag_count; i++)
		g_free(pl->tags[i]);
}

/* Returns how many bytes the server sent. */
static size_t
replay(char **lines, size_t split, bool single)
{
	g_autoptr(GString)	wanted = g_string_new(NULL);
	struct play		pl;
	size_t			fed;

	play_begin(&pl);
	pl.split = split;
	pl.single = single;
	for (; *lines != NULL; lines++)
		play_line(&pl, *lines, wanted);
	flush_content(&pl);
	if (strcmp(pl.events->str, wanted->str) != 0)
		print_message("split at %zu\n", split);
	assert_string_equal(pl.events->str, wanted->str);
	fed = pl.fed;
	play_end(&pl);
	return fed;
}

static void
imap_next__every_transcript_at_every_split__gives_the_same_events(void **state)
{
	const char		*src = g_getenv("top_srcdir");
	g_autofree char		*dir = g_build_filename(src ? src : ".",
				    "tests/transcripts/imap", NULL);
	g_autoptr(GDir)		 entries = g_dir_open(dir, 0, NULL);
	const char		*name;
	unsigned		 count = 0;

	(void)state;
	assert_non_null(entries);
	while ((name = g_dir_read_name(entries)) != NULL) {
		g_autofree char	*path = g_build_filename(dir, name, NULL), *text = NULL;
		g_auto(GStrv)	 lines = NULL;
		size_t		 split, len;

		if (!g_str_has_suffix(name, ".txt"))
			continue;
		assert_true(g_file_get_contents(path, &text, NULL, NULL));
		lines = g_strsplit(text, "\n", -1);
		print_message("%s\n", name);
		len = replay(lines, 0, false);
		for (split = 1; split < len; split++)
			replay(lines, split, false);
		replay(lines, 0, true);
		count++;
	}
	assert_true(count >= 8);
}

struct hostile {
	const char	*what, *command, *server, *events;
};

static const struct hostile hostile[] = {
	{ "negative literal", "mail 5", "* 1 FETCH (UID 5 BODY[] {-5}\r\nhello)\r\n",
	    "broken a literal of impossible size\n" },
	{ "empty literal number", "mail 5", "* 1 FETCH (UID 5 BODY[] {}\r\n)\r\n",
	    "broken a literal of impossible size\n" },
	{ "4 GB", "mail 5", "* 1 FETCH (UID 5 BODY[] {4294967296}\r\n",
	    "broken a literal of impossible size\n" },
	{ "past 64 bits", "mail 5", "* 1 FETCH (BODY[] {99999999999999999999999}\r\n",
	    "broken a literal of impossible size\n" },
	{ "large literal that is no content", "mail 5", "* 1 FETCH (ENVELOPE {70000}\r\n",
	    "broken a literal larger than allowed\n" },
	{ "large literal as folder name", "list *", "* LIST () \"/\" {70000}\r\n",
	    "broken a literal larger than allowed\n" },
	{ "overflowing uid", "mail 5", "* 1 FETCH (UID 4294967301 BODY[] {2}\r\nhi)\r\n",
	    "mail whole 2\ncontent hi\n" },
	{ "negative uid", "info 5", "* 1 FETCH (UID -5 RFC822.SIZE 3)\r\n* 2 EXISTS\r\n",
	    "exists 2\n" },
	{ "size that overflows is not told", "info 5",
	    "* 1 FETCH (UID 5 RFC822.SIZE 99999999999999999999999)\r\n", "fetched uid=5\n" },
	{ "fetch never closed", "info 5", "* 1 FETCH (UID 5 FLAGS (\\Seen\r\n* 9 EXISTS\r\n",
	    "exists 9\n" },
	{ "too deep", "info 5",
	    "* 1 FETCH (X (((((((((((((((((((((((((((((((((((((((((( UID 5)\r\n* 9 EXISTS\r\n",
	    "exists 9\n" },
	{ "tag in the content", "mail 5",
	    "* 1 FETCH (UID 5 BODY[] {29}\r\nA1 OK done\r\n* 1 EXPUNGE\r\n\r\n\r\n)\r\n",
	    "mail whole 29\ncontent A1 OK done\\r\\n* 1 EXPUNGE\\r\\n\\r\\n\\r\\n\n"
	    "fetched uid=5 part=whole\n" },
	{ "two contents in one reply: the first counts", "mail 5",
	    "* 1 FETCH (UID 5 BODY[] {2}\r\nhi BODY[] {3}\r\nbad)\r\n",
	    "mail whole 2\ncontent hi\nfetched uid=5 part=whole\n" },
	{ "literal look-alike in a human text", "noop", "* OK nice {5}\r\n* 7 EXISTS\r\n",
	    "exists 7\n" },
	{ "literal look-alike inside quotes", "info 5",
	    "* 1 FETCH (UID 5 X \"a {5}\r\n* 7 EXISTS\r\n", "exists 7\n" },
	{ "search with numbers too large and odd words", "search ALL",
	    "* SEARCH 1 4294967296 2 -3 x4 5y 0 6 (MODSEQ 917) 7\r\n",
	    "found 1\nfound 2\nfound 6\nfound 7\n" },
	{ "empty search", "search ALL", "* SEARCH\r\n* SEARCH \r\n", "" },
	{ "continuation that nobody asked for", "noop", "+ go ahead\r\n* 1 EXISTS\r\n",
	    "exists 1\n" },
	{ "bare line feeds", "noop", "* 4 EXISTS\n* 1 RECENT\n", "exists 4\n" },
	{ "empty lines", "noop", "\r\n\r\n* 4 EXISTS\r\n", "exists 4\n" },
	{ "leftovers of the login", "noop", "oved]\r\nB7 OK logged in\r\n* 4 EXISTS\r\n",
	    "exists 4\n" },
	{ "folder name with a line end", "list *",
	    "* LIST () \"/\" {9}\r\na\r\nX NOOP\r\n* LIST () \"/\" b\r\n", "listed b (b)\n" },
	{ "controls in a text", "noop", "* BYE a\033[31m\001b\r\n", "bye a[31mb\n" },
};

static void
imap_next__hostile_replies__do_no_harm(void **state)
{
	size_t	i, split;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(hostile); i++) {
		const struct hostile *h = &hostile[i];

		for (split = 0; split < strlen(h->server); split++) {
			struct play pl;

			play_begin(&pl);
			pl.split = split;
			call(&pl, h->command);
			feed(&pl, h->server, strlen(h->server));
			flush_content(&pl);
			if (strcmp(pl.events->str, h->events) != 0)
				print_message("%s, split at %zu\n", h->what, split);
			assert_string_equal(pl.events->str, h->events);
			play_end(&pl);
		}
	}
}

static void
imap_next__tag_that_is_not_ours__breaks(void **state)
{
	struct play	pl;

	(void)state;
	play_begin(&pl);
	call(&pl, "noop");
	play_line(&pl, "< $1 OK", pl.sent);
	call(&pl, "noop");
	play_line(&pl, "< A2 OK", pl.sent);
	assert_string_equal(pl.events->str,
	    "done 1 OK \nbroken a reply to a command that was never sent\n");
	play_end(&pl);
}

static void
imap_next__endless_line__breaks_at_the_limit(void **state)
{
	g_autofree char	*line = g_strnfill(IMAP_LINE_MAX + 100, 'x');
	struct play	 pl;

	(void)state;
	memcpy(line, "* LIST () ", 10);
	play_begin(&pl);
	feed(&pl, line, strlen(line));
	assert_string_equal(pl.events->str, "broken a line longer than allowed\n");
	play_end(&pl);
}

static void
imap_next__endless_small_literals__break_at_the_limit(void **state)
{
	g_autofree char	*literal = g_strdup_printf("{60000}\r\n%060000d ", 0);
	struct play	 pl;
	unsigned	 i;

	(void)state;
	play_begin(&pl);
	feed(&pl, "* LIST () ", 10);
	for (i = 0; i < 6; i++)
		feed(&pl, literal, strlen(literal));
	assert_string_equal(pl.events->str, "broken a line longer than allowed\n");
	play_end(&pl);
}

static void
imap_next__search_of_a_megabyte__finds_all(void **state)
{
	g_autoptr(GString)	 line = g_string_new("* SEARCH");
	struct play		 pl;
	unsigned		 i;
	const char		*p;

	(void)state;
	for (i = 1; i <= 150000; i++)
		g_string_append_printf(line, " %u", i);
	g_string_append(line, "\r\n");
	play_begin(&pl);
	pl.split = line->len / 2;
	feed(&pl, line->str, line->len);
	for (i = 1, p = pl.events->str; i <= 150000; i++) {
		assert_int_equal(strtoul(p + strlen("found "), NULL, 10), i);
		p = strchr(p, '\n') + 1;
	}
	assert_string_equal(p, "");
	play_end(&pl);
}

static void
imap_tags__of_many_commands__are_never_alike(void **state)
{
	g_autoptr(GHashTable)	 seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct imap		*im = imap_new();
	unsigned		 i;

	(void)state;
	for (i = 0; i < 2000; i++) {
		GString *out = imap_output(im);

		imap_noop(im);
		assert_true(g_hash_table_add(seen, g_strndup(out->str, strcspn(out->str, " "))));
		g_string_truncate(out, 0);
	}
	imap_free(im);
}

static void
imap_set_format__ascending_uids__joins_runs(void **state)
{
	static const struct { uint32_t uids[8]; size_t n; const char *set; } rows[] = {
		{ { 5 }, 1, "5" }, { { 1, 2, 3 }, 3, "1:3" },
		{ { 1, 3, 4, 9 }, 4, "1,3:4,9" },
		{ { 4294967294U, 4294967295U }, 2, "4294967294:4294967295" }, { { 0 }, 0, "" }
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) out = g_string_new(NULL);

		imap_set_format(out, rows[i].uids, rows[i].n);
		assert_string_equal(out->str, rows[i].set);
	}
}

static void
imap_flag_is_valid__atoms_only(void **state)
{
	static const char *const good[] = { "\\Seen", "$Done", "intaked", "a.b" },
	    *const bad[] = { "", "\\", "a b", "a)", "x\r\nA DELETE", "\\*", "\"q\"", "\xc3\xa9" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
		assert_true(imap_flag_is_valid(good[i]));
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		assert_false(imap_flag_is_valid(bad[i]));
}

static const struct { const char *utf8, *name; } names[] = {
	{ "INBOX", "INBOX" }, { "a & b", "a &- b" },
	{ "Entw\xc3\xbcrfe", "Entw&APw-rfe" },
	{ "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
	    "~peter/mail/&U,BTFw-/&ZeVnLIqe-" },
	{ "\xf0\x9f\x93\xa8 neu", "&2D3c6A- neu" }, { "a\nb", "a&AAo-b" },
	{ "\xc3\xa9&\xc3\xa8", "&AOk-&-&AOg-" }
};

static void
imap_name__utf8_and_modified_utf7__convert_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char	*name = imap_name_encode(names[i].utf8);
		g_autofree char	*back = imap_name_decode(names[i].name, strlen(names[i].name));

		assert_string_equal(name, names[i].name);
		assert_string_equal(back, names[i].utf8);
	}
}

static void
imap_name_encode__inbox_in_any_case__is_INBOX(void **state)
{
	g_autofree char	*name = imap_name_encode("Inbox");

	(void)state;
	assert_string_equal(name, "INBOX");
}

static void
imap_name_decode__what_is_no_utf7__is_still_valid_utf8(void **state)
{
	static const char *const odd[] = { "Entw\xc3\xbcrfe", "a\xff\xfe", "&", "&AP", "&A-",
	    "&2D0-", "&!!-", "\x80&APw-" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(odd); i++) {
		g_autofree char *name = imap_name_decode(odd[i], strlen(odd[i]));

		assert_true(g_utf8_validate(name, -1, NULL));
		assert_string_not_equal(name, "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(imap_next__every_transcript_at_every_split__gives_the_same_events),
		cmocka_unit_test(imap_next__hostile_replies__do_no_harm),
		cmocka_unit_test(imap_next__tag_that_is_not_ours__breaks),
		cmocka_unit_test(imap_next__endless_line__breaks_at_the_limit),
		cmocka_unit_test(imap_next__endless_small_literals__break_at_the_limit),
		cmocka_unit_test(imap_next__search_of_a_megabyte__finds_all),
		cmocka_unit_test(imap_tags__of_many_commands__are_never_alike),
		cmocka_unit_test(imap_set_format__ascending_uids__joins_runs),
		cmocka_unit_test(imap_flag_is_valid__atoms_only),
		cmocka_unit_test(imap_name__utf8_and_modified_utf7__convert_both_ways),
		cmocka_unit_test(imap_name_encode__inbox_in_any_case__is_INBOX),
		cmocka_unit_test(imap_name_decode__what_is_no_utf7__is_still_valid_utf8),
	};

	return cmocka_run_group_tests_name("imap", tests, NULL, NULL);
}
