#!/bin/sh
# Runs all tests, from nothing: packages, build, then unit and lit tests.
#
# Usage: sh test/run.sh [lit options and test paths]
#   sh test/run.sh --filter=Dialect        only tests whose name matches
# Environment: CCQ_BUILD_DIR, CCQ_JOBS as in tools/setup.sh; CCQ_TEST_DATA is
# the folder with the optional shared test inputs.
# Exit status: 0 when everything that can run here passed.
set -eu

source_dir=$(cd "$(dirname "$0")/.." && pwd)
build_dir=${CCQ_BUILD_DIR:-$source_dir/build}
lit=/usr/lib/llvm-19/build/utils/lit/lit.py

sh "$source_dir/tools/setup.sh"

results=$build_dir/test/results.xml
rm -f "$results"
status=0
progress=
[ -t 1 ] || progress=--no-progress-bar
python3 "$lit" -s -v $progress ${CCQ_JOBS:+-j "$CCQ_JOBS"} \
  --xunit-xml-output="$results" "$@" "$build_dir/test" || status=$?

# Which features this machine lacks, and what each one leaves out. A test that
# needs two missing features counts under both.
echo
if grep -q 'Missing required feature' "$results" 2>/dev/null; then
  echo "Features missing on this machine (tests left out):"
  sed -n 's/.*Missing required feature(s): \([^"]*\)".*/\1/p' "$results" |
    tr ',' '\n' | sed 's/^ *//' | sort | uniq -c |
    while read -r count feature; do
      echo "  $feature: $count"
    done
else
  echo "Features missing on this machine: none that a test asks for"
fi
exit "$status"
