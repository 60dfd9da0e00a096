// RUN: ccq-opt %s --ccq-materialize-decode | FileCheck %s

#i8 = #ccq.scalar<bits = 8, group = channel>
ccq.store @model "model.onnx"

// The decode stays where it is and becomes a weight.
// CHECK-LABEL: func.func @source
func.func @source(%x: tensor<2x8xf32>, %z: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %w = ccq.source @model[0, 128] : tensor<8x4xf32>
  %e = ccq.encode %w : tensor<8x4xf32> -> !ccq.tensor<8x4xf32, #i8>
  // CHECK: %[[D:.*]] = ccq.decode %{{.*}} materialized
  // CHECK: linalg.matmul ins(%{{.*}}, %[[D]] :
  %d = ccq.decode %e : !ccq.tensor<8x4xf32, #i8> -> tensor<8x4xf32>
  %y = linalg.matmul ins(%x, %d : tensor<2x8xf32>, tensor<8x4xf32>) outs(%z : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// A small constant folds: the scale is 2 / 127 rounded to float16, 0.015762...,
// and the codes are 127 and 63.
// CHECK-LABEL: func.func @constant
func.func @constant() -> tensor<2x1xf32> {
  // CHECK: arith.constant dense<{{\[\[}}2.0018158], [0.993026733]]> : tensor<2x1xf32>
  // CHECK-NOT: ccq.decode
  %w = arith.constant dense<[[2.0], [1.0]]> : tensor<2x1xf32>
  %e = ccq.encode %w : tensor<2x1xf32> -> !ccq.tensor<2x1xf32, #i8>
  %d = ccq.decode %e : !ccq.tensor<2x1xf32, #i8> -> tensor<2x1xf32>
  return %d : tensor<2x1xf32>
}
