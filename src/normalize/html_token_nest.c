/* SPDX-License-Identifier: ISC */
#include "normalize/html_token_nest.h"

bool
html_nest_is_list(enum html_tag tag)
{
	return tag == HTML_UL || tag == HTML_OL || tag == HTML_MENU || tag == HTML_DIR;
}

bool
html_nest_is_cell(enum html_tag tag)
{
	return tag == HTML_TD || tag == HTML_TH;
}

bool
html_nest_is_table_part(enum html_tag tag)
{
	return html_nest_is_cell(tag) || tag == HTML_TR || tag == HTML_TBODY ||
	    tag == HTML_THEAD || tag == HTML_TFOOT || tag == HTML_TABLE ||
	    tag == HTML_CAPTION;
}

bool
html_nest_is_wall(enum html_tag open, enum html_tag closing)
{
	if (open == HTML_TABLE)
		return closing != HTML_TABLE;
	if (closing == HTML_LI && html_nest_is_list(open))
		return true;
	return (html_tag_traits(open) & HTML_SCOPE) && !html_nest_is_table_part(closing);
}

static bool
is_body_part(enum html_tag tag)
{
	return tag == HTML_TBODY || tag == HTML_THEAD || tag == HTML_TFOOT;
}

size_t
html_nest_implied(enum html_tag starting, enum html_tag out[HTML_IMPLIED_MAX])
{
	size_t	n = 0;

	if (html_nest_is_cell(starting) || starting == HTML_TR || is_body_part(starting)) {
		out[n++] = HTML_TD;
		out[n++] = HTML_TH;
		if (!html_nest_is_cell(starting))
			out[n++] = HTML_TR;
		return n;
	}
	if ((html_tag_traits(starting) & HTML_BLOCK) && !html_nest_is_table_part(starting))
		out[n++] = HTML_P;
	if (starting == HTML_LI || starting == HTML_A)
		out[n++] = starting;
	if (starting == HTML_DT || starting == HTML_DD) {
		out[n++] = HTML_DT;
		out[n++] = HTML_DD;
	}
	if (starting == HTML_BODY)
		out[n++] = HTML_HEAD;
	return n;
}
