#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The long form of the deployment tests, where it is wanted: on CI, or with
# GOX_TEST_DEPLOY=1. It needs root, two minutes and once a Debian mirror; for
# people it is `make test-deploy`.
set -u
if [ "${CI:-}" != true ] && [ "${GOX_TEST_DEPLOY:-}" != 1 ]; then
    echo "skipped: not on CI; make test-deploy runs it"
    exit 77
fi
if [ "$(id -u)" != 0 ]; then
    echo "skipped: it needs root to boot a container"
    exit 77
fi
"$GOX_SOURCE_DIR/scripts/install_packages.sh" deploy || exit 77
exec "$GOX_SOURCE_DIR/scripts/test_deployment.sh" --bin "$GOX_BIN_DIR"
