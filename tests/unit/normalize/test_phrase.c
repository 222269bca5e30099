/* SPDX-License-Identifier: ISC */
#include "../unit.h"

#include <glib.h>
#include <string.h>

#include "normalize/phrase.h"

static const char *
found_by_strstr(const char *text, const char *const phrases[])
{
	for (int i = 0; phrases[i] != NULL; i++)
		if (strstr(text, phrases[i]) != NULL)
			return phrases[i];
	return NULL;
}

static void
phrase_find__any_text__finds_what_strstr_finds(void **state)
{
	static const char *const	phrases[] = { "?", "ab", "ba c", "ünd", "日本", "cab", "b ", NULL };
	static const char *const	bits[] = { "a", "b", "c", " ", "ü", "n", "d", "日", "本", "?" };
	g_autoptr(GRand)		dice = g_rand_new_with_seed(1);
	g_autoptr(GString)		text = g_string_new(NULL);
	int				i, found = 0;

	(void)state;
	for (i = 0; i < 20000; i++) {
		const char	*expected;

		g_string_truncate(text, 0);
		for (int n = g_rand_int_range(dice, 0, 6); n > 0; n--)
			g_string_append(text, bits[g_rand_int_range(dice, 0, G_N_ELEMENTS(bits))]);
		expected = found_by_strstr(text->str, phrases);
		if (phrase_find(text->str, phrases) != expected)
			fail_msg("\"%s\": %s", text->str, expected != NULL ? expected : "nothing");
		found += expected != NULL;
	}
	assert_in_range(found, 1000, 19000);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(phrase_find__any_text__finds_what_strstr_finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
