/* SPDX-License-Identifier: ISC */
/*
 * check/check.h - does the ticket hold what its handler needs?
 *
 * Two halves.  check_scan() runs the operator's rules and patterns over a
 * message and lists what it found; that is the expensive part, done in the
 * parse workers.  check_decide() turns the findings and the ticket into a
 * verdict: push it, hold it and ask, read the answer, give up asking.  It
 * uses no pattern and takes no time.
 *
 * Patterns are the operator's, text is a stranger's: every match has a limit
 * on steps, heap and length.  A pattern that reaches it does not match, and a
 * warning names it.
 */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "conf/settings.h"
#include "model/findings.h"
#include "model/message.h"
#include "model/ticket.h"

struct check;		/* rules and forms with their patterns compiled */

/*
 * NULL with ERR_CONFIG if a rule or form cannot be used: a bad pattern, an
 * unknown word, a form without details.  settings must outlive the check.
 */
struct check	*check_new(const struct settings *, struct err *);
void		 check_free(struct check *);		/* NULL is fine */

/* channel: the name in the configuration.  Never NULL. */
struct findings	*check_scan(const struct check *, const char *channel,
		    const struct message *);

enum check_action {
	CHECK_PUSH,	/* workers get the event now */
	CHECK_HOLD	/* only the record changes; nobody is disturbed */
};

struct verdict {
	enum check_action	 action;
	bool			 ask;		/* send the questions of ticket->missing,
						   numbered from 1 in that order */
	const char		*intro;		/* the form's words before them, or NULL; borrowed */
	bool			 too_large;	/* tell the customer that only the header was taken */
	bool			 acknowledge;	/* tell the customer that a ticket was made */
	const char		*outcome;	/* "complete", "incomplete", "asked", "waiting",
						   "urgent", "none": for metrics and log */
};

/*
 * After ticket_begin() or ticket_follow(): fills department, priority, tags,
 * form, details, missing, completeness, status, deadline, event and trail of
 * the ticket from the findings of its message.  With CHECK_PUSH the ticket
 * counts as delivered.
 */
void	check_decide(const struct check *, const struct findings *, struct ticket *,
	    int64_t now_ms, struct verdict *);

/*
 * The deadline has passed: the ticket goes on as incomplete, with all its
 * messages.  ticket is fresh from its record.  Returns false if there is
 * nothing to release (it was answered meanwhile).
 */
bool	check_release(struct ticket *, int64_t now_ms);

/*
 * Rule tests: a file of JSON beside the rules, one test or an array of them,
 *
 *	{ "name": "...", "mail": "file.eml" or "subject": "...", "text": "...",
 *	  "from": "...", "to": "...", "channel": "...", "kind": "...",
 *	  "fields": {...},
 *	  "expect": { "department", "priority", "form", "missing": [...],
 *	    "tags": [...], "details": {...}, "action": "push" or "hold" } }
 *
 * Only what expect names is compared; tags have to be there, missing has to
 * be the same set.  load makes a message of the named file (NULL with err
 * when it cannot); it is called with the path beside the test file.
 */
struct check_test_source {
	struct message	*(*load)(const char *path, void *arg, struct err *);
	void		*arg;
};

/*
 * Appends one line per test to report.  Returns how many failed, -1 if the
 * file cannot be read.  *ran is the number of tests in it.
 */
int	check_test_file(const struct check *, const char *path,
	    const struct check_test_source *, GString *report, unsigned *ran, struct err *);

#endif
