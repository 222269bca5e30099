#!/bin/sh
# SPDX-License-Identifier: ISC
# Writes files as C arrays of bytes: embed.sh NAME=FILE...
# Of scripts the comments that begin a line and the indentation stay behind.
text() {
	case $1 in
	*.js)	sed -e '/^[[:blank:]]*\/\*.*\*\/$/d' -e '/^[[:blank:]]*\/\*/,/\*\/$/d' \
		    -e 's/^[[:blank:]]*//' -e '/^$/d' "$1" ;;
	*)	cat "$1" ;;
	esac
}

echo "/* Made by embed.sh; do not edit. */"
echo "#ifndef CHANNEL_CHAT_FILES_H"
echo "#define CHANNEL_CHAT_FILES_H"
for pair; do
	echo "static const unsigned char ${pair%%=*}[] = {"
	text "${pair#*=}" | od -An -v -tu1 | sed 's/ *\([0-9][0-9]*\)/\1,/g'
	echo "};"
done
echo "#endif"
