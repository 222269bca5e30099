/* SPDX-License-Identifier: ISC */
#include "ctl/control.h"

char *
control_socket_path(const struct settings *s)
{
	if (s->admin.socket != NULL)
		return g_strdup(s->admin.socket);
	return g_build_filename(s->state_dir, "control.sock", NULL);
}
