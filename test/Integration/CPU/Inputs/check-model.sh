#!/bin/sh
# Builds a model and checks its numbers:
#   check-model.sh MODEL_DIR DIR TARGET INPUT OUTPUT [SCHEME...]
# MODEL_DIR holds model.onnx and test_data_set_0 in ONNX backend layout, with
# one input and one output. The float build has to match the stored output
# within the default tolerance of ccq-run. For every scheme, the coded build has
# to give the bits of the build with the same weights in float32: on one target
# both add the same products in the same order (docs/Rationale/CpuKernels.md).
set -eu
model=$1 dir=$2 target=$3 input=$4 output=$5
shift 5
data=$model/test_data_set_0
mkdir -p "$dir"
ccq build "$model/model.onnx" -q --target "$target" --scheme keep -o "$dir/keep.ccq"
ccq-run "$dir/keep.ccq" -q --test-data "$model"
for scheme in "$@"; do
  ccq build "$model/model.onnx" -q --target "$target" --scheme "$scheme" \
    -o "$dir/$scheme.ccq"
  ccq build "$model/model.onnx" -q --target "$target" --scheme "$scheme" \
    --materialize-decode -o "$dir/$scheme-oracle.ccq"
  # The coded build holds codes, the other none.
  grep -q '\.codes' "$dir/$scheme.ccq/plan.json"
  if grep -q '\.codes' "$dir/$scheme-oracle.ccq/plan.json"; then
    echo "$scheme: expected no codes in the build with decoded weights" >&2
    exit 1
  fi
  ccq-run "$dir/$scheme-oracle.ccq" -q --input "$input=$data/input_0.pb" \
    --output "$output=$dir/$scheme.npy"
  ccq-run "$dir/$scheme.ccq" -q --input "$input=$data/input_0.pb" \
    --expect "$output=$dir/$scheme.npy" --rtol 0 --atol 0
done
rm -rf "$dir"
