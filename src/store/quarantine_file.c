/* SPDX-License-Identifier: ISC */
/* The entries as files; blocking, with or without a daemon. */
#include "store/quarantine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/fault.h"
#include "base/mapped.h"
#include "base/text.h"
#include "store/file.h"

#define TITLE		"intaked quarantine 1\n"
#define ENTRY_MAX	((size_t)2 << 30)
#define CRC_STEP	((gsize)1 << 20)
#define HEAD_MAX	((size_t)32 * 1024)	/* each line is cut at 2,000 */

void
quarantine_entry_free(struct quarantine_entry *q)
{
	if (q == NULL)
		return;
	g_free(q->reason);
	g_free(q->detail);
	g_free(q->kind);
	g_free(q->channel);
	g_free(q->key);
	g_free(q);
}

void
quarantine_id(const struct arrival *a, char id[QUARANTINE_ID_SIZE])
{
	g_autofree char	*identity = arrival_identity(a);
	uint8_t		 digest[DIGEST_SIZE];

	digest_sha256(identity, strlen(identity), digest);
	digest_base32(digest, QUARANTINE_ID_SIZE - 1, id);
}

/* An id names a file: nothing else may come through. */
static int
check_id(const char *id, struct err *e)
{
	if (strlen(id) != QUARANTINE_ID_SIZE - 1 ||
	    strspn(id, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") != QUARANTINE_ID_SIZE - 1)
		return err_set(e, ERR_PERM, "no quarantine id: %.40s", id);
	return 0;
}

static int
open_dir(const char *state_dir, bool sync, struct err *e)
{
	int	root, fd;

	root = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root == -1)
		return err_errno(e, ERR_CONFIG, "open %s", state_dir);
	fd = file_open_dir(root, "quarantine", e);
	/* Also if it was made by somebody who was killed before he could sync. */
	if (fd != -1 && sync && fsync(root) == -1) {
		err_errno(e, ERR_TEMP, "sync %s", state_dir);
		close(fd);
		fd = -1;
	}
	close(root);
	return fd;
}

static void
add_line(GByteArray *out, const char *name, const char *value)
{
	g_autofree char	*clean = text_one_line(value != NULL ? value : "",
			    value != NULL ? strlen(value) : 0, 2000);
	g_autofree char	*line = g_strdup_printf("%s: %s\n", name, clean);

	g_byte_array_append(out, (const guint8 *)line, (guint)strlen(line));
}

static void
add_number(GByteArray *out, const char *name, uint64_t value)
{
	g_autofree char	*text = g_strdup_printf("%llu", (unsigned long long)value);

	add_line(out, name, text);
}

/* Of the arrival as it is encoded; its bytes are not kept in memory for it. */
static uint32_t
checksum(const GByteArray *head, const struct arrival *a)
{
	gsize		 left, step;
	const uint8_t	*at = g_bytes_get_data(a->bytes, &left);
	uint32_t	 crc = digest_crc32c(0, head->data, head->len);

	for (; left > 0; left -= step, at += step) {
		step = MIN(left, CRC_STEP);
		crc = digest_crc32c(crc, at, step);
		if (a->mapped)
			mapped_forget(at, step);
	}
	return crc;
}

/* All of an entry but the arrival's bytes, which end it. */
static GByteArray *
format(const char *reason, const char *detail, const struct arrival *a)
{
	GByteArray		*out = g_byte_array_new();
	g_autoptr(GByteArray)	 body = g_byte_array_new();
	char			 when[CLOCK_RFC3339_SIZE];

	arrival_encode_head(a, body);
	g_byte_array_append(out, (const guint8 *)TITLE, (guint)strlen(TITLE));
	add_line(out, "time", clock_rfc3339(clock_wall_ms(), when));
	add_line(out, "reason", reason);
	add_line(out, "detail", detail);
	add_line(out, "kind", a->kind);
	add_line(out, "channel", a->channel);
	add_line(out, "key", a->key);
	add_number(out, "lsn", a->lsn);
	add_number(out, "size", g_bytes_get_size(a->bytes));
	add_number(out, "arrival", body->len + g_bytes_get_size(a->bytes));
	add_number(out, "crc32c", checksum(body, a));
	g_byte_array_append(out, (const guint8 *)"\n", 1);
	g_byte_array_append(out, body->data, body->len);
	return out;
}

int
quarantine_put(const char *state_dir, const char *reason, const char *detail,
    const struct arrival *a, struct err *e)
{
	g_autoptr(GByteArray)	out = format(reason, detail, a);
	gsize			len;
	const void		*bytes = g_bytes_get_data(a->bytes, &len);
	const struct file_piece	pieces[] = {
		{ out->data, out->len, false }, { bytes, len, a->mapped }
	};
	char			id[QUARANTINE_ID_SIZE];
	int			dir, rc;

	quarantine_id(a, id);
	if ((dir = open_dir(state_dir, true, e)) == -1)
		return -1;
	if (fault_point("quarantine-before-write") == -1)
		rc = err_errno(e, ERR_TEMP, "write quarantine entry %s", id);
	else
		rc = file_replace_pieces(dir, id, pieces, G_N_ELEMENTS(pieces), e);
	close(dir);
	return rc;
}

/* What the head of an entry says besides the entry itself. */
struct head {
	uint64_t	arrival;	/* bytes of it behind the head */
	uint64_t	crc;
};

static void
take_line(struct quarantine_entry *q, struct head *head, const char *name, const char *value)
{
	const struct { const char *name; char **to; } texts[] = {
		{ "reason", &q->reason }, { "detail", &q->detail }, { "kind", &q->kind },
		{ "channel", &q->channel }, { "key", &q->key },
	};
	const struct { const char *name; uint64_t *to; } numbers[] = {
		{ "lsn", &q->lsn }, { "size", &q->size }, { "arrival", &head->arrival },
		{ "crc32c", &head->crc },
	};
	guint	i;

	for (i = 0; i < G_N_ELEMENTS(texts); i++)
		if (strcmp(name, texts[i].name) == 0 && *texts[i].to == NULL)
			*texts[i].to = text_valid(value, strlen(value), NULL);
	for (i = 0; i < G_N_ELEMENTS(numbers); i++)
		if (strcmp(name, numbers[i].name) == 0)
			*numbers[i].to = g_ascii_strtoull(value, NULL, 10);
	if (strcmp(name, "time") == 0)
		q->time_ms = clock_parse_rfc3339(value);
}

/* Where the arrival begins, or NULL: this is no entry. */
static const char *
parse_head(const char *text, gsize len, struct quarantine_entry *q, struct head *head)
{
	const char	*end, *body;
	g_autofree char	*copy = NULL;
	g_auto(GStrv)	 lines = NULL;
	guint		 i;

	if (len < strlen(TITLE) || memcmp(text, TITLE, strlen(TITLE)) != 0 ||
	    (end = memmem(text, len, "\n\n", 2)) == NULL)
		return NULL;
	body = end + 2;
	copy = g_strndup(text, (gsize)(end - text));
	lines = g_strsplit(copy, "\n", -1);
	for (i = 1; lines[i] != NULL; i++) {
		char *colon = strstr(lines[i], ": ");

		if (colon == NULL)
			continue;
		*colon = '\0';
		take_line(q, head, lines[i], colon + 2);
	}
	if (q->reason == NULL || q->channel == NULL || q->key == NULL)
		return NULL;
	return body;
}

/* An entry's beginning, in which its head must be, and its whole size. */
static GBytes *
load_head(int dir, const char *id, uint64_t *size, struct err *e)
{
	struct stat	 st;
	char		*bytes;
	ssize_t		 n;
	int		 fd;

	fd = openat(dir, id, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1) {
		err_errno(e, ERR_PERM, "open quarantine entry %s", id);
		if (fd != -1)
			close(fd);
		return NULL;
	}
	bytes = g_malloc(HEAD_MAX);
	n = file_pread_all(fd, bytes, HEAD_MAX, 0);
	close(fd);
	*size = (uint64_t)st.st_size;
	return g_bytes_new_take(bytes, n > 0 ? (gsize)n : 0);
}

static struct quarantine_entry *
damaged_entry(struct quarantine_entry *q, struct err *e)
{
	err_set(e, ERR_PERM, "quarantine entry %s is damaged", q->id);
	quarantine_entry_free(q);
	return NULL;
}

static struct quarantine_entry *
load_entry(int dir, const char *id, struct err *e)
{
	uint64_t		 size;
	g_autoptr(GBytes)	 bytes = load_head(dir, id, &size, e);
	struct quarantine_entry	*q;
	struct head		 head = { 0, 0 };
	const char		*text, *body;
	gsize			 len;

	if (bytes == NULL)
		return NULL;
	q = g_new0(struct quarantine_entry, 1);
	g_strlcpy(q->id, id, sizeof q->id);
	text = g_bytes_get_data(bytes, &len);
	body = parse_head(text, len, q, &head);
	if (body == NULL || size - (uint64_t)(body - text) != head.arrival)
		return damaged_entry(q, e);
	return q;
}

static struct arrival *
load_arrival(int dir, const char *id, struct err *e)
{
	g_autoptr(GBytes)	 whole = file_load(dir, id, ENTRY_MAX, e), bytes = NULL;
	struct quarantine_entry	*q;
	struct head		 head = { 0, 0 };
	const char		*text, *body;
	gsize			 len, rest;

	if (whole == NULL)
		return NULL;
	q = g_new0(struct quarantine_entry, 1);
	g_strlcpy(q->id, id, sizeof q->id);
	text = g_bytes_get_data(whole, &len);
	body = parse_head(text, len, q, &head);
	rest = body != NULL ? len - (gsize)(body - text) : 0;
	if (body == NULL || rest != head.arrival ||
	    digest_crc32c(0, body, rest) != head.crc) {
		damaged_entry(q, e);
		return NULL;
	}
	quarantine_entry_free(q);
	bytes = g_bytes_new_from_bytes(whole, len - rest, rest);
	return arrival_decode(bytes, e);
}

struct quarantine_entry *
quarantine_show(const char *state_dir, const char *id, struct err *e)
{
	struct quarantine_entry	*q;
	int			 dir;

	if (check_id(id, e) == -1 || (dir = open_dir(state_dir, false, e)) == -1)
		return NULL;
	q = load_entry(dir, id, e);
	close(dir);
	return q;
}

struct arrival *
quarantine_arrival(const char *state_dir, const char *id, struct err *e)
{
	struct arrival	*a;
	int		 dir;

	if (check_id(id, e) == -1 || (dir = open_dir(state_dir, false, e)) == -1)
		return NULL;
	a = load_arrival(dir, id, e);
	close(dir);
	if (a != NULL)
		a->lsn = 0;
	return a;
}

int
quarantine_drop(const char *state_dir, const char *id, struct err *e)
{
	int	dir, rc = 0;

	if (check_id(id, e) == -1 || (dir = open_dir(state_dir, false, e)) == -1)
		return -1;
	if (unlinkat(dir, id, 0) == -1)
		rc = errno == ENOENT ? err_set(e, ERR_PERM, "no quarantine entry %s", id) :
		    err_errno(e, ERR_TEMP, "remove quarantine entry %s", id);
	else if (fsync(dir) == -1)
		rc = err_errno(e, ERR_TEMP, "sync the quarantine");
	close(dir);
	return rc;
}

static gint
by_time(gconstpointer a, gconstpointer b)
{
	const struct quarantine_entry	*x = *(struct quarantine_entry *const *)a;
	const struct quarantine_entry	*y = *(struct quarantine_entry *const *)b;

	if (x->time_ms != y->time_ms)
		return x->time_ms < y->time_ms ? -1 : 1;
	return strcmp(x->id, y->id);
}

/* A damaged entry is listed as such: it must not vanish from sight. */
static struct quarantine_entry *
damaged(const char *id, const struct err *why)
{
	struct quarantine_entry	*q = g_new0(struct quarantine_entry, 1);

	g_strlcpy(q->id, id, sizeof q->id);
	q->reason = g_strdup("damaged");
	q->detail = g_strdup(why->text);
	q->kind = g_strdup("");
	q->channel = g_strdup("");
	q->key = g_strdup("");
	return q;
}

GPtrArray *
quarantine_list(const char *state_dir, struct err *e)
{
	g_autoptr(GPtrArray)	 names = NULL;
	GPtrArray		*list;
	struct quarantine_entry	*q;
	struct err		 why = ERR_INIT;
	int			 dir;
	guint			 i;

	if ((dir = open_dir(state_dir, false, e)) == -1)
		return NULL;
	if ((names = file_list(dir, e)) == NULL) {
		close(dir);
		return NULL;
	}
	list = g_ptr_array_new_with_free_func((GDestroyNotify)quarantine_entry_free);
	for (i = 0; i < names->len; i++) {
		if (check_id(names->pdata[i], NULL) == -1)
			continue;
		if ((q = load_entry(dir, names->pdata[i], &why)) == NULL)
			q = damaged(names->pdata[i], &why);
		g_ptr_array_add(list, q);
	}
	close(dir);
	g_ptr_array_sort(list, by_time);
	return list;
}
