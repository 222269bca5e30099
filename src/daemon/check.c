/* SPDX-License-Identifier: ISC */
/*
 * All that can be found wrong with a configuration before anything starts:
 * for intaked -t, for the start, and for a reload.
 */
#include <string.h>

#include "channel/channel.h"
#include "conf/conf.h"
#include "daemon/daemon_local.h"
#include "intake/parser.h"
#include "reply/reply.h"

static int
check_rules(const struct settings *s, struct err *e)
{
	struct parser	*parser = parser_new(s, e);

	if (parser == NULL)
		return -1;
	parser_free(parser);
	return 0;
}

static int
check_templates(const struct settings *s, struct err *e)
{
	struct reply_templates	*templates = reply_templates_new(s, e);

	if (templates == NULL)
		return -1;
	reply_templates_free(templates);
	return 0;
}

/*
 * Webhooks and chats are started for a moment on a server that listens
 * nowhere.  The others are not: starting those reaches out.
 */
static int
check_channels(const struct settings *s, struct http_server *http, struct loop *loop,
    struct err *e)
{
	static const uint8_t	 secret[STATE_SECRET_SIZE];
	g_autoptr(GPtrArray)	 none = g_ptr_array_new();
	struct settings		 dry = *s;
	struct channel_env	 env = { .loop = loop, .settings = &dry, .http = http,
				    .secret = secret };
	GPtrArray		*channels;

	dry.imap = dry.maildir = dry.lmtp = dry.pop3 = none;
	if ((channels = channels_start(&env, e)) == NULL)
		return -1;
	channels_stop(channels);
	channels_free(channels);
	return 0;
}

static int
check_http(const struct settings *s, struct err *e)
{
	struct http_options	 options;
	struct loop		*loop = loop_new();
	struct http_server	*http;
	int			 rc = -1;

	daemon_http_options(s, &options);
	if ((http = http_server_new(loop, &options, e)) == NULL)
		err_prefix(e, "http");
	else
		rc = check_channels(s, http, loop, e);
	http_server_free(http);
	loop_free(loop);
	return rc;
}

int
daemon_check(const struct settings *s, GString *problems)
{
	static int	(*const checks[])(const struct settings *, struct err *) = {
		check_rules, check_templates, check_http
	};
	gsize		before = problems->len;
	size_t		i;

	/* What cannot be read would only be complained about again. */
	if (conf_check_files(s, problems) == -1)
		return -1;
	for (i = 0; i < G_N_ELEMENTS(checks); i++) {
		struct err	e = ERR_INIT;

		if (checks[i](s, &e) == -1)
			g_string_append_printf(problems, "%s: %s\n", s->file, e.text);
	}
	return problems->len > before ? -1 : 0;
}
