#!/bin/sh
# Writes a float32 ONNX TensorProto: make-tensor.sh FILE "DIMS" VALUE...
set -eu
file=$1
dims=$2
shift 2
{
  echo "data_type: 1"
  for dim in $dims; do echo "dims: $dim"; done
  for value in "$@"; do echo "float_data: $value"; done
} | protoc --proto_path=/usr/include --encode=onnx.TensorProto onnx/onnx.proto >"$file"
