/* SPDX-License-Identifier: ISC */
#include "intake/parts.h"

#include <string.h>

#define LOCAL	"blob:"

static char *
add_blob(GPtrArray *blobs, struct blob *b)
{
	g_ptr_array_add(blobs, b);
	return g_strconcat(LOCAL, b->sha256, NULL);
}

unsigned
parts_gather(struct message *m, const struct ticket_context *limits, GPtrArray *blobs)
{
	uint64_t	files = 0, bytes = 0;
	unsigned	over = 0;
	guint		i;

	for (i = 0; i < m->attachments->len; i++) {
		struct attachment	*a = m->attachments->pdata[i];

		if (a->content == NULL)
			continue;
		if (ticket_takes_file(limits, files, bytes, a)) {
			a->location = add_blob(blobs, blob_new_known(a->content, a->sha256));
			files++;
			bytes += a->size;
		} else {
			over++;
		}
		g_clear_pointer(&a->content, g_bytes_unref);
	}
	if (ticket_html(m) != NULL) {
		g_autoptr(GBytes)	html = g_bytes_new(ticket_html(m), strlen(ticket_html(m)));

		m->html_location = add_blob(blobs, blob_new(html));
	}
	return over;
}

static void
locate(const struct bucket *b, char **location)
{
	char	*before = *location;

	if (before == NULL)
		return;
	*location = bucket_location(b, before + strlen(LOCAL));
	g_free(before);
}

void
parts_locate(struct message *m, const struct bucket *b)
{
	guint	i;

	for (i = 0; i < m->attachments->len; i++)
		locate(b, &((struct attachment *)m->attachments->pdata[i])->location);
	locate(b, &m->html_location);
}
