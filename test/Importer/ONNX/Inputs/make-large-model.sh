#!/bin/sh
# Writes an ONNX model of more than 3 GiB whose one weight is a hole in the
# file: x[batch, 1024] times w[1024, 786432], with w as raw_data.
#
# Usage: make-large-model.sh OUTPUT
set -eu
output=$1
# Bytes of the weight: 1024 * 786432 * 4.
weight_bytes=3221225472

# varint N: the bytes of N in protobuf's encoding.
varint() {
  rest=$1
  while [ "$rest" -ge 128 ]; do
    printf "\\$(printf %03o $((rest % 128 + 128)))"
    rest=$((rest / 128))
  done
  printf "\\$(printf %03o "$rest")"
}

# The graph without its initializer.
protoc --proto_path=/usr/include --encode=onnx.GraphProto onnx/onnx.proto \
  >"$output.graph" <<'END'
name: "g"
node { op_type: "MatMul" input: ["x", "w"] output: "y" }
input { name: "x" type { tensor_type { elem_type: 1
  shape { dim { dim_param: "batch" } dim { dim_value: 1024 } } } } }
output { name: "y" type { tensor_type { elem_type: 1 } } }
END
# TensorProto: dims 1024 and 786432, data_type 1, name "w", raw_data (field 9).
{
  printf '\010' && varint 1024
  printf '\010' && varint 786432
  printf '\020\001\102\001w\112' && varint "$weight_bytes"
} >"$output.tensor"
tensor_bytes=$(($(wc -c <"$output.tensor") + weight_bytes))
# GraphProto.initializer is field 5.
{
  cat "$output.graph"
  printf '\052' && varint "$tensor_bytes"
  cat "$output.tensor"
} >"$output.rest"
graph_bytes=$(($(wc -c <"$output.rest") + weight_bytes))
# ModelProto: ir_version 8, opset_import { version: 17 }, graph (field 7).
{
  printf '\010\010\102\002\020\021\072' && varint "$graph_bytes"
  cat "$output.rest"
} >"$output"
truncate -s $(($(wc -c <"$output") + weight_bytes)) "$output"
rm "$output.graph" "$output.tensor" "$output.rest"
