/* SPDX-License-Identifier: ISC */
#include "intake/parse_worker.h"

#include <malloc.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "base/fault.h"
#include "base/log.h"
#include "conf/conf.h"
#include "intake/sandbox.h"
#include "io/child.h"
#include "model/wire.h"
#include "normalize/normalize.h"

#define NICE		10
#define CONFIG_PATH	"/dev/fd/4"
/* Buffers above this go back to the system after each message. */
#define KEEP_BYTES	(4u << 20)

/* One arrival of a request, its answer behind those before it. */
static int
answer_one(const struct parser *p, GBytes *whole, GByteArray *out)
{
	struct err	 e = ERR_INIT;
	struct arrival	*a;
	struct parsed	*parsed;
	size_t		 begun;

	if ((a = arrival_decode(whole, &e)) == NULL) {
		log_error("request not understood: %s", e.text);
		return -1;
	}
	(void)fault_point("parse-run");
	parsed = parser_run(p, a);
	begun = wire_begin(out);
	parsed_encode(parsed, out);
	wire_end(out, begun);
	parsed_free(parsed);
	arrival_free(a);
	return 0;
}

static int
answer(const struct parser *p, int fd, GByteArray *frame, GByteArray *out)
{
	struct wire_reader	r;
	uint32_t		n;

	g_byte_array_set_size(out, 0);
	wire_start(&r, frame->data, frame->len);
	for (n = wire_u32(&r); n > 0; n--) {
		size_t			 len;
		const void		*bytes = wire_bytes(&r, &len);
		g_autoptr(GBytes)	 whole = g_bytes_new_static(bytes, len);

		if (bytes == NULL || answer_one(p, whole, out) == -1)
			return -1;
	}
	return child_write_frame(fd, out->data, out->len);
}

int
parse_worker_serve(const struct parser *p, int fd, int64_t memory)
{
	GByteArray	*frame = g_byte_array_new(), *out = g_byte_array_new();
	struct err	 e = ERR_INIT;
	int		 rc = EX_OK;

	normalize_prepare();
	if (sandbox_enter(memory, &e) == -1) {
		log_error("sandbox: %s", e.text);
		rc = EX_OSERR;
	}
	while (rc == EX_OK) {
		g_byte_array_set_size(frame, 0);
		if (child_read_frame(fd, frame, UINT32_MAX) == -1)
			break;
		if (answer(p, fd, frame, out) == -1)
			rc = EX_PROTOCOL;
		if (frame->len > KEEP_BYTES || out->len > KEEP_BYTES) {
			g_byte_array_unref(frame);
			g_byte_array_unref(out);
			frame = g_byte_array_new();
			out = g_byte_array_new();
			malloc_trim(0);
		}
	}
	g_byte_array_unref(frame);
	g_byte_array_unref(out);
	return rc;
}

int
parse_worker_main(void)
{
	g_autoptr(GString)	 problems = g_string_new(NULL);
	struct settings		*settings = conf_load(CONFIG_PATH, problems);
	struct parser		*parser;
	struct err		 e = ERR_INIT;
	int			 rc;

	log_context("parse");
	if (settings == NULL) {
		log_error("configuration from the daemon: %s", problems->str);
		return EX_CONFIG;
	}
	/* Taking messages goes before taking them apart: senders wait, tickets can. */
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	log_setup((enum log_level)settings->log.level, (enum log_format)settings->log.format);
	if ((parser = parser_new(settings, &e)) == NULL) {
		log_error("%s", e.text);
		conf_free(settings);
		return EX_CONFIG;
	}
	rc = parse_worker_serve(parser, CHILD_FD, settings->workers.parse_memory);
	parser_free(parser);
	conf_free(settings);
	return rc;
}
