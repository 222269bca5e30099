/* SPDX-License-Identifier: ISC */
#include "base/log.h"

#include <errno.h>
#include <glib.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json_out.h"
#include "base/text.h"

#define TEXT_MAX_BYTES	4000
#define LINE_MAX_BYTES	4096	/* PIPE_BUF: what a pipe that has room takes without a wait */

static enum log_level	 threshold = LOG_LEVEL_INFO;
static enum log_format	 format = LOG_FORMAT_TEXT;
static char		*context;
static uint64_t		 dropped;

static const struct {
	const char	*name;
	const char	*journal;	/* systemd reads the level from the prefix */
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", "<3>" },
	[LOG_LEVEL_WARN] = { "warning", "<4>" },
	[LOG_LEVEL_INFO] = { "info", "<6>" },
	[LOG_LEVEL_DEBUG] = { "debug", "<7>" },
};

void
log_setup(enum log_level level, enum log_format fmt)
{
	threshold = level;
	format = fmt;
}

void
log_context(const char *name)
{
	g_free(context);
	context = g_strdup(name);
}

bool
log_wants(enum log_level level)
{
	return level <= threshold;
}

uint64_t
log_dropped(void)
{
	return dropped;
}

/* Whole lines or nothing, and never a wait: see the header. */
static void
emit(const char *line, size_t len)
{
	struct pollfd	pfd = { .fd = STDERR_FILENO, .events = POLLOUT };
	ssize_t		n;

	if (poll(&pfd, 1, 0) != 1 || !(pfd.revents & POLLOUT)) {
		dropped++;
		return;
	}
	do
		n = write(STDERR_FILENO, line, len);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		dropped++;
}

/* Controls are shown, not sent; the text is made valid UTF-8. */
static void
append_safe(GString *line, const char *text)
{
	const char	*p;

	for (p = text; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar	c = g_utf8_get_char(p);

		if (c < 0x20 || c == 0x7f || (c >= 0x80 && c < 0xa0))
			g_string_append_printf(line, "\\x%02x", (unsigned)c);
		else
			g_string_append_unichar(line, c);
	}
}

static void
text_line(GString *line, enum log_level level, const char *text)
{
	if (g_getenv("JOURNAL_STREAM") != NULL)
		g_string_append(line, levels[level].journal);
	else {
		char	stamp[CLOCK_RFC3339_SIZE];

		g_string_append_printf(line, "%s %s ",
		    clock_rfc3339(clock_wall_ms(), stamp), levels[level].name);
	}
	if (context != NULL)
		g_string_append_printf(line, "%s: ", context);
	append_safe(line, text);
}

static void
json_line(GString *line, enum log_level level, const char *text)
{
	struct json_out	j = JSON_OUT(line);

	json_open(&j, NULL, '{');
	json_time(&j, "time", clock_wall_ms());
	json_str(&j, "level", levels[level].name);
	if (context != NULL)
		json_str(&j, "process", context);
	json_str(&j, "message", text);
	json_close(&j, '}');
}

static void
compose(GString *line, enum log_level level, const char *text)
{
	g_string_truncate(line, 0);
	if (format == LOG_FORMAT_JSON)
		json_line(line, level, text);
	else
		text_line(line, level, text);
	g_string_append_c(line, '\n');
}

void
log_write(enum log_level level, const char *fmt, ...)
{
	g_autoptr(GString)	 line = NULL;
	g_autofree char		*raw = NULL, *text = NULL;
	va_list			 ap;

	if (!log_wants(level))
		return;
	va_start(ap, fmt);
	raw = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	text = text_valid(raw, strlen(raw), NULL);
	text[text_cut(text, strlen(text), TEXT_MAX_BYTES)] = '\0';
	line = g_string_sized_new(256);
	compose(line, level, text);
	/* Escapes made it longer than the text. */
	while (line->len > LINE_MAX_BYTES) {
		text[text_cut(text, strlen(text), strlen(text) / 2)] = '\0';
		compose(line, level, text);
	}
	emit(line->str, line->len);
}
