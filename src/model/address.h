/* SPDX-License-Identifier: ISC */
/*
 * model/address.h - a person as a message names one.
 */
#ifndef MODEL_ADDRESS_H
#define MODEL_ADDRESS_H

#include <glib.h>

struct address {
	char	*name;		/* display name, valid UTF-8, one line; or NULL */
	char	*addr;		/* local@domain, domain in lower case; never NULL */
};

/* Copies both; name may be NULL. */
struct address	*address_new(const char *name, const char *addr);
struct address	*address_copy(const struct address *);	/* NULL gives NULL */
void		 address_free(struct address *);	/* NULL is fine */

/* An empty GPtrArray that frees its addresses. */
GPtrArray	*address_list_new(void);

/*
 * The address as identity: local part and domain in lower case, without
 * "+tag" when strip_tag.  Free with g_free().
 */
char	*address_canonical(const char *addr, gboolean strip_tag);

#endif
