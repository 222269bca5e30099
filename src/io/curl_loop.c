/* SPDX-License-Identifier: ISC */
#include "io/curl_loop.h"

#include <event2/event.h>
#include <glib.h>

struct curl_loop {
	struct event_base	*base;
	struct loop_timer	*timer;
	CURLM			*multi;
};

/* CURLOPT_PRIVATE of each handle. */
struct transfer {
	curl_loop_done_fn	*done;
	void			*arg;
};

static void
tell_done(CURL *easy, CURLcode result)
{
	struct transfer	*t = NULL;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t);
	if (t != NULL)
		t->done(t->arg, easy, result);
}

/* Each message is read anew: done() may add and remove handles. */
static void
collect(struct curl_loop *cl)
{
	const CURLMsg	*msg;
	int		 left;

	while ((msg = curl_multi_info_read(cl->multi, &left)) != NULL)
		if (msg->msg == CURLMSG_DONE)
			tell_done(msg->easy_handle, msg->data.result);
}

static void
act(struct curl_loop *cl, curl_socket_t fd, int what)
{
	int	running;

	curl_multi_socket_action(cl->multi, fd, what, &running);
	collect(cl);
}

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
	int	bits = 0;

	if (what & EV_READ)
		bits |= CURL_CSELECT_IN;
	if (what & EV_WRITE)
		bits |= CURL_CSELECT_OUT;
	act(arg, fd, bits);
}

static void
on_timer(void *arg)
{
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static short
events_of(int what)
{
	short	events = EV_PERSIST;

	if (what & CURL_POLL_IN)
		events |= EV_READ;
	if (what & CURL_POLL_OUT)
		events |= EV_WRITE;
	return events;
}

/* curl wants fd watched for something else.  ev is what it was given before. */
static int
watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *ev)
{
	struct curl_loop	*cl = arg;
	struct event		*event = ev;

	(void)easy;
	if (event != NULL)
		event_free(event);
	event = NULL;
	if (what != CURL_POLL_REMOVE) {
		event = event_new(cl->base, fd, events_of(what), on_socket, cl);
		if (event == NULL || event_add(event, NULL) == -1)
			g_error("curl: the kernel refuses to watch fd %d", fd);
	}
	curl_multi_assign(cl->multi, fd, event);
	return 0;
}

static int
set_timer(CURLM *multi, long ms, void *arg)
{
	struct curl_loop	*cl = arg;

	(void)multi;
	if (ms < 0)
		loop_timer_stop(cl->timer);
	else
		loop_timer_start(cl->timer, ms);
	return 0;
}

struct curl_loop *
curl_loop_new(struct loop *loop)
{
	struct curl_loop	*cl = g_new0(struct curl_loop, 1);

	curl_global_init(CURL_GLOBAL_DEFAULT);
	cl->base = loop_base(loop);
	cl->timer = loop_timer_new(loop, on_timer, cl);
	if ((cl->multi = curl_multi_init()) == NULL)
		g_error("curl: no multi handle");
	curl_multi_setopt(cl->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(cl->multi, CURLMOPT_SOCKETDATA, cl);
	curl_multi_setopt(cl->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(cl->multi, CURLMOPT_TIMERDATA, cl);
	return cl;
}

void
curl_loop_free(struct curl_loop *cl)
{
	if (cl == NULL)
		return;
	curl_multi_cleanup(cl->multi);
	loop_timer_free(cl->timer);
	g_free(cl);
}

void
curl_loop_add(struct curl_loop *cl, CURL *easy, curl_loop_done_fn *done, void *arg)
{
	struct transfer	*t = g_new(struct transfer, 1);
	CURLMcode	 rc;

	t->done = done;
	t->arg = arg;
	curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
	if ((rc = curl_multi_add_handle(cl->multi, easy)) != CURLM_OK)
		g_error("curl: cannot add a transfer: %s", curl_multi_strerror(rc));
}

void
curl_loop_remove(struct curl_loop *cl, CURL *easy)
{
	struct transfer	*t = NULL;

	curl_multi_remove_handle(cl->multi, easy);
	curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, NULL);
	g_free(t);
}
