#!/bin/sh
# SPDX-License-Identifier: ISC
# Writes files as C arrays of bytes: embed.sh NAME=FILE...
echo "/* Made by embed.sh; do not edit. */"
echo "#ifndef CHANNEL_CHAT_FILES_H"
echo "#define CHANNEL_CHAT_FILES_H"
for pair; do
	echo "static const unsigned char ${pair%%=*}[] = {"
	od -An -v -tu1 "${pair#*=}" | sed 's/ *\([0-9][0-9]*\)/\1,/g' || exit 1
	echo "};"
done
echo "#endif"
