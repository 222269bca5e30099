/* SPDX-License-Identifier: ISC */
#include "reply/mail_job.h"

#include <string.h>

#include "model/wire.h"

void
mail_job_encode(const struct mail_job *j, GByteArray *out)
{
	wire_put_str(out, j->server);
	wire_put_u8(out, (uint8_t)j->security);
	wire_put_str(out, j->tls_ca_file);
	wire_put_str(out, j->user);
	wire_put_str(out, j->password_file);
	wire_put_str(out, j->helo);
	wire_put_u64(out, (uint64_t)j->step_timeout_ms);
	wire_put_str(out, j->mail_from);
	wire_put_str(out, j->rcpt_to);
	wire_put_str(out, j->bytes);
}

int
mail_job_decode(struct mail_job *j, const void *bytes, size_t len, struct err *e)
{
	struct wire_reader	 r;

	wire_start(&r, bytes, len);
	j->server = wire_str(&r);
	j->security = wire_u8(&r);
	j->tls_ca_file = wire_str(&r);
	j->user = wire_str(&r);
	j->password_file = wire_str(&r);
	j->helo = wire_str(&r);
	j->step_timeout_ms = (int64_t)wire_u64(&r);
	j->mail_from = wire_str(&r);
	j->rcpt_to = wire_str(&r);
	j->bytes = wire_str(&r);
	if (!wire_bad(&r) && j->server != NULL && j->mail_from != NULL && j->rcpt_to != NULL &&
	    j->bytes != NULL && j->security <= SECURITY_TLS)
		return 0;
	mail_job_clear(j);
	return err_set(e, ERR_PERM, "the mail for the helper is damaged");
}

void
mail_job_clear(struct mail_job *j)
{
	g_free(j->server);
	g_free(j->tls_ca_file);
	g_free(j->user);
	g_free(j->password_file);
	g_free(j->helo);
	g_free(j->mail_from);
	g_free(j->rcpt_to);
	g_free(j->bytes);
	memset(j, 0, sizeof(*j));
}

void
mail_answer_encode(const struct mail_answer *a, GByteArray *out)
{
	wire_put_u8(out, (uint8_t)a->result);
	wire_put_u32(out, (uint32_t)a->code);
	wire_put_str(out, a->text);
}

int
mail_answer_decode(struct mail_answer *a, const void *bytes, size_t len, struct err *e)
{
	struct wire_reader	 r;
	uint8_t			 result;

	wire_start(&r, bytes, len);
	result = wire_u8(&r);
	a->code = (int)wire_u32(&r);
	a->text = wire_str(&r);
	a->result = (enum mail_result)result;
	if (!wire_bad(&r) && a->text != NULL && result <= MAIL_UNKNOWN)
		return 0;
	mail_answer_clear(a);
	return err_set(e, ERR_TEMP, "the helper's answer is damaged");
}

void
mail_answer_clear(struct mail_answer *a)
{
	g_free(a->text);
	a->text = NULL;
}
