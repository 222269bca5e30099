/* SPDX-License-Identifier: ISC */
#include "store/cursor.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/log.h"
#include "io/work.h"
#include "store/file.h"

#define FILE_NAME	"cursors"
#define OLD_NAME	"cursors.old"
#define FILE_MAX	((size_t)64 << 20)
#define TITLE		"intaked cursors 1 "

struct cursors {
	GHashTable		*values;	/* char * -> char * */
	GPtrArray		*waiters;	/* struct waiter *: for the next file */
	bool			 dirty;
	bool			 writing;
	struct work_lane	*lane;
	int			 dirfd;		/* only the lane's thread, once it runs */
};

struct waiter {
	cursor_done_fn	*done;
	void		*arg;
};

struct job {
	GString		*content;
	GPtrArray	*waiters;
	int		 rc;
	struct err	 err;
};

/*
 * Title, CRC of the rest, and a line "name TAB value" for each, both with
 * backslash escapes.
 */
static GString *
format(GHashTable *values)
{
	g_autoptr(GList)	 names = g_hash_table_get_keys(values);
	g_autoptr(GString)	 lines = g_string_new(NULL);
	GString			*out = g_string_new(TITLE);
	GList			*at;

	names = g_list_sort(names, (GCompareFunc)strcmp);
	for (at = names; at != NULL; at = at->next) {
		g_autofree char *name = g_strescape(at->data, NULL);
		g_autofree char *value = g_strescape(g_hash_table_lookup(values, at->data), NULL);

		g_string_append_printf(lines, "%s\t%s\n", name, value);
	}
	g_string_append_printf(out, "%08x\n%s", digest_crc32c(0, lines->str, lines->len),
	    lines->str);
	return out;
}

static int
parse_line(const char *line, GHashTable *values)
{
	const char	*tab = strchr(line, '\t');
	g_autofree char	*name = NULL;

	if (tab == NULL)
		return -1;
	name = g_strndup(line, (gsize)(tab - line));
	g_hash_table_insert(values, g_strcompress(name), g_strcompress(tab + 1));
	return 0;
}

static int
parse(const char *text, gsize len, GHashTable *values)
{
	const gsize	 head = strlen(TITLE) + 9;
	g_auto(GStrv)	 lines = NULL;
	char		*end;
	unsigned long	 crc;
	guint		 i;

	if (len < head || memchr(text, '\0', len) != NULL ||
	    strncmp(text, TITLE, strlen(TITLE)) != 0 || text[head - 1] != '\n')
		return -1;
	crc = strtoul(text + strlen(TITLE), &end, 16);
	if (end != text + head - 1 || crc != digest_crc32c(0, text + head, len - head))
		return -1;
	lines = g_strsplit(text + head, "\n", -1);
	for (i = 0; lines[i] != NULL && lines[i + 1] != NULL; i++)
		if (parse_line(lines[i], values) == -1)
			return -1;
	return 0;
}

/* 1: read, 0: not there, -1: damaged or not to be read. */
static int
load(struct cursors *c, const char *name, struct err *e)
{
	g_autoptr(GBytes)	 bytes = file_load(c->dirfd, name, FILE_MAX, e);
	g_autofree char		*text = NULL;
	gsize			 len;
	const char		*data;

	if (bytes == NULL)
		return errno == ENOENT ? 0 : -1;
	data = g_bytes_get_data(bytes, &len);
	text = g_strndup(data, len);
	if (memchr(data, '\0', len) == NULL && parse(text, len, c->values) == 0)
		return 1;
	g_hash_table_remove_all(c->values);
	return err_set(e, ERR_CONFIG, "the file of mailbox places %s is damaged", name);
}

static int
load_any(struct cursors *c, struct err *e)
{
	int	rc = load(c, FILE_NAME, e), old;

	if (rc == 1)
		return 0;
	if ((old = load(c, OLD_NAME, NULL)) == 1) {
		log_error("cursors: the file is %s, the one before it is used",
		    rc == 0 ? "lost" : "damaged");
		return 0;
	}
	return rc == 0 && old == 0 ? 0 : rc == -1 ? -1 :
	    err_set(e, ERR_CONFIG, "the file of mailbox places %s is damaged", OLD_NAME);
}

/* ---- on the lane's thread ---- */

static void
run(void *arg, GPtrArray *jobs)
{
	struct cursors	*c = arg;
	struct job	*job;
	guint		 i;

	for (i = 0; i < jobs->len; i++) {
		job = jobs->pdata[i];
		/* No harm if this fails: then there is an older one, or none. */
		unlinkat(c->dirfd, OLD_NAME, 0);
		if (linkat(c->dirfd, FILE_NAME, c->dirfd, OLD_NAME, 0) == -1 && errno == EIO)
			job->rc = err_errno(&job->err, ERR_TEMP, "keep %s", OLD_NAME);
		if (job->rc == 0)
			job->rc = file_replace(c->dirfd, FILE_NAME, job->content->str,
			    job->content->len, &job->err);
	}
}

/* ---- on the loop ---- */

static void
start_writing(struct cursors *c)
{
	struct job	*job = g_new0(struct job, 1);

	job->content = format(c->values);
	job->waiters = c->waiters;
	c->waiters = g_ptr_array_new_with_free_func(g_free);
	c->dirty = false;
	c->writing = true;
	work_lane_add(c->lane, job);
}

static void
done(void *arg, void *data)
{
	struct cursors		*c = arg;
	struct job		*job = data;
	const struct waiter	*waiter;
	guint			 i;

	c->writing = false;
	if (job->rc == -1)
		log_error("cursors: %s", job->err.text);
	if (c->dirty)
		start_writing(c);
	for (i = 0; i < job->waiters->len; i++) {
		waiter = job->waiters->pdata[i];
		waiter->done(waiter->arg, job->rc == -1 ? &job->err : NULL);
	}
	g_ptr_array_unref(job->waiters);
	g_string_free(job->content, TRUE);
	g_free(job);
}

static const struct work_ops cursor_work = { "cursors", run, done };

const char *
cursor_get(const struct cursors *c, const char *name)
{
	return g_hash_table_lookup(c->values, name);
}

void
cursor_set(struct cursors *c, const char *name, const char *value, cursor_done_fn *fn,
    void *arg)
{
	struct waiter	*waiter;

	if (value != NULL)
		g_hash_table_replace(c->values, g_strdup(name), g_strdup(value));
	else
		g_hash_table_remove(c->values, name);
	if (fn != NULL) {
		waiter = g_new0(struct waiter, 1);
		waiter->done = fn;
		waiter->arg = arg;
		g_ptr_array_add(c->waiters, waiter);
	}
	c->dirty = true;
	if (!c->writing)
		start_writing(c);
}

static void
release(struct cursors *c)
{
	if (c->dirfd != -1)
		close(c->dirfd);
	g_hash_table_unref(c->values);
	g_ptr_array_unref(c->waiters);
	g_free(c);
}

struct cursors *
cursor_open(struct loop *loop, const char *state_dir, struct err *e)
{
	struct cursors	*c = g_new0(struct cursors, 1);

	c->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	c->waiters = g_ptr_array_new_with_free_func(g_free);
	c->dirfd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->dirfd == -1)
		err_errno(e, ERR_CONFIG, "open %s", state_dir);
	if (c->dirfd == -1 || load_any(c, e) == -1) {
		release(c);
		return NULL;
	}
	c->lane = work_lane_new(loop, &cursor_work, c);
	return c;
}

void
cursor_close(struct cursors *c)
{
	if (c == NULL)
		return;
	work_lane_free(c->lane);
	release(c);
}
