#!/bin/sh
# Checks that two artifacts consist of the same bytes, all files but report.*:
# expect-same-artifact.sh A B
set -eu
for artifact in "$1" "$2"; do
  test -s "$artifact/plan.json" && test -s "$artifact/weights.safetensors" &&
    test -d "$artifact/kernels" || {
    echo "$artifact: expected plan.json, weights.safetensors and kernels" >&2
    exit 1
  }
done
diff -r --exclude='report.*' "$1" "$2"
