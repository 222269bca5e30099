/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
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

static pcre2_code *
compile(const char *regex, enum pattern_mode mode)
{
	static const char *const	around[][2] = {
		[PATTERN_ANYWHERE] = { "", "" }, [PATTERN_WHOLE] = { "\\A(?:", ")\\z" },
		[PATTERN_WORD] = { "(?<![\\p{L}\\p{N}_])(?:", ")(?![\\p{L}\\p{N}_])" }
	};
	g_autofree char	*whole = g_strconcat(around[mode][0], regex, around[mode][1], NULL);
	int		 error;
	PCRE2_SIZE	 at;

	return pcre2_compile((PCRE2_SPTR)whole, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_UCP |
	    PCRE2_CASELESS | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &error, &at, NULL);
}

/* What PCRE2 says without any help of ours, as "1 from-to value-from-to". */
static char *
expect(const pcre2_code *code, const char *text, size_t from)
{
	pcre2_match_data	*block = pcre2_match_data_create_from_pattern(code, NULL);
	const PCRE2_SIZE	*ends = pcre2_get_ovector_pointer(block);
	int			 n, i, value = 0;
	char			*said;

	n = pcre2_match(code, (PCRE2_SPTR)text, strlen(text), from, 0, block, NULL);
	for (i = n - 1; i > 0; i--)
		if (ends[2 * i] != PCRE2_UNSET)
			value = i;
	said = n < 0 || ends[0] > ends[1] ? g_strdup("0") : g_strdup_printf("1 %zu-%zu %zu-%zu",
	    ends[0], ends[1], ends[2 * value], ends[2 * value + 1]);
	pcre2_match_data_free(block);
	return said;
}

static char *
spell(enum pattern_result result, const struct span *hit, const struct span *value)
{
	return result != PATTERN_YES ? g_strdup_printf("%d", (int)result) :
	    g_strdup_printf("1 %zu-%zu %zu-%zu", hit->from, hit->to, value->from, value->to);
}

static void
compare(const char *regex, enum pattern_mode mode, const char *text)
{
	struct err	 e = ERR_INIT;
	struct pattern	*p = pattern_new(regex, mode, &e);
	pcre2_code	*code = compile(regex, mode);
	struct haystack	 h;
	struct span	 hit, value;
	size_t		 from;

	assert_non_null(p);
	haystack_init(&h, text);
	for (from = 0; from <= strlen(text); from++) {
		g_autofree char	*expected = NULL, *found = NULL, *searched = NULL;

		if (((unsigned char)text[from] & 0xc0) == 0x80)
			continue;
		expected = expect(code, text, from);
		found = spell(pattern_find(p, text, strlen(text), from, &hit, &value), &hit, &value);
		searched = spell(pattern_search(p, &h, from, &hit, &value), &hit, &value);
		if (strcmp(found, expected) != 0 || strcmp(searched, expected) != 0)
			fail_msg("\"%s\" (%d) on \"%s\" from %zu: found %s, searched %s, not %s",
			    regex, (int)mode, text, from, found, searched, expected);
	}
	haystack_fini(&h);
	pcre2_code_free(code);
	pattern_free(p);
}

static void
pattern_search__whatever_pattern_and_text__finds_what_pcre_alone_finds(void **state)
{
	size_t	i, k;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(patterns); i++)
		for (k = 0; k < G_N_ELEMENTS(texts); k++) {
			compare(patterns[i], PATTERN_ANYWHERE, texts[k]);
			compare(patterns[i], PATTERN_WHOLE, texts[k]);
			compare(patterns[i], PATTERN_WORD, texts[k]);
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
