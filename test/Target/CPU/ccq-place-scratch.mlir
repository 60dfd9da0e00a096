// RUN: ccq-opt %s --ccq-place-scratch --split-input-file | FileCheck %s
// RUN: ccq-opt %s --ccq-place-scratch="max-bytes=4096" --split-input-file | FileCheck %s --check-prefix=LIMIT

// Taken once, at the entry; nothing is freed.
// CHECK-LABEL: func @loop(
//  CHECK-NEXT:   %[[T:.*]] = memref.alloca() {alignment = 64 : i64} : memref<64x32xf32>
//       CHECK:   scf.for
//  CHECK-NEXT:     memref.store %{{.*}}, %[[T]]
//   CHECK-NOT:   memref.dealloc
// Beyond the limit it stays on the heap.
// LIMIT-LABEL: func @loop(
//       LIMIT:   %[[H:.*]] = memref.alloc(%c8192{{.*}}) {alignment = 64 : i64} : memref<?xi8>
//       LIMIT:   scf.for
//       LIMIT:     %[[T:.*]] = memref.view %[[H]]
//  LIMIT-NEXT:     memref.store %{{.*}}, %[[T]]
//  LIMIT-NEXT:   }
//  LIMIT-NEXT:   memref.dealloc %[[H]]
func.func @loop(%n: index, %x: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %t = memref.alloc() : memref<64x32xf32>
    memref.store %x, %t[%c0, %c0] : memref<64x32xf32>
    memref.dealloc %t : memref<64x32xf32>
  }
  return
}

// -----

// A tile of at most eight rows gets memory for eight.
// CHECK-LABEL: func @bounded(
//       CHECK:   %[[RAW:.*]] = memref.alloca() {alignment = 64 : i64} : memref<1024xi8>
//       CHECK:   %[[ROWS:.*]] = affine.min
//       CHECK:   memref.view %[[RAW]][%{{.*}}][%[[ROWS]]] : memref<1024xi8> to memref<?x32xf32>
func.func @bounded(%n: index, %i: index, %x: f32) {
  %c0 = arith.constant 0 : index
  %rows = affine.min affine_map<(d0)[s0] -> (-d0 + s0, 8)>(%i)[%n]
  %t = memref.alloc(%rows) : memref<?x32xf32>
  memref.store %x, %t[%c0, %c0] : memref<?x32xf32>
  return
}

// -----

// Rows of a length that nothing bounds are freed at the end of their block.
// CHECK-LABEL: func @unbounded(
//       CHECK:   %[[T:.*]] = memref.alloc(%{{.*}}) : memref<?x32xf32>
//  CHECK-NEXT:   memref.store %{{.*}}, %[[T]]
//  CHECK-NEXT:   memref.dealloc %[[T]]
//  CHECK-NEXT:   return
func.func @unbounded(%n: index, %x: f32) {
  %c0 = arith.constant 0 : index
  %t = memref.alloc(%n) : memref<?x32xf32>
  memref.store %x, %t[%c0, %c0] : memref<?x32xf32>
  return
}

// -----

// Some rows of a length that is known in front of the loop: memory for the most
// rows is taken once.
// CHECK-LABEL: func @rows(
//  CHECK-SAME:   %[[N:[^:]*]]: index, %[[LENGTH:[^:]*]]: index
//       CHECK:   %[[BYTES:.*]] = arith.muli %c32{{.*}}, %[[LENGTH]]
//       CHECK:   %[[H:.*]] = memref.alloc(%[[BYTES]]) {alignment = 64 : i64} : memref<?xi8>
//       CHECK:   scf.for
//       CHECK:     %[[ROWS:.*]] = affine.min
//       CHECK:     memref.view %[[H]][%{{.*}}][%[[ROWS]], %[[LENGTH]]] : memref<?xi8> to memref<?x?xf32>
//   CHECK-NOT:     memref.dealloc
//       CHECK:   }
//  CHECK-NEXT:   memref.dealloc %[[H]]
func.func @rows(%n: index, %length: index, %x: f32) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  scf.for %i = %c0 to %n step %c8 {
    %rows = affine.min affine_map<(d0)[s0] -> (-d0 + s0, 8)>(%i)[%n]
    %t = memref.alloc(%rows, %length) : memref<?x?xf32>
    memref.store %x, %t[%c0, %c0] : memref<?x?xf32>
    memref.dealloc %t : memref<?x?xf32>
  }
  return
}
