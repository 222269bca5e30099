#!/bin/sh
# SPDX-License-Identifier: ISC
# The library of Redis Functions as one text on standard output, its version
# (the digest of its source) filled in; with -c as a C header.
set -e
dir=$(dirname "$0")
parts="$dir/head.lua $dir/ticket.lua $dir/commit.lua $dir/reply.lua $dir/worker.lua $dir/admin.lua"
version=$(cat $parts | sha256sum | cut -c1-16)
text() {
	cat $parts | sed "s/@VERSION@/$version/"
}
if [ "$1" != -c ]; then
	text
	exit 0
fi
echo '/* Made by bundle.sh from the Lua beside it. */'
echo "#define QUEUE_LIBRARY_VERSION \"$version\""
echo 'static const char queue_library[] ='
text | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/	"/' -e 's/$/\\n"/'
echo ';'
