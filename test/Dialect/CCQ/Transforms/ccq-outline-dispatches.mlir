// RUN: ccq-opt %s --ccq-outline-dispatches --ccq-verify-dispatched --split-input-file | FileCheck %s

// Tensors first, sizes last; one scalar for a symbolic dimension however it is
// reached; constants of one value are copied in, others are arguments.

// CHECK: func.func private @dispatch_0(
// CHECK-SAME: %[[B:[^:]*]]: tensor<8xf32>,
// CHECK-SAME: %[[X:[^:]*]]: tensor<?x8xf32> {ccq.extents = array<i64: 0>}
// CHECK-SAME: %[[N:[^:]*]]: index) -> (tensor<?x8xf32> {ccq.extents = array<i64: 0>}) attributes {ccq.kernel}
// CHECK-DAG: arith.constant dense<1.000000e+00> : tensor<8xf32>
// CHECK-DAG: tensor.empty(%[[N]])
// CHECK: return
// CHECK-LABEL: func.func @main
// CHECK: %[[BATCH:.*]] = ccq.dim "batch"
// CHECK: %[[BIAS:.*]] = arith.constant dense<[
// CHECK: ccq.dispatch @dispatch_0(%[[BIAS]], %{{.*}}, %[[BATCH]]) [%[[BATCH]]] : (tensor<8xf32>, tensor<?x8xf32>, index) -> tensor<?x8xf32>
func.func @main(%x: tensor<?x8xf32> {ccq.dims = ["batch"]}) -> tensor<?x8xf32> {
  %batch = ccq.dim "batch" : index
  %one = arith.constant dense<1.0> : tensor<8xf32>
  %bias = arith.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]> : tensor<8xf32>
  %y = ccq.dispatch_region [%batch] -> (tensor<?x8xf32>) {
    %n = ccq.dim "batch" : index
    %e = tensor.empty(%n) : tensor<?x8xf32>
    %s = arith.addf %one, %bias : tensor<8xf32>
    %0 = linalg.generic {
      indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>],
      iterator_types = ["parallel", "parallel"]
    } ins(%x, %s : tensor<?x8xf32>, tensor<8xf32>) outs(%e : tensor<?x8xf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %c = arith.addf %a, %b : f32
      linalg.yield %c : f32
    } -> tensor<?x8xf32>
    ccq.yield %0 : tensor<?x8xf32>
  }
  return %y : tensor<?x8xf32>
}

// -----

// A dimension without a name is measured on the argument; a coded matrix is an
// argument like a tensor; a result's size is that of the dispatch before.

// CHECK: func.func private @dispatch_0(%{{.*}}: !ccq.tensor<8x8xf32, #{{.*}}>, %{{.*}}: tensor<?x8xf32> {ccq.extents = array<i64: 0>}, %{{.*}}: index) -> (tensor<?x8xf32> {ccq.extents = array<i64: 0>})
// CHECK: func.func private @dispatch_1(%{{.*}}: tensor<?x8xf32> {ccq.extents = array<i64: 0>}, %{{.*}}: index)
// CHECK-LABEL: func.func @unnamed
// CHECK: %[[N:.*]] = tensor.dim
// CHECK: %[[T:.*]] = ccq.dispatch @dispatch_0(%{{.*}}, %{{.*}}, %[[N]]) [%[[N]]]
// CHECK: ccq.dispatch @dispatch_1(%[[T]], %[[N]]) [%[[N]]]
#i8 = #ccq.scalar<bits = 8, group = 64>
func.func @unnamed(%x: tensor<?x8xf32>, %e: !ccq.tensor<8x8xf32, #i8>) -> tensor<?x8xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x8xf32>
  %y = ccq.dispatch_region [%n] -> (tensor<?x8xf32>) {
    %d = ccq.decode %e : !ccq.tensor<8x8xf32, #i8> -> tensor<8x8xf32>
    %0 = linalg.matmul ins(%x, %d : tensor<?x8xf32>, tensor<8x8xf32>) outs(%x : tensor<?x8xf32>) -> tensor<?x8xf32>
    ccq.yield %0 : tensor<?x8xf32>
  }
  %z = ccq.dispatch_region [%n] -> (tensor<?x8xf32>) {
    %0 = math.exp %y : tensor<?x8xf32>
    ccq.yield %0 : tensor<?x8xf32>
  }
  return %z : tensor<?x8xf32>
}

// -----

// Names that are taken are skipped.

// CHECK: func.func private @dispatch_1(
// CHECK: func.func @dispatch_0(
// CHECK: ccq.dispatch @dispatch_1
func.func @dispatch_0(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = ccq.dispatch_region -> (tensor<8xf32>) {
    %0 = math.exp %x : tensor<8xf32>
    ccq.yield %0 : tensor<8xf32>
  }
  return %y : tensor<8xf32>
}

// -----

// Sizes that nothing names yet go to the start, also when the function's first
// op is a size itself.

// CHECK-LABEL: func.func @size_first
//       CHECK:   %[[A:.*]] = ccq.dim "a"
//  CHECK-NEXT:   %[[B:.*]] = ccq.dim "b"
//       CHECK:   ccq.dispatch @dispatch_1(%{{.*}}, %[[B]])
func.func @size_first(%x: tensor<?xf32> {ccq.dims = ["a"]}, %z: tensor<?x?xf32> {ccq.dims = ["a", "b"]}) -> (tensor<?xf32>, tensor<?x?xf32>) {
  %a = ccq.dim "a" : index
  %y = ccq.dispatch_region [%a] -> (tensor<?xf32>) {
    %0 = math.exp %x : tensor<?xf32>
    ccq.yield %0 : tensor<?xf32>
  }
  %b = ccq.dim "b" : index
  %w = ccq.dispatch_region [%a, %b] -> (tensor<?x?xf32>) {
    %0 = math.exp %z : tensor<?x?xf32>
    ccq.yield %0 : tensor<?x?xf32>
  }
  return %y, %w : tensor<?xf32>, tensor<?x?xf32>
}

// -----

// The same when the first op was a dispatch region that has become a dispatch.

// CHECK-LABEL: func.func @region_first
//       CHECK:   %[[A:.*]] = ccq.dim "a"
//  CHECK-NEXT:   ccq.dispatch @dispatch_0(
//       CHECK:   ccq.dispatch @dispatch_1(%{{.*}}, %[[A]])
func.func @region_first(%x: tensor<4xf32>, %z: tensor<?xf32> {ccq.dims = ["a"]}) -> (tensor<4xf32>, tensor<4xf32>) {
  %y = ccq.dispatch_region -> (tensor<4xf32>) {
    %0 = math.exp %x : tensor<4xf32>
    ccq.yield %0 : tensor<4xf32>
  }
  %w = ccq.dispatch_region -> (tensor<4xf32>) {
    %0 = tensor.extract_slice %z[0] [4] [1] : tensor<?xf32> to tensor<4xf32>
    ccq.yield %0 : tensor<4xf32>
  }
  return %y, %w : tensor<4xf32>, tensor<4xf32>
}
