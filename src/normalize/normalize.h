/* SPDX-License-Identifier: ISC */
/*
 * normalize/normalize.h - what any channel received becomes one message.
 *
 * Pure: reads the arrival and the options, touches nothing else, and gives
 * the same message for the same input.  Never fails: what cannot be taken
 * apart becomes a minimal message (sender, subject and the bytes as text)
 * with the reason in its warnings.
 *
 * Called by the parse workers and by intakectl; fuzzed by fuzz_mime.
 */
#ifndef NORMALIZE_NORMALIZE_H
#define NORMALIZE_NORMALIZE_H

#include <glib.h>
#include <stddef.h>

#include "model/arrival.h"
#include "model/message.h"

/* One row of a webhook's mapping. */
struct normalize_map {
	const char	*name;		/* subject, text, html, from, from_name, message_id,
					   language, in_reply_to; anything else is a field */
	const char	*pointer;	/* RFC 6901; or NULL and */
	const char	*value;		/* a constant */
};

/* All borrowed; NULL and 0 are allowed everywhere and mean "none", "default". */
struct normalize_options {
	const GPtrArray	*own_addresses;	/* char *: every address that reaches us */
	const GPtrArray	*agents;	/* char *: addresses or "@domain" of our staff */
	const char	*authserv_id;	/* whose Authentication-Results we believe */
	const char	*own_domain;	/* right side of our Message-IDs */
	const char	*instance;	/* value of the X-Intake-Loop header we write */
	GHashTable	*maps;		/* webhook name -> GPtrArray of struct normalize_map * */
	size_t		 max_mail;	/* bytes taken apart; default 64 MB */
	size_t		 max_text;	/* bytes of text and of html kept; default 2 MB */
	size_t		 max_json;	/* default 8 MB */
};

/*
 * Load what would be loaded lazily from files.  Once, before a process gives
 * up the right to open any; without it everything works, only later.
 */
void	normalize_prepare(void);

/* A new message, never NULL. */
struct message	*normalize(const struct arrival *, const struct normalize_options *);

/*
 * The last resort, also for a worker's successor when taking the arrival
 * apart killed the worker: only a scan for header lines.  Never NULL.
 */
struct message	*normalize_minimal(const struct arrival *, const char *why);

#endif
