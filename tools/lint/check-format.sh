#!/bin/sh
# Checks that every C++ file is formatted as .clang-format says, by the pinned
# version of clang-format.
#
# Usage: check-format.sh [ROOT]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "${1:-$here/../..}" && pwd)
sources=$(sh "$here/list-files.sh" "$root" | grep -E '\.(cpp|h|c)$' || true)
[ -n "$sources" ] || exit 0
cd "$root"
printf '%s\n' "$sources" | xargs clang-format-19 --dry-run -Werror
