/* SPDX-License-Identifier: ISC */
/*
 * proto/lmtp_path.h - the arguments of MAIL and RCPT: "<local@domain>" and
 * what may stand behind it (RFC 5321, 4.1.2).  Used by proto/lmtp_command.c only.
 */
#ifndef PROTO_LMTP_PATH_H
#define PROTO_LMTP_PATH_H

#include <stdbool.h>
#include <stdint.h>

enum lmtp_path {
	PATH_GOOD,
	PATH_BAD,		/* not <...>, or no address in it */
	PATH_BAD_VALUE,		/* a parameter twice or with an unusable value */
	PATH_UNKNOWN_PARAMETER
};

struct lmtp_parameters {
	bool		has_size;
	uint64_t	size;
	bool		has_body;
	bool		utf8;		/* SMTPUTF8 */
};

/*
 * text is what stands behind "FROM:" or "TO:"; it is cut up.  On PATH_GOOD
 * address points into it, without brackets and source route.  parameters is
 * NULL for RCPT, which has none.
 */
enum lmtp_path	lmtp_path_parse(char *text, bool may_be_empty, struct lmtp_parameters *,
		    const char **address);

#endif
