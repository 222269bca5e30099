/* SPDX-License-Identifier: ISC */
#include "reply/mail_job.h"

#include <string.h>

#include "base/text.h"
#include "model/wire.h"

#define MAX_TEXT	400	/* of what a server says */

void
mail_job_encode(const struct mail_job *j, GByteArray *out)
{
	wire_put_str(out, j->server);
	wire_put_u8(out, (uint8_t)j->security);
	wire_put_str(out, j->tls_ca_file);
	wire_put_str(out, j->user);
	wire_put_str(out, j->password_file);
	wire_put_u8(out, j->bearer);
	wire_put_str(out, j->helo);
	wire_put_u64(out, (uint64_t)j->step_timeout_ms);
	wire_put_str(out, j->mail_from);
	wire_put_str(out, j->rcpt_to);
	wire_put_str(out, j->bytes);
}

void
mail_job_add_token(GByteArray *out, const char *token)
{
	wire_put_str(out, token);
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
	j->bearer = wire_u8(&r) != 0;
	j->helo = wire_str(&r);
	j->step_timeout_ms = (int64_t)wire_u64(&r);
	j->mail_from = wire_str(&r);
	j->rcpt_to = wire_str(&r);
	j->bytes = wire_str(&r);
	j->token = wire_str(&r);
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
	if (j->token != NULL)
		explicit_bzero(j->token, strlen(j->token));
	g_free(j->token);
	g_free(j->helo);
	g_free(j->mail_from);
	g_free(j->rcpt_to);
	g_free(j->bytes);
	memset(j, 0, sizeof(*j));
}

/* Only CR LF, no other control, no line that is too long. */
static bool
is_clean_mail(const char *bytes)
{
	size_t	 line = 0;

	for (const char *p = bytes; *p != '\0'; p++) {
		if (*p == '\r' && p[1] == '\n') {
			p++;
			line = 0;
			continue;
		}
		if (((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7f || ++line > 998)
			return false;
	}
	return line == 0 && strstr(bytes, "\r\n\r\n") != NULL;
}

static bool
is_ascii_address(const char *addr)
{
	return text_is_address(addr) && g_str_is_ascii(addr);
}

static bool
is_host_port(const char *server)
{
	for (const char *p = server; *p != '\0'; p++)
		if (!g_ascii_isalnum(*p) && strchr(".-_:[]", *p) == NULL)
			return false;
	return *server != '\0';
}

const char *
mail_job_fault(const struct mail_job *j)
{
	if (!is_host_port(j->server))
		return "the server's name is not one";
	if (*j->mail_from != '\0' && !is_ascii_address(j->mail_from))
		return "the sender's address is not one";
	if (!is_ascii_address(j->rcpt_to))
		return "the recipient's address is not one";
	if (!is_clean_mail(j->bytes))
		return "the mail has lines that must not be sent";
	if (j->helo != NULL && !is_host_port(j->helo))
		return "the name to say in EHLO is not one";
	return NULL;
}

char *
mail_job_secret(const struct mail_job *j)
{
	char	*password = NULL;

	if (j->token != NULL)
		return g_strdup(j->token);
	if (j->password_file == NULL ||
	    !g_file_get_contents(j->password_file, &password, NULL, NULL))
		return NULL;
	password[strcspn(password, "\r\n")] = '\0';
	return password;
}

void
mail_answer_set(struct mail_answer *a, enum mail_result result, int code, const char *text)
{
	g_free(a->text);
	a->result = result;
	a->code = code;
	a->text = text_one_line(text, strlen(text), MAX_TEXT);
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

bool
mail_answer_is_about_login(const struct mail_answer *a)
{
	return a->code == 530 || a->code == 534 || a->code == 535 || a->code == 538;
}

void
mail_answer_clear(struct mail_answer *a)
{
	g_free(a->text);
	a->text = NULL;
}
