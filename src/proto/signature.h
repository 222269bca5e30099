/* SPDX-License-Identifier: ISC */
/*
 * proto/signature.h - is a webhook from who it says, and is it fresh?
 *
 * Three schemes, all HMAC-SHA256 over the raw bytes:
 *
 *	standard   Standard Webhooks: "id.timestamp.body", "v1,<base64>",
 *	           several of them separated by blanks; whsec_ secrets
 *	github     X-Hub-Signature-256: sha256=<hex> over the body
 *	hex        <hex> over the body, in a header of any name
 *
 * The scheme is fixed by the configuration, never by the request.  Comparing
 * takes the same time however much of a signature is right.  A source may
 * have several secrets, so that one can be replaced.
 *
 * Used by channel/webhook; fuzzed by tests/fuzz/fuzz_signature.c.
 */
#ifndef PROTO_SIGNATURE_H
#define PROTO_SIGNATURE_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum signature_scheme { SIGNATURE_SCHEME_STANDARD, SIGNATURE_SCHEME_GITHUB, SIGNATURE_SCHEME_HEX };

enum signature_result {
	SIGNATURE_GOOD,
	SIGNATURE_MISSING,	/* a header that the scheme needs is not there */
	SIGNATURE_MALFORMED,	/* ... or cannot be what it should be */
	SIGNATURE_TOO_OLD,	/* the timestamp is out of tolerance */
	SIGNATURE_TOO_NEW,
	SIGNATURE_WRONG		/* made with another secret, or for other bytes */
};

/* What the request says; a header that is not there is NULL. */
struct signature_claim {
	const char	*id;		/* standard only, as is timestamp */
	const char	*timestamp;
	const char	*signature;
	const void	*body;
	size_t		 len;
};

/*
 * A secret as it stands in its file; white space around it does not count.
 * NULL: empty, or for the standard scheme not base64.
 */
GBytes	*signature_secret(enum signature_scheme, const char *text, struct err *);

/* secrets: GBytes *, at least one.  tolerance_ms is for both directions. */
enum signature_result	signature_check(enum signature_scheme, const GPtrArray *secrets,
			    const struct signature_claim *, int64_t now_ms,
			    int64_t tolerance_ms);

/* "signature_missing", ...: for answers and logs. */
const char	*signature_result_name(enum signature_result);

#endif
