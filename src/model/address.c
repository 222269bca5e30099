/* SPDX-License-Identifier: ISC */
#include "model/address.h"

#include <string.h>

/* Domains are the same in any case; local parts belong to their server. */
static char *
lower_domain(const char *addr)
{
	const char		*at = strrchr(addr, '@');
	g_autofree char		*domain = NULL;

	if (at == NULL)
		return g_strdup(addr);
	domain = g_utf8_strdown(at, -1);
	return g_strdup_printf("%.*s%s", (int)(at - addr), addr, domain);
}

struct address *
address_new(const char *name, const char *addr)
{
	struct address	*a = g_new0(struct address, 1);

	a->name = name != NULL && *name != '\0' ? g_strdup(name) : NULL;
	a->addr = lower_domain(addr);
	return a;
}

struct address *
address_copy(const struct address *a)
{
	return a != NULL ? address_new(a->name, a->addr) : NULL;
}

void
address_free(struct address *a)
{
	if (a == NULL)
		return;
	g_free(a->name);
	g_free(a->addr);
	g_free(a);
}

GPtrArray *
address_list_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)address_free);
}

char *
address_canonical(const char *addr, gboolean strip_tag)
{
	char	*low = g_utf8_strdown(addr, -1);
	char	*at = strrchr(low, '@'), *plus = strchr(low, '+');

	if (strip_tag && at != NULL && plus != NULL && plus > low && plus < at)
		memmove(plus, at, strlen(at) + 1);
	return low;
}
