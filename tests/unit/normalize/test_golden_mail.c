/* SPDX-License-Identifier: ISC */
/*
 * Every tests/golden/mail/NAME.eml is normalised and compared with NAME.want.
 * A line there is "key: value" (\n, \t and \\ escaped); a key that is given
 * must have exactly the values given, in order; other keys are not looked at.
 * "key:" alone wants an empty list.
 *
 * Then each of them is cut at many places and damaged at random: there must
 * always be a message, of valid UTF-8, in little time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "normalize/normalize.h"

static const struct normalize_options options = { .authserv_id = "mx.example.org" };

static char *
golden_dir(void)
{
	const char	*src = g_getenv("top_srcdir");

	return g_build_filename(src != NULL ? src : ".", "tests/golden/mail", NULL);
}

static struct message *
normalise(const char *bytes, size_t len)
{
	g_autoptr(GBytes)	 b = g_bytes_new(bytes, len);
	struct arrival		*a = arrival_new(ARRIVAL_MAIL, "imap", "test", "1", b);
	struct message		*m = normalize(a, &options);

	arrival_free(a);
	return m;
}

static void
add(GPtrArray *out, const char *key, const char *value)
{
	g_autofree char	*escaped = NULL;
	g_auto(GStrv)	 parts = g_strsplit(value != NULL ? value : "-", "\\", -1);
	g_autofree char	*one = g_strjoinv("\\\\", parts);
	GString		*s = g_string_new(one);

	g_string_replace(s, "\n", "\\n", 0);
	g_string_replace(s, "\t", "\\t", 0);
	escaped = g_string_free(s, FALSE);
	g_ptr_array_add(out, g_strdup_printf("%s: %s", key, escaped));
}

static void
add_address(GPtrArray *out, const char *key, const struct address *a)
{
	g_autofree char	*text = NULL;

	if (a != NULL)
		text = a->name != NULL ? g_strdup_printf("%s <%s>", a->name, a->addr) :
		    g_strdup(a->addr);
	add(out, key, text);
}

static void
add_addresses(GPtrArray *out, const char *key, const GPtrArray *list)
{
	guint	i;

	for (i = 0; i < list->len; i++)
		add_address(out, key, g_ptr_array_index(list, i));
}

static void
add_strings(GPtrArray *out, const char *key, const GPtrArray *list)
{
	guint	i;

	for (i = 0; i < list->len; i++)
		add(out, key, g_ptr_array_index(list, i));
}

static void
add_date(GPtrArray *out, int64_t ms)
{
	char	buf[CLOCK_RFC3339_SIZE], *dot;

	if (ms < 0) {
		add(out, "date", "-");
		return;
	}
	clock_rfc3339(ms, buf);
	if ((dot = strchr(buf, '.')) != NULL)
		memmove(dot, "Z", 2);
	add(out, "date", buf);
}

static GPtrArray *
dump(const struct message *m)
{
	GPtrArray	*out = g_ptr_array_new_with_free_func(g_free);
	guint		 i;

	add_address(out, "from", m->from);
	add_address(out, "sender", m->sender);
	add_addresses(out, "to", m->to);
	add_addresses(out, "cc", m->cc);
	add_addresses(out, "reply-to", m->reply_to);
	add_strings(out, "delivered-to", m->delivered_to);
	add(out, "envelope-from", m->envelope_from != NULL && *m->envelope_from == '\0' ? "<>" :
	    m->envelope_from);
	add(out, "subject", m->subject);
	add_date(out, m->date_ms);
	add(out, "message-id", m->message_id);
	add(out, "in-reply-to", m->in_reply_to);
	add_strings(out, "references", m->references);
	add(out, "language", m->language);
	add(out, "text", m->text);
	add(out, "full-text", m->full_text);
	for (i = 0; i < m->attachments->len; i++) {
		const struct attachment *a = g_ptr_array_index(m->attachments, i);
		g_autofree char	*line = g_strdup_printf("%s|%s|%s|%lu|%s", a->filename,
		    a->content_type, a->sniffed_type != NULL ? a->sniffed_type : "-",
		    (unsigned long)a->size, a->is_inline ? "inline" : "file");

		add(out, "attachment", line);
	}
	add(out, "spf", m->authentication.spf);
	add(out, "dkim", m->authentication.dkim);
	add(out, "dmarc", m->authentication.dmarc);
	add(out, "verified", m->verified);
	add_strings(out, "warning", m->warnings);
	return out;
}

/* The lines of one key, joined. */
static char *
lines_of(char **lines, const char *key)
{
	GString	*out = g_string_new(NULL);
	size_t	 n = strlen(key);
	int	 i;

	for (i = 0; lines[i] != NULL; i++)
		if (strncmp(lines[i], key, n) == 0 && lines[i][n] == ':' && lines[i][n + 1] != '\0')
			g_string_append_printf(out, "  %s\n", lines[i]);
	return g_string_free(out, FALSE);
}

/* Differences of one mail; prints them. */
static int
compare(const char *name, char **want, char **got)
{
	g_autoptr(GHashTable)	seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	int			i, bad = 0;

	for (i = 0; want[i] != NULL; i++) {
		g_autofree char	*key = g_strndup(want[i], strcspn(want[i], ":"));
		g_autofree char	*w = lines_of(want, key), *g = lines_of(got, key);

		if (*key == '\0' || !g_hash_table_add(seen, g_strdup(key)))
			continue;
		if (strcmp(w, g) != 0) {
			printf("%s: wanted\n%s got\n%s", name, w, g);
			bad++;
		}
	}
	return bad;
}

static int
check_mail(const char *dir, const char *name)
{
	g_autofree char		*stem = g_strndup(name, strlen(name) - strlen(".eml"));
	g_autofree char		*mail = g_build_filename(dir, name, NULL), *want_path = NULL;
	g_autofree char		*bytes = NULL, *want = NULL;
	g_autofree char		*want_name = g_strconcat(stem, ".want", NULL);
	g_autoptr(GPtrArray)	 got = NULL;
	g_auto(GStrv)		 lines = NULL;
	struct message		*m;
	gsize			 len;
	int			 bad;

	want_path = g_build_filename(dir, want_name, NULL);
	assert_true(g_file_get_contents(mail, &bytes, &len, NULL));
	assert_true(g_file_get_contents(want_path, &want, NULL, NULL));
	m = normalise(bytes, len);
	got = dump(m);
	g_ptr_array_add(got, NULL);
	lines = g_strsplit(want, "\n", -1);
	bad = compare(stem, lines, (char **)got->pdata);
	message_free(m);
	return bad;
}

static void
golden_mail__each__reads_as_its_sender_meant_it(void **state)
{
	g_autofree char	*dir = golden_dir();
	g_autoptr(GDir)	 entries = g_dir_open(dir, 0, NULL);
	const char	*name;
	int		 bad = 0, n = 0;

	(void)state;
	assert_non_null(entries);
	while ((name = g_dir_read_name(entries)) != NULL)
		if (g_str_has_suffix(name, ".eml")) {
			bad += check_mail(dir, name) > 0;
			n++;
		}
	printf("%d mails, %d wrong\n", n, bad);
	assert_true(n > 100);
	assert_int_equal(bad, 0);
}

/* The wire's decoder refuses anything that is not valid UTF-8. */
static void
assert_sound(struct message *m)
{
	g_autoptr(GByteArray)	 wire = g_byte_array_new();
	g_autoptr(GBytes)	 whole = NULL;
	struct err		 e = ERR_INIT;
	struct message		*back;

	assert_non_null(m);
	assert_non_null(m->text);
	message_encode(m, wire);
	whole = g_bytes_new(wire->data, wire->len);
	back = message_decode(whole, &e);
	if (back == NULL)
		printf("%s\n", e.text);
	assert_non_null(back);
	message_free(back);
	message_free(m);
}

static void
abuse(const char *bytes, size_t len, GRand *rand)
{
	size_t	cut, step = len / 25 + 1, k;
	int	i;

	for (cut = 0; cut < len; cut += step)
		assert_sound(normalise(bytes, cut));
	for (i = 0; i < 10; i++) {
		g_autofree char	*copy = g_memdup2(bytes, len);

		for (k = 0; k < len / 50 + 1 && len > 0; k++)
			copy[(size_t)g_rand_int_range(rand, 0, (gint32)len)] =
			    (char)g_rand_int_range(rand, 0, 256);
		assert_sound(normalise(copy, len));
	}
}

static void
golden_mail__cut_or_damaged__is_still_a_message_of_valid_text(void **state)
{
	g_autofree char	*dir = golden_dir();
	g_autoptr(GDir)	 entries = g_dir_open(dir, 0, NULL);
	GRand		*rand = g_rand_new_with_seed(4711);
	const char	*name;

	(void)state;
	assert_non_null(entries);
	while ((name = g_dir_read_name(entries)) != NULL) {
		g_autofree char	*path = g_build_filename(dir, name, NULL), *bytes = NULL;
		gsize		 len;

		if (!g_str_has_suffix(name, ".eml"))
			continue;
		assert_true(g_file_get_contents(path, &bytes, &len, NULL));
		abuse(bytes, len, rand);
	}
	g_rand_free(rand);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_mail__each__reads_as_its_sender_meant_it),
		cmocka_unit_test(golden_mail__cut_or_damaged__is_still_a_message_of_valid_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
