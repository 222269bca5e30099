#!/bin/sh
# SPDX-License-Identifier: ISC
# Installs the Debian 12 packages that are missing.
#   packages.sh build     to build and run intaked
#   packages.sh test      and to run the tests
set -eu

build="build-essential autoconf automake pkg-config libevent-dev libcurl4-openssl-dev
libesmtp-dev libhiredis-dev libjansson-dev libglib2.0-dev libpcre2-dev libssl-dev
libsystemd-dev libconfuse-dev libseccomp-dev"
run="curl redis-server redis-tools python3-redis python3-aiosmtpd"
test="libcmocka-dev libgmime-3.0-dev python3-pytest python3-pytest-xdist python3-pytest-timeout python3-requests python3-selenium python3-jsonschema
dovecot-imapd dovecot-lmtpd dovecot-pop3d chromium chromium-driver mandoc openssl curl strace clang
libclang-rt-14-dev systemd"

case ${1:-build} in
build) want="$build $run" ;;
test)  want="$build $run $test" ;;
*)     echo "usage: packages.sh build | test" >&2; exit 64 ;;
esac

# Also for the tests: npm, from wherever it is.
[ "${1:-build}" != test ] || command -v npm >/dev/null || want="$want npm"

missing=
for package in $want; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -q
# shellcheck disable=SC2086
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
