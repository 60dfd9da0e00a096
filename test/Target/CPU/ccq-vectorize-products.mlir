// RUN: ccq-opt %s --ccq-vectorize-products=register-lanes=8 --split-input-file | FileCheck %s
// RUN: not ccq-opt %s --ccq-vectorize-products=register-lanes=0 --split-input-file 2>&1 | FileCheck %s --check-prefix=LANES
// LANES: error: expected register-lanes of at least 1, got 0

// Scores: dot products of four rows by two columns, then the rest of both; what
// is left of the summed loop is added element by element.
// CHECK-LABEL: func @scores(
//  CHECK-SAME:   %[[Q:[^:]*]]: memref<?x20xf32>, %[[K:[^:]*]]: memref<?x20xf32>, %[[S:[^:]*]]: memref<?x?xf32>)
//       CHECK:   scf.for %{{.*}} step %c4
//       CHECK:     scf.for %{{.*}} step %c2
//       CHECK:       scf.for %{{.*}} to %c16{{.*}} step %c8{{.*}} -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>)
// CHECK-COUNT-2:       vector.load %[[K]]
//       CHECK:         vector.load %[[Q]]
//       CHECK:         vector.fma
//       CHECK:       vector.reduction <add>, %{{.*}} fastmath<reassoc> : vector<8xf32> into f32
//       CHECK:       scf.for %{{.*}} = %c16{{.*}} to %c20{{.*}} step %c1
//       CHECK:         arith.mulf
//       CHECK:       memref.store %{{.*}}, %[[S]]
//   CHECK-NOT:   linalg.generic
func.func @scores(%q: memref<?x20xf32>, %k: memref<?x20xf32>, %s: memref<?x?xf32>) {
  linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
                  iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%q, %k : memref<?x20xf32>, memref<?x20xf32>) outs(%s : memref<?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %o, %p : f32
    linalg.yield %r : f32
  }
  return
}

// -----

// A mixture of rows per head, which reads head h / 2 of the values: sums of two
// registers for four rows, of eight registers for one.
// CHECK-DAG: #[[GROUP:.*]] = affine_map<(d0) -> (d0 floordiv 2)>
// CHECK-LABEL: func @mixture(
//  CHECK-SAME:   %[[W:[^:]*]]: memref<4x?x?xf32>, %[[V:[^:]*]]: memref<?x2x16xf32>, %[[Y:[^:]*]]: memref<?x4x16xf32>)
//       CHECK:   scf.for %[[H:.*]] = %c0{{.*}} to %c4{{.*}} step %c1
//       CHECK:     scf.for %[[M:.*]] = {{.*}} step %c4
//       CHECK:       vector.load %[[Y]][%[[M]], %[[H]], %c0{{.*}}] : memref<?x4x16xf32>, vector<16xf32>
//       CHECK:       scf.for %[[N:.*]] = %c0{{.*}} step %c1
//       CHECK:         %[[G:.*]] = affine.apply #[[GROUP]](%[[H]])
//       CHECK:         vector.load %[[V]][%[[N]], %[[G]], %c0{{.*}}] : memref<?x2x16xf32>, vector<16xf32>
//       CHECK:         memref.load %[[W]][%[[H]], %[[M]], %[[N]]]
// CHECK-COUNT-4:       vector.store %{{.*}}, %[[Y]]
func.func @mixture(%w: memref<4x?x?xf32>, %v: memref<?x2x16xf32>, %y: memref<?x4x16xf32>) {
  linalg.generic {indexing_maps = [affine_map<(h, m, d, n) -> (h, m, n)>, affine_map<(h, m, d, n) -> (n, h floordiv 2, d)>, affine_map<(h, m, d, n) -> (m, h, d)>],
                  iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%w, %v : memref<4x?x?xf32>, memref<?x2x16xf32>) outs(%y : memref<?x4x16xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %o, %p : f32
    linalg.yield %r : f32
  }
  return
}

// -----

// Other products keep their loops: nothing is contiguous along one loop of the
// second operand and the result, other bodies, integers.
// CHECK-LABEL: func @others(
// CHECK-COUNT-3: linalg.generic
//   CHECK-NOT:   vector
func.func @others(%a: memref<?x?xf32>, %b: memref<?x?xf32>, %c: memref<?x?xf32>, %i: memref<?x?xi32>) {
  linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
                  iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<?x?xf32>, memref<?x?xf32>) outs(%c : memref<?x?xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %p = arith.mulf %x, %y : f32
    %r = arith.addf %o, %p : f32
    linalg.yield %r : f32
  }
  linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
                  iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<?x?xf32>, memref<?x?xf32>) outs(%c : memref<?x?xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %p = arith.subf %x, %y : f32
    %r = arith.addf %o, %p : f32
    linalg.yield %r : f32
  }
  linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
                  iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%i, %i : memref<?x?xi32>, memref<?x?xi32>) outs(%i : memref<?x?xi32>) {
  ^bb0(%x: i32, %y: i32, %o: i32):
    %p = arith.muli %x, %y : i32
    %r = arith.addi %o, %p : i32
    linalg.yield %r : i32
  }
  return
}
