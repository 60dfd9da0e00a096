#!/bin/sh
# Checks what every file of the tree has to satisfy (docs/Style.md): names that
# say something, at most 500 lines, ASCII, no marks that promise later work, a
# licence header, no paths of one machine.
#
# Usage: check-tree.sh [ROOT]
# Exit status 1 with one line per finding.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "${1:-$here/../..}" && pwd)
max_lines=500

files=$(sh "$here/list-files.sh" "$root")
cd "$root"

# Findings go to standard output; the number of lines decides the exit status.
findings=$(
  printf '%s\n' "$files" | while IFS= read -r file; do
    name=${file##*/}
    case $name in
    *Util* | *util.* | *utils.* | *Helper* | *helper.* | *helpers.* | *Common* | \
      *common.* | *Misc* | *misc.* | Base.cpp | New[A-Z]*)
      echo "$file: error: file name says nothing about the content"
      ;;
    esac
    case $name in
    *.cpp | *.h | *.c | *.td | *.py | *.sh | *.cmake | *.mlir | *.test | \
      *.onnxtxt | CMakeLists.txt | run) ;;
    *) continue ;;
    esac
    lines=$(wc -l <"$file")
    [ "$lines" -le "$max_lines" ] ||
      echo "$file: error: expected at most $max_lines lines, got $lines"
    LC_ALL=C grep -n '[^	 -~]' "$file" | sed 's/:.*//' | head -n 1 |
      while read -r line; do echo "$file:$line: error: not ASCII"; done
    grep -nwE 'TODO|[F]IXME|[X]XX' "$file" | sed 's/:.*//' | grep -v '^$' |
      while read -r line; do
        [ "$file" = tools/lint/check-tree.sh ] ||
          echo "$file:$line: error: promises later work: do it or open an issue"
      done
    grep -nE '(^|[^A-Za-z_.}/-])/([w]ork|[h]ome|[f]arm)/' "$file" | sed 's/:.*//' |
      while read -r line; do echo "$file:$line: error: path of one machine"; done
    case $name in
    *.cpp | *.h | *.c | *.td)
      head -n 8 "$file" |
        grep -q 'SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception' ||
        echo "$file: error: no licence header"
      [ "$(sed -n '2{s,^//-.*,split,;p}' "$file")" != split ] ||
        echo "$file:2: error: expected the first line to end the header line"
      ;;
    esac
  done
)
[ -n "$findings" ] || exit 0
printf '%s\n' "$findings"
exit 1
