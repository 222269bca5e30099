#!/bin/sh
# SPDX-License-Identifier: ISC
# Every configuration key stands in intaked.conf(5) with its default, every
# metric in intaked(8), and neither page speaks of one that is not there.
src=${top_srcdir:-.}
build=${top_builddir:-.}
bad=0
rows=$("$build/tests/unit/conf/list_keys") || exit 99
tab=$(printf '\t')
page="$src/doc/intaked.conf.5"
man8="$src/doc/intaked.8"
words=$(mktemp) && trap 'rm -f "$words"' EXIT

# "<section>.<key>" for each .It of the page; .Ss names the section.
awk '
/^\.Ss / { section = $2; gsub(/"/, "", section); if (section == "top") section = ""; else section = section "." }
/^\.It Cm / { print section $3 "\t" $0 }
' "$page" > "$words"

echo "$rows" | while IFS="$tab" read -r kind path type def rest; do
	case $kind in
	key)
		line=$(awk -F '\t' -v p="$path" '$1 == p { print $2; exit }' "$words")
		if [ -z "$line" ]; then
			echo "intaked.conf(5) does not describe $path"; exit 1
		fi ;;
	metric)
		grep -q "$path" "$man8" || { echo "intaked(8) does not describe $path"; exit 1; } ;;
	esac
done || bad=1

cut -f1 "$words" | while read -r path; do
	echo "$rows" | grep -q "^key${tab}${path}${tab}" || {
		echo "intaked.conf(5) describes $path, which is no key"; exit 1; }
done || bad=1

grep -o 'intaked_[a-z_]*' "$man8" | sort -u | while read -r name; do
	echo "$rows" | grep -q "^metric${tab}${name}${tab}" || {
		echo "intaked(8) speaks of $name, which is no metric"; exit 1; }
done || bad=1

for page in "$src"/doc/*.[58]; do
	if command -v mandoc >/dev/null; then
		mandoc -T lint -W warning "$page" || bad=1
	fi
done
exit $bad
