// RUN: ccq-opt %s --ccq-absorb-reshapes --split-input-file --verify-diagnostics | FileCheck %s

// The kernel reads batch x sequence x 64 where the caller has one dimension.
// CHECK-LABEL: func private @split(
//  CHECK-SAME:   %[[X:.*]]: tensor<?x?x64xf32> {ccq.extents = array<i64: 1, 0>}
//   CHECK-NOT:   tensor.expand_shape
//       CHECK:   return %[[X]] : tensor<?x?x64xf32>
func.func private @split(%x: tensor<?x64xf32> {ccq.extents = array<i64: 2>}, %s: index, %b: index, %bs: index) -> (tensor<?x?x64xf32> {ccq.extents = array<i64: 1, 0>}) attributes {ccq.kernel} {
  %0 = tensor.expand_shape %x [[0, 1], [2]] output_shape [%b, %s, 64] : tensor<?x64xf32> into tensor<?x?x64xf32>
  return %0 : tensor<?x?x64xf32>
}

// -----

// Other readers get the original shape back; further reshapes stay.
// CHECK-LABEL: func private @two_readers(
//  CHECK-SAME:   %[[X:.*]]: tensor<?x?x64xf32>
//       CHECK:   %[[OLD:.*]] = tensor.collapse_shape %[[X]] {{\[}}[0, 1], [2]] : tensor<?x?x64xf32> into tensor<?x64xf32>
//       CHECK:   %[[HEADS:.*]] = tensor.expand_shape %[[X]] {{\[}}[0], [1], [2, 3]]
//       CHECK:   return %[[HEADS]], %[[OLD]]
func.func private @two_readers(%x: tensor<?x64xf32> {ccq.extents = array<i64: 2>}, %b: index, %s: index, %bs: index) -> (tensor<?x?x8x8xf32> {ccq.extents = array<i64: 0, 1>}, tensor<?x64xf32> {ccq.extents = array<i64: 2>}) attributes {ccq.kernel} {
  %0 = tensor.expand_shape %x [[0, 1], [2]] output_shape [%b, %s, 64] : tensor<?x64xf32> into tensor<?x?x64xf32>
  %1 = tensor.expand_shape %0 [[0], [1], [2, 3]] output_shape [%b, %s, 8, 8] : tensor<?x?x64xf32> into tensor<?x?x8x8xf32>
  return %1, %x : tensor<?x?x8x8xf32>, tensor<?x64xf32>
}

// -----

// One dynamic size follows from the source: nothing to do.
// CHECK-LABEL: func private @one_size(
//       CHECK:   tensor.expand_shape
func.func private @one_size(%x: tensor<?x64xf32> {ccq.extents = array<i64: 1>}, %b: index, %b4: index) -> (tensor<?x4x64xf32> {ccq.extents = array<i64: 0>}) attributes {ccq.kernel} {
  %0 = tensor.expand_shape %x [[0, 1], [2]] output_shape [%b, 4, 64] : tensor<?x64xf32> into tensor<?x4x64xf32>
  return %0 : tensor<?x4x64xf32>
}

// -----

func.func private @computed_size(%x: tensor<?xf32> {ccq.extents = array<i64: 1>}, %b: index, %n: index) -> (tensor<?x?xf32> {ccq.extents = array<i64: 0, 0>}) attributes {ccq.kernel} {
  %two = arith.constant 2 : index
  %s = arith.muli %b, %two : index
  // expected-error@+1 {{expected sizes that are index arguments of the kernel}}
  %0 = tensor.expand_shape %x [[0, 1]] output_shape [%b, %s] : tensor<?xf32> into tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// -----

func.func private @two_shapes(%x: tensor<?x?xf32> {ccq.extents = array<i64: 0, 1>}, %b: index, %s: index, %bs: index) -> (tensor<?x?xf32> {ccq.extents = array<i64: 1, 0>}, tensor<?x?xf32> {ccq.extents = array<i64: 0, 1>}) attributes {ccq.kernel} {
  // expected-error@+1 {{expected all readers of the argument to read one shape of it, got another one}}
  %0 = tensor.collapse_shape %x [[0, 1]] : tensor<?x?xf32> into tensor<?xf32>
  %1 = tensor.expand_shape %0 [[0, 1]] output_shape [%s, %b] : tensor<?xf32> into tensor<?x?xf32>
  return %1, %x : tensor<?x?xf32>, tensor<?x?xf32>
}
