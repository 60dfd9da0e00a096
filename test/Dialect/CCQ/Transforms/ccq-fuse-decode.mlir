// RUN: ccq-opt %s --ccq-fuse-decode="tile-n=32 tile-k=64" --ccq-verify-fused --split-input-file --verify-diagnostics | FileCheck %s
// RUN: ccq-opt %s --ccq-fuse-decode="tile-m=8 tile-n=32 tile-k=64" --split-input-file --verify-diagnostics | FileCheck %s --check-prefix=TILEM

// The epilogue is the root; fill, matmul and the decode of a slice are inside.
#i8 = #ccq.scalar<bits = 8, group = 64>
// CHECK-LABEL: func @bias_relu(
//  CHECK-SAME:   %[[X:.*]]: tensor<?x256xf32>, %[[E:.*]]: !ccq.tensor<256x128x{{.*}}>, %[[B:.*]]: tensor<128xf32>, %[[M:.*]]: index)
//       CHECK:   scf.forall (%[[N:.*]]) = (0) to (128) step (32) shared_outs(%[[OUT:.*]] = %{{.*}})
//       CHECK:     %[[INIT:.*]] = linalg.fill {{.*}} -> tensor<?x32xf32>
//       CHECK:     %[[SUM:.*]] = scf.for %[[K:.*]] = %c0 to %c256 step %c64 iter_args(%[[ACC:.*]] = %[[INIT]])
//       CHECK:       %[[XS:.*]] = tensor.extract_slice %[[X]][0, %[[K]]] [%[[M]], 64]
//       CHECK:       %[[ES:.*]] = ccq.extract_slice %[[E]][%[[K]], %[[N]]] : {{.*}} to !ccq.tensor<64x32xf32
//       CHECK:       %[[D:.*]] = ccq.decode %[[ES]] : {{.*}} -> tensor<64x32xf32>
//       CHECK:       linalg.matmul ins(%[[XS]], %[[D]] : {{.*}}) outs(%[[ACC]] :
//       CHECK:     tensor.extract_slice %[[B]][%[[N]]] [32]
//       CHECK:     linalg.generic {{.*}} ins(%[[SUM]],
//       CHECK:     tensor.parallel_insert_slice %{{.*}} into %[[OUT]][0, %[[N]]] [%[[M]], 32]
//   CHECK-NOT:   linalg

// TILEM-LABEL: func @bias_relu(
//       TILEM:   scf.forall (%[[I:.*]], %[[N:.*]]) = (0, 0) to (%{{.*}}, 128) step (8, 32)
//       TILEM:     %[[ROWS:.*]] = affine.min
//       TILEM:     tensor.extract_slice %{{.*}}[%[[I]], %{{.*}}] [%[[ROWS]], 64]
func.func @bias_relu(%x: tensor<?x256xf32>, %e: !ccq.tensor<256x128xf32, #i8>, %b: tensor<128xf32>, %m: index) -> tensor<?x128xf32> {
  %zero = arith.constant 0.0 : f32
  %d = ccq.decode %e : !ccq.tensor<256x128xf32, #i8> -> tensor<256x128xf32>
  %empty = tensor.empty(%m) : tensor<?x128xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x128xf32>) -> tensor<?x128xf32>
  %mm = linalg.matmul ins(%x, %d : tensor<?x256xf32>, tensor<256x128xf32>) outs(%fill : tensor<?x128xf32>) -> tensor<?x128xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
      ins(%mm, %b : tensor<?x128xf32>, tensor<128xf32>) outs(%empty : tensor<?x128xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    %t = arith.maximumf %s, %zero : f32
    linalg.yield %t : f32
  } -> tensor<?x128xf32>
  return %r : tensor<?x128xf32>
}

// -----

// N = 77: two tiles of 32, then 13 channels. K = 150: two tiles of 64, then 22
// rows. Every tile of weights is static.
#w2_75 = #ccq.words<u8, words = 22, window = 4, shifts = [4, 2, 0], tail_shift = 4, scale_bits = 4>
// CHECK-LABEL: func @ragged(
//       CHECK:   scf.forall (%[[N0:.*]]) = (0) to (64) step (32)
//       CHECK:     scf.for {{.*}} to %c128 step %c64
//       CHECK:       ccq.decode {{.*}} -> tensor<64x32xf32>
//       CHECK:     ccq.extract_slice %{{.*}}[%c128, %[[N0]]] : {{.*}} to !ccq.tensor<22x32xf32
//       CHECK:     ccq.decode {{.*}} -> tensor<22x32xf32>
//       CHECK:     linalg.matmul {{.*}}tensor<22x32xf32>
//       CHECK:   scf.forall (%[[N1:.*]]) = (0) to (13) step (13)
//       CHECK:       ccq.decode {{.*}} -> tensor<64x13xf32>
//       CHECK:     ccq.decode {{.*}} -> tensor<22x13xf32>
//   CHECK-NOT:   ccq.decode
func.func @ragged(%x: tensor<5x150xf32>, %e: !ccq.tensor<150x77xf32, #w2_75>, %b: tensor<77xf32>) -> tensor<5x77xf32> {
  %zero = arith.constant 0.0 : f32
  %d = ccq.decode %e : !ccq.tensor<150x77xf32, #w2_75> -> tensor<150x77xf32>
  %empty = tensor.empty() : tensor<5x77xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<5x77xf32>) -> tensor<5x77xf32>
  %mm = linalg.matmul ins(%x, %d : tensor<5x150xf32>, tensor<150x77xf32>) outs(%fill : tensor<5x77xf32>) -> tensor<5x77xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
      ins(%mm, %b : tensor<5x77xf32>, tensor<77xf32>) outs(%empty : tensor<5x77xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    linalg.yield %s : f32
  } -> tensor<5x77xf32>
  return %r : tensor<5x77xf32>
}

// -----

// Up to two tiles of channels stay one tile of their own width, and a K within
// one tile needs no loop.
#i8_channel = #ccq.scalar<bits = 8, group = channel>
// CHECK-LABEL: func @one_tile(
//       CHECK:   scf.forall (%{{.*}}) = (0) to (50) step (50)
//   CHECK-NOT:   scf.for
//       CHECK:     ccq.decode %{{.*}} : !ccq.tensor<40x50xf32, {{.*}} -> tensor<40x50xf32>
//   CHECK-NOT:   ccq.decode
func.func @one_tile(%x: tensor<?x40xf32>, %e: !ccq.tensor<40x50xf32, #i8_channel>, %init: tensor<?x50xf32>) -> tensor<?x50xf32> {
  %d = ccq.decode %e : !ccq.tensor<40x50xf32, #i8_channel> -> tensor<40x50xf32>
  %mm = linalg.matmul ins(%x, %d : tensor<?x40xf32>, tensor<40x50xf32>) outs(%init : tensor<?x50xf32>) -> tensor<?x50xf32>
  return %mm : tensor<?x50xf32>
}

// -----

// Nothing of the order of the weights exists, neither decoded nor otherwise.
#w2_5 = #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>
// CHECK-LABEL: func @large(
//   CHECK-NOT:   {{[^.](tensor|memref)<[0-9x?]*8192x8192}}
//       CHECK:   return
func.func @large(%x: tensor<?x8192xf32>, %e: !ccq.tensor<8192x8192xf32, #w2_5>, %m: index) -> tensor<?x8192xf32> {
  %zero = arith.constant 0.0 : f32
  %d = ccq.decode %e : !ccq.tensor<8192x8192xf32, #w2_5> -> tensor<8192x8192xf32>
  %empty = tensor.empty(%m) : tensor<?x8192xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x8192xf32>) -> tensor<?x8192xf32>
  %mm = linalg.matmul ins(%x, %d : tensor<?x8192xf32>, tensor<8192x8192xf32>) outs(%fill : tensor<?x8192xf32>) -> tensor<?x8192xf32>
  return %mm : tensor<?x8192xf32>
}

// -----

// Plain weights are tiled alike; what computes the left-hand side stays
// outside, since each tile of channels would compute it again.
// CHECK-LABEL: func @plain(
//       CHECK:   %[[LHS:.*]] = linalg.exp
//       CHECK:   scf.forall
//       CHECK:     scf.for
//       CHECK:       tensor.extract_slice %[[LHS]]
//       CHECK:       tensor.extract_slice %{{.*}} [64, 32]
//       CHECK:       linalg.matmul
func.func @plain(%x: tensor<?x128xf32>, %w: tensor<128x96xf32>, %init: tensor<?x96xf32>, %empty: tensor<?x128xf32>) -> tensor<?x96xf32> {
  %y = linalg.exp ins(%x : tensor<?x128xf32>) outs(%empty : tensor<?x128xf32>) -> tensor<?x128xf32>
  %mm = linalg.matmul ins(%y, %w : tensor<?x128xf32>, tensor<128x96xf32>) outs(%init : tensor<?x96xf32>) -> tensor<?x96xf32>
  return %mm : tensor<?x96xf32>
}

// -----

// A second contraction in the chain keeps its own loops.
// CHECK-LABEL: func @two_contractions(
// CHECK-COUNT-2: scf.forall (
//     CHECK-NOT: scf.forall (
func.func @two_contractions(%x: tensor<?x32xf32>, %v: tensor<32x32xf32>, %w: tensor<32x32xf32>, %init: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %0 = linalg.matmul ins(%x, %v : tensor<?x32xf32>, tensor<32x32xf32>) outs(%init : tensor<?x32xf32>) -> tensor<?x32xf32>
  %1 = linalg.matmul ins(%0, %w : tensor<?x32xf32>, tensor<32x32xf32>) outs(%init : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %1 : tensor<?x32xf32>
}

// -----

// Without static weights there is nothing to tile for.
// CHECK-LABEL: func @dynamic_weights(
//   CHECK-NOT:   scf
//       CHECK:   linalg.matmul
func.func @dynamic_weights(%x: tensor<?x?xf32>, %w: tensor<?x32xf32>, %init: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %0 = linalg.matmul ins(%x, %w : tensor<?x?xf32>, tensor<?x32xf32>) outs(%init : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %0 : tensor<?x32xf32>
}

// -----

// A decode that no contraction takes along is an error, never a K x N value.
#i8 = #ccq.scalar<bits = 8, group = 64>
func.func @other_user(%e: !ccq.tensor<64x32xf32, #i8>, %init: tensor<64x32xf32>) -> tensor<64x32xf32> {
  // expected-error@+1 {{expected every user of decoded weights to be a linalg.matmul that reads them as its second operand, got linalg.exp}}
  %d = ccq.decode %e : !ccq.tensor<64x32xf32, #i8> -> tensor<64x32xf32>
  // expected-note@+1 {{used here}}
  %0 = linalg.exp ins(%d : tensor<64x32xf32>) outs(%init : tensor<64x32xf32>) -> tensor<64x32xf32>
  return %0 : tensor<64x32xf32>
}

// -----

// A stream is decoded a tile of 256 rows at a time, and the rotation of the
// activations moves to the columns of the tile.
#t2 = #ccq.stream<lanes, memory = 3, sixteenths = 32, even = [11, 9, 0, 0], even_tables = "f411840d17f50eefd22c21ab41acc831", odd = [13, 15, 0, 1], odd_tables = "30f7d91c853c56f6cdeae1e50a3c0252", tile = 256, rotation = none, seed = 0, scale = channel, start = zero>
// CHECK-LABEL: func @rotation(
//  CHECK-SAME:   %[[X:.*]]: tensor<?x556xf32>, %[[E:.*]]: !ccq.tensor<556x64x
//   CHECK-NOT:   ccq.rotate
//       CHECK:   scf.forall (%[[N:.*]]) = (0) to (64) step (32)
//       CHECK:     scf.for %[[K:.*]] = %c0{{.*}} to %c512 step %c256
//       CHECK:       %[[XS:.*]] = tensor.extract_slice %[[X]][0, %[[K]]] [%{{.*}}, 256]
//       CHECK:       %[[R:.*]] = ccq.rotate %[[XS]] at %[[K]] {block = 256 : i64, seed = 3 : i64} : tensor<?x256xf32>
//       CHECK:       %[[ES:.*]] = ccq.extract_slice %[[E]][%[[K]], %[[N]]] : {{.*}} to !ccq.tensor<256x32xf32
//       CHECK:       linalg.matmul ins(%[[R]],
//       CHECK:     %[[LAST:.*]] = tensor.extract_slice %[[X]][0, 512] [%{{.*}}, 44]
//       CHECK:     ccq.rotate %[[LAST]] at %c512 {{.*}} : tensor<?x44xf32>

// TILEM-LABEL: func @rotation(
//       TILEM:   scf.forall (%[[I:.*]], %{{.*}}) = (0, 0)
//       TILEM:     scf.for %[[K:.*]] = %c0{{.*}} to %c512 step %c256
//       TILEM:       tensor.extract_slice %{{.*}}[%[[I]], %[[K]]] [%{{.*}}, 256]
//       TILEM:       ccq.rotate
func.func @rotation(%x: tensor<?x556xf32>, %e: !ccq.tensor<556x64xf32, #t2>, %z: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %c0 = arith.constant 0 : index
  %r = ccq.rotate %x at %c0 {block = 256 : i64, seed = 3 : i64} : tensor<?x556xf32>
  %d = ccq.decode %e : !ccq.tensor<556x64xf32, #t2> -> tensor<556x64xf32>
  %y = linalg.matmul ins(%r, %d : tensor<?x556xf32>, tensor<556x64xf32>) outs(%z : tensor<?x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
