/* SPDX-License-Identifier: ISC */
#include "model/findings.h"

#include <string.h>

#include "model/wire.h"

#define LIST_MAX	1000

static void
finding_free(gpointer data)
{
	struct finding	*f = data;

	g_free(f->form);
	g_free(f->detail);
	g_free(f->value);
	g_free(f->source);
	g_free(f->problem);
	g_free(f);
}

struct findings *
findings_new(void)
{
	struct findings	*f = g_new0(struct findings, 1);

	f->priority = PRIORITY_MEDIUM;
	f->reasons = g_ptr_array_new_with_free_func(g_free);
	f->tags = g_ptr_array_new_with_free_func(g_free);
	f->found = g_ptr_array_new_with_free_func(finding_free);
	f->warnings = g_ptr_array_new_with_free_func(g_free);
	return f;
}

void
findings_free(struct findings *f)
{
	if (f == NULL)
		return;
	g_free(f->department);
	g_free(f->form);
	g_ptr_array_unref(f->reasons);
	g_ptr_array_unref(f->tags);
	g_ptr_array_unref(f->found);
	g_ptr_array_unref(f->warnings);
	g_free(f);
}

void
findings_add(struct findings *f, const char *form, const char *detail,
    const char *value, const char *source, const char *problem)
{
	struct finding	*one = g_new0(struct finding, 1);

	one->form = g_strdup(form);
	one->detail = g_strdup(detail);
	one->value = g_strdup(value);
	one->source = g_strdup(source);
	one->problem = g_strdup(problem);
	g_ptr_array_add(f->found, one);
}

void
findings_encode(const struct findings *f, GByteArray *out)
{
	guint	i;

	wire_put_str(out, f->department);
	wire_put_u8(out, (uint8_t)f->priority);
	wire_put_strings(out, f->reasons);
	wire_put_strings(out, f->tags);
	wire_put_str(out, f->form);
	wire_put_u8(out, f->urgent ? 1 : 0);
	wire_put_u8(out, f->ignore ? 1 : 0);
	wire_put_u32(out, f->found->len);
	for (i = 0; i < f->found->len; i++) {
		const struct finding	*one = f->found->pdata[i];

		wire_put_str(out, one->form);
		wire_put_str(out, one->detail);
		wire_put_str(out, one->value);
		wire_put_str(out, one->source);
		wire_put_str(out, one->problem);
	}
	wire_put_strings(out, f->warnings);
}

static void
decode_found(struct wire_reader *r, struct findings *f)
{
	uint32_t	n = wire_count(r, 20);

	if (n > LIST_MAX)
		r->bad = true;
	for (; n > 0 && !r->bad; n--) {
		struct finding	*one = g_new0(struct finding, 1);

		one->form = wire_str(r);
		one->detail = wire_str(r);
		one->value = wire_str(r);
		one->source = wire_str(r);
		one->problem = wire_str(r);
		g_ptr_array_add(f->found, one);
		if (one->form == NULL || one->detail == NULL || one->value == NULL)
			r->bad = true;
	}
}

struct findings *
findings_decode(const void *bytes, size_t len, struct err *e)
{
	struct findings		*f = findings_new();
	struct wire_reader	 r;
	uint8_t			 priority;

	wire_start(&r, bytes, len);
	f->department = wire_str(&r);
	priority = wire_u8(&r);
	f->priority = (enum priority)MIN(priority, PRIORITY_HIGH);
	wire_strings(&r, f->reasons, LIST_MAX);
	wire_strings(&r, f->tags, LIST_MAX);
	f->form = wire_str(&r);
	f->urgent = wire_u8(&r) != 0;
	f->ignore = wire_u8(&r) != 0;
	decode_found(&r, f);
	wire_strings(&r, f->warnings, LIST_MAX);
	if (wire_bad(&r) || priority > PRIORITY_HIGH) {
		err_set(e, ERR_PERM, "malformed findings (%zu bytes)", len);
		findings_free(f);
		return NULL;
	}
	return f;
}

static const char *const priority_names[] = { "low", "medium", "high" };

const char *
priority_name(enum priority p)
{
	return priority_names[p];
}

int
priority_parse(const char *name, enum priority *p)
{
	size_t	i;

	for (i = 0; i < G_N_ELEMENTS(priority_names); i++)
		if (strcmp(name, priority_names[i]) == 0) {
			*p = (enum priority)i;
			return 0;
		}
	return -1;
}
