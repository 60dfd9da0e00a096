// RUN: ccq-opt %s --ccq-observe-matmul-inputs --split-input-file | FileCheck %s
// Running the pass again changes nothing.
// RUN: ccq-opt %s --ccq-observe-matmul-inputs --ccq-observe-matmul-inputs --split-input-file | FileCheck %s
// Coding the weights does not change what is observed.
// RUN: ccq-opt %s --ccq-quantize-weights=scheme=i8 --ccq-observe-matmul-inputs --ccq-verify-quantized --split-input-file | FileCheck %s

ccq.store @model "model.onnx"

// One observation for three matmuls that read one value, two of them through a
// reshape that keeps its last dimension.
// CHECK-LABEL: func.func @attention
// CHECK-SAME: %[[X:[a-z0-9]*]]: tensor<2x3x8xf32>
// CHECK-NEXT: ccq.observe %[[X]] {name = "q", weights = ["q", "k"]} : tensor<2x3x8xf32>
// CHECK-NOT: ccq.observe
func.func @attention(%x: tensor<2x3x8xf32>, %z: tensor<6x4xf32>) -> (tensor<6x4xf32>, tensor<6x4xf32>, tensor<6x4xf32>) {
  %q = ccq.source @model[0, 128] {name = "q"} : tensor<8x4xf32>
  %k = ccq.source @model[128, 128] {name = "k"} : tensor<4x8xf32>
  %a = tensor.collapse_shape %x [[0, 1], [2]] : tensor<2x3x8xf32> into tensor<6x8xf32>
  %b = tensor.collapse_shape %x [[0, 1], [2]] : tensor<2x3x8xf32> into tensor<6x8xf32>
  %0 = linalg.matmul ins(%a, %q : tensor<6x8xf32>, tensor<8x4xf32>) outs(%z : tensor<6x4xf32>) -> tensor<6x4xf32>
  %1 = linalg.matmul_transpose_b ins(%b, %k : tensor<6x8xf32>, tensor<4x8xf32>) outs(%z : tensor<6x4xf32>) -> tensor<6x4xf32>
  %2 = linalg.matmul ins(%b, %q : tensor<6x8xf32>, tensor<8x4xf32>) outs(%z : tensor<6x4xf32>) -> tensor<6x4xf32>
  return %0, %1, %2 : tensor<6x4xf32>, tensor<6x4xf32>, tensor<6x4xf32>
}

// -----

ccq.store @model "model.onnx"

// A weight that two values meet is in both lists, and names differ.
// CHECK-LABEL: func.func @shared_weight
// CHECK-SAME: %[[X:[a-z0-9]*]]: tensor<2x4xf32>
// CHECK-NEXT: ccq.observe %[[X]] {name = "w", weights = ["w"]}
// CHECK: %[[H:.*]] = linalg.matmul
// CHECK-NEXT: ccq.observe %[[H]] {name = "w_1", weights = ["w"]}
func.func @shared_weight(%x: tensor<2x4xf32>, %z: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %w = ccq.source @model[0, 64] {name = "w"} : tensor<4x4xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%z : tensor<2x4xf32>) -> tensor<2x4xf32>
  %1 = linalg.matmul ins(%0, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%z : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}

// -----

ccq.store @model "model.onnx"

// Nothing to calibrate: no name, no weight, a batched matmul.
// CHECK-LABEL: func.func @nothing
// CHECK-NOT: ccq.observe
func.func @nothing(%x: tensor<2x4xf32>, %y: tensor<4x4xf32>, %z: tensor<2x4xf32>, %b: tensor<1x2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<1x2x4xf32>) {
  %unnamed = ccq.source @model[0, 64] : tensor<4x4xf32>
  %stack = ccq.source @model[0, 64] {name = "stack"} : tensor<1x4x4xf32>
  %0 = linalg.matmul ins(%x, %unnamed : tensor<2x4xf32>, tensor<4x4xf32>) outs(%z : tensor<2x4xf32>) -> tensor<2x4xf32>
  %1 = linalg.matmul ins(%x, %y : tensor<2x4xf32>, tensor<4x4xf32>) outs(%z : tensor<2x4xf32>) -> tensor<2x4xf32>
  %2 = linalg.batch_matmul ins(%b, %stack : tensor<1x2x4xf32>, tensor<1x4x4xf32>) outs(%b : tensor<1x2x4xf32>) -> tensor<1x2x4xf32>
  return %0, %1, %2 : tensor<2x4xf32>, tensor<2x4xf32>, tensor<1x2x4xf32>
}
