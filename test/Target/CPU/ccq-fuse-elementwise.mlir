// RUN: ccq-opt %s --ccq-fuse-elementwise | FileCheck %s

#rows = affine_map<(m, n) -> (m, n)>

// CHECK-LABEL: func @chain(
//       CHECK:   linalg.generic
//       CHECK:     arith.negf
//       CHECK:     math.exp
//   CHECK-NOT:   linalg.generic
func.func @chain(%x: tensor<?x64xf32>, %m: index) -> tensor<?x64xf32> {
  %empty = tensor.empty(%m) : tensor<?x64xf32>
  %0 = linalg.generic {indexing_maps = [#rows, #rows], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<?x64xf32>) outs(%empty : tensor<?x64xf32>) {
  ^bb0(%a: f32, %o: f32):
    %n = arith.negf %a : f32
    linalg.yield %n : f32
  } -> tensor<?x64xf32>
  %1 = linalg.generic {indexing_maps = [#rows, #rows], iterator_types = ["parallel", "parallel"]} ins(%0 : tensor<?x64xf32>) outs(%empty : tensor<?x64xf32>) {
  ^bb0(%a: f32, %o: f32):
    %e = math.exp %a : f32
    linalg.yield %e : f32
  } -> tensor<?x64xf32>
  return %1 : tensor<?x64xf32>
}

// A value that two ops read is computed once; reshapes do not move.
// CHECK-LABEL: func @shared(
//       CHECK:   tensor.collapse_shape
//       CHECK:   %[[N:.*]] = linalg.generic
//       CHECK:   linalg.generic {{.*}} ins(%[[N]]
func.func @shared(%x: tensor<?x8x8xf32>, %m: index) -> (tensor<?x64xf32>, tensor<?x64xf32>) {
  %empty = tensor.empty(%m) : tensor<?x64xf32>
  %flat = tensor.collapse_shape %x [[0], [1, 2]] : tensor<?x8x8xf32> into tensor<?x64xf32>
  %0 = linalg.generic {indexing_maps = [#rows, #rows], iterator_types = ["parallel", "parallel"]} ins(%flat : tensor<?x64xf32>) outs(%empty : tensor<?x64xf32>) {
  ^bb0(%a: f32, %o: f32):
    %n = arith.negf %a : f32
    linalg.yield %n : f32
  } -> tensor<?x64xf32>
  %1 = linalg.generic {indexing_maps = [#rows, #rows], iterator_types = ["parallel", "parallel"]} ins(%0 : tensor<?x64xf32>) outs(%empty : tensor<?x64xf32>) {
  ^bb0(%a: f32, %o: f32):
    %e = math.exp %a : f32
    linalg.yield %e : f32
  } -> tensor<?x64xf32>
  return %0, %1 : tensor<?x64xf32>, tensor<?x64xf32>
}
