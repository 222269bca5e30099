/* SPDX-License-Identifier: ISC */
/*
 * What one mail costs in CPU time: reading it (normalize), the operator's
 * rules and forms (check), its way from the worker to the daemon and back into
 * structs (wire), and the document that is pushed (ticket).
 *
 *	bench_parse CONF [MBOX...]
 *
 * Without an mbox three made-up mails are read again and again: 10 KB of text,
 * 10 KB of text and HTML, 30 KB with a picture.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf/conf.h"
#include "ctl/mail_files.h"
#include "intake/dry_run.h"
#include "intake/parser.h"
#include "normalize/normalize.h"

enum { ROUNDS_OF_BENCH = 1000, ROUNDS_OF_FILE = 3 };
enum step { NORMALIZE, CHECK, WIRE, TICKET, STEPS };

struct bench {
	struct settings	*settings;
	struct parser	*parser;
	GPtrArray	*mails;		/* GBytes * */
	double		 us[STEPS];
};

static double
cpu_us(void)
{
	struct timespec	ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static void
lap(struct bench *b, enum step step, double *since)
{
	double	now = cpu_us();

	b->us[step] += now - *since;
	*since = now;
}

static void
run_one(struct bench *b, GBytes *bytes)
{
	static const struct normalize_options	 none;
	struct arrival		*a = arrival_new(ARRIVAL_MAIL, "imap", "support", "1", bytes);
	g_autoptr(GByteArray)	 wire = g_byte_array_new();
	g_autoptr(GString)	 out = g_string_new(NULL);
	struct verdict		 verdict = { 0 };
	struct parsed		 made, *read;
	struct ticket		*ticket;
	g_autoptr(GBytes)	 answer = NULL;
	struct err		 e = ERR_INIT;
	double			 at = cpu_us();

	made.message = normalize(a, &none);
	lap(b, NORMALIZE, &at);
	made.findings = check_scan(parser_check(b->parser), a->channel, made.message);
	lap(b, CHECK, &at);
	parsed_encode(&made, wire);
	answer = g_bytes_new(wire->data, wire->len);
	if ((read = parsed_decode(answer, &e)) == NULL) {
		fprintf(stderr, "%s\n", e.text);
		exit(1);
	}
	lap(b, WIRE, &at);
	ticket = dry_run(b->settings, parser_check(b->parser), a, read, NULL, &verdict);
	ticket_write(ticket, out, true);
	lap(b, TICKET, &at);
	ticket_free(ticket);
	parsed_free(read);
	message_free(made.message);
	findings_free(made.findings);
	arrival_free(a);
}

static void
run_all(struct bench *b, const char *what, unsigned rounds)
{
	size_t		bytes = 0;
	unsigned	i, mails = rounds * b->mails->len;
	guint		k;

	for (k = 0; k < b->mails->len; k++) {
		run_one(b, b->mails->pdata[k]);		/* warm */
		bytes += g_bytes_get_size(b->mails->pdata[k]);
	}
	memset(b->us, 0, sizeof b->us);
	for (i = 0; i < rounds; i++)
		for (k = 0; k < b->mails->len; k++)
			run_one(b, b->mails->pdata[k]);
	printf("%-22s %6zu bytes: normalize %5.1f, check %5.1f, wire %5.1f, ticket %5.1f, "
	    "together %6.1f us\n", what, bytes / b->mails->len, b->us[NORMALIZE] / mails,
	    b->us[CHECK] / mails, b->us[WIRE] / mails, b->us[TICKET] / mails,
	    (b->us[NORMALIZE] + b->us[CHECK] + b->us[WIRE] + b->us[TICKET]) / mails);
	g_ptr_array_set_size(b->mails, 0);
}

static int
on_mail(void *arg, const char *name, GBytes *bytes)
{
	(void)name;
	g_ptr_array_add(arg, g_bytes_ref(bytes));
	return 0;
}

/* Sentences of everyday words, wrapped; the same ones at every run. */
static char *
prose(size_t len, const char *line_end)
{
	static const char *const words[] = { "the", "parcel", "that", "was", "ordered", "on",
		"Monday", "has", "not", "come", "yet", "and", "I", "would", "like", "to", "know",
		"where", "it", "is", "because", "shoes", "are", "blue", "tracking", "page", "says",
		"private", "website", "happy", "of", "application", "gr\303\266\303\237er", "please" };
	GString		*out = g_string_new("Hello,\n\n");
	size_t		 column = 0;
	uint32_t	 dice = 1;

	while (out->len < len) {
		const char	*word = words[(dice >> 16) % G_N_ELEMENTS(words)];

		dice = dice * 1103515245 + 12345;
		g_string_append(out, word);
		column += strlen(word) + 1;
		g_string_append(out, column < 70 ? " " : line_end);
		column = column < 70 ? column : 0;
	}
	g_string_append(out, ".\n\nOrder number: 12345678\n\nKind regards\nJane\n");
	return g_string_free(out, FALSE);
}

static void
add_head(GString *mail, const char *type)
{
	g_string_append_printf(mail,
	    "Received: from mx.example (mx.example [192.0.2.1])\n"
	    "\tby mail.shop.example with ESMTPS id 1; Mon, 3 Aug 2026 10:12:00 +0200\n"
	    "From: Jane Doe <jane@customer.example>\nTo: Support <support@shop.example>\n"
	    "Subject: =?utf-8?q?Gr=C3=B6=C3=9Fe?= of order 12345678\n"
	    "Date: Mon, 3 Aug 2026 10:12:00 +0200\nMessage-ID: <1@customer.example>\n"
	    "MIME-Version: 1.0\nContent-Type: %s\n", type);
}

static GBytes *
text_mail(void)
{
	GString		*mail = g_string_new(NULL);
	g_autofree char	*text = prose(9500, "\n");

	add_head(mail, "text/plain; charset=utf-8");
	g_string_append_printf(mail, "\n%s", text);
	return g_string_free_to_bytes(mail);
}

static void
add_alternative(GString *mail, size_t len)
{
	g_autofree char	*text = prose(len, "\n"), *html = prose(len, "</span></p>\n"
		"<p style=3D\"margin:0cm;font-family:Calibri\"><span lang=3D\"EN-GB\">");

	g_string_append_printf(mail, "\n--a\nContent-Type: text/plain; charset=utf-8\n\n%s"
	    "\n--a\nContent-Type: text/html; charset=utf-8\n"
	    "Content-Transfer-Encoding: quoted-printable\n\n"
	    "<html><head><style>p { margin: 0 }</style></head><body><p><span>%s</span></p>"
	    "</body></html>\n--a--\n", text, html);
}

static GBytes *
alternative_mail(void)
{
	GString	*mail = g_string_new(NULL);

	add_head(mail, "multipart/alternative; boundary=a");
	add_alternative(mail, 3000);
	return g_string_free_to_bytes(mail);
}

static GBytes *
picture_mail(void)
{
	GString		*mail = g_string_new(NULL);
	char		 line[74];
	int		 i;

	memset(line, 'A', 72);
	line[72] = '\n';
	line[73] = '\0';
	add_head(mail, "multipart/mixed; boundary=b");
	g_string_append(mail, "\n--b\nContent-Type: multipart/alternative; boundary=a\n");
	add_alternative(mail, 3000);
	g_string_append(mail, "\n--b\nContent-Type: image/png; name=\"shoe.png\"\n"
	    "Content-Transfer-Encoding: base64\n\n");
	for (i = 0; i < 270; i++)
		g_string_append(mail, line);
	g_string_append(mail, "\n--b--\n");
	return g_string_free_to_bytes(mail);
}

static void
run_made_up(struct bench *b)
{
	g_ptr_array_add(b->mails, text_mail());
	run_all(b, "text", ROUNDS_OF_BENCH);
	g_ptr_array_add(b->mails, alternative_mail());
	run_all(b, "text and HTML", ROUNDS_OF_BENCH);
	g_ptr_array_add(b->mails, picture_mail());
	run_all(b, "with a picture", ROUNDS_OF_BENCH);
}

int
main(int argc, char **argv)
{
	g_autoptr(GString)	 problems = g_string_new(NULL);
	struct bench		 b = { 0 };
	struct err		 e = ERR_INIT;
	int			 i;

	if (argc < 2 || (b.settings = conf_load(argv[1], problems)) == NULL) {
		fprintf(stderr, "%s", argc < 2 ? "usage: bench_parse CONF [MBOX...]\n" :
		    problems->str);
		return 1;
	}
	normalize_prepare();
	b.mails = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	if ((b.parser = parser_new(b.settings, &e)) == NULL) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	for (i = 2; i < argc; i++) {
		if (mail_file_each(argv[i], on_mail, b.mails, &e) != 0) {
			fprintf(stderr, "%s\n", e.text);
			return 1;
		}
		run_all(&b, argv[i], ROUNDS_OF_FILE);
	}
	if (argc == 2)
		run_made_up(&b);
	parser_free(b.parser);
	conf_free(b.settings);
	g_ptr_array_unref(b.mails);
	return 0;
}
