/* SPDX-License-Identifier: ISC */
#include "base/utf8.h"

enum { BLOCK = 64 };

/* Without a branch in it: the compiler makes a few vector instructions of it. */
static bool
block_is_ascii(const signed char *at)
{
	unsigned char	odd = 0;
	int		i;

	for (i = 0; i < BLOCK; i++)
		odd |= at[i] <= 0;	/* NUL, or the high bit */
	return odd == 0;
}

size_t
utf8_ascii_run(const char *bytes, size_t len)
{
	const signed char	*at = (const signed char *)bytes;
	size_t			 n = 0;

	while (len - n >= BLOCK && block_is_ascii(at + n))
		n += BLOCK;
	while (n < len && at[n] > 0)
		n++;
	return n;
}

bool
utf8_is_ascii(const char *bytes, size_t len)
{
	return utf8_ascii_run(bytes, len) == len;
}

static bool
is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/*
 * The bytes of the character at p, which is not ASCII; 0 if it is none: cut
 * short, longer than needed, half of a pair, or beyond the last one.
 */
static size_t
wide_character(const unsigned char *p, size_t len)
{
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		return len >= 2 && is_tail(p[1]) ? 2 : 0;
	if (p[0] >= 0xe0 && p[0] <= 0xef) {
		if (len < 3 || !is_tail(p[1]) || !is_tail(p[2]) ||
		    (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f))
			return 0;
		return 3;
	}
	if (p[0] < 0xf0 || p[0] > 0xf4 || len < 4 || !is_tail(p[1]) || !is_tail(p[2]) ||
	    !is_tail(p[3]) || (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return 4;
}

bool
utf8_is_valid(const char *bytes, size_t len, const char **bad)
{
	size_t	at = 0, more;

	for (;;) {
		at += utf8_ascii_run(bytes + at, len - at);
		more = at < len ? wide_character((const unsigned char *)bytes + at, len - at) : 0;
		if (more == 0)
			break;
		at += more;
	}
	if (bad != NULL)
		*bad = bytes + at;
	return at == len;
}
