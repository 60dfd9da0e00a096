// RUN: ccq-opt %s --split-input-file --verify-diagnostics

func.func @dequantize_c1(%codes: tensor<8x2x12xi8>, %scales: tensor<8x2xf32>) {
  // expected-error@+1 {{dequantize_c1: expected 2, 4 or 8 bits and blocks of whole bytes, got 3 and 32}}
  %0 = ccq.dequantize %codes, %scales bits 3 block 32 : tensor<8x2x12xi8>, tensor<8x2xf32> -> tensor<64x8xf32>
  return
}

// -----

func.func @dequantize_c2(%codes: tensor<8x3x16xi8>, %scales: tensor<8x2xf32>) {
  // expected-error@+1 {{dequantize_c2: expected codes of 8 x 2 x 16, got 'tensor<8x3x16xi8>'}}
  %0 = ccq.dequantize %codes, %scales bits 4 block 32 : tensor<8x3x16xi8>, tensor<8x2xf32> -> tensor<64x8xf32>
  return
}

// -----

func.func @dequantize_c3(%codes: tensor<8x2x16xi8>, %scales: tensor<8x3xf32>) {
  // expected-error@+1 {{dequantize_c3: expected 16 scales in 1 or 2 dimensions, got 'tensor<8x3xf32>'}}
  %0 = ccq.dequantize %codes, %scales bits 4 block 32 : tensor<8x2x16xi8>, tensor<8x3xf32> -> tensor<64x8xf32>
  return
}

// -----

func.func @dequantize_c4(%codes: tensor<8x2x16xi8>, %scales: tensor<8x2xf32>, %zeros: tensor<8x2xi8>) {
  // expected-error@+1 {{dequantize_c4: expected 8 elements of zero_points, got 'tensor<8x2xi8>'}}
  %0 = ccq.dequantize %codes, %scales zero %zeros bits 4 block 32 : tensor<8x2x16xi8>, tensor<8x2xf32> zero tensor<8x2xi8> -> tensor<64x8xf32>
  return
}
