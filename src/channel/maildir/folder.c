/* SPDX-License-Identifier: ISC */
#include "channel/maildir/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel/header.h"

#define HEADER_MAX	(1u << 20)
#define NAMES_TRIED	100
#define FILE_MODE	0600

void
folder_entry_free(struct folder_entry *e)
{
	if (e == NULL)
		return;
	g_free(e->name);
	g_free(e->key);
	g_free(e);
}

static void
free_entry(void *p)
{
	folder_entry_free(p);
}

int
folder_make(const char *path, struct err *e)
{
	static const char *const	subs[] = { "", "tmp", "new", "cur" };
	size_t				i;

	for (i = 0; i < G_N_ELEMENTS(subs); i++) {
		g_autofree char	*dir = g_build_filename(path, subs[i], NULL);

		if (mkdir(dir, 0700) == -1 && errno != EEXIST)
			return err_errno(e, ERR_TEMP, "%s", dir);
	}
	return 0;
}

/*
 * The name alone would do if everybody gave unique ones.  Inode and time of
 * the last change tell a name that is used again from a file that we see
 * again after a crash.
 */
static char *
make_key(const char *name, const struct stat *st)
{
	g_autofree char	*unique = g_strndup(name, strcspn(name, ":"));
	g_autofree char	*safe = g_uri_escape_string(unique, "=,+", FALSE);

	return g_strdup_printf("%s/%llu.%lld.%09ld", safe, (unsigned long long)st->st_ino,
	    (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
}

/* Names begin with the seconds of the delivery. */
static int
compare_age(const void *a, const void *b)
{
	const struct folder_entry	*x = *(struct folder_entry *const *)a,
					*y = *(struct folder_entry *const *)b;
	guint64				 s = g_ascii_strtoull(x->name, NULL, 10),
					 t = g_ascii_strtoull(y->name, NULL, 10);

	if (s != t)
		return s < t ? -1 : 1;
	return strcmp(x->name, y->name);
}

GPtrArray *
folder_list(const char *path, unsigned max, struct err *e)
{
	g_autofree char	*dir = g_build_filename(path, "new", NULL);
	GPtrArray	*list;
	DIR		*d = opendir(dir);
	struct dirent	*entry;
	struct stat	 st;

	if (d == NULL) {
		err_errno(e, ERR_TEMP, "%s", dir);
		return NULL;
	}
	list = g_ptr_array_new_with_free_func(free_entry);
	while (list->len < max && (entry = readdir(d)) != NULL) {
		struct folder_entry *found;

		if (entry->d_name[0] == '.' || fstatat(dirfd(d), entry->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) == -1 || !S_ISREG(st.st_mode))
			continue;
		found = g_new0(struct folder_entry, 1);
		found->name = g_strdup(entry->d_name);
		found->key = make_key(entry->d_name, &st);
		found->size = (uint64_t)st.st_size;
		g_ptr_array_add(list, found);
	}
	closedir(d);
	g_ptr_array_sort(list, compare_age);
	return list;
}

/* Up to max bytes; 1: there is more. */
static int
read_up_to(int fd, uint64_t max, GByteArray *into)
{
	uint8_t	buf[65536];
	ssize_t	n;

	for (;;) {
		n = read(fd, buf, sizeof(buf));
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		if ((uint64_t)n > max - into->len) {
			g_byte_array_append(into, buf, (guint)(max - into->len));
			return 1;
		}
		g_byte_array_append(into, buf, (guint)n);
	}
}

static GBytes *
read_file(int fd, uint64_t max, uint64_t *full, struct err *e)
{
	g_autoptr(GByteArray)	mail = NULL;
	struct stat		st;
	int			rc;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		err_set(e, ERR_TEMP, "is no regular file");
		return NULL;
	}
	if ((uint64_t)st.st_size > max)
		max = MIN(max, HEADER_MAX);
	mail = g_byte_array_sized_new((guint)MIN((uint64_t)st.st_size, max));
	if ((rc = read_up_to(fd, max, mail)) == -1) {
		err_errno(e, ERR_TEMP, "cannot be read");
		return NULL;
	}
	if (rc == 1) {
		*full = MAX((uint64_t)st.st_size, max + 1);
		g_byte_array_set_size(mail, (guint)header_length(mail->data, mail->len));
	}
	return g_byte_array_free_to_bytes(g_steal_pointer(&mail));
}

GBytes *
folder_read(const char *path, const char *name, uint64_t max, uint64_t *full, bool *gone,
    struct err *e)
{
	g_autofree char	*file = g_build_filename(path, "new", name, NULL);
	GBytes		*bytes;
	int		 fd = open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	*full = 0;
	*gone = fd == -1 && errno == ENOENT;
	if (fd == -1) {
		err_errno(e, ERR_TEMP, "cannot be opened");
		return NULL;
	}
	bytes = read_file(fd, max, full, e);
	close(fd);
	return bytes;
}

/* Rename, but replace nothing; not every file system can do it in one step. */
static int
rename_new(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (link(from, to) == -1)
		return -1;
	return unlink(from);
}

/*
 * A name in the folder that nobody has: the wished one, else with a number.
 * 1: the file is gone.
 */
static int
rename_to(const char *from, const char *dir, const char *name, const char *flags)
{
	unsigned	i;

	for (i = 0; i < NAMES_TRIED; i++) {
		g_autofree char	*number = i > 0 ? g_strdup_printf(",n=%u", i) : g_strdup("");
		g_autofree char	*to = g_strconcat(dir, "/", name, number, flags, NULL);

		if (rename_new(from, to) == 0)
			return 0;
		if (errno == ENOENT && access(from, F_OK) == -1)
			return 1;
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

/* The name without its flags, and the flags with S (seen) among them. */
static char *
split_flags(const char *name, char **flags)
{
	const char	*colon = strchr(name, ':');
	const char	*given = colon != NULL && strncmp(colon, ":2,", 3) == 0 ? colon + 3 : "";
	GString		*all = g_string_new(":2,");
	char		 c;

	for (c = 'A'; c <= 'z'; c++) {
		if (c == 'S' || (g_ascii_isalpha(c) && strchr(given, c) != NULL))
			g_string_append_c(all, c);
	}
	*flags = g_string_free(all, FALSE);
	return g_strndup(name, colon != NULL ? (gsize)(colon - name) : strlen(name));
}

int
folder_mark_seen(const char *path, const char *name, struct err *e)
{
	g_autofree char	*from = g_build_filename(path, "new", name, NULL);
	g_autofree char	*cur = g_build_filename(path, "cur", NULL);
	g_autofree char	*flags = NULL;
	g_autofree char	*base = split_flags(name, &flags);

	if (rename_to(from, cur, base, flags) == -1)
		return err_errno(e, ERR_TEMP, "cannot be moved to %s", cur);
	return 0;
}

/* Whole or not at all: through tmp, synced, then renamed. */
static int
copy_across(const char *from, const char *to, const char *name, struct err *e)
{
	g_autofree char		*tmp = g_build_filename(to, "tmp", name, NULL);
	g_autofree char		*new = g_build_filename(to, "new", NULL);
	g_autofree char		*text = NULL;
	g_autoptr(GError)	 problem = NULL;
	gsize			 len;

	if (!g_file_get_contents(from, &text, &len, &problem) ||
	    !g_file_set_contents_full(tmp, text, (gssize)len, G_FILE_SET_CONTENTS_CONSISTENT |
	    G_FILE_SET_CONTENTS_DURABLE, FILE_MODE, &problem))
		return err_set(e, ERR_TEMP, "%s", problem->message);
	if (rename_to(tmp, new, name, "") == -1)
		return err_errno(e, ERR_TEMP, "cannot be moved to %s", new);
	if (unlink(from) == -1 && errno != ENOENT)
		return err_errno(e, ERR_TEMP, "cannot be removed");
	return 0;
}

int
folder_move(const char *path, const char *name, const char *to, struct err *e)
{
	g_autofree char	*from = g_build_filename(path, "new", name, NULL);
	g_autofree char	*new = g_build_filename(to, "new", NULL);

	if (rename_to(from, new, name, "") != -1)
		return 0;
	if (errno == EXDEV)
		return copy_across(from, to, name, e);
	return err_errno(e, ERR_TEMP, "cannot be moved to %s", new);
}

int
folder_delete(const char *path, const char *name, struct err *e)
{
	g_autofree char	*file = g_build_filename(path, "new", name, NULL);

	if (unlink(file) == -1 && errno != ENOENT)
		return err_errno(e, ERR_TEMP, "cannot be removed");
	return 0;
}
