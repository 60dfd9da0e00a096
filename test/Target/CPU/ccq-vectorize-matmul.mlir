// RUN: ccq-opt %s --ccq-vectorize-matmul="register-lanes=8" --split-input-file | FileCheck %s
// RUN: not ccq-opt %s --ccq-vectorize-matmul="register-lanes=0" --split-input-file 2>&1 | FileCheck %s --check-prefix=ZERO

// ZERO: error: expected register-lanes of at least 1, got 0

// Four rows by two registers, then the rest of the rows one by one with all of
// the channels; 37 channels end in a vector of five.
// CHECK-LABEL: func @tile(
//  CHECK-SAME:   %[[A:.*]]: memref<?x64xf32, strided<[100, 1]>>, %[[B:.*]]: memref<64x37xf32>, %[[C:.*]]: memref<?x37xf32>)
//       CHECK:   %[[M:.*]] = memref.dim %[[C]], %{{.*}}
//       CHECK:   scf.for %{{.*}} = %c0{{.*}} to %{{.*}} step %c4
//       CHECK:     scf.for %[[N:.*]] = %c0{{.*}} to %c32{{.*}} step %c16
// CHECK-COUNT-4:     vector.load %[[C]]{{.*}} : memref<?x37xf32>, vector<16xf32>
//       CHECK:       %[[SUMS:.*]]:4 = scf.for %[[K:.*]] = %c0{{.*}} to %c64
//       CHECK:         %[[W:.*]] = vector.load %[[B]][%[[K]], %[[N]]] : memref<64x37xf32>, vector<16xf32>
//       CHECK:         %[[X:.*]] = memref.load %[[A]][%{{.*}}, %[[K]]]
//       CHECK:         %[[V:.*]] = vector.broadcast %[[X]] : f32 to vector<16xf32>
//       CHECK:         vector.fma %[[V]], %[[W]], %{{.*}} : vector<16xf32>
// CHECK-COUNT-4:     vector.store %[[SUMS]]
// CHECK-COUNT-4:   vector.store %{{.*}} : memref<?x37xf32>, vector<5xf32>
//       CHECK:   scf.for %{{.*}} = %{{.*}} to %[[M]] step %c1
//       CHECK:     vector.fma {{.*}} : vector<32xf32>
//       CHECK:     vector.fma {{.*}} : vector<5xf32>
//   CHECK-NOT:   linalg
func.func @tile(%a: memref<?x64xf32, strided<[100, 1]>>, %b: memref<64x37xf32>, %c: memref<?x37xf32>) {
  linalg.matmul ins(%a, %b : memref<?x64xf32, strided<[100, 1]>>, memref<64x37xf32>) outs(%c : memref<?x37xf32>)
  return
}

// -----

// Other element types, strides and shapes stay for generic loops.
// CHECK-LABEL: func @others(
// CHECK-COUNT-3: linalg.matmul
func.func @others(%a: memref<4x4xf64>, %b: memref<4x4xf32, strided<[4, 2]>>, %c: memref<4x4xf32>, %d: memref<?x4xf32>, %e: memref<4x?xf32>) {
  linalg.matmul ins(%a, %a : memref<4x4xf64>, memref<4x4xf64>) outs(%a : memref<4x4xf64>)
  linalg.matmul ins(%c, %b : memref<4x4xf32>, memref<4x4xf32, strided<[4, 2]>>) outs(%c : memref<4x4xf32>)
  linalg.matmul ins(%e, %d : memref<4x?xf32>, memref<?x4xf32>) outs(%c : memref<4x4xf32>)
  return
}
