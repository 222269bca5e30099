/* SPDX-License-Identifier: ISC */
/*
 * Runs a fuzz target over every file of its corpus, whole and cut at every
 * of a few hundred lengths, in an ordinary build.  The directory is
 * $top_srcdir/tests/fuzz/corpus/<name after fuzz_>; files may be named as
 * arguments instead.
 */
#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static unsigned runs;

/* An exact copy without a NUL behind it, so that ASan sees an over-read. */
static void
run(const char *bytes, size_t len)
{
	uint8_t	*copy = malloc(len > 0 ? len : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, bytes, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
	runs++;
}

static int
replay(const char *path)
{
	g_autofree char	*bytes = NULL;
	gsize		 len, cut, step;

	if (!g_file_get_contents(path, &bytes, &len, NULL)) {
		fprintf(stderr, "cannot read %s\n", path);
		return -1;
	}
	run(bytes, len);
	step = len / 200 + 1;
	for (cut = 0; cut < len; cut += step)
		run(bytes, cut);
	return 0;
}

int
main(int argc, char **argv)
{
	const char		*src = g_getenv("top_srcdir"), *name;
	g_autofree char		*base = g_path_get_basename(argv[0]);
	g_autofree char		*dir = NULL;
	g_autoptr(GDir)		 entries = NULL;
	int			 i, rc = 0;

	if (argc > 1) {
		for (i = 1; i < argc; i++)
			rc |= replay(argv[i]);
		return rc != 0;
	}
	name = strstr(base, "fuzz_");
	dir = g_build_filename(src ? src : ".", "tests/fuzz/corpus",
	    name ? name + strlen("fuzz_") : base, NULL);
	if ((entries = g_dir_open(dir, 0, NULL)) == NULL) {
		fprintf(stderr, "no corpus in %s\n", dir);
		return 1;
	}
	while ((name = g_dir_read_name(entries)) != NULL) {
		g_autofree char *path = g_build_filename(dir, name, NULL);
		rc |= replay(path);
	}
	printf("%s: %u inputs\n", base, runs);
	return rc != 0 || runs == 0;
}
