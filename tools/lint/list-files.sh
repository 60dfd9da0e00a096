#!/bin/sh
# Prints the files of a tree, one relative path per line, sorted: what git
# tracks or would track where the tree is a git checkout, every file outside
# build folders otherwise (an unpacked archive, a test's temporary tree).
#
# Usage: list-files.sh ROOT
set -eu
cd "$1"
if [ -e .git ] && command -v git >/dev/null 2>&1 &&
  files=$(git ls-files --cached --others --exclude-standard 2>/dev/null); then
  printf '%s\n' "$files" | while IFS= read -r file; do
    [ ! -f "$file" ] || printf '%s\n' "$file"
  done
else
  find . -path './build*' -prune -o -path ./.git -prune -o -path ./.cache -prune \
    -o -type f -print | sed 's|^\./||'
fi | LC_ALL=C sort
