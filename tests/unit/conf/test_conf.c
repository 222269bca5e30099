/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib/gstdio.h>
#include <string.h>

#include "conf/conf.h"

#define CHANNEL	"maildir \"drop\" { path = \"/var/mail/drop\" }\n"

static char	*dir;

static struct settings *
load_text(const char *text, GString *problems)
{
	g_autofree char	*path = g_build_filename(dir, "t.conf", NULL);

	assert_true(g_file_set_contents(path, text, -1, NULL));
	return conf_load(path, problems);
}

/* The text is refused, and all of the words are in what is said. */
static void
refused(const char *text, ...)
{
	g_autoptr(GString)	 problems = g_string_new(NULL);
	struct settings		*s = load_text(text, problems);
	const char		*word;
	va_list			 ap;

	assert_null(s);
	va_start(ap, text);
	while ((word = va_arg(ap, const char *)) != NULL)
		if (strstr(problems->str, word) == NULL)
			fail_msg("\"%s\" is not in: %s", word, problems->str);
	va_end(ap);
}

static struct settings *
accepted(const char *text)
{
	g_autoptr(GString)	 problems = g_string_new(NULL);
	struct settings		*s = load_text(text, problems);

	if (s == NULL)
		fail_msg("refused: %s", problems->str);
	return s;
}

static void
conf_load__only_a_channel__fills_in_the_defaults(void **state)
{
	struct settings	*s = accepted(CHANNEL);

	(void)state;
	assert_string_equal(s->default_department, "general");
	assert_int_equal(s->journal.segment_size, 64 << 20);
	assert_int_equal(s->journal.retain_ms, 24 * 3600 * 1000);
	assert_int_equal(s->redis.partitions, 1);
	assert_int_equal(s->maildir->len, 1);
	assert_string_equal(((struct settings_maildir *)s->maildir->pdata[0])->name, "drop");
	assert_int_equal(s->guard.never_answer->len, 8);
	assert_string_equal(s->guard.never_answer->pdata[0], "mailer-daemon@*");
	assert_int_equal(s->http.listen->len, 0);
	assert_null(s->mail_out.from_addr);
	conf_free(s);
}

static void
conf_load__all_sorts_of_values__are_converted(void **state)
{
	struct settings		*s = accepted(CHANNEL
	    "acknowledge = yes\n"
	    "journal { retain = 90m segment_size = 1M }\n"
	    "log { level = debug format = json }\n"
	    "rule \"r1\" { subject = {'\\brefund\\b', 'a{2,3}'} priority = high urgent = true }\n"
	    "rule \"r2\" { tags = {a, b} last = on }\n"
	    "form \"f\" { departments = {x} rounds = 3 wait = 2d\n"
	    "  detail \"order\" { patterns = {'(\\d{8})'} valid = '\\d{8}' }\n"
	    "  detail \"kind\" { type = choice choices = {\"new one\", old} required = no } }\n");
	struct settings_rule	*r = s->rules->pdata[0];
	struct settings_form	*f = s->forms->pdata[0];
	struct settings_detail	*d = f->details->pdata[0];

	(void)state;
	assert_true(s->acknowledge);
	assert_int_equal(s->journal.retain_ms, 90 * 60 * 1000);
	assert_int_equal(s->log.level, 3);
	assert_string_equal(r->subject->pdata[0], "\\brefund\\b");
	assert_string_equal(r->subject->pdata[1], "a{2,3}");
	assert_true(r->urgent);
	assert_int_equal(f->rounds, 3);
	assert_int_equal(f->wait_ms, 2 * 24 * 3600 * 1000);
	assert_string_equal(d->valid, "\\d{8}");
	assert_true(d->required);
	assert_false(((struct settings_detail *)f->details->pdata[1])->required);
	conf_free(s);
}

static void
conf_load__wrong_values__names_file_line_and_what_is_allowed(void **state)
{
	(void)state;
	refused(CHANNEL "acknowledge = perhaps\n", "t.conf:2", "perhaps", "yes nor no", NULL);
	refused("journal {\n retain = 5 parsecs\n}\n" CHANNEL, "t.conf:2", NULL);
	refused(CHANNEL "\nredis { partitions = 0 }\n", "t.conf:3", "1 to 1024", NULL);
	refused(CHANNEL "log { level = loud }\n", "error, warn, info, debug", NULL);
	refused(CHANNEL "journal { segment_size = 12X }", "size like", NULL);
	refused(CHANNEL "bogus = 1\n", "t.conf:2", "bogus", NULL);
	refused(CHANNEL "redis {\n\n adress = x\n}\n", "t.conf:4", "adress", NULL);
	refused(CHANNEL "rule \"a\" { subject = {'(unclosed'} }", "t.conf:2", "unclosed",
	    "character", NULL);
}

static void
conf_load__several_wrong_values__shows_all(void **state)
{
	(void)state;
	refused("acknowledge = maybe\nlog { level = loud }\njournal { retain = x }\n" CHANNEL,
	    "t.conf:1", "t.conf:2", "t.conf:3", NULL);
}

static void
conf_load__sections_that_do_not_fit__are_refused(void **state)
{
	(void)state;
	refused("", "no channel", NULL);
	refused("imap \"a\" { user = u password_file = p }", "t.conf:1", "needs host", NULL);
	refused("imap \"a\" { host = h user = u }", "password_file or password_command", NULL);
	refused("imap \"a\" { host = mail.example user = u password_file = p security = none }",
	    "this host", NULL);
	refused("imap \"a\" { host = h user = u password_file = p after = move }", "move_to", NULL);
	refused(CHANNEL CHANNEL, "drop", NULL);
	refused(CHANNEL "webhook \"drop\" { secret_files = {x} }\nhttp { listen = {\"[::1]:1\"} }",
	    "two channels", NULL);
	refused("webhook \"w\" { secret_files = {x} }", "http", "listen", NULL);
	refused("webhook \"w\" { signature = none }\nhttp { listen = {\"[::1]:1\"} }", "allow", NULL);
	refused("webhook \"a/b\" { secret_files = {x} }\nhttp { listen = {\"[::1]:1\"} }",
	    "a/b", NULL);
	refused(CHANNEL "rule \"r\" { channel = {nowhere} }", "nowhere", NULL);
	refused(CHANNEL "rule \"r\" { department = \"a b\" }", "a b", NULL);
	refused(CHANNEL "http { tls_key = k }", "tls_certificate", NULL);
}

/* The bucket's keys, with one line of them changed. */
static void
refused_bucket(const char *from, const char *to, const char *why)
{
	static const char	good[] = "bucket {\n name = support\n"
				    " endpoint = \"https://s3.example.net\"\n access_key = AKIA1\n"
				    " secret_key_file = \"/k\"\n prefix = \"in/box-1/\"\n}\n";
	g_auto(GStrv)		parts = g_strsplit(good, from, 2);
	g_autofree char		*text = NULL;

	assert_int_equal(g_strv_length(parts), 2);
	text = g_strconcat(CHANNEL "\n", parts[0], to, parts[1], NULL);
	refused(text, "t.conf:", why, NULL);
}

static void
conf_load__bucket_that_cannot_work__is_refused(void **state)
{
	(void)state;
	refused_bucket("name = support", "", "needs name");
	refused_bucket("name = support", "name = \"Support\"", "no bucket's name");
	refused_bucket("name = support", "name = \"a/b\"", "no bucket's name");
	refused_bucket("endpoint = \"https://s3.example.net\"", "", "needs endpoint");
	refused_bucket("https://s3.example.net", "http://s3.example.net", "neither https");
	refused_bucket("https://s3.example.net", "http://127.0.0.1@s3.example.net", "is not like");
	refused_bucket("https://s3.example.net", "https://s3.example.net/?x=1", "is not like");
	refused_bucket("https://s3.example.net", "ftp://s3.example.net", "is not like");
	refused_bucket("https://s3.example.net\"", "https://10.0.0.1:9000\" style = host",
	    "not an address");
	refused_bucket("access_key = AKIA1", "", "access_key");
	refused_bucket("access_key = AKIA1", "access_key = \"a/b\"", "signs that no key has");
	refused_bucket("secret_key_file = \"/k\"", "", "secret_key_command");
	refused_bucket("in/box-1/", "/in", "prefix");
	refused_bucket("in/box-1/", "in//box", "prefix");
	refused_bucket("in/box-1/", "in/../box", "prefix");
	refused_bucket("in/box-1/", "in box", "prefix");
	refused_bucket("in/box-1/\"", "\" region = \"eu central\"", "eu-central-1");
	refused_bucket("in/box-1/\"", "\" style = elsewhere", "path, host");
}

static void
conf_load__bucket_at_its_best__is_taken(void **state)
{
	struct settings	*s = accepted(CHANNEL "bucket { name = \"support.files\" region = \"auto\" "
			    "endpoint = \"http://127.0.0.1:9000/s3\" access_key = \"a:b\" "
			    "secret_key_command = \"pass s3\" encryption = \"aws:kms\" "
			    "prefix = \"v1.2/x-\" }");

	(void)state;
	assert_string_equal(s->bucket.name, "support.files");
	assert_string_equal(s->bucket.prefix, "v1.2/x-");
	assert_int_equal(s->bucket.wait_ms, 10000);
	assert_int_equal(s->bucket.transfers, 4);
	conf_free(s);
}

static void
conf_load__broken_syntax__is_refused_with_the_line(void **state)
{
	(void)state;
	refused("maildir \"x\" {\n path = \n", "t.conf", NULL);
	refused("maildir {\n path = \"/a\"\n}\n", "t.conf:1", NULL);
	refused(CHANNEL "log { level = \n}\n", "t.conf:", NULL);
	refused(CHANNEL "}\n", "t.conf:2", NULL);
}

static void
conf_load__missing_file__says_so(void **state)
{
	g_autoptr(GString)	problems = g_string_new(NULL);

	(void)state;
	assert_null(conf_load("/nonexistent/x.conf", problems));
	assert_non_null(strstr(problems->str, "/nonexistent/x.conf"));
	assert_non_null(strstr(problems->str, "No such file"));
}

static void
conf_load__include__is_relative_and_errors_name_the_included_file(void **state)
{
	g_autofree char		*inc = g_build_filename(dir, "inc.conf", NULL);
	struct settings		*s;

	(void)state;
	assert_true(g_file_set_contents(inc, "rule \"x\" { tags = {t} }\n", -1, NULL));
	s = accepted("include(\"inc.conf\")\n" CHANNEL);
	assert_int_equal(s->rules->len, 1);
	conf_free(s);
	assert_true(g_file_set_contents(inc, "\nrule \"x\" { bad = t }\n", -1, NULL));
	refused("include(\"inc.conf\")\n" CHANNEL, "inc.conf:2", "bad", NULL);
	refused("include(\"none.conf\")\n" CHANNEL, "t.conf:1", "none.conf", NULL);
}

static void
conf_dump__read_again__gives_the_same_dump(void **state)
{
	struct settings	*s = accepted(CHANNEL
	    "instance = \"a-b\"\nhttp { listen = {\"127.0.0.1:1\"} }\n"
	    "identity { addresses = {\"a@b.example\"} agents = {} }\n"
	    "guard { never_answer = {} }\n"
	    "webhook \"w\" { secret_files = {s} map \"subject\" { pointer = \"/a~1b\" } "
	    "map \"quote\" { value = \"it's a \\\\ \\\"q\\\"\\nline\" } }\n"
	    "rule \"r\" { any = {'\\bx\\s+\\'y', \"z\"} }\n"
	    "template \"q\" { body = \"Hello\\n{{questions}}\\n\" language = de }\n");
	g_autofree char	*first = conf_dump(s), *second = NULL;
	struct settings	*again = accepted(first);

	(void)state;
	second = conf_dump(again);
	assert_string_equal(first, second);
	assert_string_equal(again->instance, "a-b");
	conf_free(again);
	conf_free(s);
}

static void
count(const char *path, const struct conf_key *key, void *arg)
{
	assert_non_null(key->help);
	assert_true(strlen(path) > 0);
	(*(unsigned *)arg)++;
}

static void
conf_each_key__visits_every_row(void **state)
{
	unsigned	n = 0;

	(void)state;
	conf_each_key(count, &n);
	assert_true(n > 120);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conf_load__only_a_channel__fills_in_the_defaults),
		cmocka_unit_test(conf_load__all_sorts_of_values__are_converted),
		cmocka_unit_test(conf_load__wrong_values__names_file_line_and_what_is_allowed),
		cmocka_unit_test(conf_load__several_wrong_values__shows_all),
		cmocka_unit_test(conf_load__sections_that_do_not_fit__are_refused),
		cmocka_unit_test(conf_load__bucket_that_cannot_work__is_refused),
		cmocka_unit_test(conf_load__bucket_at_its_best__is_taken),
		cmocka_unit_test(conf_load__broken_syntax__is_refused_with_the_line),
		cmocka_unit_test(conf_load__missing_file__says_so),
		cmocka_unit_test(conf_load__include__is_relative_and_errors_name_the_included_file),
		cmocka_unit_test(conf_dump__read_again__gives_the_same_dump),
		cmocka_unit_test(conf_each_key__visits_every_row),
	};
	int	rc;

	dir = g_dir_make_tmp("intaked-conf-XXXXXX", NULL);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	g_free(dir);
	return rc;
}
