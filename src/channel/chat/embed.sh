#!/bin/sh
# SPDX-License-Identifier: ISC
# Writes files as C arrays of bytes: embed.sh NAME=FILE...
# Of scripts the comments that begin a line and the indentation stay behind;
# they are written a second time as NAME_gz, compressed.
text() {
	case $1 in
	*.js)	sed -e '/^[[:blank:]]*\/\*.*\*\/$/d' -e '/^[[:blank:]]*\/\*/,/\*\/$/d' \
		    -e 's/^[[:blank:]]*//' -e '/^$/d' "$1" ;;
	*)	cat "$1" ;;
	esac
}

array() {
	echo "static const unsigned char $1[] = {"
	od -An -v -tu1 | sed 's/ *\([0-9][0-9]*\)/\1,/g'
	echo "};"
}

echo "/* Made by embed.sh; do not edit. */"
echo "#ifndef CHANNEL_CHAT_FILES_H"
echo "#define CHANNEL_CHAT_FILES_H"
for pair; do
	name=${pair%%=*} file=${pair#*=}
	text "$file" | array "$name"
	case $file in
	*.js)	text "$file" | gzip -9n | array "${name}_gz" ;;
	esac
done
echo "#endif"
