// RUN: ccq-opt %s --ccq-expand-copies | FileCheck %s

// CHECK-LABEL: func @strided(
//  CHECK-SAME:   %[[A:.*]]: memref<4x8xf32, strided<[16, 1]>>, %[[B:.*]]: memref<4x8xf32>)
//       CHECK:   linalg.copy ins(%[[A]] : memref<4x8xf32, strided<[16, 1]>>) outs(%[[B]] : memref<4x8xf32>)
//   CHECK-NOT:   memref.copy
func.func @strided(%a: memref<4x8xf32, strided<[16, 1]>>, %b: memref<4x8xf32>) {
  memref.copy %a, %b : memref<4x8xf32, strided<[16, 1]>> to memref<4x8xf32>
  return
}

// A copy onto itself is nothing.
// CHECK-LABEL: func @self(
//  CHECK-NEXT:   return
func.func @self(%a: memref<4x8xf32>) {
  memref.copy %a, %a : memref<4x8xf32> to memref<4x8xf32>
  return
}
