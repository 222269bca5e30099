/* SPDX-License-Identifier: ISC */
/*
 * The limit to compare with: evhttp answering 202 to every request, doing
 * nothing.  usage: bare_evhttp PORT (on 127.0.0.1); ends after 60 seconds.
 */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdlib.h>

static void
on_request(struct evhttp_request *req, void *arg)
{
	(void)arg;
	evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type",
	    "application/json");
	evbuffer_add(evhttp_request_get_output_buffer(req), "{\"status\":\"accepted\"}\n", 22);
	evhttp_send_reply(req, 202, "Accepted", NULL);
}

int
main(int argc, char **argv)
{
	struct event_base	*base = event_base_new();
	struct evhttp		*http = evhttp_new(base);
	struct timeval		 limit = { 60, 0 };

	if (argc != 2 || evhttp_bind_socket(http, "127.0.0.1", (uint16_t)atoi(argv[1])) != 0)
		return 1;
	evhttp_set_gencb(http, on_request, NULL);
	event_base_loopexit(base, &limit);
	event_base_dispatch(base);
	return 0;
}
