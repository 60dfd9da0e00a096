// RUN: ccq-opt %s --ccq-verify-fused="max-k=64 max-n=32" --split-input-file --verify-diagnostics | FileCheck %s

// A tile within the bound is fine.
#i8 = #ccq.scalar<bits = 8, group = 64>
// CHECK-LABEL: func @tile(
//       CHECK:   ccq.decode
func.func @tile(%x: tensor<?x64xf32>, %e: !ccq.tensor<64x32xf32, #i8>, %init: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %d = ccq.decode %e : !ccq.tensor<64x32xf32, #i8> -> tensor<64x32xf32>
  %0 = linalg.matmul ins(%x, %d : tensor<?x64xf32>, tensor<64x32xf32>) outs(%init : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %0 : tensor<?x32xf32>
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
func.func @fused_c1(%x: tensor<?x128xf32>, %e: !ccq.tensor<128x32xf32, #i8>, %init: tensor<?x32xf32>) -> tensor<?x32xf32> {
  // expected-error@+1 {{fused_c1: expected a tile of at most 64x32 weights, got 128x32; run ccq-fuse-decode first}}
  %d = ccq.decode %e : !ccq.tensor<128x32xf32, #i8> -> tensor<128x32xf32>
  %0 = linalg.matmul ins(%x, %d : tensor<?x128xf32>, tensor<128x32xf32>) outs(%init : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %0 : tensor<?x32xf32>
}

// -----

#i8 = #ccq.scalar<bits = 8, group = 64>
func.func @fused_c2(%e: !ccq.tensor<64x32xf32, #i8>) -> tensor<64x32xf32> {
  // expected-error@+1 {{fused_c2: expected linalg users, got func.return}}
  %d = ccq.decode %e : !ccq.tensor<64x32xf32, #i8> -> tensor<64x32xf32>
  // expected-note@+1 {{used here}}
  return %d : tensor<64x32xf32>
}
