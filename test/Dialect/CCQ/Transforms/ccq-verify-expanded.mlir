// RUN: ccq-opt %s --ccq-verify-expanded --split-input-file --verify-diagnostics | FileCheck %s

// What codes the weights may stay.
#i8 = #ccq.scalar<bits = 8, group = 64>
// CHECK-LABEL: func @components(
func.func @components(%w: tensor<64x16xf32>) -> tensor<64x16xi8> {
  %e = ccq.encode %w : tensor<64x16xf32> -> !ccq.tensor<64x16xf32, #i8>
  %codes, %scales = ccq.components %e : !ccq.tensor<64x16xf32, #i8> -> tensor<64x16xi8>, tensor<1x16xf16>
  return %codes : tensor<64x16xi8>
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
// expected-error@+1 {{expanded_c1: expected arguments that are not coded, got '!ccq.tensor<64x16xf32, #ccq.scalar<bits = 8, group = 64>>'; run ccq-expand-storage first}}
func.func private @expanded_c1(%e: !ccq.tensor<64x16xf32, #i8>)

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
func.func @expanded_c2(%w: tensor<64x16xf32>) -> tensor<64x16xf32> {
  %e = ccq.encode %w : tensor<64x16xf32> -> !ccq.tensor<64x16xf32, #i8>
  // expected-error@+1 {{expanded_c2: expected component tensors as operands, got '!ccq.tensor<64x16xf32, #ccq.scalar<bits = 8, group = 64>>'; run ccq-expand-storage first}}
  %d = ccq.decode %e : !ccq.tensor<64x16xf32, #i8> -> tensor<64x16xf32>
  return %d : tensor<64x16xf32>
}
