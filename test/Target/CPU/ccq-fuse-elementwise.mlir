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

// -----

// A product reads its rows once per column: what computes them is not repeated
// in it. A reduction of the rows takes it.
// CHECK-LABEL: func.func @rows
//       CHECK:   math.exp
//       CHECK:   linalg.generic {{.*}} "reduction"]
//       CHECK:     arith.mulf
//   CHECK-NOT:   linalg.generic
//       CHECK:   return
// CHECK-LABEL: func.func @sum
//       CHECK:   linalg.generic {{.*}} "reduction"]
//       CHECK:     math.exp
//       CHECK:     arith.addf
#row = affine_map<(m, n, k) -> (m, k)>
#column = affine_map<(m, n, k) -> (k, n)>
#result = affine_map<(m, n, k) -> (m, n)>
#all = affine_map<(m, n) -> (m, n)>
#first = affine_map<(m, n) -> (m)>
func.func @rows(%x: tensor<4x8xf32>, %y: tensor<8x8xf32>, %e: tensor<4x8xf32>, %z: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %p = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = math.exp %a : f32
    linalg.yield %r : f32
  } -> tensor<4x8xf32>
  %m = linalg.generic {indexing_maps = [#row, #column, #result], iterator_types = ["parallel", "parallel", "reduction"]} ins(%p, %y : tensor<4x8xf32>, tensor<8x8xf32>) outs(%z : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %r = arith.mulf %a, %b : f32
    %s = arith.addf %o, %r : f32
    linalg.yield %s : f32
  } -> tensor<4x8xf32>
  return %m : tensor<4x8xf32>
}
func.func @sum(%x: tensor<4x8xf32>, %e: tensor<4x8xf32>, %z: tensor<4xf32>) -> tensor<4xf32> {
  %p = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = math.exp %a : f32
    linalg.yield %r : f32
  } -> tensor<4x8xf32>
  %m = linalg.generic {indexing_maps = [#all, #first], iterator_types = ["parallel", "reduction"]} ins(%p : tensor<4x8xf32>) outs(%z : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %o, %a : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %m : tensor<4xf32>
}
