// RUN: ccq-opt %s --ccq-verify-quantized --split-input-file --verify-diagnostics

#i8 = #ccq.scalar<bits = 8, group = 64>
func.func @good(%x: tensor<2x8xf32>, %z: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %w = arith.constant dense<1.0> : tensor<8x4xf32>
  %e = ccq.encode %w : tensor<8x4xf32> -> !ccq.tensor<8x4xf32, #i8>
  %d = ccq.decode %e : !ccq.tensor<8x4xf32, #i8> -> tensor<8x4xf32>
  %y = linalg.matmul ins(%x, %d : tensor<2x8xf32>, tensor<8x4xf32>) outs(%z : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

// expected-error @below {{imported_c1: expected result 0 to be a ranked tensor, got '!ccq.tensor<4x4xf32, #ccq.scalar<bits = 8, group = 64>>'}}
func.func private @result() -> !ccq.tensor<4x4xf32, #ccq.scalar<bits = 8, group = 64>>

// -----

func.func @dispatched(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  // expected-error @below {{quantized_c1: is not allowed in the quantized form}}
  %y = ccq.dispatch_region -> (tensor<4x4xf32>) {
    ccq.yield %x : tensor<4x4xf32>
  }
  return %y : tensor<4x4xf32>
}

// -----

func.func @computed(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  // expected-error @below {{quantized_c2: expected a ccq.source, a ccq.dequantize or a constant as operand}}
  %e = ccq.encode %x : tensor<4x4xf32> -> !ccq.tensor<4x4xf32, #ccq.scalar<bits = 8, group = 64>>
  return %x : tensor<4x4xf32>
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
func.func @taken_apart(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %w = arith.constant dense<1.0> : tensor<4x4xf32>
  // expected-error @below {{quantized_c3: expected users that are ccq.decode, got ccq.components}}
  %e = ccq.encode %w : tensor<4x4xf32> -> !ccq.tensor<4x4xf32, #i8>
  %codes, %scales = ccq.components %e : !ccq.tensor<4x4xf32, #i8> -> tensor<4x4xi8>, tensor<1x4xf16>
  return %x : tensor<4x4xf32>
}
