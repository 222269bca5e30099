/* SPDX-License-Identifier: ISC */
#include "check/answer.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "check/label.h"

enum { GREETING_MAX = 60, GREETING_WORDS = 4, ENDING_MAX = 80, ANSWERS_MAX = 30,
	PHRASES_MAX = 128 };

/* How people begin, folded. */
static const char *const greetings[] = {
	"hi", "hello", "hey", "dear", "good morning", "good afternoon", "good evening", "greetings",
	"hallo", "guten tag", "guten morgen", "guten abend", "sehr geehrte", "liebe", "lieber",
	"moin", "servus", "grüezi", "bonjour", "bonsoir", "salut", "madame", "monsieur", "hola",
	"buenos días", "buenas tardes", "estimado", "estimada", "ciao", "buongiorno", "salve",
	"gentile", "beste", "geachte", "dag", "olá", "ola", "bom dia", "boa tarde", "cześć",
	"dzień dobry", "szanowni", "здравствуйте", "добрый день", "привет"
};

/* How they end. */
static const char *const endings[] = {
	"thanks", "thank you", "thx", "cheers", "best regards", "best wishes", "best,",
	"kind regards", "warm regards", "regards", "sincerely", "yours", "many thanks", "br,",
	"mit freundlichen", "freundliche grü", "viele grü", "liebe grü", "beste grü",
	"schöne grü", "herzliche grü", "gruß", "grüße", "gruss", "danke", "vielen dank", "mfg",
	"lg", "vg", "cordialement", "bien à vous", "bien cordialement", "merci", "saludos",
	"un saludo", "gracias", "atentamente", "saluti", "cordiali saluti", "grazie", "groet",
	"groeten", "met vriendelijke", "bedankt", "obrigad", "atenciosamente", "cumprimentos",
	"pozdrawiam", "z poważaniem", "dziękuję", "с уважением", "спасибо", "sent from",
	"get outlook", "von meinem", "gesendet von", "envoyé de", "enviado desde", "inviato da",
	"--"
};

G_STATIC_ASSERT(G_N_ELEMENTS(greetings) <= PHRASES_MAX && G_N_ELEMENTS(endings) <= PHRASES_MAX);

void
answer_free(gpointer p)
{
	struct answer	*a = p;

	g_free(a->text);
	g_free(a);
}

/* Behind the folded words that line begins with in any case, or NULL. */
static const char *
behind_folded(const char *line, const char *words)
{
	for (; *words != '\0'; words = g_utf8_next_char(words)) {
		if ((*line & 0x80) == 0 ? g_ascii_tolower(*line) != *words :
		    g_unichar_tolower(g_utf8_get_char(line)) != g_utf8_get_char(words))
			return NULL;
		line = g_utf8_next_char(line);
	}
	return line;
}

static bool
begins_with(const char *line, const char *words)
{
	const char	*rest = behind_folded(line, words);

	return rest != NULL && (strlen(words) > 3 || !g_unichar_isalnum(g_utf8_get_char(rest)));
}

/* By their first byte: every line of a text is asked for. */
struct phrases {
	const char *const	*list;
	size_t			 n;
	uint8_t			 head[256];	/* the first that begins so, + 1 */
	uint8_t			 next[PHRASES_MAX];	/* behind each: the next one, + 1 */
	gsize			 ready;
};

static struct phrases greeting_phrases = { .list = greetings, .n = G_N_ELEMENTS(greetings) };
static struct phrases ending_phrases = { .list = endings, .n = G_N_ELEMENTS(endings) };

static void
chain(struct phrases *p)
{
	unsigned char	first;
	size_t		i;

	if (!g_once_init_enter(&p->ready))
		return;
	for (i = 0; i < p->n; i++) {
		first = (unsigned char)p->list[i][0];
		p->next[i] = p->head[first];
		p->head[first] = (uint8_t)(i + 1);
	}
	g_once_init_leave(&p->ready, 1);
}

static bool
begins_with_one_of(const char *line, struct phrases *p)
{
	size_t	i;

	chain(p);
	if ((*line & 0x80) != 0) {	/* in another case it may begin with another byte */
		for (i = 0; i < p->n; i++)
			if (begins_with(line, p->list[i]))
				return true;
		return false;
	}
	for (i = p->head[(unsigned char)g_ascii_tolower(*line)]; i > 0; i = p->next[i - 1])
		if (begins_with(line, p->list[i - 1]))
			return true;
	return false;
}

static size_t
count_words(const char *line)
{
	size_t	n = 0;
	bool	in = false;

	for (; *line != '\0'; line++) {
		if (*line != ' ' && *line != '\t')
			n += !in;
		in = *line != ' ' && *line != '\t';
	}
	return n;
}

/* A line of its own; "Hi, my order is 4711" says something. */
static bool
is_greeting(const char *line)
{
	return strlen(line) <= GREETING_MAX && strpbrk(line, "0123456789@") == NULL &&
	    begins_with_one_of(line, &greeting_phrases) &&
	    (count_words(line) <= GREETING_WORDS || g_str_has_suffix(line, ","));
}

static bool
is_ending(const char *line)
{
	return strlen(line) <= ENDING_MAX &&
	    begins_with_one_of(line, &ending_phrases);
}

GPtrArray *
answer_core(const GPtrArray *lines)
{
	GPtrArray	*core = g_ptr_array_new();
	char		*line;
	bool		 begun = false;
	guint		 i;

	for (i = 0; i < lines->len; i++) {
		line = lines->pdata[i];
		if (*line == '\0' || *line == '>')
			continue;
		if (!begun && is_greeting(line)) {
			begun = true;
			continue;
		}
		begun = true;
		if (is_ending(line) && (core->len > 0 || strpbrk(line, "0123456789") == NULL))
			break;
		g_ptr_array_add(core, line);
	}
	return core;
}

static bool
is_known(const GPtrArray *answers, unsigned number)
{
	const struct answer	*a;
	guint			 i;

	for (i = 0; i < answers->len; i++) {
		a = answers->pdata[i];
		if (a->number == number)
			return true;
	}
	return false;
}

static void
add(GPtrArray *answers, unsigned number, const char *text)
{
	struct answer	*a;

	if (number == 0 || text[0] == '\0' || answers->len >= ANSWERS_MAX ||
	    is_known(answers, number))
		return;
	a = g_new0(struct answer, 1);
	a->number = number;
	a->text = g_strdup(text);
	g_ptr_array_add(answers, a);
}

static void
add_line(GString *text, const char *line)
{
	if (text->len > 0)
		g_string_append_c(text, '\n');
	g_string_append(text, line);
}

/* "1. 4711" and the lines below it, up to a blank one or the next number. */
static void
read_numbered(GPtrArray *answers, const GPtrArray *lines)
{
	g_autoptr(GString)	text = g_string_new(NULL);
	unsigned		 open = 0, number;
	const char		*line, *rest;
	guint			 i;

	for (i = 0; i < lines->len; i++) {
		line = lines->pdata[i];
		number = label_number(line, &rest);
		if (number == 0 && open > 0 && line[0] != '\0' && line[0] != '>' &&
		    !is_ending(line)) {
			add_line(text, line);
			continue;
		}
		/* A blank line right behind the number: the value is below it. */
		if (line[0] == '\0' && open > 0 && text->len == 0)
			continue;
		add(answers, open, text->str);
		g_string_assign(text, number > 0 ? rest : "");
		open = number;
	}
	add(answers, open, text->str);
}

static const char *
skip_quote_marks(const char *line)
{
	return line + strspn(line, "> \t|");
}

/*
 * "> 1. Which order is it about?" and our customer's line below it.  A quoted
 * line without a number goes on with the question.
 */
static void
read_between(GPtrArray *answers, const GPtrArray *lines)
{
	g_autoptr(GString)	text = g_string_new(NULL);
	unsigned		 open = 0, number;
	const char		*line, *rest;
	guint			 i;

	for (i = 0; i < lines->len; i++) {
		line = lines->pdata[i];
		if (line[0] != '>') {
			if (open > 0 && line[0] != '\0')
				add_line(text, line);
			continue;
		}
		number = label_number(skip_quote_marks(line), &rest);
		if (number == 0 && text->len == 0)
			continue;
		add(answers, open, text->str);
		g_string_truncate(text, 0);
		open = number;
	}
	add(answers, open, text->str);
}

GPtrArray *
answer_list(const GPtrArray *lines, const GPtrArray *full_lines)
{
	GPtrArray	*answers = g_ptr_array_new_with_free_func(answer_free);

	read_numbered(answers, lines);
	read_between(answers, full_lines->len > 0 ? full_lines : lines);
	return answers;
}
