/* SPDX-License-Identifier: ISC */
#include "intake/parser.h"

#include "check/check.h"
#include "intake/judge.h"
#include "model/wire.h"
#include "normalize/normalize.h"

struct parser {
	struct normalize_options	 options;
	GHashTable			*maps;		/* webhook -> GPtrArray of maps */
	GPtrArray			*own;		/* char *: our addresses */
	struct check			*check;
};

static GPtrArray *
maps_of(const struct settings_webhook *webhook)
{
	GPtrArray	*maps = g_ptr_array_new_with_free_func(g_free);
	guint		 i;

	for (i = 0; i < webhook->maps->len; i++) {
		const struct settings_map	*row = webhook->maps->pdata[i];
		struct normalize_map		*map = g_new0(struct normalize_map, 1);

		map->name = row->name;
		map->pointer = row->pointer;
		map->value = row->value;
		g_ptr_array_add(maps, map);
	}
	return maps;
}

static void
take_options(struct parser *p, const struct settings *s)
{
	guint	i;

	p->maps = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
	    (GDestroyNotify)g_ptr_array_unref);
	for (i = 0; i < s->webhook->len; i++) {
		const struct settings_webhook	*webhook = s->webhook->pdata[i];

		g_hash_table_insert(p->maps, webhook->name, maps_of(webhook));
	}
	p->own = judge_own_addresses(s);
	p->options.own_addresses = p->own;
	p->options.agents = s->identity.agents;
	p->options.authserv_id = s->identity.authserv_id;
	p->options.own_domain = s->identity.domain;
	p->options.instance = s->instance;
	p->options.maps = p->maps;
	p->options.max_mail = (size_t)s->journal.max_message;
}

struct parser *
parser_new(const struct settings *s, struct err *e)
{
	struct parser	*p = g_new0(struct parser, 1);

	take_options(p, s);
	if ((p->check = check_new(s, e)) == NULL) {
		parser_free(p);
		return NULL;
	}
	return p;
}

void
parser_free(struct parser *p)
{
	if (p == NULL)
		return;
	check_free(p->check);
	g_hash_table_unref(p->maps);
	g_ptr_array_unref(p->own);
	g_free(p);
}

const struct check *
parser_check(const struct parser *p)
{
	return p->check;
}

static struct parsed *
scan(const struct parser *p, const struct arrival *a, struct message *m)
{
	struct parsed	*parsed = g_new0(struct parsed, 1);

	parsed->message = m;
	parsed->findings = check_scan(p->check, a->channel, m);
	return parsed;
}

struct parsed *
parser_run(const struct parser *p, const struct arrival *a)
{
	return scan(p, a, normalize(a, &p->options));
}

struct parsed *
parser_minimal(const struct parser *p, const struct arrival *a, const char *why)
{
	return scan(p, a, normalize_minimal(a, why));
}

void
parsed_free(struct parsed *parsed)
{
	if (parsed == NULL)
		return;
	message_free(parsed->message);
	findings_free(parsed->findings);
	g_free(parsed);
}

void
parsed_encode(const struct parsed *parsed, GByteArray *out)
{
	size_t	begun = wire_begin(out);

	findings_encode(parsed->findings, out);
	wire_end(out, begun);
	message_encode(parsed->message, out);
}

struct parsed *
parsed_decode(GBytes *whole, struct err *e)
{
	struct parsed		*parsed = g_new0(struct parsed, 1);
	gsize			 len;
	const uint8_t		*bytes = g_bytes_get_data(whole, &len);
	g_autoptr(GBytes)	 message = NULL;
	struct wire_reader	 r;
	const void		*findings;
	size_t			 findings_len, at;

	wire_start(&r, bytes, len);
	findings = wire_bytes(&r, &findings_len);
	if (findings == NULL)
		err_set(e, ERR_PERM, "the parser's answer is cut off (%zu bytes)", (size_t)len);
	else
		parsed->findings = findings_decode(findings, findings_len, e);
	if (parsed->findings != NULL) {
		at = (size_t)(r.at - bytes);
		message = g_bytes_new_from_bytes(whole, at, len - at);
		parsed->message = message_decode(message, e);
	}
	if (parsed->message == NULL) {
		parsed_free(parsed);
		return NULL;
	}
	return parsed;
}
