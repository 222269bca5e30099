#!/bin/sh
# SPDX-License-Identifier: ISC
# The units are understood by systemd, and the service is shut in: at most 1.2
# of 10 points of exposure.
build=${top_builddir:-.}
src=${top_srcdir:-.}
command -v systemd-analyze >/dev/null || exit 77
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT
# The programs are not installed where the unit says.
sed -e 's|^\(Exec[A-Za-z]*=\)[^ ]*|\1/bin/true|' "$build/systemd/intaked.service" > "$dir/intaked.service"
cp "$src/systemd/intaked.socket" "$dir/"
bad=0
said=$(systemd-analyze verify --man=no "$dir/intaked.service" "$dir/intaked.socket" 2>&1) || bad=1
echo "$said"
echo "$said" | grep -q "intaked\.\(service\|socket\)" && bad=1
systemd-analyze security --offline=yes --threshold=12 "$dir/intaked.service" | tail -3
systemd-analyze security --offline=yes --threshold=12 "$dir/intaked.service" >/dev/null || bad=1
exit $bad
