// RUN: ccq-opt %s --ccq-vectorize-rows=register-lanes=8 --split-input-file | FileCheck %s
// RUN: not ccq-opt %s --ccq-vectorize-rows=register-lanes=0 --split-input-file 2>&1 | FileCheck %s --check-prefix=LANES
// LANES: error: expected register-lanes of at least 1, got 0

// A sum of squares: two registers of partial sums, then single elements.
// CHECK-LABEL: func @sum(
//  CHECK-SAME:   %[[X:[^:]*]]: memref<?x?xf32>, %[[Y:[^:]*]]: memref<?xf32>)
//       CHECK:   scf.for %[[M:.*]] =
//       CHECK:     %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : vector<16xf32>
//       CHECK:     %[[P:.*]] = scf.for %[[I:.*]] = %{{.*}} step %c16{{.*}} iter_args(%[[ACC:.*]] = %[[ZERO]])
//       CHECK:       %[[V:.*]] = vector.load %[[X]][%[[M]], %[[I]]]
//       CHECK:       %[[S:.*]] = arith.mulf %[[V]], %[[V]] : vector<16xf32>
//       CHECK:       arith.addf %[[ACC]], %[[S]] : vector<16xf32>
//       CHECK:     %[[T:.*]] = vector.reduction <add>, %[[P]] fastmath<reassoc>
//       CHECK:     %[[OLD:.*]] = memref.load %[[Y]][%[[M]]]
//       CHECK:     %[[START:.*]] = arith.addf %[[OLD]], %[[T]]
//       CHECK:     %[[ALL:.*]] = scf.for {{.*}} iter_args(%{{.*}} = %[[START]])
//       CHECK:     memref.store %[[ALL]], %[[Y]][%[[M]]]
func.func @sum(%x: memref<?x?xf32>, %y: memref<?xf32>) {
  linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<?x?xf32>) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %p = arith.mulf %a, %a : f32
    %r = arith.addf %o, %p : f32
    linalg.yield %r : f32
  }
  return
}

// -----

// The partial results of a maximum start with the old result, which changes
// nothing.
// CHECK-LABEL: func @peak(
//       CHECK:   vector.broadcast %{{.*}} : f32 to vector<16xf32>
//       CHECK:   arith.maximumf %{{.*}} : vector<16xf32>
//       CHECK:   vector.reduction <maximumf>
func.func @peak(%x: memref<4x64xf32>, %y: memref<4xf32>) {
  linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<4x64xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = arith.maximumf %o, %a : f32
    linalg.yield %r : f32
  }
  return
}

// -----

// Powers of the distance from a peak, which is one number per row; the scale is
// one for all.
// CHECK-LABEL: func @powers(
//       CHECK:   scf.for %{{.*}} step %c8
//       CHECK:     vector.load
//       CHECK:     vector.broadcast %{{.*}} : f32 to vector<8xf32>
//       CHECK:     vector.broadcast %{{.*}} : f32 to vector<8xf32>
//       CHECK:     math.exp %{{.*}} : vector<8xf32>
//       CHECK:     vector.store
//       CHECK:   scf.for
//       CHECK:     math.exp %{{.*}} : f32
func.func @powers(%x: memref<?x?xf32>, %peak: memref<?xf32>, %scale: f32) {
  linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
      ins(%x, %peak : memref<?x?xf32>, memref<?xf32>) outs(%x : memref<?x?xf32>) {
  ^bb0(%a: f32, %p: f32, %o: f32):
    %d = arith.subf %a, %p : f32
    %s = arith.mulf %d, %scale : f32
    %r = math.exp %s : f32
    linalg.yield %r : f32
  }
  return
}

// -----

// Kept: plain arithmetic, which LLVM vectorizes; columns; positions.
// CHECK-LABEL: func @others(
// CHECK-COUNT-3: linalg.generic
//   CHECK-NOT:   vector
func.func @others(%x: memref<?x?xf32>, %y: memref<?xf32>, %z: memref<?xi32>) {
  linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<?x?xf32>) outs(%x : memref<?x?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = arith.mulf %a, %a : f32
    linalg.yield %r : f32
  }
  linalg.generic {indexing_maps = [affine_map<(m, n) -> (n, m)>, affine_map<(m, n) -> (m)>], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<?x?xf32>) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = arith.addf %o, %a : f32
    linalg.yield %r : f32
  }
  linalg.generic {indexing_maps = [affine_map<(m) -> (m)>, affine_map<(m) -> (m)>], iterator_types = ["parallel"]}
      ins(%z : memref<?xi32>) outs(%y : memref<?xf32>) {
  ^bb0(%a: i32, %o: f32):
    %f = arith.sitofp %a : i32 to f32
    %r = math.exp %f : f32
    linalg.yield %r : f32
  }
  return
}
