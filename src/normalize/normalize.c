/* SPDX-License-Identifier: ISC */
#include "normalize/normalize.h"

#include <string.h>

#include "normalize/charset.h"
#include "normalize/from_json.h"
#include "normalize/from_mime.h"

void
normalize_prepare(void)
{
	charset_prepare();
}

static void
set_identity(struct message *m, const struct arrival *a)
{
	gsize		 len;
	const void	*bytes = g_bytes_get_data(a->bytes, &len);

	m->raw_size = len;
	digest_sha256_hex(bytes != NULL ? bytes : "", len, m->raw_sha256);
	if (m->content_digest[0] == '\0')
		memcpy(m->content_digest, m->raw_sha256, sizeof(m->content_digest));
	if (m->verified == NULL && arrival_fact(a, ARRIVAL_FACT_VERIFIED) != NULL)
		m->verified = g_strdup(arrival_fact(a, ARRIVAL_FACT_VERIFIED));
}

struct message *
normalize(const struct arrival *a, const struct normalize_options *o)
{
	static const struct normalize_options	 none;
	struct message				*m = message_new();

	if (o == NULL)
		o = &none;
	switch (a->format) {
	case ARRIVAL_MAIL:
		from_mime(m, a, o);
		break;
	case ARRIVAL_JSON:
		from_json(m, a, o);
		break;
	case ARRIVAL_CHAT:
		from_chat(m, a, o);
		break;
	}
	set_identity(m, a);
	return m;
}
