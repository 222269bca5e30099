/* SPDX-License-Identifier: ISC */
/*
 * How a message crosses from a sandboxed worker to the core.  Writer and
 * reader stand side by side, field by field in the same order.
 */
#include <string.h>

#include "model/message.h"
#include "model/wire.h"

#define MESSAGE_VERSION	1
#define KEEP_FROM	((size_t)64 * 1024)

enum {				/* more than any honest message has */
	MAX_ADDRESSES = 5000,
	MAX_IDS = 500,
	MAX_ATTACHMENTS = 2000,
	MAX_FIELDS = 2000,
	MAX_WARNINGS = 200,
	MAX_RECIPIENTS = 2000
};

/* The least bytes that one of each takes: a bound for counts. */
#define STRING_LEAST	4

static void
put_address(GByteArray *out, const struct address *a)
{
	wire_put_str(out, a != NULL ? a->name : NULL);
	wire_put_str(out, a != NULL ? a->addr : NULL);
}

static struct address *
get_address(struct wire_reader *r)
{
	g_autofree char	*name = wire_str(r), *addr = wire_str(r);

	return addr != NULL ? address_new(name, addr) : NULL;
}

static void
put_addresses(GByteArray *out, const GPtrArray *list)
{
	guint	i;

	wire_put_u32(out, list->len);
	for (i = 0; i < list->len; i++)
		put_address(out, list->pdata[i]);
}

static void
get_addresses(struct wire_reader *r, GPtrArray *list)
{
	uint32_t	n = wire_count(r, 2 * STRING_LEAST);

	if (n > MAX_ADDRESSES)
		r->bad = true;
	for (; n > 0 && !r->bad; n--) {
		struct address	*a = get_address(r);

		if (a == NULL)
			r->bad = true;
		else
			g_ptr_array_add(list, a);
	}
}

static void
put_attachments(GByteArray *out, const GPtrArray *list)
{
	guint	i;

	wire_put_u32(out, list->len);
	for (i = 0; i < list->len; i++) {
		const struct attachment	*a = list->pdata[i];
		gsize			 len = 0;
		const void		*bytes;

		bytes = a->content != NULL ? g_bytes_get_data(a->content, &len) : NULL;
		wire_put_str(out, a->filename);
		wire_put_str(out, a->content_type);
		wire_put_str(out, a->sniffed_type);
		wire_put_str(out, a->content_id);
		wire_put_str(out, a->location);
		wire_put_u8(out, a->is_inline ? 1 : 0);
		wire_put_u64(out, a->size);
		wire_put_str(out, a->sha256);
		wire_put_u8(out, a->content != NULL ? 1 : 0);
		wire_put_bytes(out, bytes, len);
	}
}

/* A digest: 64 hexadecimal digits, or none. */
static void
get_digest(struct wire_reader *r, char out[DIGEST_HEX_SIZE])
{
	g_autofree char	*text = wire_str(r);

	if (text == NULL || (*text != '\0' && (strlen(text) != DIGEST_HEX_SIZE - 1 ||
	    strspn(text, "0123456789abcdef") != DIGEST_HEX_SIZE - 1)))
		r->bad = true;
	else
		g_strlcpy(out, text, DIGEST_HEX_SIZE);
}

/* A small one alone must not keep all of a large answer. */
static GBytes *
content_of(GBytes *whole, const void *bytes, size_t len)
{
	const uint8_t	*start = g_bytes_get_data(whole, NULL);

	if (len < KEEP_FROM)
		return g_bytes_new(bytes, len);
	return g_bytes_new_from_bytes(whole, (gsize)((const uint8_t *)bytes - start), len);
}

static struct attachment *
get_attachment(struct wire_reader *r, GBytes *whole)
{
	struct attachment	*a = attachment_new();
	const void		*bytes;
	size_t			 len;
	bool			 has_content;

	a->filename = wire_str(r);
	a->content_type = wire_str(r);
	a->sniffed_type = wire_str(r);
	a->content_id = wire_str(r);
	a->location = wire_str(r);
	a->is_inline = wire_u8(r) != 0;
	a->size = wire_u64(r);
	get_digest(r, a->sha256);
	has_content = wire_u8(r) != 0;
	bytes = wire_bytes(r, &len);
	if (has_content && bytes != NULL) {
		/* The name it is stored under is computed by who stores it. */
		a->content = content_of(whole, bytes, len);
		a->size = len;
		digest_sha256_hex(bytes, len, a->sha256);
	}
	return a;
}

static void
get_attachments(struct wire_reader *r, GBytes *whole, GPtrArray *list)
{
	uint32_t	n = wire_count(r, 7 * STRING_LEAST);

	if (n > MAX_ATTACHMENTS)
		r->bad = true;
	for (; n > 0 && !r->bad; n--)
		g_ptr_array_add(list, get_attachment(r, whole));
}

static void
put_fields(GByteArray *out, const GPtrArray *list)
{
	guint	i;

	wire_put_u32(out, list->len);
	for (i = 0; i < list->len; i++) {
		const struct field	*f = list->pdata[i];

		wire_put_str(out, f->name);
		wire_put_str(out, f->value);
	}
}

static void
get_fields(struct wire_reader *r, struct message *m)
{
	uint32_t	n = wire_count(r, 2 * STRING_LEAST);

	if (n > MAX_FIELDS)
		r->bad = true;
	for (; n > 0 && !r->bad; n--) {
		g_autofree char	*name = wire_str(r), *value = wire_str(r);

		if (name == NULL || value == NULL)
			r->bad = true;
		else
			message_add_field(m, name, value);
	}
}

static void
put_bounce(GByteArray *out, const struct bounce *b)
{
	guint	i;

	wire_put_u8(out, b != NULL ? 1 : 0);
	if (b == NULL)
		return;
	wire_put_str(out, b->reporting_mta);
	wire_put_str(out, b->original_message_id);
	wire_put_u32(out, b->recipients->len);
	for (i = 0; i < b->recipients->len; i++) {
		const struct bounce_recipient	*one = b->recipients->pdata[i];

		wire_put_str(out, one->address);
		wire_put_str(out, one->original);
		wire_put_str(out, one->action);
		wire_put_str(out, one->status);
		wire_put_str(out, one->diagnostic);
	}
}

static struct bounce *
get_bounce(struct wire_reader *r)
{
	struct bounce	*b;
	uint32_t	 n;

	if (wire_u8(r) == 0)
		return NULL;
	b = bounce_new();
	b->reporting_mta = wire_str(r);
	b->original_message_id = wire_str(r);
	n = wire_count(r, 5 * STRING_LEAST);
	if (n > MAX_RECIPIENTS)
		r->bad = true;
	for (; n > 0 && !r->bad; n--) {
		struct bounce_recipient	*one = bounce_add(b, NULL, NULL, NULL, NULL);

		one->address = wire_str(r);
		one->original = wire_str(r);
		one->action = wire_str(r);
		one->status = wire_str(r);
		one->diagnostic = wire_str(r);
	}
	return b;
}

void
message_encode(const struct message *m, GByteArray *out)
{
	wire_put_u8(out, MESSAGE_VERSION);
	wire_put_u8(out, (uint8_t)m->kind);
	wire_put_str(out, m->kind_reason);
	wire_put_str(out, m->no_answer);
	put_address(out, m->from);
	put_address(out, m->sender);
	put_addresses(out, m->to);
	put_addresses(out, m->cc);
	put_addresses(out, m->reply_to);
	wire_put_str(out, m->envelope_from);
	wire_put_str(out, m->subject);
	wire_put_u64(out, (uint64_t)m->date_ms);
	wire_put_str(out, m->message_id);
	wire_put_str(out, m->in_reply_to);
	wire_put_strings(out, m->references);
	wire_put_strings(out, m->delivered_to);
	wire_put_str(out, m->language);
	wire_put_str(out, m->text);
	wire_put_str(out, m->full_text);
	wire_put_str(out, m->quoted);
	wire_put_str(out, m->html);
	wire_put_str(out, m->html_sanitised);
	put_attachments(out, m->attachments);
	put_fields(out, m->fields);
	put_bounce(out, m->bounce);
	wire_put_str(out, m->authentication.spf);
	wire_put_str(out, m->authentication.dkim);
	wire_put_str(out, m->authentication.dmarc);
	wire_put_str(out, m->authentication.authserv_id);
	wire_put_strings(out, m->warnings);
	wire_put_str(out, m->session);
	wire_put_str(out, m->verified);
	wire_put_str(out, m->content_digest);
	wire_put_str(out, m->raw_sha256);
	wire_put_u64(out, m->raw_size);
	wire_put_u8(out, m->minimal ? 1 : 0);
}

static void
get_all(struct wire_reader *r, GBytes *whole, struct message *m)
{
	m->kind_reason = wire_str(r);
	m->no_answer = wire_str(r);
	m->from = get_address(r);
	m->sender = get_address(r);
	get_addresses(r, m->to);
	get_addresses(r, m->cc);
	get_addresses(r, m->reply_to);
	m->envelope_from = wire_str(r);
	m->subject = wire_str(r);
	m->date_ms = (int64_t)wire_u64(r);
	m->message_id = wire_str(r);
	m->in_reply_to = wire_str(r);
	wire_strings(r, m->references, MAX_IDS);
	wire_strings(r, m->delivered_to, MAX_IDS);
	m->language = wire_str(r);
	m->text = wire_str(r);
	m->full_text = wire_str(r);
	m->quoted = wire_str(r);
	m->html = wire_str(r);
	m->html_sanitised = wire_str(r);
	get_attachments(r, whole, m->attachments);
	get_fields(r, m);
	m->bounce = get_bounce(r);
	m->authentication.spf = wire_str(r);
	m->authentication.dkim = wire_str(r);
	m->authentication.dmarc = wire_str(r);
	m->authentication.authserv_id = wire_str(r);
	wire_strings(r, m->warnings, MAX_WARNINGS);
	m->session = wire_str(r);
	m->verified = wire_str(r);
	get_digest(r, m->content_digest);
	get_digest(r, m->raw_sha256);
	m->raw_size = wire_u64(r);
	m->minimal = wire_u8(r) != 0;
}

struct message *
message_decode(GBytes *whole, struct err *e)
{
	struct message		*m = message_new();
	gsize			 len;
	const void		*bytes = g_bytes_get_data(whole, &len);
	struct wire_reader	 r;
	uint8_t			 version, kind;

	wire_start(&r, bytes, len);
	version = wire_u8(&r);
	kind = wire_u8(&r);
	m->kind = (enum message_kind)MIN(kind, MESSAGE_OWN);
	get_all(&r, whole, m);
	if (version != MESSAGE_VERSION || kind > MESSAGE_OWN || wire_bad(&r)) {
		err_set(e, ERR_PERM, "malformed message from the parser (%zu bytes)", (size_t)len);
		message_free(m);
		return NULL;
	}
	return m;
}
