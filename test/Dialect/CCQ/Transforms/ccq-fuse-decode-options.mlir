// Tile sizes that cannot work are refused.
// RUN: not ccq-opt %s --ccq-fuse-decode="tile-n=0" 2>&1 | FileCheck %s --check-prefix=ZERO
// RUN: not ccq-opt %s --ccq-fuse-decode="tile-k=48" 2>&1 | FileCheck %s --check-prefix=GROUP

// ZERO: :[[#@LINE+3]]:1: error: expected tile-m of at least 0, tile-n and tile-k of at least 1, got tile-m=0 tile-n=0 tile-k=64
// GROUP: :[[#@LINE+4]]:8: error: expected tile-k to be a multiple of the scheme's group of 64, got 48
#i8 = #ccq.scalar<bits = 8, group = 64>
func.func @grouped(%x: tensor<?x64xf32>, %e: !ccq.tensor<64x32xf32, #i8>, %init: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %d = ccq.decode %e : !ccq.tensor<64x32xf32, #i8> -> tensor<64x32xf32>
  %0 = linalg.matmul ins(%x, %d : tensor<?x64xf32>, tensor<64x32xf32>) outs(%init : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %0 : tensor<?x32xf32>
}
