/* SPDX-License-Identifier: ISC */
#include "channel/channel.h"

#include <string.h>

#include "channel/chat/chat.h"
#include "channel/imap/imap_channel.h"
#include "channel/lmtp/lmtp_channel.h"
#include "channel/maildir/maildir.h"
#include "channel/pop3/pop3_channel.h"
#include "channel/webhook/webhook.h"

const struct channel_ops *const channel_kinds[] = {
	&imap_channel_ops,
	&lmtp_channel_ops,
	&maildir_channel_ops,
	&pop3_channel_ops,
	&webhook_channel,
	&chat_channel,
	NULL
};

static void
free_channel(void *p)
{
	struct channel	*ch = p;

	if (ch->ops->free != NULL)
		ch->ops->free(ch);
	g_free(ch);
}

/* Sections differ in kind, but each begins with its name. */
static struct channel *
start_channel(const struct channel_env *env, const struct channel_ops *ops,
    const void *section, struct err *e)
{
	struct channel	*ch = g_malloc0(ops->size);

	ch->ops = ops;
	ch->env = env;
	ch->name = *(char *const *)section;
	if (ops->start(ch, section, e) == -1) {
		err_prefix(e, "%s %s", ops->kind, ch->name);
		g_free(ch);
		return NULL;
	}
	return ch;
}

static int
start_kind(GPtrArray *channels, const struct channel_env *env,
    const struct channel_ops *ops, struct err *e)
{
	const char	*settings = (const char *)env->settings;
	GPtrArray	*sections;
	struct channel	*ch;
	guint		 i;

	memcpy(&sections, settings + ops->sections, sizeof(sections));
	for (i = 0; sections != NULL && i < sections->len; i++) {
		if ((ch = start_channel(env, ops, sections->pdata[i], e)) == NULL)
			return -1;
		g_ptr_array_add(channels, ch);
	}
	return 0;
}

GPtrArray *
channels_start(const struct channel_env *env, struct err *e)
{
	GPtrArray			*channels = g_ptr_array_new_with_free_func(free_channel);
	const struct channel_ops *const	*kind;

	for (kind = channel_kinds; *kind != NULL; kind++)
		if (start_kind(channels, env, *kind, e) == -1) {
			channels_stop(channels);
			channels_free(channels);
			return NULL;
		}
	return channels;
}

void
channels_stop(GPtrArray *channels)
{
	struct channel	*ch;
	guint		 i;

	for (i = 0; i < channels->len; i++) {
		ch = channels->pdata[i];
		ch->ops->stop(ch);
	}
}

void
channels_free(GPtrArray *channels)
{
	if (channels != NULL)
		g_ptr_array_unref(channels);
}

void
channels_pause(GPtrArray *channels)
{
	struct channel	*ch;
	guint		 i;

	for (i = 0; i < channels->len; i++) {
		ch = channels->pdata[i];
		if (!ch->paused)
			ch->ops->pause(ch);
		ch->paused = true;
	}
}

void
channels_resume(GPtrArray *channels)
{
	struct channel	*ch;
	guint		 i;

	for (i = 0; i < channels->len; i++) {
		ch = channels->pdata[i];
		if (ch->paused)
			ch->ops->resume(ch);
		ch->paused = false;
	}
}

struct channel *
channels_find(GPtrArray *channels, const char *kind, const char *name)
{
	struct channel	*ch;
	guint		 i;

	for (i = 0; i < channels->len; i++) {
		ch = channels->pdata[i];
		if (strcmp(ch->ops->kind, kind) == 0 && strcmp(ch->name, name) == 0)
			return ch;
	}
	return NULL;
}
