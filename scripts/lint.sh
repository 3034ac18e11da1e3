#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Static checks. Tools that are missing are named and skipped.
set -u
cd "$(dirname "$0")/.." || exit 1
status=0
have() {
    command -v "$1" >/dev/null 2>&1 || {
        echo "lint: $1 is not installed, skipped"
        return 1
    }
}
if have shellcheck; then
    git ls-files '*.sh' '.ci/run' | xargs shellcheck || status=1
fi
if have clang-format; then
    git ls-files '*.c' '*.h' | xargs clang-format --dry-run --Werror || status=1
fi
if have cppcheck; then
    cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr \
        --enable=warning,portability --suppress=missingIncludeSystem \
        --suppressions-list=scripts/cppcheck.txt \
        --library=scripts/cppcheck.cfg \
        -Isrc -Iinclude src || status=1
fi
exit $status
