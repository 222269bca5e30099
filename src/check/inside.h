/* SPDX-License-Identifier: ISC */
/*
 * check/inside.h - what a struct check is, for the files of this folder.
 */
#ifndef CHECK_INSIDE_H
#define CHECK_INSIDE_H

#include "check/check.h"
#include "check/rules.h"

struct check {
	const struct settings	*settings;	/* borrowed */
	struct rules		*rules;
	GPtrArray		*forms;		/* struct form * */
};

#endif
