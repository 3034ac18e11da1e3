#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the units for named instances (goxel-daemon@NAME) out of the plain ones,
# so that the sandbox is written once. A test fails when they are stale.
# Usage: make_templates.sh [DIRECTORY]; default: beside this script.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}

for kind in service socket; do
    sed -e "s|^# The Goxel daemon as a system service\. |# Made by make_templates.sh out of goxel-daemon.service: change that one.\n&|" \
        -e "s|^# The socket of the Goxel daemon\. |# Made by make_templates.sh out of goxel-daemon.socket: change that one.\n&|" \
        -e '/^Description=/s|$| (%i)|' \
        -e 's|goxel-daemon\.socket$|goxel-daemon@%i.socket|' \
        -e 's|systemctl edit goxel-daemon\.service|systemctl edit goxel-daemon@.service|' \
        -e 's|/run/goxel-daemon\.sock|/run/goxel-daemon-%i.sock|' \
        -e 's|/run/goxel/|/run/goxel-%i/|' \
        -e 's|/var/lib/goxel$|/var/lib/goxel-%i|' \
        -e 's|/etc/goxel/daemon_config\.json|/etc/goxel/%i.json|' \
        -e '/^State\|^Runtime\|^Logs/s|Directory=goxel$|Directory=goxel-%i|' \
        "$here/goxel-daemon.$kind" >"$out/goxel-daemon@.$kind"
done
