/* SPDX-License-Identifier: ISC */
/*
 * "intaked --worker=send": takes mails from the mailer, one at a time, and
 * says how each went.  If it hangs or crashes, the mailer loses nothing but
 * this process.
 */
#include <auth-client.h>
#include <signal.h>

#include "io/child.h"
#include "reply/mail_job.h"
#include "reply/reply.h"
#include "reply/smtp_direct.h"
#include "reply/smtp_send.h"

#define MAX_FRAME	(64 * 1024 * 1024)

static void
send_mail(const struct mail_job *job, struct mail_answer *answer)
{
	const char	*fault = mail_job_fault(job);

	if (fault != NULL)
		mail_answer_set(answer, MAIL_PERMANENT, 0, fault);
	else if (smtp_direct_is_needed(job))
		smtp_direct_send(job, answer);
	else
		smtp_send(job, answer);
}

static void
serve(const GByteArray *request, GByteArray *reply)
{
	struct mail_job		 job = { 0 };
	struct mail_answer	 answer = { MAIL_PERMANENT, 0, NULL };
	struct err		 e = ERR_INIT;

	if (mail_job_decode(&job, request->data, request->len, &e) == -1)
		answer.text = g_strdup(e.text);
	else
		send_mail(&job, &answer);
	mail_answer_encode(&answer, reply);
	mail_answer_clear(&answer);
	mail_job_clear(&job);
}

int
reply_send_worker_main(void)
{
	GByteArray	*request = g_byte_array_new(), *reply = g_byte_array_new();

	signal(SIGPIPE, SIG_IGN);
	auth_client_init();
	while (child_read_frame(CHILD_FD, request, MAX_FRAME) == 0) {
		g_byte_array_set_size(reply, 0);
		serve(request, reply);
		if (child_write_frame(CHILD_FD, reply->data, reply->len) == -1)
			break;
	}
	auth_client_exit();
	g_byte_array_free(request, TRUE);
	g_byte_array_free(reply, TRUE);
	return 0;
}
