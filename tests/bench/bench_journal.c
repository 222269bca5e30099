/* SPDX-License-Identifier: ISC */
/*
 * How fast the journal takes arrivals of 1.5 KB, with 1, 16, 64 and 256 under
 * way at once, and how that compares with the bare disk: one write() and
 * fdatasync() after the other of the same size in the same directory.
 *
 *	bench_journal [DIR [SECONDS]]
 */
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "io/loop.h"
#include "model/arrival.h"
#include "store/file.h"
#include "store/journal.h"

#define SIZE	1500

struct bench {
	struct loop	*loop;
	struct journal	*journal;
	GBytes		*body;
	gint64		 until;		/* microseconds */
	unsigned	 under_way;
	uint64_t	 count;
	GArray		*latency;	/* gint64, microseconds */
};

struct one {
	struct bench	*b;
	gint64		 began;
};

static void	start_one(struct bench *);

static void
on_done(void *arg, uint64_t lsn, const struct err *why)
{
	struct one	*one = arg;
	struct bench	*b = one->b;
	gint64		 now = g_get_monotonic_time(), took = now - one->began;

	if (why != NULL) {
		fprintf(stderr, "%s\n", why->text);
		exit(1);
	}
	g_array_append_val(b->latency, took);
	g_free(one);
	b->count++;
	b->under_way--;
	journal_set_done(b->journal, lsn);
	if (now < b->until)
		start_one(b);
	else if (b->under_way == 0)
		loop_stop(b->loop);
}

static void
start_one(struct bench *b)
{
	struct one	*one = g_new0(struct one, 1);
	char		 key[40];

	snprintf(key, sizeof key, "INBOX/1/%llu", (unsigned long long)b->count);
	one->b = b;
	one->began = g_get_monotonic_time();
	b->under_way++;
	journal_append(b->journal, arrival_new(ARRIVAL_MAIL, "imap", "support", key, b->body),
	    on_done, one);
}

static gint
by_size(gconstpointer a, gconstpointer b)
{
	const gint64	x = *(const gint64 *)a, y = *(const gint64 *)b;

	return (x > y) - (x < y);
}

static double
percentile(const struct bench *b, unsigned per_thousand)
{
	guint	i = (guint)((guint64)b->latency->len * per_thousand / 1000);

	return (double)g_array_index(b->latency, gint64, MIN(i, b->latency->len - 1)) / 1000;
}

static void
run(const char *dir, unsigned in_flight, double seconds, double bare)
{
	struct journal_options	 options = { dir, 64 << 20, 0, (int64_t)1 << 30, 0, NULL, NULL };
	struct bench		 b = { .loop = loop_new() };
	struct err		 e = ERR_INIT;
	g_autofree char		*text = g_malloc(SIZE);
	gint64			 began;
	double			 rate;
	unsigned		 i;

	memset(text, 'x', SIZE);
	b.body = g_bytes_new(text, SIZE);
	b.latency = g_array_new(FALSE, FALSE, sizeof(gint64));
	if ((b.journal = journal_open(b.loop, &options, &e)) == NULL) {
		fprintf(stderr, "%s\n", e.text);
		exit(1);
	}
	began = g_get_monotonic_time();
	b.until = began + (gint64)(seconds * 1e6);
	for (i = 0; i < in_flight; i++)
		start_one(&b);
	loop_run(b.loop);
	rate = (double)b.count * 1e6 / (double)(g_get_monotonic_time() - began);
	g_array_sort(b.latency, by_size);
	printf("%9u  %11.0f/s  %8.2f  %8.2f  %11.2f\n", in_flight, rate,
	    percentile(&b, 500), percentile(&b, 990), rate / bare);
	journal_close(b.journal);
	loop_free(b.loop);
	g_bytes_unref(b.body);
	g_array_unref(b.latency);
}

/* Writes and syncs per second, one after the other. */
static double
run_bare(const char *dir, double seconds)
{
	g_autofree char	*path = g_build_filename(dir, "bare", NULL);
	char		 bytes[SIZE + 100];
	int		 fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	gint64		 began = g_get_monotonic_time(), now;
	unsigned	 n = 0;

	memset(bytes, 'x', sizeof bytes);
	do {
		if (fd == -1 || file_write_all(fd, bytes, sizeof bytes) == -1 ||
		    fdatasync(fd) == -1) {
			perror(path);
			exit(1);
		}
		n++;
		now = g_get_monotonic_time();
	} while ((double)(now - began) < seconds * 1e6);
	close(fd);
	unlink(path);
	return (double)n * 1e6 / (double)(now - began);
}

int
main(int argc, char **argv)
{
	static const unsigned	 in_flight[] = { 1, 16, 64, 256 };
	g_autofree char		*made = argc < 2 ? g_dir_make_tmp("intaked-bench-XXXXXX", NULL) : NULL;
	const char		*dir = argc < 2 ? made : argv[1];
	double			 seconds = argc > 2 ? atof(argv[2]) : 2, bare;
	unsigned		 i;

	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	bare = run_bare(dir, seconds);
	printf("bare write+fdatasync of %d bytes: %.0f/s\n", SIZE + 100, bare);
	printf("in flight       appends    p50 ms    p99 ms  bare disk = 1\n");
	for (i = 0; i < G_N_ELEMENTS(in_flight); i++)
		run(dir, in_flight[i], seconds, bare);
	if (made != NULL)
		printf("remove %s\n", made);
	return 0;
}
