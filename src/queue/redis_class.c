/* SPDX-License-Identifier: ISC */
#include "queue/redis_class.h"

#include <glib.h>
#include <string.h>

static const struct {
	const char		*prefix;
	enum redis_class	 class;
} rows[] = {
	{ "LOADING ", REPLY_WAIT },
	{ "OOM ", REPLY_WAIT },
	{ "MISCONF ", REPLY_WAIT },
	{ "NOREPLICAS ", REPLY_WAIT },
	{ "MASTERDOWN ", REPLY_WAIT },
	{ "BUSY ", REPLY_WAIT },		/* a script is running; not BUSYGROUP, BUSYKEY */
	{ "TRYAGAIN ", REPLY_WAIT },
	{ "CLUSTERDOWN ", REPLY_WAIT },
	{ "ERR max number of clients", REPLY_WAIT },
	{ "READONLY ", REPLY_MOVED },
	{ "UNBLOCKED ", REPLY_MOVED },
	{ "ERR Function not found", REPLY_MOVED },
	{ "MOVED ", REPLY_ELSEWHERE },
	{ "ASK ", REPLY_ELSEWHERE },
	{ "NOAUTH ", REPLY_CONFIG },
	{ "WRONGPASS ", REPLY_CONFIG },
	{ "NOPERM ", REPLY_CONFIG },
	{ "DENIED ", REPLY_CONFIG },
	{ "NOPROTO ", REPLY_CONFIG },
	{ "ERR AUTH ", REPLY_CONFIG },
	{ "ERR invalid password", REPLY_CONFIG },
	{ "ERR ACL failure in script", REPLY_CONFIG },
	{ "ERR unknown command", REPLY_CONFIG },	/* older than 7.0, or renamed */
};

/*
 * What a command inside one of our functions met is reported as "ERR ..."
 * or with its own first word, followed by where; what follows does not matter.
 */
enum redis_class
redis_class_of(const char *error)
{
	size_t	i;

	for (i = 0; i < G_N_ELEMENTS(rows); i++)
		if (g_str_has_prefix(error, rows[i].prefix))
			return rows[i].class;
	return REPLY_BUG;
}

const char *
redis_class_name(enum redis_class class)
{
	switch (class) {
	case REPLY_OK:
		return "ok";
	case REPLY_UNKNOWN:
		return "unknown";
	case REPLY_WAIT:
		return "wait";
	case REPLY_MOVED:
		return "moved";
	case REPLY_ELSEWHERE:
		return "elsewhere";
	case REPLY_CONFIG:
		return "config";
	case REPLY_BUG:
		return "bug";
	}
	return "bug";
}
