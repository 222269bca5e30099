/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "check/needle.h"
#include "check/pattern.h"

static const char *const texts[] = {
	"", "order", "My Order 12345678 is late", "reorder the ORDERED parcel",
	"rück rücksendung RÜCKSENDUNG", "zurückgeben, zurückschicken", "happy app, private apps",
	"pirate piraté", "échange, Échanger", "mwst", "log in, login, log  in", "a{2} price 3.50 EUR",
	"data leak; data breach", "data loss", "aſap", "as\342\204\252ed asked", "orderorderorder",
	"xxorder yyorder", "\303\244\303\244order", "first\nsecond order\nthird", "order\norder 1",
	"what is\nyour order", "tva", "foobar foobaz fobar", "colour color colouur", "[order] (order)"
};

static const char *const patterns[] = {
	"order", "\\border\\b", "\\b(order(ed)?|delivery|parcel)\\b", "(?<!re)order",
	"\\b(r\303\274cksendung|zur\303\274ck(senden|schicken|geben)|umtausch(en)?)\\b",
	"\\b(app|vat|tva)\\b", "\\b(pirat(\303\251|e)e?|fuite)\\b", "\\b(\303\251change(r)?)\\b",
	"\\b(log ?in|password)\\b", "\\b(data (breach|leak))\\b", "asap|asked", "xx|order", "(order)+",
	"(?:order){2}", "(?:order){0,2}x", "order?", "orde[r]+ \\d", "^order$", "..order", ".{2}order",
	"\\d{2}[^a-z]*eur", "foo(?=bar)", "foo(?!bar)...", "colou?r", "colou*r", "colou+r",
	"\\[order\\]", "[]order]+", "[^]]+order", "[[:alpha:]]{4}er", "(?i)order", "(?<n>order) (\\d+)",
	"\\x6frder", "\\Qorder\\E", "(or)der\\1?", "what\\s+is\\s+your", "my|", "(|my) order",
	"(?>order)", "\\p{L}rder", "(?:a|b|)order", "((or)(der))", "second (?:order|\\w+)", "lat(e|er)",
	"(\\d{8})", "(?<!\\d)(\\d{8})(?!\\d)", "(?:\\d|\\[)\\w*", "\\d*x", "\\d*[]:]", "(\\d[\\d.,]*)\\s*(?:eur|€)",
	"(?:€|eur|\\$)\\s*\\d", "(?:)\\d", "\\b\\d+\\b", "(\\d|)\\d8", "\\(?order", "(?:\\(|\\d)", "(?=o)..", "(?:late|leak|tva)$", "o.der|deli[v]ery", "(?:o|re)order", "price [\\d.]+"
};

static void
pattern_search__whatever_pattern_and_text__finds_what_pcre_alone_finds(void **state)
{
	struct span	a = { 0, 0 }, b = { 0, 0 }, va, vb;
	struct err	e = ERR_INIT;
	size_t		i, k, from;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(patterns); i++) {
		struct pattern	*p = pattern_new(patterns[i], PATTERN_ANYWHERE, &e);

		assert_non_null(p);
		for (k = 0; k < G_N_ELEMENTS(texts); k++) {
			const char	*text = texts[k];
			struct haystack	 h;

			haystack_init(&h, text);
			for (from = 0; from <= strlen(text); from++) {
				enum pattern_result	one, two;

				if (((unsigned char)text[from] & 0xc0) == 0x80)
					continue;
				one = pattern_find(p, text, strlen(text), from, &a, &va);
				two = pattern_search(p, &h, from, &b, &vb);
				if (one != two || (one == PATTERN_YES &&
				    (a.from != b.from || a.to != b.to || va.from != vb.from ||
				    va.to != vb.to)))
					fail_msg("\"%s\" on \"%s\" from %zu: %d at %zu, not %d at %zu",
					    patterns[i], text, from, (int)two, b.from, (int)one,
					    a.from);
			}
			haystack_fini(&h);
		}
		pattern_free(p);
	}
}

static void
needles_new__lists_of_words__are_read_as_such(void **state)
{
	struct needles	*n = needles_new("\\b(order(ed)?|r\303\274cksendung|data (leak|loss))\\b");

	(void)state;
	assert_non_null(n);
	assert_true(n->placed);
	assert_int_equal(n->list->len, 3);
	assert_string_equal(g_array_index(n->list, struct needle, 0).word, "order");
	assert_string_equal(g_array_index(n->list, struct needle, 1).word, "cksendung");
	assert_int_equal(g_array_index(n->list, struct needle, 1).back, 2);
	needles_free(n);
	n = needles_new("\\w+\\s+browser|(?:.*)device");
	assert_non_null(n);
	assert_false(n->placed);
	needles_free(n);
}

static void
needles_new__not_understood_or_without_words__knows_none(void **state)
{
	static const char *const	regexes[] = { "", "\\d{8}", "order|", "order|\\d+", "(?i)order",
		"(*UTF)order", "\\Qorder\\E", "\\x6frder", "ab|order", "(order)?" };
	size_t				i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(regexes); i++) {
		struct needles	*n = needles_new(regexes[i]);

		if (n != NULL && n->list->len > 0)
			fail_msg("\"%s\" has needles", regexes[i]);
		needles_free(n);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(pattern_search__whatever_pattern_and_text__finds_what_pcre_alone_finds),
		cmocka_unit_test(needles_new__lists_of_words__are_read_as_such),
		cmocka_unit_test(needles_new__not_understood_or_without_words__knows_none)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
