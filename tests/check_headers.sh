#!/bin/sh
# SPDX-License-Identifier: ISC
# Every header compiles on its own.
cd "${top_srcdir:-.}" || exit 99
flags="$(pkg-config --cflags glib-2.0 jansson libevent libpcre2-8) -Isrc -D_GNU_SOURCE -std=gnu11 -Wall -Wextra -fsyntax-only"
bad=0
for h in $(find src -name '*.h' | sort); do
	printf '#include "%s"\n' "${h#src/}" | ${CC:-cc} $flags -x c - || { echo "$h does not compile alone"; bad=1; }
done
exit $bad
