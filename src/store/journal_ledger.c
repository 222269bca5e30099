/* SPDX-License-Identifier: ISC */
#include "store/journal_ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/fault.h"
#include "store/file.h"

/* A slot has a block of its own: a torn sector must not take both. */
#define SLOT_STRIDE	4096
#define SLOT_SIZE	48

static const uint8_t slot_magic[8] = { 'I', 'N', 'T', 'K', 'L', 'D', 'G', '1' };

static void
encode(const struct journal_ledger *l, uint8_t out[SLOT_SIZE])
{
	uint64_t	words[3] = { GUINT64_TO_LE(l->generation), GUINT64_TO_LE(l->done),
			    GUINT64_TO_LE(l->given) };
	uint32_t	crc;

	memset(out, 0, SLOT_SIZE);
	memcpy(out, slot_magic, sizeof slot_magic);
	memcpy(out + 8, words, sizeof words);
	crc = GUINT32_TO_LE(digest_crc32c(0, out, SLOT_SIZE - 4));
	memcpy(out + SLOT_SIZE - 4, &crc, sizeof crc);
}

static bool
decode(const uint8_t in[SLOT_SIZE], struct journal_ledger *l)
{
	uint64_t	words[3];
	uint32_t	crc;

	memcpy(&crc, in + SLOT_SIZE - 4, sizeof crc);
	if (memcmp(in, slot_magic, sizeof slot_magic) != 0 ||
	    GUINT32_FROM_LE(crc) != digest_crc32c(0, in, SLOT_SIZE - 4))
		return false;
	memcpy(words, in + 8, sizeof words);
	l->generation = GUINT64_FROM_LE(words[0]);
	l->done = GUINT64_FROM_LE(words[1]);
	l->given = GUINT64_FROM_LE(words[2]);
	return true;
}

/* Zeros or nothing: a slot that was never written. */
static bool
untouched(const uint8_t slot[SLOT_SIZE], ssize_t len)
{
	ssize_t	i;

	for (i = 0; i < len; i++)
		if (slot[i] != 0)
			return false;
	return true;
}

enum ledger_state
journal_ledger_load(int dirfd, struct journal_ledger *l)
{
	struct journal_ledger	one;
	uint8_t			slot[SLOT_SIZE];
	unsigned		i, good = 0, bad = 0;
	ssize_t			n;
	int			fd;

	memset(l, 0, sizeof *l);
	fd = openat(dirfd, LEDGER_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return errno == ENOENT ? LEDGER_NONE : LEDGER_LOST;
	for (i = 0; i < 2; i++) {
		n = file_pread_all(fd, slot, SLOT_SIZE, (off_t)i * SLOT_STRIDE);
		if (n == SLOT_SIZE && decode(slot, &one)) {
			good++;
			if (one.generation > l->generation)
				*l = one;
		} else if (n == -1 || !untouched(slot, n))
			bad++;
	}
	close(fd);
	if (good == 0)
		return LEDGER_LOST;
	return bad > 0 ? LEDGER_HALF : LEDGER_FOUND;
}

static int
write_slot(int fd, const struct journal_ledger *l)
{
	uint8_t	slot[SLOT_SIZE];
	off_t	at = (off_t)(l->generation % 2) * SLOT_STRIDE;

	encode(l, slot);
	if (fault_point("ledger-before-write") == -1)
		return -1;
	if (pwrite(fd, slot, SLOT_SIZE, at) != SLOT_SIZE)
		return -1;
	if (fault_point("ledger-before-sync") == -1)
		return -1;
	return fdatasync(fd);
}

int
journal_ledger_save(int dirfd, struct journal_ledger *l, struct err *e)
{
	int	fd, rc;

	fd = openat(dirfd, LEDGER_NAME, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return err_errno(e, ERR_TEMP, "open the journal's ledger");
	l->generation++;
	rc = write_slot(fd, l);
	if (rc == 0 && l->generation == 1)
		rc = fsync(dirfd);
	if (rc == -1)
		err_errno(e, ERR_TEMP, "write the journal's ledger");
	close(fd);
	return rc;
}
