// RUN: ccq-opt %s --split-input-file --ccq-quantize-weights="scheme=i8" | FileCheck %s
// Running the pass again changes nothing.
// RUN: ccq-opt %s --split-input-file --ccq-quantize-weights="scheme=i8" --ccq-quantize-weights="scheme=i8" | FileCheck %s

ccq.store @model "model.onnx"

// CHECK-LABEL: func.func @source
func.func @source(%x: tensor<?x8xf32>, %z: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // CHECK: %[[W:.*]] = ccq.source
  // CHECK: %[[E:.*]] = ccq.encode %[[W]] {name = "fc.weight"} : tensor<8x4xf32> -> !ccq.tensor<8x4xf32, #i8_scheme>
  // CHECK: %[[D:.*]] = ccq.decode %[[E]]
  // CHECK: linalg.matmul ins(%{{.*}}, %[[D]] : tensor<?x8xf32>, tensor<8x4xf32>)
  %w = ccq.source @model[0, 128] {name = "fc.weight"} : tensor<8x4xf32>
  %y = linalg.matmul ins(%x, %w : tensor<?x8xf32>, tensor<8x4xf32>) outs(%z : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// A constant may have the name of a weight.
// CHECK-LABEL: func.func @named
func.func @named(%x: tensor<2x4xf32>, %z: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // CHECK: ccq.encode %{{.*}} {name = "fc.weight_Q4"}
  %w = arith.constant {ccq.name = "fc.weight_Q4"} dense<0.25> : tensor<4x4xf32>
  %y = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%z : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// A weight that the model stores as blocks of integers.
// CHECK-LABEL: func.func @blocks
func.func @blocks(%x: tensor<?x64xf32>, %z: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %codes = ccq.source @model[0, 256] : tensor<8x2x16xi8>
  %scales = ccq.source @model[256, 64] : tensor<8x2xf32>
  // CHECK: %[[W:.*]] = ccq.dequantize
  // CHECK: %[[E:.*]] = ccq.encode %[[W]] {name = "q"} : tensor<64x8xf32> -> !ccq.tensor<64x8xf32, #i8_scheme>
  // CHECK: %[[D:.*]] = ccq.decode %[[E]]
  // CHECK: linalg.matmul ins(%{{.*}}, %[[D]] : tensor<?x64xf32>, tensor<64x8xf32>)
  %w = ccq.dequantize %codes, %scales bits 4 block 32 {name = "q"} : tensor<8x2x16xi8>, tensor<8x2xf32> -> tensor<64x8xf32>
  %y = linalg.matmul ins(%x, %w : tensor<?x64xf32>, tensor<64x8xf32>) outs(%z : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// A weight that two matmuls read is coded once; its other readers keep it.
// CHECK-LABEL: func.func @shared
func.func @shared(%x: tensor<2x4xf32>, %z: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) {
  // CHECK: %[[W:.*]] = arith.constant
  // CHECK: ccq.encode %[[W]] :
  // CHECK-NOT: ccq.encode
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %h = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%z : tensor<2x4xf32>) -> tensor<2x4xf32>
  %y = linalg.matmul ins(%h, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%z : tensor<2x4xf32>) -> tensor<2x4xf32>
  // CHECK: arith.negf %[[W]]
  %n = arith.negf %w : tensor<4x4xf32>
  // CHECK: return %{{.*}}, %[[W]],
  return %y, %w, %n : tensor<2x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
}

// The right-hand side [N, K] is transposed in its definition.
// CHECK-LABEL: func.func @transposed
func.func @transposed(%x: tensor<2x3xf32>, %z: tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>) {
  // CHECK-DAG: ccq.source @model[128, 24] transposed {name = "a"} : tensor<3x2xf32>
  // CHECK-DAG: arith.constant dense<{{\[\[}}1.000000e+00, 4.000000e+00], [2.000000e+00, 5.000000e+00], [3.000000e+00, 6.000000e+00]]> : tensor<3x2xf32>
  %a = ccq.source @model[128, 24] {name = "a"} : tensor<2x3xf32>
  %b = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  // CHECK-COUNT-2: linalg.matmul ins(%{{.*}}, %{{.*}} : tensor<2x3xf32>, tensor<3x2xf32>)
  %0 = linalg.matmul_transpose_b ins(%x, %a : tensor<2x3xf32>, tensor<2x3xf32>) outs(%z : tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = linalg.matmul_transpose_b ins(%x, %b : tensor<2x3xf32>, tensor<2x3xf32>) outs(%z : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %0, %1 : tensor<2x2xf32>, tensor<2x2xf32>
}

// Activations, left-hand sides and computed matrices are no weights.
// CHECK-LABEL: func.func @no_weights
// CHECK-NOT: ccq.encode
func.func @no_weights(%x: tensor<4x4xf32>, %z: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %n = arith.negf %w : tensor<4x4xf32>
  %0 = linalg.matmul ins(%w, %x : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = linalg.matmul ins(%0, %n : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %1 : tensor<4x4xf32>
}

// Half-precision weights are coded too; the decode gives f32.
// CHECK-LABEL: func.func @half
func.func @half(%x: tensor<2x4xf32>, %z: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // CHECK: ccq.encode %{{.*}} : tensor<4x4xf16> -> !ccq.tensor<4x4xf32, #i8_scheme>
  %w = arith.constant dense<0.5> : tensor<4x4xf16>
  // CHECK: linalg.matmul ins(%{{.*}}, %{{.*}} : tensor<2x4xf32>, tensor<4x4xf32>)
  %y = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x4xf16>) outs(%z : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// So are half-precision weights that the model converts to f32 itself. The
// conversion goes with its last reader.
// CHECK-LABEL: func.func @widened
func.func @widened(%x: tensor<2x4xf32>, %z: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // CHECK: ccq.encode %{{.*}} : tensor<4x4xf16> -> !ccq.tensor<4x4xf32, #i8_scheme>
  // CHECK-NOT: arith.extf
  %w = arith.constant dense<0.5> : tensor<4x4xf16>
  %z2 = tensor.empty() : tensor<4x4xf32>
  %wide = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%w : tensor<4x4xf16>) outs(%z2 : tensor<4x4xf32>) {
  ^bb0(%in: f16, %out: f32):
    %e = arith.extf %in : f16 to f32
    linalg.yield %e : f32
  } -> tensor<4x4xf32>
  // CHECK-COUNT-2: linalg.matmul ins(%{{.*}}, %{{.*}} : tensor<2x4xf32>, tensor<4x4xf32>)
  %h = linalg.matmul ins(%x, %wide : tensor<2x4xf32>, tensor<4x4xf32>) outs(%z : tensor<2x4xf32>) -> tensor<2x4xf32>
  %y = linalg.matmul_transpose_b ins(%h, %wide : tensor<2x4xf32>, tensor<4x4xf32>) outs(%z : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// A conversion that moves elements is no weight.
// CHECK-LABEL: func.func @moved
// CHECK-NOT: ccq.encode
func.func @moved(%x: tensor<2x4xf32>, %z: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf16>
  %e4 = tensor.empty() : tensor<4x4xf32>
  %wide = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%w : tensor<4x4xf16>) outs(%e4 : tensor<4x4xf32>) {
  ^bb0(%in: f16, %out: f32):
    %e = arith.extf %in : f16 to f32
    linalg.yield %e : f32
  } -> tensor<4x4xf32>
  %y = linalg.matmul ins(%x, %wide : tensor<2x4xf32>, tensor<4x4xf32>) outs(%z : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// A matrix without elements has nothing to code.
// CHECK-LABEL: func.func @empty
// CHECK-NOT: ccq.encode
func.func @empty(%x: tensor<2x4xf32>, %z: tensor<2x0xf32>) -> tensor<2x0xf32> {
  %w = arith.constant dense<0.5> : tensor<4x0xf32>
  %y = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x0xf32>) outs(%z : tensor<2x0xf32>) -> tensor<2x0xf32>
  return %y : tensor<2x0xf32>
}
