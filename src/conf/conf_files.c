/* SPDX-License-Identifier: ISC */
/*
 * The files that the configuration names, looked at before anything starts.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/conf_value.h"

struct look {
	const struct settings	*settings;
	GString			*problems;
};

/* What is wrong with the file; an empty sentence: nothing. */
static void
check_file(const char *path, enum conf_file kind, struct err *e)
{
	struct stat	st;
	int		fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char		byte;

	if (fd == -1) {
		err_errno(e, ERR_CONFIG, "%s", path);
		return;
	}
	if (fstat(fd, &st) == -1)
		err_errno(e, ERR_CONFIG, "%s", path);
	else if (!S_ISREG(st.st_mode))
		err_set(e, ERR_CONFIG, "%s is not a file", path);
	else if (read(fd, &byte, 1) != 1)
		err_set(e, ERR_CONFIG, "%s is empty", path);
	else if (kind == CONF_FILE_SECRET && (st.st_mode & 027) != 0)
		err_set(e, ERR_CONFIG, "%s holds a secret and is open to others (mode %04o); "
		    "make it 0600, or 0640 for a group of its own", path,
		    (unsigned)(st.st_mode & 07777));
	close(fd);
}

static void
look_at(struct look *look, const struct conf_key *key, const void *member, const char *path)
{
	struct err	e = ERR_INIT;

	if (path == NULL)
		return;
	check_file(path, key->file, &e);
	if (e.kind != ERR_NONE)
		g_string_append_printf(look->problems, "%s: %s: %s\n",
		    conf_place(look->settings, member), key->name, e.text);
}

static void
each_file(struct look *look, const struct conf_section *section, const void *base)
{
	const struct conf_key		*key;
	const struct conf_section	*sub;
	guint				 i;

	for (key = section->keys; key->name != NULL; key++) {
		const void	*member = (const char *)base + key->offset;
		GPtrArray	*list;

		if (key->file == CONF_FILE_NONE)
			continue;
		if (!conf_value_is_list(key)) {
			look_at(look, key, member, *(char *const *)member);
			continue;
		}
		list = *(GPtrArray *const *)member;
		for (i = 0; i < list->len; i++)
			look_at(look, key, member, list->pdata[i]);
	}
	for (sub = section->subs; sub != NULL && sub->name != NULL; sub++) {
		const void	*at = (const char *)base + sub->offset;
		GPtrArray	*list = sub->many ? *(GPtrArray *const *)at : NULL;

		for (i = 0; list != NULL && i < list->len; i++)
			each_file(look, sub, list->pdata[i]);
		if (list == NULL)
			each_file(look, sub, at);
	}
}

int
conf_check_files(const struct settings *s, GString *problems)
{
	struct look	look = { s, problems };
	gsize		before = problems->len;

	each_file(&look, &conf_root, s);
	return problems->len > before ? -1 : 0;
}
