/* SPDX-License-Identifier: ISC */
/*
 * Prints every configuration row and every metric, for the check of the
 * manuals: "key<TAB>path<TAB>type<TAB>default<TAB>range or words<TAB>help".
 */
#include <stdio.h>
#include <string.h>

#include "base/metric.h"
#include "conf/conf.h"

static const char *const types[] = {
	[CONF_STR] = "string", [CONF_INT] = "number", [CONF_SIZE] = "size", [CONF_TIME] = "time",
	[CONF_BOOL] = "yes or no", [CONF_WORD] = "word", [CONF_LIST] = "list",
	[CONF_REGEX] = "pattern", [CONF_REGEX_LIST] = "list of patterns",
};

static void
print_key(const char *path, const struct conf_key *key, void *arg)
{
	size_t	i;

	(void)arg;
	printf("key\t%s\t%s\t%s\t", path, key->words != NULL ? "word" : types[key->type],
	    key->required ? "required" : key->def != NULL ? key->def : "");
	for (i = 0; key->words != NULL && key->words[i] != NULL; i++)
		printf("%s%s", i > 0 ? ", " : "", key->words[i]);
	printf("\t%s\n", key->help);
}

int
main(void)
{
	int	m;

	conf_each_key(print_key, NULL);
	for (m = 0; m < METRIC_COUNT; m++)
		printf("metric\t%s\t%s\t\t\t%s\n", metric_name((enum metric)m),
		    metric_label((enum metric)m) != NULL ? metric_label((enum metric)m) : "",
		    metric_help((enum metric)m));
	return 0;
}
