// RUN: ccq-opt %s --ccq-bind-buffers --split-input-file --verify-diagnostics | FileCheck %s

// Buffers are inputs, then outputs; the scalar is the extent of both.
// CHECK-LABEL: func.func @k(
//  CHECK-SAME:   %[[BUFFERS:.*]]: !llvm.ptr, %[[SCALARS:.*]]: !llvm.ptr, %[[BEGIN:.*]]: index, %[[END:.*]]: index)
//       CHECK:   %[[S:.*]] = llvm.getelementptr %[[SCALARS]][0] : {{.*}}, i64
//       CHECK:   %[[M64:.*]] = llvm.load %[[S]] : !llvm.ptr -> i64
//       CHECK:   %[[M:.*]] = arith.index_cast %[[M64]] : i64 to index
//       CHECK:   llvm.getelementptr %[[BUFFERS]][0] : {{.*}}, !llvm.ptr
//       CHECK:   %[[X:.*]] = builtin.unrealized_conversion_cast %{{.*}} : !llvm.struct<(ptr, ptr, i64, array<2 x i64>, array<2 x i64>)> to memref<?x8xf32>
//       CHECK:   %[[T:.*]] = bufferization.to_tensor %[[X]] restrict : memref<?x8xf32>
//       CHECK:   llvm.getelementptr %[[BUFFERS]][1] : {{.*}}, !llvm.ptr
//       CHECK:   %[[Y:.*]] = builtin.unrealized_conversion_cast %{{.*}} to memref<?x8xf32>
//       CHECK:   scf.for %{{.*}} = %[[BEGIN]] to %[[END]]
//       CHECK:   %[[R:.*]] = linalg.exp ins(%[[T]]
//       CHECK:   bufferization.materialize_in_destination %[[R]] in restrict writable %[[Y]]
//       CHECK:   return{{$}}
func.func private @k(%x: tensor<?x8xf32> {ccq.extents = array<i64: 0>}, %m: index, %begin: index, %end: index) -> (tensor<?x8xf32> {ccq.extents = array<i64: 0>}) attributes {ccq.grid = affine_map<(d0) -> (d0)>} {
  %c1 = arith.constant 1 : index
  scf.for %i = %begin to %end step %c1 {
  }
  %empty = tensor.empty(%m) : tensor<?x8xf32>
  %0 = linalg.exp ins(%x : tensor<?x8xf32>) outs(%empty : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// -----

// A reshaped result is computed in the reshaped output buffer.
// CHECK-LABEL: func.func @reshape(
//       CHECK:   %[[R:.*]] = linalg.exp
//       CHECK:   %[[C:.*]] = memref.collapse_shape %[[Y:.*]] {{\[\[}}0, 1]] : memref<4x8xf32> into memref<32xf32>
//       CHECK:   bufferization.materialize_in_destination %[[R]] in restrict writable %[[C]] : (tensor<32xf32>, memref<32xf32>)
//       CHECK:   %[[E:.*]] = memref.expand_shape %{{.*}} {{\[\[}}0, 1]] output_shape [4, 8] : memref<32xf32> into memref<4x8xf32>
//       CHECK:   bufferization.materialize_in_destination %{{.*}} in restrict writable %[[E]]
func.func private @reshape(%x: tensor<32xf32>, %y: tensor<4x8xf32>, %begin: index, %end: index) -> (tensor<4x8xf32>, tensor<32xf32>) attributes {ccq.grid = affine_map<() -> (1)>} {
  %empty = tensor.empty() : tensor<32xf32>
  %0 = linalg.exp ins(%x : tensor<32xf32>) outs(%empty : tensor<32xf32>) -> tensor<32xf32>
  %1 = tensor.expand_shape %0 [[0, 1]] output_shape [4, 8] : tensor<32xf32> into tensor<4x8xf32>
  %2 = tensor.collapse_shape %y [[0, 1]] : tensor<4x8xf32> into tensor<32xf32>
  return %1, %2 : tensor<4x8xf32>, tensor<32xf32>
}

// -----

// expected-error@+1 {{expected work items; run ccq-distribute-items first}}
func.func @no_items(%x: tensor<8xf32>) -> tensor<8xf32> {
  return %x : tensor<8xf32>
}

// -----

// expected-error@+1 {{expected tensors and index values as arguments of a kernel, got 'f32'}}
func.func @scalar(%x: f32, %begin: index, %end: index) attributes {ccq.grid = affine_map<() -> (1)>} {
  return
}

// -----

// expected-error@+1 {{expected ccq.extents of result 0 to name 1 of 3 index arguments, got 0 names}}
func.func @no_extent(%x: tensor<?xf32> {ccq.extents = array<i64: 0>}, %m: index, %begin: index, %end: index) -> tensor<?xf32> attributes {ccq.grid = affine_map<(d0) -> (1)>} {
  return %x : tensor<?xf32>
}
