// RUN: ccq-opt %s --ccq-specialize-kernels="target=ptx:sm_80" --verify-diagnostics

// The layout of a GPU kernel is chosen before its weights are cut up.
#i8 = #ccq.scalar<bits = 8, group = 64>
func.func private @tiled(%x: tensor<4x64xf32>, %e: !ccq.tensor<128x30xf32, #i8>, %init: tensor<4x30xf32>) -> tensor<4x30xf32> attributes {ccq.kernel} {
  %c0 = arith.constant 0 : index
  // expected-error@+1 {{expected a kernel before tiling, in which only ccq.decode reads coded arguments}}
  %s = ccq.extract_slice %e[%c0, %c0] : !ccq.tensor<128x30xf32, #i8> to !ccq.tensor<64x30xf32, #i8>
  %d = ccq.decode %s : !ccq.tensor<64x30xf32, #i8> -> tensor<64x30xf32>
  %0 = linalg.matmul ins(%x, %d : tensor<4x64xf32>, tensor<64x30xf32>) outs(%init : tensor<4x30xf32>) -> tensor<4x30xf32>
  return %0 : tensor<4x30xf32>
}
