/* SPDX-License-Identifier: ISC */
/*
 * libconfuse reads the syntax, all values as strings; the rows say what they
 * mean.  A value that is wrong is noted and reading goes on, so that one run
 * shows all of them; a syntax error or an unknown key ends it.
 */
#include "conf/conf.h"

#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_check.h"
#include "conf/conf_scan.h"
#include "conf/conf_value.h"

/* One load at a time: libconfuse's callbacks carry no argument of ours. */
static struct {
	cfg_t		*root;
	GString		*problems;
	GHashTable	*places;	/* cfg_t * -> "file:line" of its closing brace,
					   cfg_opt_t * -> of its value */
	GHashTable	*files;		/* read so far, by their real paths */
	struct settings	*settings;	/* being filled */
} load;

static void
complain(const char *where, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
complain(const char *where, const char *fmt, ...)
{
	va_list	ap;

	g_string_append_printf(load.problems, "%s: ", where);
	va_start(ap, fmt);
	g_string_append_vprintf(load.problems, fmt, ap);
	va_end(ap);
	g_string_append_c(load.problems, '\n');
}

/* In a section libconfuse knows the line but only the root knows the file. */
static char *
where_now(const cfg_t *cfg)
{
	/* No root yet: libconfuse is reading the defaults. */
	if (load.root == NULL || load.root->filename == NULL)
		return g_strdup("defaults");
	return g_strdup_printf("%s:%d", load.root->filename, cfg->line);
}

static void
on_syntax_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	g_autofree char	*text = g_strdup_vprintf(fmt, ap);
	g_autofree char	*where = where_now(cfg);

	complain(where, "%s", text);
}

static const struct conf_section *
find_section(const struct conf_section *in, const char *name)
{
	const struct conf_section	*sub, *found;

	if (strcmp(name, "root") == 0)
		return &conf_root;
	for (sub = in->subs; sub != NULL && sub->name != NULL; sub++) {
		if (strcmp(sub->name, name) == 0)
			return sub;
		if ((found = find_section(sub, name)) != NULL)
			return found;
	}
	return NULL;
}

static const struct conf_key *
find_key(const cfg_t *cfg, const char *name)
{
	const struct conf_section	*section = find_section(&conf_root, cfg->name);
	const struct conf_key		*key;

	for (key = section->keys; key->name != NULL; key++)
		if (strcmp(key->name, name) == 0)
			return key;
	return NULL;
}

/* libconfuse lets the last one win; that is rarely what was meant. */
static void
refuse_twice(const void *opt, const char *name, const char *where)
{
	const char	*before = g_hash_table_lookup(load.places, opt);

	if (before != NULL)
		complain(where, "%s is there twice; the other one is at %s", name, before);
	g_hash_table_insert(load.places, (void *)(uintptr_t)opt, g_strdup(where));
}

/* Called for every value as it is read, while the line is known. */
static int
on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	const struct conf_key	*key = find_key(cfg, opt->name);
	struct err		 e = ERR_INIT;
	g_autofree char		*where = where_now(cfg);

	/* Without a line it is a default that is being read. */
	if (load.root != NULL && conf_value_is_list(key))
		g_hash_table_insert(load.places, opt, g_strdup(where));
	else if (load.root != NULL)
		refuse_twice(opt, key->name, where);
	if (conf_value_check(key, value, &e) == -1) {
		complain(where, "%s", e.text);
		/* Something valid in its place: the load fails anyway. */
		value = conf_value_is_list(key) || key->def == NULL ? "" : key->def;
		if (key->words != NULL)
			value = key->words[0];
		else if (key->type == CONF_REGEX || key->type == CONF_REGEX_LIST)
			value = "x";
	}
	*(const char **)result = value;
	return 0;
}

static int
on_section_end(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t		*section = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
	g_autofree char	*where = where_now(section != NULL ? section : cfg);

	if ((opt->flags & CFGF_MULTI) == 0)
		refuse_twice(opt, opt->name, where);
	g_hash_table_insert(load.places, section, g_strdup(where));
	return 0;
}

/* Once each: a file that includes itself would never end. */
static int
begin_file(const char *path, const char *where)
{
	char		*real = realpath(path, NULL);
	struct err	 e = ERR_INIT;
	int		 line = 0;

	if (real != NULL && !g_hash_table_add(load.files, real)) {
		complain(where, "%s is included already", path);
		return -1;
	}
	if (conf_scan(path, &line, &e) == -1) {
		g_autofree char	*there = g_strdup_printf("%s:%d", path, line);

		complain(there, "%s", e.text);
	}
	return 0;
}

/* Relative to the file that includes, not to where the daemon was started. */
static int
on_include(cfg_t *cfg, cfg_opt_t *opt, int argc, const char **argv)
{
	g_autofree char	*dir = NULL, *path = NULL, *where = where_now(cfg);

	if (argc != 1) {
		complain(where, "include() takes one file name");
		return -1;
	}
	dir = g_path_get_dirname(load.root->filename);
	path = g_path_is_absolute(argv[0]) ? g_strdup(argv[0]) :
	    g_build_filename(dir, argv[0], NULL);
	if (!g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
		complain(where, "include(\"%s\"): %s", argv[0], g_strerror(ENOENT));
		return -1;
	}
	if (begin_file(path, where) == -1)
		return -1;
	return cfg_include(load.root, opt, 1, (const char **)&path);
}

/* --- rows to libconfuse options --- */

static cfg_opt_t	*options_of(const struct conf_section *, GPtrArray *garbage);

/* Each word quoted: defaults hold @ and *, which a bare word may not. */
static char *
default_list(const struct conf_key *key, GPtrArray *garbage)
{
	g_auto(GStrv)	 parts = NULL;
	g_autofree char	*quoted = NULL;
	char		*list;

	if (key->def == NULL)
		return NULL;
	parts = g_strsplit(key->def, ", ", -1);
	quoted = g_strjoinv("', '", parts);
	list = g_strdup_printf("{'%s'}", quoted);
	g_ptr_array_add(garbage, list);
	return list;
}

static cfg_opt_t
key_option(const struct conf_key *key, GPtrArray *garbage)
{
	cfg_opt_t	one = CFG_STR_CB(key->name, key->def, CFGF_NONE, on_value);

	if (conf_value_is_list(key)) {
		char		*list = default_list(key, garbage);
		cfg_opt_t	 many = CFG_STR_LIST_CB(key->name, list, CFGF_NONE, on_value);

		return many;
	}
	return one;
}

static cfg_opt_t
section_option(const struct conf_section *section, GPtrArray *garbage)
{
	cfg_opt_t	one = CFG_SEC(section->name, options_of(section, garbage),
			    section->many ? CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES :
			    CFGF_NONE);

	one.validcb = on_section_end;
	return one;
}

static cfg_opt_t *
options_of(const struct conf_section *section, GPtrArray *garbage)
{
	GArray				*opts = g_array_new(FALSE, FALSE, sizeof(cfg_opt_t));
	const struct conf_key		*key;
	const struct conf_section	*sub;
	cfg_opt_t			 include = CFG_FUNC("include", on_include);
	cfg_opt_t			 end = CFG_END(), one;

	for (key = section->keys; key->name != NULL; key++) {
		one = key_option(key, garbage);
		g_array_append_val(opts, one);
	}
	for (sub = section->subs; sub != NULL && sub->name != NULL; sub++) {
		one = section_option(sub, garbage);
		g_array_append_val(opts, one);
	}
	if (section == &conf_root)
		g_array_append_val(opts, include);
	g_array_append_val(opts, end);
	g_ptr_array_add(garbage, opts->data);
	return (cfg_opt_t *)(void *)g_array_free(opts, FALSE);
}

/* --- libconfuse's tree to our structs --- */

static void	fill(const struct conf_section *, cfg_t *, void *base);

static const char *
place_of(cfg_t *cfg)
{
	const char	*place = g_hash_table_lookup(load.places, cfg);

	return place != NULL ? place : load.root->filename;
}

static void
keep_place(const void *from, const void *member)
{
	const char	*place = g_hash_table_lookup(load.places, from);

	if (place != NULL)
		g_hash_table_insert(load.settings->places, (void *)(uintptr_t)member,
		    g_strdup(place));
}

static void
fill_key(const struct conf_key *key, cfg_t *cfg, void *base)
{
	unsigned	i;

	keep_place(cfg_getopt(cfg, key->name), (char *)base + key->offset);
	if (!conf_value_is_list(key)) {
		conf_value_store(key, base, cfg_getstr(cfg, key->name));
		if (key->required && conf_value_is_unset(key, base))
			complain(place_of(cfg), "%s \"%s\" needs %s: %s", cfg_name(cfg),
			    cfg_title(cfg) != NULL ? cfg_title(cfg) : "", key->name, key->help);
		return;
	}
	conf_value_store(key, base, NULL);
	for (i = 0; i < cfg_size(cfg, key->name); i++)
		conf_value_append(key, base, cfg_getnstr(cfg, key->name, i));
}

static void
fill_many(const struct conf_section *sub, cfg_t *cfg, GPtrArray **list)
{
	unsigned	i;

	*list = g_ptr_array_new();
	for (i = 0; i < cfg_size(cfg, sub->name); i++) {
		cfg_t	*one = cfg_getnsec(cfg, sub->name, i);
		void	*item = g_malloc0(sub->size);

		*(char **)item = g_strdup(cfg_title(one));
		keep_place(one, item);
		fill(sub, one, item);
		g_ptr_array_add(*list, item);
	}
}

static void
fill(const struct conf_section *section, cfg_t *cfg, void *base)
{
	const struct conf_key		*key;
	const struct conf_section	*sub;
	struct err			 e = ERR_INIT;

	for (key = section->keys; key->name != NULL; key++)
		fill_key(key, cfg, base);
	for (sub = section->subs; sub != NULL && sub->name != NULL; sub++) {
		void	*at = (char *)base + sub->offset;

		if (sub->many)
			fill_many(sub, cfg, at);
		else
			fill(sub, cfg_getsec(cfg, sub->name), at);
	}
	if (section->check != NULL && section->check(base, &e) == -1)
		complain(place_of(cfg), "%s%s%s%s %s", section->name, section->many ? " \"" : "",
		    section->many ? cfg_title(cfg) : "", section->many ? "\":" : ":", e.text);
}

static void
free_section(const struct conf_section *section, void *base)
{
	const struct conf_key		*key;
	const struct conf_section	*sub;
	guint				 i;

	for (key = section->keys; key->name != NULL; key++)
		conf_value_free(key, base);
	for (sub = section->subs; sub != NULL && sub->name != NULL; sub++) {
		void		*at = (char *)base + sub->offset;
		GPtrArray	*list;

		if (!sub->many) {
			free_section(sub, at);
			continue;
		}
		list = *(GPtrArray **)at;
		for (i = 0; i < list->len; i++) {
			free_section(sub, list->pdata[i]);
			g_free(*(char **)list->pdata[i]);
			g_free(list->pdata[i]);
		}
		g_ptr_array_unref(list);
	}
}

static void
on_whole_problem(const void *member, const char *text)
{
	complain(conf_place(load.settings, member), "%s", text);
}

static struct settings *
convert(cfg_t *root, const char *file)
{
	struct settings	*s = g_new0(struct settings, 1);

	s->file = g_strdup(file);
	s->places = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	load.settings = s;
	fill(&conf_root, root, s);
	return s;
}

struct settings *
conf_load(const char *file, GString *problems)
{
	g_autoptr(GPtrArray)	 garbage = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GHashTable)	 places = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	g_autoptr(GHashTable)	 files = g_hash_table_new_full(g_str_hash, g_str_equal, free, NULL);
	gsize			 before = problems->len;
	struct settings		*s = NULL;
	cfg_t			*root;
	int			 rc;

	load.problems = problems;
	load.places = places;
	load.files = files;
	load.root = NULL;
	load.root = root = cfg_init(options_of(&conf_root, garbage), CFGF_NONE);
	begin_file(file, file);
	cfg_set_error_function(root, on_syntax_error);
	if ((rc = cfg_parse(root, file)) == CFG_FILE_ERROR)
		complain(file, "cannot be read: %s", g_strerror(errno));
	else if (rc != CFG_SUCCESS && problems->len == before) {
		g_autofree char	*where = where_now(root);

		complain(where, "syntax error");
	}
	if (rc == CFG_SUCCESS) {
		s = convert(root, file);
		conf_check_whole(s, on_whole_problem);
	}
	cfg_free(root);
	if (problems->len > before && s != NULL) {
		conf_free(s);
		s = NULL;
	}
	load.root = NULL;
	return s;
}

struct settings *
conf_default(void)
{
	g_autoptr(GPtrArray)	 garbage = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GHashTable)	 places = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	g_autoptr(GString)	 problems = g_string_new(NULL);
	struct settings		*s;
	cfg_t			*root;

	load.problems = problems;
	load.places = places;
	load.root = root = cfg_init(options_of(&conf_root, garbage), CFGF_NONE);
	s = convert(root, "defaults");
	cfg_free(root);
	load.root = NULL;
	return s;
}

void
conf_free(struct settings *s)
{
	if (s == NULL)
		return;
	free_section(&conf_root, s);
	g_hash_table_unref(s->places);
	g_free(s->file);
	g_free(s);
}

const char *
conf_place(const struct settings *s, const void *member)
{
	const char	*place = g_hash_table_lookup(s->places, member);

	return place != NULL ? place : s->file;
}

/* --- and back to text --- */

static void
dump(const struct conf_section *section, const void *base, GString *out)
{
	const struct conf_key		*key;
	const struct conf_section	*sub;
	guint				 i;

	for (key = section->keys; key->name != NULL; key++) {
		if (conf_value_is_unset(key, base))
			continue;
		g_string_append_printf(out, "%s = ", key->name);
		conf_value_print(key, base, out);
		g_string_append_c(out, '\n');
	}
	for (sub = section->subs; sub != NULL && sub->name != NULL; sub++) {
		const void	*at = (const char *)base + sub->offset;
		GPtrArray	*list;

		if (!sub->many) {
			g_string_append_printf(out, "%s {\n", sub->name);
			dump(sub, at, out);
			g_string_append(out, "}\n");
			continue;
		}
		list = *(GPtrArray *const *)at;
		for (i = 0; i < list->len; i++) {
			g_string_append_printf(out, "%s \"%s\" {\n", sub->name,
			    *(char *const *)list->pdata[i]);
			dump(sub, list->pdata[i], out);
			g_string_append(out, "}\n");
		}
	}
}

char *
conf_dump(const struct settings *s)
{
	GString	*out = g_string_new(NULL);

	dump(&conf_root, s, out);
	return g_string_free(out, FALSE);
}

static void
each_key(const struct conf_section *section, const char *prefix,
    void (*fn)(const char *, const struct conf_key *, void *), void *arg)
{
	const struct conf_key		*key;
	const struct conf_section	*sub;

	for (key = section->keys; key->name != NULL; key++) {
		g_autofree char	*path = g_strconcat(prefix, key->name, NULL);

		fn(path, key, arg);
	}
	for (sub = section->subs; sub != NULL && sub->name != NULL; sub++) {
		g_autofree char	*deeper = g_strconcat(prefix, sub->name, ".", NULL);

		each_key(sub, deeper, fn, arg);
	}
}

void
conf_each_key(void (*fn)(const char *path, const struct conf_key *, void *), void *arg)
{
	each_key(&conf_root, "", fn, arg);
}
