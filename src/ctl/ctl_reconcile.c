/* SPDX-License-Identifier: ISC */
/*
 * reconcile NAME: every message on the server against what we know of it.
 *
 * First the server is asked, then the places, the quarantine, the journal and
 * last the queue: a message only moves in that direction, so what is taken
 * meanwhile is found further on and never looks lost.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/json_out.h"
#include "ctl/control.h"
#include "ctl/ctl.h"
#include "ctl/mailbox.h"
#include "ctl/recognise.h"
#include "io/loop.h"
#include "mailbox/place.h"
#include "store/cursor.h"
#include "store/journal_tool.h"
#include "store/known.h"
#include "store/quarantine.h"
#include "ticket/ticket.h"

#define ARRIVAL_KIND	"imap"
#define ASK_AT_ONCE	200		/* keys of 34 letters: a line of 7 KB */

enum state {
	STATE_TAKEN, STATE_WAITING, STATE_QUARANTINED, STATE_NEW, STATE_EARLIER, STATE_GONE,
	STATE_UNPROVEN, STATE_MISSING, STATES
};

static const struct {
	const char	*word, *meaning;
} states[STATES] = {
	[STATE_TAKEN] = { "taken", "on the queue" },
	[STATE_WAITING] = { "waiting", "in the journal, not yet on the queue" },
	[STATE_QUARANTINED] = { "quarantined", "set aside, see intakectl quarantine" },
	[STATE_NEW] = { "new", "not taken yet" },
	[STATE_EARLIER] = { "earlier", "there before the first start, left by \"import\"" },
	[STATE_GONE] = { "gone", "in the journal, no longer on the server" },
	[STATE_UNPROVEN] = { "unproven", "no longer in the journal, and the daemon cannot say" },
	[STATE_MISSING] = { "missing", "passed and not known: has to be explained" },
};

struct folder {
	char		*name, *raw;
	struct place	 place;		/* ours; uidvalidity 0: none */
	struct place_first first;
	uint32_t	 uidvalidity;	/* the server's */
	GArray		*uids;
	GHashTable	*before;	/* uid: delivered before the first look; or NULL */
};

/* Not in the journal by its name: the queue is asked, for many at once. */
struct doubt {
	uint32_t	 uid;
	char		*word;		/* what the queue has it by */
};

struct reconcile {
	struct ctl			*ctl;
	const struct settings_imap	*s;
	struct mailbox			*mailbox;
	struct loop			*loop;
	struct cursors			*cursors;
	GPtrArray			*folders;	/* struct folder * */
	GHashTable			*journal;	/* key -> lsn */
	GHashTable			*quarantine;	/* key -> reason */
	struct known			*known;		/* the same mails by their headers */
	struct recognise		*recognise;
	GPtrArray			*doubts;	/* struct doubt *, of the folder under way */
	uint64_t			 on_queue;	/* up to this lsn */
	uint64_t			 total[STATES];
	bool				 deaf;		/* the daemon does not answer */
};

static void
free_folder(void *p)
{
	struct folder	*f = p;

	g_free(f->name);
	g_free(f->raw);
	g_array_unref(f->uids);
	if (f->before != NULL)
		g_hash_table_unref(f->before);
	g_free(f);
}

/* --------------------------------------------------------------- the server */

static void
read_place(struct reconcile *r, struct folder *f)
{
	g_autofree char	*name = place_name(r->s->name, f->name),
			*first = place_first_name(r->s->name, f->name);
	const char	*value = cursor_get(r->cursors, name);

	if (value != NULL && !place_parse(value, &f->place))
		memset(&f->place, 0, sizeof f->place);
	value = cursor_get(r->cursors, first);
	if (value != NULL && !place_first_parse(value, &f->first))
		memset(&f->first, 0, sizeof f->first);
}

/* After a renumbering only the date tells what was there at the first look. */
static int
list_earlier(struct reconcile *r, struct folder *f, struct err *e)
{
	g_autofree char		*criteria = NULL;
	g_autoptr(GArray)	 uids = NULL;
	guint			 i;

	if (f->first.at_s == 0 || !f->first.renumbered)
		return 0;
	criteria = place_first_date(&f->first, "BEFORE");
	if ((uids = mailbox_search(r->mailbox, criteria, e)) == NULL)
		return -1;
	f->before = g_hash_table_new(NULL, NULL);
	for (i = 0; i < uids->len; i++)
		g_hash_table_add(f->before, GUINT_TO_POINTER(g_array_index(uids, uint32_t, i)));
	return 0;
}

/* None told: the only one there is. */
static uint32_t
told_uidvalidity(const struct imap *im)
{
	return MAX(imap_box(im)->uidvalidity, 1);
}

static int
list_folder(struct reconcile *r, const struct mailbox_folder *from, struct err *e)
{
	struct imap	*im = mailbox_imap(r->mailbox);
	struct folder	*f;
	GArray		*uids;

	if (mailbox_run(r->mailbox, imap_select(im, from->raw, true), NULL, NULL, e) == -1)
		return err_prefix(e, "folder %s", from->name);
	if ((uids = mailbox_search(r->mailbox, "ALL", e)) == NULL)
		return -1;
	f = g_new0(struct folder, 1);
	f->name = g_strdup(from->name);
	f->raw = g_strdup(from->raw);
	f->uids = uids;
	f->uidvalidity = told_uidvalidity(im);
	g_ptr_array_add(r->folders, f);
	read_place(r, f);
	return list_earlier(r, f, e);
}

static int
ask_server(struct reconcile *r, struct err *e)
{
	g_autoptr(GPtrArray)	folders = mailbox_folders(r->mailbox, e);
	guint			i;

	if (folders == NULL)
		return -1;
	for (i = 0; i < folders->len; i++) {
		if (list_folder(r, folders->pdata[i], e) == -1)
			return -1;
	}
	return 0;
}

/* --------------------------------------------------------------------- ours */

/* Places are read once before, for the first look, and again when the listing is over. */
static int
read_places(struct reconcile *r, struct err *e)
{
	guint	i;

	cursor_close(r->cursors);
	r->cursors = cursor_open(r->loop, r->ctl->settings->state_dir, e);
	for (i = 0; r->cursors != NULL && i < r->folders->len; i++)
		read_place(r, r->folders->pdata[i]);
	return r->cursors != NULL ? 0 : -1;
}

static int
read_quarantine(struct reconcile *r, struct err *e)
{
	GPtrArray	*entries = quarantine_list(r->ctl->settings->state_dir, e);
	guint		 i;

	if (entries == NULL)
		return -1;
	for (i = 0; i < entries->len; i++) {
		const struct quarantine_entry	*q = entries->pdata[i];

		if (strcmp(q->channel, r->s->name) == 0)
			g_hash_table_replace(r->quarantine, g_strdup(q->key), g_strdup(q->reason));
	}
	g_ptr_array_unref(entries);
	return 0;
}

static void
note(struct reconcile *r, const struct arrival *a, uint64_t lsn)
{
	g_hash_table_insert(r->journal, g_strdup(a->key), GSIZE_TO_POINTER(lsn));
	known_add(r->known, a, lsn);
}

static bool
on_record(void *arg, uint64_t lsn, int64_t time_ms, const struct arrival *a)
{
	struct reconcile	*r = arg;

	(void)time_ms;
	if (strcmp(a->channel, r->s->name) == 0 && strcmp(a->kind, ARRIVAL_KIND) == 0)
		note(r, a, lsn);
	return true;
}

/* What is on the queue is on disk a little later: better ask a daemon, if there is one. */
static void
ask_daemon(struct reconcile *r)
{
	g_autofree char	*socket = control_socket_path(r->ctl->settings), *body = NULL;
	json_t		*status = NULL;
	json_int_t	 done = 0;

	if (access(socket, F_OK) == -1 || ctl_ask(r->ctl, "GET", "/status", &body) != EX_OK) {
		r->deaf = true;
		return;
	}
	status = json_loads(body, 0, NULL);
	if (json_unpack(status, "{s:{s:I}}", "journal", "done_lsn", &done) == 0 && done > 0)
		r->on_queue = MAX(r->on_queue, (uint64_t)done);
	json_decref(status);
}

static int
read_journal(struct reconcile *r, struct err *e)
{
	struct journal_tool_visitor	visitor = { .record = on_record, .arg = r };
	struct journal_tool_summary	sum = { 0 };

	if (journal_tool_visit(r->ctl->settings->state_dir, &visitor, &sum, e) == -1)
		return -1;
	r->on_queue = sum.done;
	ask_daemon(r);
	return 0;
}

/* Does the queue remember it by this key? */
static enum state
ask_queue(struct reconcile *r, const char *word, char **ticket)
{
	g_autofree char	*path = g_strconcat("/known?key=", word, NULL), *body = NULL;
	int		 status = r->deaf ? EX_UNAVAILABLE : ctl_ask(r->ctl, "GET", path, &body);

	if (status == EX_NOINPUT)
		return STATE_MISSING;
	if (status != EX_OK)
		return STATE_UNPROVEN;
	*ticket = g_strndup(body, strcspn(body, " \n"));
	return STATE_TAKEN;
}

/*
 * It is neither in the journal nor on the queue by its name.  It may have had
 * another one before the UIDs changed.
 */
static enum state
look_closer(struct reconcile *r, uint32_t uid, enum state state, char **ticket)
{
	g_autofree char	*content = NULL;

	if (recognise_header(r->recognise, uid))
		return STATE_TAKEN;
	if (state == STATE_MISSING && (content = recognise_content(r->recognise, uid)) != NULL)
		state = ask_queue(r, content, ticket);
	return state;
}

/* ------------------------------------------------------------------ verdict */

static void
tell(struct reconcile *r, const struct folder *f, uint32_t uid, enum state state,
    uint64_t lsn, const char *note)
{
	g_autoptr(GString)	line = NULL;
	struct json_out		j;

	r->total[state]++;
	if (!r->ctl->json) {
		if (state == STATE_MISSING || state == STATE_UNPROVEN)
			printf("%-11s  %s  uidvalidity %u  uid %u\n", states[state].word,
			    f->name, f->uidvalidity, uid);
		return;
	}
	line = g_string_new(NULL);
	j = (struct json_out)JSON_OUT(line);
	json_open(&j, NULL, '{');
	json_str(&j, "folder", f->name);
	json_int(&j, "uidvalidity", f->uidvalidity);
	json_int(&j, "uid", uid);
	json_str(&j, "state", states[state].word);
	if (lsn > 0)
		json_int(&j, "lsn", (int64_t)lsn);
	if (note != NULL)
		json_str(&j, state == STATE_QUARANTINED ? "reason" : "ticket", note);
	json_close(&j, '}');
	puts(line->str);
}

static bool
is_earlier(const struct folder *f, uint32_t uid)
{
	if (f->first.uidvalidity != f->uidvalidity || uid > f->first.highest)
		return false;
	return f->before == NULL || g_hash_table_contains(f->before, GUINT_TO_POINTER(uid));
}

/* Only where UIDs have changed can it be here under another name than ours. */
static bool
may_be_renamed(const struct folder *f)
{
	return f->first.renumbered || f->place.rewinds > 0;
}

/* answer: what the queue says of it, "-" for nothing; NULL: it could not be asked. */
static void
resolve(struct reconcile *r, const struct folder *f, uint32_t uid, const char *answer)
{
	bool		 earlier = is_earlier(f, uid);
	g_autofree char	*ticket = NULL;
	enum state	 state = answer != NULL ? STATE_MISSING : STATE_UNPROVEN;

	if (answer != NULL && *answer != '-') {
		state = STATE_TAKEN;
		ticket = g_strndup(answer, strcspn(answer, " "));
	} else if (!earlier || may_be_renamed(f)) {
		state = look_closer(r, uid, state, &ticket);
	}
	if (state != STATE_TAKEN && earlier)
		state = STATE_EARLIER;
	tell(r, f, uid, state, 0, ticket);
}

/* The daemon's lines on all that are in doubt; NULL: it does not answer. */
static char **
ask_for_all(struct reconcile *r)
{
	g_autoptr(GString)	 path = g_string_new("/known?keys=");
	g_autofree char		*body = NULL;
	char			**lines;
	guint			 i;

	for (i = 0; i < r->doubts->len; i++) {
		const struct doubt	*d = r->doubts->pdata[i];

		g_string_append_printf(path, "%s%s", i > 0 ? "," : "", d->word);
	}
	if (r->deaf || ctl_ask(r->ctl, "GET", path->str, &body) != EX_OK)
		return NULL;
	lines = g_strsplit(body, "\n", -1);
	if (g_strv_length(lines) >= r->doubts->len)
		return lines;
	g_strfreev(lines);
	return NULL;
}

static void
resolve_all(struct reconcile *r, const struct folder *f)
{
	g_auto(GStrv)	lines = r->doubts->len > 0 ? ask_for_all(r) : NULL;
	guint		i;

	for (i = 0; i < r->doubts->len; i++)
		resolve(r, f, ((struct doubt *)r->doubts->pdata[i])->uid,
		    lines != NULL ? lines[i] : NULL);
	g_ptr_array_set_size(r->doubts, 0);
}

static void
doubt(struct reconcile *r, const char *key, uint32_t uid)
{
	struct arrival	 a = { .channel = r->s->name, .key = (char *)(uintptr_t)key };
	g_autofree char	*identity = arrival_identity(&a);
	struct doubt	*d = g_new0(struct doubt, 1);

	d->uid = uid;
	d->word = ticket_identity_key(identity);
	g_ptr_array_add(r->doubts, d);
}

static void
free_doubt(void *p)
{
	struct doubt	*d = p;

	g_free(d->word);
	g_free(d);
}

static void
judge(struct reconcile *r, const struct folder *f, const struct place *place, uint32_t uid)
{
	g_autofree char	*key = place_key(place, f->name, uid);
	const char	*reason = g_hash_table_lookup(r->quarantine, key);
	uint64_t	 lsn = GPOINTER_TO_SIZE(g_hash_table_lookup(r->journal, key));

	if (reason != NULL)
		tell(r, f, uid, STATE_QUARANTINED, lsn, reason);
	else if (lsn > 0)
		tell(r, f, uid, lsn <= r->on_queue ? STATE_TAKEN : STATE_WAITING, lsn, NULL);
	else if (uid > place->cursor)
		tell(r, f, uid, STATE_NEW, 0, NULL);
	else
		doubt(r, key, uid);
	g_hash_table_remove(r->journal, key);
	if (r->doubts->len >= ASK_AT_ONCE)
		resolve_all(r, f);
}

static int
judge_folder(struct reconcile *r, const struct folder *f)
{
	struct place	place = f->place;
	struct err	e = ERR_INIT;
	guint		i;

	if (place.uidvalidity != f->uidvalidity)	/* not looked at since */
		place = (struct place){ f->uidvalidity, 0, 0 };
	if (mailbox_run(r->mailbox, imap_select(mailbox_imap(r->mailbox), f->raw, true), NULL,
	    NULL, &e) == -1 || told_uidvalidity(mailbox_imap(r->mailbox)) != f->uidvalidity)
		return ctl_fail(EX_TEMPFAIL, "folder %s has changed meanwhile", f->name);
	for (i = 0; i < f->uids->len; i++)
		judge(r, f, &place, g_array_index(f->uids, uint32_t, i));
	resolve_all(r, f);
	return EX_OK;
}

/* What is left of the journal: "folder/uidvalidity[.rewinds]/uid" in pieces. */
static void
tell_gone(struct reconcile *r)
{
	GHashTableIter	iter;
	void		*key, *lsn;

	g_hash_table_iter_init(&iter, r->journal);
	while (g_hash_table_iter_next(&iter, &key, &lsn)) {
		g_autofree char	*name = g_strdup(key);
		char		*uid = strrchr(name, '/'), *validity;
		struct folder	 f = { .name = name };

		if (uid == NULL)
			continue;
		*uid++ = '\0';
		if ((validity = strrchr(name, '/')) == NULL)
			continue;
		*validity++ = '\0';
		f.uidvalidity = (uint32_t)strtoul(validity, NULL, 10);
		tell(r, &f, (uint32_t)strtoul(uid, NULL, 10), STATE_GONE, GPOINTER_TO_SIZE(lsn),
		    NULL);
	}
}

static int
summary(struct reconcile *r)
{
	enum state	i;

	for (i = 0; i < STATES && !r->ctl->json; i++)
		if (r->total[i] > 0)
			printf("%-11s  %8" G_GUINT64_FORMAT "  %s\n", states[i].word, r->total[i],
			    states[i].meaning);
	if (r->total[STATE_MISSING] > 0)
		return EXIT_FAILURE;
	return r->total[STATE_UNPROVEN] > 0 ? EX_TEMPFAIL : EX_OK;
}

static int
compare(struct reconcile *r)
{
	struct err	e = ERR_INIT;
	guint		i;

	r->cursors = cursor_open(r->loop, r->ctl->settings->state_dir, &e);
	if (r->cursors == NULL)
		return ctl_fail(EX_NOINPUT, "%s", e.text);
	if (ask_server(r, &e) == -1)
		return ctl_fail(e.kind == ERR_PERM ? EX_CONFIG : EX_TEMPFAIL, "imap %s: %s",
		    r->s->name, e.text);
	if (read_places(r, &e) == -1 || read_quarantine(r, &e) == -1 ||
	    read_journal(r, &e) == -1)
		return ctl_fail(EX_IOERR, "%s", e.text);
	for (i = 0; i < r->folders->len; i++) {
		int	status = judge_folder(r, r->folders->pdata[i]);

		if (status != EX_OK)
			return status;
	}
	tell_gone(r);
	return summary(r);
}

static int
reconcile(struct ctl *ctl, const struct settings_imap *s)
{
	struct reconcile	r = { .ctl = ctl, .s = s };
	int			status = EX_OK;

	if ((r.mailbox = ctl_mailbox_login(s, &status)) == NULL)
		return status;
	r.loop = loop_new();
	r.folders = g_ptr_array_new_with_free_func(free_folder);
	r.journal = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	r.quarantine = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	r.known = known_new(0);
	r.doubts = g_ptr_array_new_with_free_func(free_doubt);
	r.recognise = recognise_new(ctl, s, r.mailbox, r.known);
	status = compare(&r);
	recognise_free(r.recognise);
	known_free(r.known);
	g_ptr_array_unref(r.doubts);
	g_hash_table_unref(r.quarantine);
	g_hash_table_unref(r.journal);
	g_ptr_array_unref(r.folders);
	cursor_close(r.cursors);
	loop_free(r.loop);
	mailbox_close(r.mailbox);
	return status;
}

int
ctl_reconcile(struct ctl *ctl, int argc, char **argv)
{
	const struct settings_imap	*s;

	if (argc == 3 && strcmp(argv[2], "--json") == 0)
		ctl->json = true;
	else if (argc != 2)
		return ctl_fail(EX_USAGE, "reconcile NAME");
	if (ctl_settings(ctl, false) == NULL)
		return EX_CONFIG;
	if ((s = ctl_imap_section(ctl, argv[1])) == NULL)
		return ctl_fail(EX_NOINPUT, "the configuration has no imap \"%s\"", argv[1]);
	return reconcile(ctl, s);
}
