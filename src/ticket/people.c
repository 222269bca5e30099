/* SPDX-License-Identifier: ISC */
#include "ticket/people.h"

#include <string.h>

enum { PARTICIPANTS_MAX = 50 };

bool
people_are_ours(const GPtrArray *addresses, const char *addr)
{
	g_autofree char	*wanted = address_canonical(addr, TRUE);
	guint		 i;

	for (i = 0; addresses != NULL && i < addresses->len; i++) {
		g_autofree char *own = address_canonical(addresses->pdata[i], TRUE);

		if (strcmp(own, wanted) == 0)
			return true;
	}
	return false;
}

const struct address *
people_customer(const GPtrArray *addresses, const struct message *m)
{
	const struct address	*other;
	guint			 i;

	if (m->from == NULL || !people_are_ours(addresses, m->from->addr))
		return m->from;
	for (i = 0; i < m->reply_to->len; i++) {
		other = m->reply_to->pdata[i];
		if (!people_are_ours(addresses, other->addr))
			return other;
	}
	return m->from;
}

bool
people_belong(const struct ticket *t, const char *addr)
{
	g_autofree char	*wanted = address_canonical(addr, FALSE);

	return g_ptr_array_find_with_equal_func(t->participants, wanted, g_str_equal, NULL);
}

static void
add_one(struct ticket *t, const GPtrArray *addresses, const struct address *a)
{
	if (a == NULL || t->participants->len >= PARTICIPANTS_MAX ||
	    people_are_ours(addresses, a->addr) || people_belong(t, a->addr))
		return;
	g_ptr_array_add(t->participants, address_canonical(a->addr, FALSE));
}

void
people_add(struct ticket *t, const GPtrArray *addresses, const struct message *m)
{
	guint	i;

	add_one(t, addresses, people_customer(addresses, m));
	for (i = 0; i < m->to->len; i++)
		add_one(t, addresses, m->to->pdata[i]);
	for (i = 0; i < m->cc->len; i++)
		add_one(t, addresses, m->cc->pdata[i]);
}
