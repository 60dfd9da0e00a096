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

# One pass over all text; a finding is a line on standard output.
findings=$(
  printf '%s\n' "$files" | awk -F/ '
    $NF ~ /Util|[uU]tils?\.|Helper|helpers?\.|Common|common\.|Misc|misc\./ ||
    $NF == "Base.cpp" || $NF ~ /^New[A-Z]/ {
      print $0 ": error: file name says nothing about the content"
    }'
  printf '%s\n' "$files" |
    grep -E '\.(cpp|h|c|td|py|sh|cmake|mlir|test|onnxtxt)$|(^|/)(CMakeLists\.txt|run)$' |
    tr '\n' '\0' | LC_ALL=C xargs -0 awk -v max_lines="$max_lines" '
    function finish() {
      if (file == "") return
      if (lines > max_lines)
        print file ": error: expected at most " max_lines " lines, got " lines
      if (file ~ /\.(cpp|h|c|td)$/ && !licensed)
        print file ": error: no licence header"
    }
    FNR == 1 { finish(); file = FILENAME; lines = licensed = ascii = 0 }
    { lines = FNR }
    !ascii && /[^\t -~]/ {
      ascii = 1
      print FILENAME ":" FNR ": error: not ASCII"
    }
    /(^|[^A-Za-z0-9_])(TODO|[F]IXME|[X]XX)($|[^A-Za-z0-9_])/ &&
    FILENAME != "tools/lint/check-tree.sh" {
      print FILENAME ":" FNR ": error: promises later work: do it or open an issue"
    }
    /(^|[^A-Za-z_.}\/-])\/([w]ork|[h]ome|[f]arm)\// {
      print FILENAME ":" FNR ": error: path of one machine"
    }
    FNR == 2 && FILENAME ~ /\.(cpp|h|c|td)$/ && /^\/\/-/ {
      print FILENAME ":2: error: expected the first line to end the header line"
    }
    FNR <= 8 && /SPDX-License-Identifier: Apache-2\.0 WITH LLVM-exception/ {
      licensed = 1
    }
    END { finish() }'
)
[ -n "$findings" ] || exit 0
printf '%s\n' "$findings" | sort
exit 1
