/* SPDX-License-Identifier: ISC */
#include "check/negation.h"

#include <glib.h>
#include <string.h>

enum { WORDS_BACK = 3, BYTES_BACK = 120 };

static const char *const negations[] = {
	"not", "no", "never", "without", "nothing", "non", "isn't", "isnt", "aren't", "arent",
	"wasn't", "don't", "dont", "doesn't", "doesnt", "hardly", "cannot",
	"nicht", "kein", "keine", "keinen", "keiner", "keinem", "keines", "keinerlei", "nie",
	"niemals", "ohne", "weder", "nix",
	"pas", "ne", "aucun", "aucune", "sans", "jamais", "ni", "nullement",
	"ningún", "ningun", "ninguna", "ninguno", "sin", "nunca", "tampoco", "nada",
	"nessun", "nessuna", "nessuno", "senza", "mai",
	"niet", "geen", "nooit", "zonder",
	"nie", "bez", "żaden", "żadna", "żadne", "nigdy",
	"não", "nao", "nenhum", "nenhuma", "sem",
	"не", "нет", "без", "никогда", "ни"
};

/* Behind a negation these turn it into its opposite: "nicht nur dringend". */
static const char *const onlys[] = {
	"only", "just", "nur", "bloß", "seulement", "uniquement", "sólo", "solo", "solamente",
	"soltanto", "alleen", "enkel", "slechts", "tylko", "só", "apenas", "somente", "только"
};

static bool
is_one_of(const char *word, const char *const *list, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

static bool
is_word_char(gunichar c)
{
	return g_unichar_isalnum(c) || g_unichar_ismark(c) || c == '\'' || c == 0x2019;
}

static bool
ends_clause(gunichar c)
{
	return c == '.' || c == ',' || c == ';' || c == ':' || c == '!' || c == '?' ||
	    c == '\n' || c == '(' || c == ')' || c == 0x2014 || c == 0x3002 || c == '>';
}

/*
 * The word that ends before *at, folded, *at moved to its beginning; NULL at
 * the beginning of the clause.  A typographic apostrophe becomes a plain one.
 */
static char *
word_before(const char *text, const char **at)
{
	g_autoptr(GString)	 word = g_string_new(NULL);
	const char		*prev;
	gunichar		 c;

	for (; *at > text; *at = prev) {
		prev = g_utf8_prev_char(*at);
		c = g_utf8_get_char(prev);
		if (is_word_char(c))
			g_string_prepend_unichar(word, c == 0x2019 ? '\'' : g_unichar_tolower(c));
		else if (word->len > 0)
			break;
		else if (ends_clause(c))
			return NULL;
	}
	return word->len > 0 ? g_strdup(word->str) : NULL;
}

/* French "n'est", "n'y": the elided "ne". */
static bool
negates(const char *word)
{
	return is_one_of(word, negations, G_N_ELEMENTS(negations)) ||
	    g_str_has_prefix(word, "n'") || g_str_has_suffix(word, "n't");
}

bool
negation_before(const char *text, size_t at)
{
	const char	*here = text + at;
	const char	*start = at > BYTES_BACK ? here - BYTES_BACK : text;
	bool		 only = false;
	unsigned	 i;

	/* Not into the middle of a character. */
	while (start < here && ((unsigned char)*start & 0xc0) == 0x80)
		start++;
	/* The match may begin inside a word: "unurgent" is its own affair. */
	while (here > start && is_word_char(g_utf8_get_char(g_utf8_prev_char(here))))
		here = g_utf8_prev_char(here);
	for (i = 0; i < WORDS_BACK; i++) {
		g_autofree char *word = word_before(start, &here);

		if (word == NULL)
			return false;
		if (negates(word))
			return !only;
		only = is_one_of(word, onlys, G_N_ELEMENTS(onlys));
	}
	return false;
}
