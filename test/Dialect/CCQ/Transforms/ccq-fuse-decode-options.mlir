// Tile sizes that cannot work are refused.
// RUN: not ccq-opt %s --ccq-fuse-decode="tile-n=0" 2>&1 | FileCheck %s --check-prefix=ZERO
// RUN: not ccq-opt %s --ccq-fuse-decode="tile-k=96" 2>&1 | FileCheck %s --check-prefix=GROUP

// ZERO: :[[#@LINE+5]]:1: error: expected tile-m of at least 0, tile-n and tile-k of at least 1, got tile-m=0 tile-n=0 tile-k=64
// GROUP: :[[#@LINE+6]]:8: error: expected tile-k to be a multiple of the scheme's group of 64, got 96
// RUN: not ccq-opt %s --ccq-fuse-decode="tile-n=8" 2>&1 | FileCheck %s --check-prefix=STREAM
// STREAM: error: expected tile-n to be a multiple of 16 for streams, got 8
#i8 = #ccq.scalar<bits = 8, group = 64>
func.func @grouped(%x: tensor<?x64xf32>, %e: !ccq.tensor<64x32xf32, #i8>, %init: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %d = ccq.decode %e : !ccq.tensor<64x32xf32, #i8> -> tensor<64x32xf32>
  %0 = linalg.matmul ins(%x, %d : tensor<?x64xf32>, tensor<64x32xf32>) outs(%init : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %0 : tensor<?x32xf32>
}

#t2 = #ccq.stream<lanes, memory = 3, sixteenths = 32, even = [11, 9, 0, 0], even_tables = "f411840d17f50eefd22c21ab41acc831", odd = [13, 15, 0, 1], odd_tables = "30f7d91c853c56f6cdeae1e50a3c0252", tile = 256, rotation = none, seed = 0, scale = channel, start = zero>
func.func @stream(%x: tensor<?x512xf32>, %e: !ccq.tensor<512x32xf32, #t2>, %init: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %d = ccq.decode %e : !ccq.tensor<512x32xf32, #t2> -> tensor<512x32xf32>
  %0 = linalg.matmul ins(%x, %d : tensor<?x512xf32>, tensor<512x32xf32>) outs(%init : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %0 : tensor<?x32xf32>
}
