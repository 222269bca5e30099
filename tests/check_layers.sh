#!/bin/sh
# SPDX-License-Identifier: ISC
# Holds every #include under src/ to src/LAYERS: which folder may include
# which, through which door, and which guarded library.
cd "${top_srcdir:-.}" || exit 99
awk '
BEGIN {
	lib["event2/"] = "event2"; lib["curl/"] = "curl"; lib["pthread.h"] = "pthread"
	lib["hiredis/"] = "hiredis"; lib["libesmtp.h"] = "libesmtp"
	lib["auth-client.h"] = "libesmtp"; lib["jansson.h"] = "jansson"; lib["openssl/"] = "openssl"
	lib["confuse.h"] = "confuse"; lib["pcre2.h"] = "pcre2"; lib["systemd/"] = "systemd"
	lib["seccomp.h"] = "seccomp"; lib["zlib.h"] = "zlib"
	while ((getline line < "src/LAYERS") > 0) {
		if (line ~ /^#/ || line !~ /:/) continue
		split(line, col, ":")
		n = split(col[1], head, " "); me = head[1]
		known[me] = ++rank; door[me] = (n > 1 && head[2] == "door")
		n = split(col[2], dep, " ")
		for (i = 1; i <= n; i++) {
			if (!(dep[i] in known)) { print "LAYERS: " me " may not come before " dep[i]; bad = 1 }
			may[me, dep[i]] = 1
		}
		n = split(col[3], dep, " ")
		for (i = 1; i <= n; i++) use[me, dep[i]] = 1
	}
}
FNR == 1 { split(FILENAME, path, "/"); me = path[2]; files++ }
/^#[ \t]*include[ \t]*"/ {
	split($0, q, "\""); inc = q[2]; n = split(inc, part, "/"); other = part[1]
	if (n < 2) { if (inc != "config.h") { print FILENAME ":" FNR ": name the folder: " inc; bad = 1 } next }
	if (other == me) next
	if (!(other in known)) { print FILENAME ":" FNR ": " other " is not in LAYERS"; bad = 1; next }
	if (!((me, other) in may)) { print FILENAME ":" FNR ": " me " may not include " inc; bad = 1 }
	if (door[other] && inc != other "/" other ".h") { print FILENAME ":" FNR ": go through the door: " other "/" other ".h"; bad = 1 }
}
/^#[ \t]*include[ \t]*</ {
	split($0, q, /[<>]/)
	for (p in lib) if (index(q[2], p) == 1 && !((me, lib[p]) in use)) {
		print FILENAME ":" FNR ": " lib[p] " has no home in " me; bad = 1
	}
}
END { if (files == 0) bad = 1; print files " files"; exit bad }
' $(find src -name '*.[ch]' | sort)
