/* SPDX-License-Identifier: ISC */
#include "proto/dot_text.h"

#include <string.h>

void
dot_text_start(struct dot_text *t)
{
	t->at = DOT_LINE_START;
	t->owe_cr = false;
}

static enum dot_text_at
after_byte(enum dot_text_at at, uint8_t c)
{
	if (c == '\r')
		return DOT_CR;
	if (c == '\n' && at == DOT_CR)
		return DOT_LINE_START;
	return DOT_TEXT;
}

/* How many bytes from the start are content as they are. */
static size_t
plain_run(struct dot_text *t, const uint8_t *in, size_t len)
{
	const uint8_t	*cr;
	size_t		 i = 0;

	while (i < len) {
		if (t->at == DOT_LINE_START && in[i] == '.')
			break;
		if (t->at == DOT_TEXT) {
			cr = memchr(in + i, '\r', len - i);
			if (cr == NULL)
				return len;
			i = (size_t)(cr - in);
		}
		t->at = after_byte(t->at, in[i++]);
	}
	return i;
}

/*
 * One byte at or behind a dot that begins a line.  False: it is not one of
 * those, and what was held back turns out to be content.
 */
static bool
take_dot(struct dot_text *t, uint8_t c)
{
	if (t->at == DOT_LINE_START) {
		t->at = DOT_DOT;
		return true;
	}
	if (t->at == DOT_DOT && c == '\r') {
		t->at = DOT_DOT_CR;
		return true;
	}
	t->owe_cr = t->at == DOT_DOT_CR;
	t->at = t->owe_cr ? DOT_CR : DOT_TEXT;
	return false;
}

enum dot_found
dot_text_next(struct dot_text *t, const uint8_t **input, size_t *len, const uint8_t **data,
    size_t *data_len)
{
	static const uint8_t	cr = '\r';

	while (*len > 0) {
		if (t->at == DOT_DOT_CR && **input == '\n') {
			++*input;
			--*len;
			return DOT_END;
		}
		if (t->at == DOT_DOT || t->at == DOT_DOT_CR ||
		    (t->at == DOT_LINE_START && **input == '.')) {
			if (take_dot(t, **input)) {
				++*input;
				--*len;
			}
			if (!t->owe_cr)
				continue;
			t->owe_cr = false;
			*data = &cr;
			*data_len = 1;
			return DOT_DATA;
		}
		*data = *input;
		*data_len = plain_run(t, *input, *len);
		*input += *data_len;
		*len -= *data_len;
		return DOT_DATA;
	}
	return DOT_MORE;
}
