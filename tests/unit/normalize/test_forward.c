/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "normalize/normalize.h"

#define AGENT	"From: Bob Agent <bob@shop.example>\nTo: support@shop.example\n"
#define PROVED	"Authentication-Results: mx.shop.example; dmarc=pass header.from=shop.example\n" AGENT

static GPtrArray	*own, *agents;

static struct message *
read_mail(const char *mail)
{
	struct normalize_options options = {
		.own_addresses = own, .agents = agents, .authserv_id = "mx.shop.example"
	};
	g_autoptr(GBytes)	 bytes = g_bytes_new(mail, strlen(mail));
	struct arrival		*a = arrival_new(ARRIVAL_MAIL, "inject", "test", "1", bytes);
	struct message		*m = normalize(a, &options);

	arrival_free(a);
	return m;
}

static bool
warns(const struct message *m, const char *code)
{
	for (guint i = 0; i < m->warnings->len; i++)
		if (g_str_has_prefix(g_ptr_array_index(m->warnings, i), code))
			return true;
	return false;
}

/* As the mail programs put it; each names carla@customer.example and "I miss it." */
static const char *const blocks[] = {
	"Subject: Fwd: order\n\nplease look\n\n---------- Forwarded message ---------\n"
	    "From: Carla Miller <carla@customer.example>\nDate: Mon, 3 May 2026 at 10:00\n"
	    "Subject: order\nTo: <bob@shop.example>\n\n\nI miss it.\n",
	"Subject: Fwd: order\n\n---------- Weitergeleitete Nachricht ---------\n"
	    "Von: Carla Miller <carla@customer.example>\nDate: Mo., 3. Mai 2026 um 10:00 Uhr\n"
	    "Subject: order\nTo: <bob@shop.example>\n\n\nI miss it.\n",
	"Subject: FW: order\n\nplease look\n\nBob\n\n________________________________\n"
	    "From: Carla Miller <carla@customer.example>\nSent: Monday, May 3, 2026 10:00 AM\n"
	    "To: Bob Agent <bob@shop.example>\nSubject: order\n\nI miss it.\n",
	"Subject: WG: Bestellung\n\n-----Urspr\xc3\xbcngliche Nachricht-----\n"
	    "Von: Carla Miller [mailto:carla@customer.example]\nGesendet: Montag, 3. Mai 2026 10:00\n"
	    "An: Bob\nBetreff: Bestellung\n\nI miss it.\n",
	"Subject: TR: commande\n\nDe : Carla Miller <carla@customer.example>\n"
	    "Envoy\xc3\xa9 : lundi 3 mai 2026 10:00\n\xc3\x80 : Bob <bob@shop.example>\nObjet : commande\n\nI miss it.\n",
	"Subject: RV: pedido\n\nDe: Carla Miller <carla@customer.example>\nEnviado: lunes, 3 de mayo de 2026\n"
	    "Para: bob@shop.example\nAsunto: pedido\n\nI miss it.\n",
	"Subject: I: ordine\n\nDa: Carla Miller <carla@customer.example>\nInviato: luned\xc3\xac 3 maggio 2026\n"
	    "A: bob@shop.example\nOggetto: ordine\n\nI miss it.\n",
	"Subject: FW: bestelling\n\nVan: Carla Miller <carla@customer.example>\nVerzonden: maandag 3 mei 2026\n"
	    "Aan: bob@shop.example\nOnderwerp: bestelling\n\nI miss it.\n",
	"Subject: PD: sprawa\n\nOd: Carla Miller <carla@customer.example>\nWys\xc5\x82" "ano: poniedzia\xc5\x82" "ek, 3 maja 2026\n"
	    "Do: bob@shop.example\nTemat: sprawa\n\nI miss it.\n",
	"Subject: FW: \xd0\xb7\xd0\xb0\xd0\xba\xd0\xb0\xd0\xb7\nContent-Type: text/plain; charset=utf-8\n\n"
	    "\xd0\x9e\xd1\x82: Carla Miller <carla@customer.example>\n"
	    "\xd0\x9e\xd1\x82\xd0\xbf\xd1\x80\xd0\xb0\xd0\xb2\xd0\xbb\xd0\xb5\xd0\xbd\xd0\xbe: 3 \xd0\xbc\xd0\xb0\xd1\x8f 2026\n"
	    "\xd0\x9a\xd0\xbe\xd0\xbc\xd1\x83: bob@shop.example\n\xd0\xa2\xd0\xb5\xd0\xbc\xd0\xb0: x\n\nI miss it.\n",
	"Subject: Fwd: order\n\nplease look\n\nBegin forwarded message:\n\n> From: Carla Miller <carla@customer.example>\n"
	    "> Subject: order\n> Date: 3 May 2026 at 10:00:00 CEST\n> To: bob@shop.example\n> \n> I miss it.\n",
	"Subject: Fwd: order\n\n-------- Forwarded Message --------\nSubject: \torder\nDate: \tMon, 3 May 2026 10:00:00 +0200\n"
	    "From: \tCarla Miller <carla@customer.example>\nTo: \tbob@shop.example\n\n\n\nI miss it.\n",
	"Subject: Fwd: order\n\n----- Forwarded Message -----\nFrom: \"Carla Miller\" <carla@customer.example>\n"
	    "To: \"Bob Agent\" <bob@shop.example>\nSent: Monday, May 3, 2026 at 10:00:00 AM\nSubject: order\n\nI miss it.\n",
	"Subject: Fw: order\n\n*From:* Carla Miller <carla@customer.example>\n*Sent:* Monday, May 3, 2026\n"
	    "*To:* bob@shop.example\n*Subject:* order\n\nI miss it.\n",
	"Subject: Fwd: order\nContent-Type: text/html; charset=utf-8\n\n<p>please look</p><div class=\"gmail_quote\">"
	    "---------- Forwarded message ---------<br>From: <b>Carla Miller</b> &lt;<a href=\"mailto:carla@customer.example\">"
	    "carla@customer.example</a>&gt;<br>Date: Mon, 3 May 2026<br>Subject: order<br>To: &lt;bob@shop.example&gt;<br>"
	    "<br><br>I miss it.</div>\n",
	"Subject: FW: order\nContent-Type: text/html; charset=utf-8\n\n<p>please look</p><div style=\"border:none;"
	    "border-top:solid #E1E1E1 1.0pt\"><p><b>From:</b> Carla Miller &lt;carla@customer.example&gt;<br><b>Sent:</b> "
	    "Monday, May 3, 2026<br><b>To:</b> Bob<br><b>Subject:</b> order</p></div><p>I miss it.</p>\n",
};

static void
forward__of_an_agent_in_many_programs__is_the_customers(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(blocks); i++) {
		g_autofree char	*mail = g_strconcat(PROVED, blocks[i], NULL);
		struct message	*m = read_mail(mail);
		const char	*note = message_field(m, "agent_note");

		if (strcmp(m->from->addr, "carla@customer.example") != 0 || m->sender == NULL ||
		    g_strcmp0(m->from->name, "Carla Miller") != 0 || strcmp(m->text, "I miss it.") != 0)
			fail_msg("%s\ngave %s <%s>: %s", blocks[i], m->from->name, m->from->addr, m->text);
		assert_string_equal(m->sender->addr, "bob@shop.example");
		assert_string_equal(message_field(m, "forwarded_by"), "bob@shop.example");
		assert_null(m->verified);
		if (strstr(blocks[i], "please look") != NULL)
			assert_true(note != NULL && g_str_has_prefix(note, "please look"));
		else
			assert_null(note);
		message_free(m);
	}
}

static void
forward__attached_mail__customer_text_and_files_come_out(void **state)
{
	struct message	*m = read_mail(PROVED "Subject: this one\nContent-Type: multipart/mixed; boundary=b\n\n"
	    "--b\nContent-Type: text/plain\n\nplease look\n"
	    "--b\nContent-Type: message/rfc822\n\n"
	    "From: Carla Miller <carla@customer.example>\nMessage-ID: <c1@customer.example>\nSubject: order\n"
	    "Content-Type: multipart/mixed; boundary=c\n\n"
	    "--c\nContent-Type: text/plain\n\nI miss it.\n"
	    "--c\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=bill.pdf\n\n%PDF-1.4\n--c--\n"
	    "--b--\n");
	bool		 bill = false;

	(void)state;
	assert_string_equal(m->from->addr, "carla@customer.example");
	assert_string_equal(m->text, "I miss it.");
	assert_string_equal(message_field(m, "agent_note"), "please look");
	for (guint i = 0; i < m->attachments->len; i++) {
		const struct attachment	*a = g_ptr_array_index(m->attachments, i);

		bill = bill || g_strcmp0(a->filename, "bill.pdf") == 0;
	}
	assert_true(bill);
	assert_string_equal(g_ptr_array_index(m->references, 0), "c1@customer.example");
	message_free(m);
}

static void
forward__who_is_not_proved_to_be_an_agent__stays_the_sender(void **state)
{
	static const char *const heads[] = {
		AGENT,
		"Authentication-Results: mx.shop.example; dmarc=fail header.from=shop.example\n" AGENT,
		"Authentication-Results: evil.example; dmarc=pass header.from=shop.example\n" AGENT,
		"Authentication-Results: mx.shop.example; auth=pass smtp.auth=eve@shop.example\n" AGENT,
		"Authentication-Results: mx.shop.example; spf=pass smtp.mailfrom=shop.example\n" AGENT,
		"Authentication-Results: mx.shop.example; dmarc=pass header.from=evil.example\n"
		    "From: Eve <eve@evil.example>, Bob <bob@shop.example>\nTo: support@shop.example\n",
		"Authentication-Results: mx.shop.example; dmarc=pass header.from=evil.example\n"
		    "From: \"bob@shop.example\" <eve@evil.example>\nTo: support@shop.example\n",
		"Authentication-Results: mx.shop.example; dmarc=pass header.from=evilshop.example\n"
		    "From: <bob@evilshop.example>\nTo: support@shop.example\n",
		"Authentication-Results: mx.shop.example; dmarc=pass header.from=shop.example.evil.example\n"
		    "From: <bob@shop.example.evil.example>\nTo: support@shop.example\n",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(heads); i++) {
		g_autofree char	*mail = g_strconcat(heads[i], blocks[0], NULL);
		struct message	*m = read_mail(mail);

		assert_string_not_equal(m->from->addr, "carla@customer.example");
		assert_null(message_field(m, "forwarded_by"));
		assert_true(i >= 5 || warns(m, "forward-unproven"));
		message_free(m);
	}
}

static void
forward__agent_logged_in_at_our_mta__is_proved(void **state)
{
	g_autofree char	*mail = g_strconcat("Authentication-Results: mx.shop.example;\n"
	    " auth=pass (PLAIN) smtp.auth=bob@shop.example smtp.mailfrom=bob@shop.example\n" AGENT, blocks[0], NULL);
	struct message	*m = read_mail(mail);

	(void)state;
	assert_string_equal(m->from->addr, "carla@customer.example");
	message_free(m);
}

/* Carla writes a block of her own into her mail; Bob's program puts his above it. */
static void
forward__block_inside_the_customers_mail__names_nobody(void **state)
{
	struct message	*m = read_mail(PROVED "Subject: Fwd: order\n\n---------- Forwarded message ---------\n"
	    "From: Carla Miller <carla@customer.example>\nDate: Mon, 3 May 2026\nSubject: order\nTo: <bob@shop.example>\n\n"
	    "---------- Forwarded message ---------\nFrom: Victim <victim@other.example>\nDate: Mon, 3 May 2026\n"
	    "Subject: order\nTo: <x@y.example>\n\nI miss it.\n");

	(void)state;
	assert_string_equal(m->from->addr, "carla@customer.example");
	message_free(m);

	/* or attaches a mail of somebody else's to it, which is passed on with hers */
	m = read_mail(PROVED "Subject: Fwd: order\nContent-Type: multipart/mixed; boundary=b\n\n"
	    "--b\nContent-Type: text/plain\n\n---------- Forwarded message ---------\n"
	    "From: Carla Miller <carla@customer.example>\nDate: Mon, 3 May 2026\nSubject: order\nTo: <bob@shop.example>\n\n"
	    "I miss it.\n--b\nContent-Type: message/rfc822\n\nFrom: victim@other.example\n\nx\n--b--\n");
	assert_string_equal(m->from->addr, "carla@customer.example");
	message_free(m);
}

static void
forward__answers_and_mail_of_colleagues__stay_the_agents(void **state)
{
	static const char *const mails[] = {
		/* an answer quotes; it is no forward */
		PROVED "Subject: Re: order\nIn-Reply-To: <1@customer.example>\n\nsee below\n\n"
		    "From: Carla Miller <carla@customer.example>\nSent: Monday\nTo: Bob\nSubject: order\n\nI miss it.\n",
		/* of another agent, of ourselves */
		PROVED "Subject: Fwd: order\n\nFrom: Ann <ann@shop.example>\nSent: Monday\nTo: Bob\nSubject: order\n\nx\n",
		PROVED "Subject: Fwd: order\n\nFrom: Shop <support@shop.example>\nSent: Monday\nTo: Bob\nSubject: order\n\nx\n",
		/* no block, or none with an address */
		PROVED "Subject: Fwd: order\n\nFrom: carla@customer.example we got this.\n",
		PROVED "Subject: Fwd: order\n\nFrom: Carla\nSent: Monday\nTo: Bob\nSubject: order\n\nx\n",
		/* several mails attached are no forward of one customer */
		PROVED "Subject: two\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n"
		    "From: carla@customer.example\n\nx\n--b\nContent-Type: message/rfc822\n\nFrom: dan@customer.example\n\nx\n--b--\n",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(mails); i++) {
		struct message	*m = read_mail(mails[i]);

		if (strcmp(m->from->addr, "bob@shop.example") != 0 || m->sender != NULL)
			fail_msg("%s\ngave %s", mails[i], m->from->addr);
		message_free(m);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(forward__of_an_agent_in_many_programs__is_the_customers),
		cmocka_unit_test(forward__attached_mail__customer_text_and_files_come_out),
		cmocka_unit_test(forward__who_is_not_proved_to_be_an_agent__stays_the_sender),
		cmocka_unit_test(forward__agent_logged_in_at_our_mta__is_proved),
		cmocka_unit_test(forward__block_inside_the_customers_mail__names_nobody),
		cmocka_unit_test(forward__answers_and_mail_of_colleagues__stay_the_agents),
	};

	own = g_ptr_array_new();
	g_ptr_array_add(own, (char *)"support@shop.example");
	agents = g_ptr_array_new();
	g_ptr_array_add(agents, (char *)"@shop.example");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
