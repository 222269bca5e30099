/* SPDX-License-Identifier: ISC */
#include "reply/reply.h"

#define MINUTE	((int64_t)60 * 1000)

/* An acknowledgement that comes a day late tells something that is not true. */
#define ACKNOWLEDGE_FOR	(30 * MINUTE)

int64_t
reply_retry_at(const struct settings *s, const struct outgoing *o, unsigned attempts, int64_t now_ms)
{
	static const int64_t	 pauses[] = { 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, 60 * MINUTE };
	int64_t			 pause = pauses[MIN(attempts == 0 ? 0 : attempts - 1, G_N_ELEMENTS(pauses) - 1)];
	int64_t			 keep = s->mail_out.retry_for_ms;

	if (o->kind == OUTGOING_ACKNOWLEDGEMENT)
		keep = MIN(keep, ACKNOWLEDGE_FOR);
	return now_ms + pause - o->created_ms > keep ? -1 : now_ms + pause;
}
