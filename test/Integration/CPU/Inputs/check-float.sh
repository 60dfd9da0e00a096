#!/bin/sh
# Builds models with their weights as they are and compares their outputs with
# the stored ones within the default tolerance of ccq-run:
#   check-float.sh MODELS DIR NAME...
set -eu
models=$1 dir=$2
shift 2
for name in "$@"; do
  ccq build "$models/$name/model.onnx" -q --target cpu:x86-64 --scheme keep -o "$dir/$name.ccq"
  ccq-run "$dir/$name.ccq" -q --test-data "$models/$name"
  rm -rf "$dir/$name.ccq"
done
