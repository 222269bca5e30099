/* SPDX-License-Identifier: ISC */
/*
 * conf/conf_check.h - what must hold between sections.
 */
#ifndef CONF_CONF_CHECK_H
#define CONF_CONF_CHECK_H

#include "conf/settings.h"

/*
 * Calls back with a sentence for everything that does not fit together, and
 * the member of the settings it is about (for conf_place()).
 */
void	conf_check_whole(const struct settings *,
	    void (*problem)(const void *member, const char *));

#endif
