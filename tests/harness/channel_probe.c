/* SPDX-License-Identifier: ISC */
/*
 * Runs the channels of a configuration file with a sink that stands for the
 * journal: each arrival becomes one line, fsynced, of the file
 * <state_dir>/arrivals, and what is in there is known.  For the system tests.
 *
 *	channel_probe FILE [refuse=N] [delay=MS] [max=BYTES]
 *
 * refuse: the first N arrivals are not taken; delay: settle so much later.
 * Ends on SIGTERM; SIGUSR1 pauses the channels, SIGUSR2 resumes them, SIGHUP
 * writes the status line to standard error.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/log.h"
#include "channel/channel.h"
#include "conf/conf.h"
#include "store/cursor.h"

struct probe {
	struct loop	*loop;
	struct loop_timer *timer;	/* for the first of pending */
	GPtrArray	*channels;
	GHashTable	*known;
	int		 fd;
	int64_t		 refuse, delay_ms;
	GQueue		*pending;	/* struct settling *, in the order they came */
};

struct settling {
	struct arrival		*arrival;
	channel_settled_fn	*settled;
	void			*arg;
	int64_t			 due_ms;
};

static void
write_line(struct probe *p, const struct arrival *a)
{
	g_autofree char	*id = arrival_identity(a), *line = NULL, *shown = NULL;
	char		 hex[DIGEST_HEX_SIZE];
	gsize		 len;
	const void	*bytes = g_bytes_get_data(a->bytes, &len);
	const char	*full = arrival_fact(a, ARRIVAL_FACT_TRUNCATED);

	digest_sha256_hex(bytes, len, hex);
	shown = g_strescape(id, NULL);
	line = g_strdup_printf("%s\t%zu\t%s\t%s\t%s\t%lld\n", shown, (size_t)len, hex,
	    full != NULL ? full : "-", arrival_fact(a, ARRIVAL_FACT_FOLDER) != NULL ?
	    arrival_fact(a, ARRIVAL_FACT_FOLDER) : "-", (long long)clock_wall_ms());
	if (write(p->fd, line, strlen(line)) == -1)
		perror("arrivals");
	g_hash_table_add(p->known, g_steal_pointer(&shown));
}

static void
settle(struct probe *p, struct settling *s)
{
	if (p->refuse > 0) {
		p->refuse--;
		s->settled(s->arg, SETTLED_REFUSED, 0);
	} else {
		write_line(p, s->arrival);
		if (g_queue_is_empty(p->pending))
			fdatasync(p->fd);
		s->settled(s->arg, SETTLED_DURABLE, 1);
	}
	arrival_free(s->arrival);
	g_free(s);
}

static void
on_due(void *arg)
{
	struct probe	*p = arg;
	struct settling	*s;

	while ((s = g_queue_peek_head(p->pending)) != NULL && s->due_ms <= clock_mono_ms())
		settle(p, g_queue_pop_head(p->pending));
	if (s != NULL)
		loop_timer_start(p->timer, s->due_ms - clock_mono_ms());
}

static void
accept_arrival(void *arg, struct arrival *a, channel_settled_fn *settled, void *settle_arg)
{
	struct probe	*p = arg;
	struct settling	*s = g_new0(struct settling, 1);

	s->arrival = a;
	s->settled = settled;
	s->arg = settle_arg;
	s->due_ms = clock_mono_ms() + p->delay_ms;
	g_queue_push_tail(p->pending, s);
	if (g_queue_get_length(p->pending) == 1)
		loop_timer_start(p->timer, p->delay_ms);
}

static int
admit(void *arg, size_t bytes, struct err *why)
{
	(void)arg;
	(void)bytes;
	(void)why;
	return 0;
}

static bool
is_known(void *arg, const struct arrival *a)
{
	struct probe	*p = arg;
	g_autofree char	*id = arrival_identity(a), *shown = g_strescape(id, NULL);

	return g_hash_table_contains(p->known, shown);
}

static void
load_known(struct probe *p, const char *file)
{
	g_autofree char	*text = NULL;
	g_auto(GStrv)	 lines = NULL;
	char		**l;

	if (!g_file_get_contents(file, &text, NULL, NULL))
		return;
	lines = g_strsplit(text, "\n", -1);
	for (l = lines; *l != NULL; l++) {
		if (**l != '\0')
			g_hash_table_add(p->known, g_strndup(*l, strcspn(*l, "\t")));
	}
}

static void
on_term(void *arg)
{
	struct probe	*p = arg;

	channels_stop(p->channels);
	loop_stop(p->loop);
}

static void
on_usr1(void *arg)
{
	channels_pause(((struct probe *)arg)->channels);
}

static void
on_usr2(void *arg)
{
	channels_resume(((struct probe *)arg)->channels);
}

static void
on_hup(void *arg)
{
	struct probe		*p = arg;
	g_autoptr(GString)	 issue = g_string_new(NULL);
	guint			 i;

	for (i = 0; i < p->channels->len; i++) {
		struct channel *ch = p->channels->pdata[i];

		ch->ops->status(ch, issue);
	}
	fprintf(stderr, "STATUS %s\n", issue->str);
}

static int64_t
option(int argc, char **argv, const char *name, int64_t otherwise)
{
	size_t	len = strlen(name);
	int	i;

	for (i = 2; i < argc; i++) {
		if (strncmp(argv[i], name, len) == 0 && argv[i][len] == '=')
			return strtoll(argv[i] + len + 1, NULL, 10);
	}
	return otherwise;
}

static void
run(struct probe *p, struct settings *settings)
{
	struct err		 e = ERR_INIT;
	struct channel_sink	 sink = { .arg = p, .admit = admit, .accept = accept_arrival,
				    .known = is_known };
	struct channel_env	 env = { .loop = p->loop, .settings = settings, .sink = &sink };

	if ((env.cursors = cursor_open(p->loop, settings->state_dir, &e)) == NULL ||
	    (p->channels = channels_start(&env, &e)) == NULL) {
		fprintf(stderr, "%s\n", e.text);
		exit(1);
	}
	loop_on_signal(p->loop, SIGTERM, on_term, p);
	loop_on_signal(p->loop, SIGUSR1, on_usr1, p);
	loop_on_signal(p->loop, SIGUSR2, on_usr2, p);
	loop_on_signal(p->loop, SIGHUP, on_hup, p);
	fprintf(stderr, "READY\n");
	loop_run(p->loop);
	cursor_close(env.cursors);
	if (g_queue_is_empty(p->pending))
		channels_free(p->channels);
}

int
main(int argc, char **argv)
{
	struct probe		 p = { 0 };
	g_autoptr(GString)	 problems = g_string_new(NULL);
	g_autofree char		*file = NULL;
	struct settings		*settings;

	if (argc < 2 || (settings = conf_load(argv[1], problems)) == NULL) {
		fprintf(stderr, "%s", problems->str);
		return 78;
	}
	signal(SIGPIPE, SIG_IGN);
	log_setup(LOG_LEVEL_DEBUG, LOG_FORMAT_TEXT);
	settings->journal.max_message = option(argc, argv, "max", settings->journal.max_message);
	p.refuse = option(argc, argv, "refuse", 0);
	p.delay_ms = option(argc, argv, "delay", 0);
	p.loop = loop_new();
	p.pending = g_queue_new();
	p.timer = loop_timer_new(p.loop, on_due, &p);
	p.known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	file = g_build_filename(settings->state_dir, "arrivals", NULL);
	load_known(&p, file);
	if ((p.fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) == -1) {
		perror(file);
		return 1;
	}
	run(&p, settings);
	loop_timer_free(p.timer);
	loop_free(p.loop);
	g_queue_free(p.pending);
	g_hash_table_unref(p.known);
	close(p.fd);
	conf_free(settings);
	return 0;
}
