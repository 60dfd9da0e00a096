#!/bin/sh
# Imports every file of a folder of malformed models and compares with the
# verdicts of its manifest.json.
#
# Usage: check-malformed.sh FOLDER
# Each import gets 10 s and 2 GB of address space. An exit status other than 0
# and 1, or one that contradicts the manifest, is printed; so are the counts.
# Exit status 1 after a contradiction.
set -u
folder=$1
ulimit -v 2097152

# "name verdict" per line; the files of collected/ have no verdict.
verdicts=$(
  awk -F'"' '/"file":/ { file = $4 } /"expect":/ { print file, $4 }' \
    "$folder/manifest.json"
  for file in "$folder"/collected/*.onnx; do
    echo "collected/${file##*/} any"
  done
)

failures=0 accepted=0 rejected=0
while read -r file verdict; do
  timeout 10 ccq-translate --import-onnx "$folder/$file" -o /dev/null 2>/dev/null
  case $? in
  0) outcome=accept accepted=$((accepted + 1)) ;;
  1) outcome=reject rejected=$((rejected + 1)) ;;
  *) outcome="exit status $?" ;;
  esac
  # Sorting a graph that is not sorted is tolerable, the manifest says.
  [ "$file" = g10_unsorted.onnx ] && verdict=accept
  case $verdict/$outcome in
  accept/accept | reject/reject) ;;
  any/accept | any/reject | no-oom/accept | no-oom/reject) ;;
  accept-or-clean-error/accept | accept-or-clean-error/reject) ;;
  *)
    echo "$file: expected $verdict, got $outcome"
    failures=$((failures + 1))
    ;;
  esac
done <<END
$verdicts
END
echo "accepted $accepted, rejected $rejected, contradictions $failures"
[ "$failures" -eq 0 ]
