/* SPDX-License-Identifier: ISC */
/* The header functions on any bytes: one line of valid UTF-8 each. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/address.h"
#include "normalize/attachment_name.h"
#include "normalize/headers.h"
#include "normalize/mail_view.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must_be_line(const char *s)
{
	if (s != NULL && (!g_utf8_validate(s, -1, NULL) || strpbrk(s, "\r\n") != NULL))
		abort();
}

static void
check_addresses(const char *raw)
{
	g_autoptr(GPtrArray)	list = address_list_new();
	guint			i;

	headers_addresses(raw, list);
	for (i = 0; i < list->len; i++) {
		const struct address *a = g_ptr_array_index(list, i);

		must_be_line(a->name);
		must_be_line(a->addr);
		if (a->addr == NULL || *a->addr == '\0')
			abort();
	}
}

static void
check_params(const char *raw)
{
	struct headers_params	*p = headers_params_parse(raw);
	guint			 i;

	for (i = 0; i < p->list->len; i++) {
		const struct headers_param	*one = g_ptr_array_index(p->list, i);
		g_autofree char			*name = attachment_name_clean(one->value);

		if (!g_utf8_validate(one->value, -1, NULL))
			abort();
		must_be_line(name);
		if (name != NULL && (strchr(name, '/') != NULL || strchr(name, '\\') != NULL))
			abort();
	}
	headers_params_free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	g_autofree char		*raw = g_strndup((const char *)bytes, len);
	g_autofree char		*line = headers_decode(raw);
	g_autoptr(GPtrArray)	 ids = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray)	 block = g_ptr_array_new_with_free_func((GDestroyNotify)mail_header_free);
	bool			 cut = false;
	guint			 i;

	must_be_line(line);
	check_addresses(raw);
	check_params(raw);
	headers_ids(raw, ids);
	for (i = 0; i < ids->len; i++)
		must_be_line(g_ptr_array_index(ids, i));
	headers_date(raw);
	if (len > 0 && headers_scan((const char *)bytes, len, true, block, &cut) > len)
		abort();
	return 0;
}
