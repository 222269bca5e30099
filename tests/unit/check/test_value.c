/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "check/date.h"
#include "check/negation.h"
#include "check/value.h"

/* 2026-11-21T00:00:00Z */
#define NOW	INT64_C(1795219200000)

static void
negation__before_a_word__is_seen_in_its_clause_only(void **state)
{
	static const struct {
		const char	*text;
		bool		 negated;
	} cases[] = {
		{ "this is not urgent", true }, { "not at all urgent", true },
		{ "it's not really that urgent", true }, { "This isn't urgent", true },
		{ "This isn’t urgent", true }, { "no urgent case", true },
		{ "das ist nicht dringend / urgent", true },
		{ "nicht so urgent", true }, { "kein urgent", true },
		{ "ce n'est pas urgent", true }, { "rien d'urgent, sans urgent", true },
		{ "no es urgent", true }, { "non è urgent", true }, { "niet urgent", true },
		{ "nie jest urgent", true }, { "não é urgent", true }, { "не urgent", true },
		{ "urgent", false }, { "this is urgent", false }, { "No, this is urgent", false },
		{ "It does not work. urgent", false }, { "not resolved\nurgent", false },
		{ "not only urgent", false }, { "nicht nur urgent", false },
		{ "not my first or second mail so urgent", false }, { "notice: urgent", false }
	};
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char	*at = g_strrstr(cases[i].text, "urgent");

		if (at == NULL)
			at = strstr(cases[i].text, "dringend");
		if (negation_before(cases[i].text, (size_t)(at - cases[i].text)) != cases[i].negated)
			fail_msg("\"%s\": not %s", cases[i].text,
			    cases[i].negated ? "negated" : "free");
	}
}

static void
date_find__as_people_write_it__gives_iso(void **state)
{
	static const struct {
		const char	*text, *language, *wanted;
	} cases[] = {
		{ "2026-11-21", NULL, "2026-11-21" }, { "2026/3/4", "de", "2026-03-04" },
		{ "am 21.11.2026 bestellt", "de", "2026-11-21" }, { "1.2.26", "de", "2026-02-01" },
		{ "21/11/2026", "en", "2026-11-21" }, { "11/21/2026", "en", "2026-11-21" },
		{ "3/4/2026", "fr", "2026-04-03" }, { "5/5/2026", "en", "2026-05-05" },
		{ "21 November 2026", "en", "2026-11-21" },
		{ "on November 3rd, 2026", "en", "2026-11-03" },
		{ "Nov 3", "en", "2026-11-03" }, { "21. Dezember 2025", "de", "2025-12-21" },
		{ "am 3. März", "de", "2026-03-03" }, { "le 1er août 2026", "fr", "2026-08-01" },
		{ "3 de mayo de 2026", "es", "2026-05-03" }, { "4 maart", "nl", "2026-03-04" },
		{ "the 24th of December", "en", "2026-12-24" },
		{ "30 January", "en", "2026-01-30" },
		{ "yesterday", "en", "2026-11-20" }, { "gestern Abend", "de", "2026-11-20" },
		{ "hier soir", "fr", "2026-11-20" }, { "5 września 2026", "pl", "2026-09-05" }
	};
	char	got[DATE_SIZE];
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++) {
		got[0] = '\0';
		if (date_find(cases[i].text, cases[i].language, NOW, got) != DATE_FOUND ||
		    strcmp(got, cases[i].wanted) != 0)
			fail_msg("\"%s\": %s, not %s", cases[i].text, got, cases[i].wanted);
	}
}

static void
date_find__what_is_no_date__is_not_one(void **state)
{
	static const char	*const cases[] = { "", "4711", "31.2.2026", "3 out of 5",
		"the 3 market stalls", "1.2.3.4", "2026-13-01", "12:30", "may I ask" };
	char			 got[DATE_SIZE];
	size_t			 i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++)
		if (date_find(cases[i], "en", NOW, got) == DATE_FOUND)
			fail_msg("\"%s\" became %s", cases[i], got);
	assert_int_equal(date_find("3/4/2026", "en", NOW, got), DATE_AMBIGUOUS);
	assert_int_equal(date_find("3/4/2026", NULL, NOW, got), DATE_AMBIGUOUS);
}

static GPtrArray *
words(const char *list)
{
	g_auto(GStrv)	 parts = g_strsplit(list, "|", -1);
	GPtrArray	*out = g_ptr_array_new_with_free_func(g_free);
	size_t		 i;

	for (i = 0; parts[i] != NULL; i++)
		g_ptr_array_add(out, g_strdup(parts[i]));
	return out;
}

struct value_case {
	const char	*type, *valid, *language, *raw, *wanted;	/* wanted NULL: refused */
};

static void
check_value(const struct value_case *c)
{
	g_autoptr(GPtrArray)	choices = words("refund|replacement|wrong item|none");
	struct settings_detail	set = { .name = (char *)"d", .type = (char *)c->type,
		.valid = (char *)c->valid, .choices = choices };
	struct value_rule	rule;
	struct value_reading	how = { c->language, NOW };
	struct err		e = ERR_INIT;
	g_autofree char		*problem = NULL, *value = NULL;

	assert_int_equal(value_rule_init(&rule, &set, &e), 0);
	value = value_read(&rule, c->raw, true, &how, &problem);
	value_rule_fini(&rule);
	if (g_strcmp0(value, c->wanted) != 0)
		fail_msg("%s \"%s\": %s, not %s", c->type, c->raw, value ? value : "refused",
		    c->wanted ? c->wanted : "refused");
	assert_int_equal(value == NULL, problem != NULL);
}

static void
value_read__each_type__is_spelled_one_way(void **state)
{
	static const struct value_case	cases[] = {
		{ "text", NULL, NULL, "  some thing \n", "some thing" },
		{ "text", NULL, NULL, " \n", NULL },
		{ "text", "\\d{8}", NULL, "12345678", "12345678" },
		{ "text", "\\d{8}", NULL, " 12345678. ", "12345678" },
		{ "text", "\\d{8}", NULL, "1234 5678", "12345678" },
		{ "text", "\\d{8}", NULL, "it is 12345678, thanks", "12345678" },
		{ "text", "\\d{8}", NULL, "#12345678", "12345678" },
		{ "text", "\\d{8}", NULL, "123456789", NULL },
		{ "text", "\\d{8}", NULL, "x12345678", NULL },
		{ "text", "INV-\\d{4}", NULL, "inv-2026", "inv-2026" },
		{ "number", NULL, "en", "1,234.50", "1234.50" },
		{ "number", NULL, "de", "1.234,50 EUR", "1234.50" },
		{ "number", NULL, "de", "1.234", "1234" }, { "number", NULL, "en", "1.234", "1.234" },
		{ "number", NULL, "en", "1,234", "1234" }, { "number", NULL, "fr", "1 234,5", "1234.5" },
		{ "number", NULL, NULL, "about 3 of them", "3" },
		{ "number", NULL, NULL, "-5", "-5" }, { "number", NULL, NULL, "three", NULL },
		{ "number", "\\d+", NULL, "2.5", NULL },
		{ "date", NULL, "de", "am 3.4.2026", "2026-04-03" },
		{ "date", NULL, "en", "3/4/2026", NULL },
		{ "email", NULL, NULL, "it is <Anna@Shop.example>.", "Anna@Shop.example" },
		{ "email", NULL, NULL, "mailto:a@b.example", "a@b.example" },
		{ "email", NULL, NULL, "anna at shop", NULL }, { "email", NULL, NULL, "a@@b", NULL },
		{ "phone", NULL, NULL, "+49 (0)30 123-456", "+4930123456" },
		{ "phone", NULL, NULL, "0049 30 123456", "+4930123456" },
		{ "phone", NULL, NULL, "call me at 030/123456", "030123456" },
		{ "phone", NULL, NULL, "12", NULL }, { "phone", NULL, NULL, "no phone", NULL },
		{ "choice", NULL, NULL, "Refund", "refund" }, { "choice", NULL, NULL, "ref", "refund" },
		{ "choice", NULL, NULL, "re", NULL }, { "choice", NULL, NULL, "Wrong Item!", "wrong item" },
		{ "choice", NULL, NULL, "I would like a refund please", "refund" },
		{ "choice", NULL, NULL, "refund or replacement?", NULL },
		{ "choice", NULL, NULL, "refunds", NULL }
	};
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++)
		check_value(&cases[i]);
}

static void
value_read__refused_with_a_hint__says_it_in_the_operators_words(void **state)
{
	struct settings_detail	set = { .name = (char *)"d", .type = (char *)"text",
		.valid = (char *)"\\d{8}", .hint = (char *)"8 Ziffern" };
	struct value_rule	rule;
	struct value_reading	how = { NULL, -1 };
	g_autofree char		*problem = NULL;

	(void)state;
	assert_int_equal(value_rule_init(&rule, &set, NULL), 0);
	assert_null(value_read(&rule, "47\n11", true, &how, &problem));
	assert_string_equal(problem, "\"47 11\": 8 Ziffern");
	value_rule_fini(&rule);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(negation__before_a_word__is_seen_in_its_clause_only),
		cmocka_unit_test(date_find__as_people_write_it__gives_iso),
		cmocka_unit_test(date_find__what_is_no_date__is_not_one),
		cmocka_unit_test(value_read__each_type__is_spelled_one_way),
		cmocka_unit_test(value_read__refused_with_a_hint__says_it_in_the_operators_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
