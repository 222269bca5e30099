/* SPDX-License-Identifier: ISC */
/*
 * channel/chat/token.h - what a visitor shows to be the one of his session.
 *
 * The server makes the session's id and keeps nothing: all it has to know is
 * in the token, sealed with this installation's secret for one chat.  A token
 * is renewed while it is used; a silent session ends after idle_ms, every one
 * after max_ms.  Whoever has the token is the visitor, so it travels in the
 * Authorization header only and is never logged.
 */
#ifndef CHANNEL_CHAT_TOKEN_H
#define CHANNEL_CHAT_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#define CHAT_SESSION_SIZE	33	/* 128 bits in hexadecimal, and NUL */
#define CHAT_TOKEN_MAX		4096	/* letters of the longest one that is read */

struct chat_visitor {
	char	 session[CHAT_SESSION_SIZE];
	int64_t	 created_ms;
	int64_t	 issued_ms;	/* of this token */
	char	*name;		/* as typed, or as signed; or NULL */
	char	*email;
	char	*customer;	/* the id the site knows him by; only when signed */
	bool	 verified;	/* name, email and customer are signed by the site */
};

struct chat_token_key {
	const uint8_t	*secret;	/* 32 bytes */
	const char	*site;		/* the chat's name: a token is good for one */
	int64_t		 idle_ms;
	int64_t		 max_ms;
};

/* A session nobody had before.  Free with chat_visitor_clear(). */
void	 chat_visitor_begin(struct chat_visitor *, int64_t now_ms);
void	 chat_visitor_clear(struct chat_visitor *);

/* Sets issued_ms.  g_free() it. */
char	*chat_token_make(const struct chat_token_key *, struct chat_visitor *, int64_t now_ms);

/* -1 if it is not one of ours, not for this chat, or over. */
int	 chat_token_read(const struct chat_token_key *, const char *token, int64_t now_ms,
	    struct chat_visitor *);

/* Is it time for a new one? */
bool	 chat_token_is_old(const struct chat_token_key *, const struct chat_visitor *,
	    int64_t now_ms);
/* When the token ends if it is not renewed. */
int64_t	 chat_token_end(const struct chat_token_key *, const struct chat_visitor *);

#endif
