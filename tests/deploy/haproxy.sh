#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Three daemons with tokens behind a real HAProxy, with the configuration as it
# is shipped. Skipped (77) where there is no HAProxy 2.6 or no Node 18.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:/usr/sbin:/sbin
version=$(haproxy -v 2>/dev/null | sed -n '1s/^HAProxy version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
# shellcheck disable=SC2086 # two words
case $(set -- ${version:-0 0}; echo $(($1 * 100 + $2 >= 206))) in
0)
    echo "skipped: HAProxy 2.6 or newer is not installed"
    exit 77
    ;;
esac
if ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 18 ? 0 : 1)' 2>/dev/null; then
    echo "skipped: Node 18 or newer is not installed"
    exit 77
fi
exec node "$here/haproxy.js"
