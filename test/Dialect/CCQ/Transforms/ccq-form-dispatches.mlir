// RUN: ccq-opt %s --split-input-file --ccq-form-dispatches | FileCheck %s
// Running the pass again changes nothing.
// RUN: ccq-opt %s --split-input-file --ccq-form-dispatches --ccq-form-dispatches | FileCheck %s

#i8 = #ccq.scalar<bits = 8, group = 64>
#mn = affine_map<(m, n) -> (m, n)>
#n = affine_map<(m, n) -> (n)>
ccq.store @model "model.onnx"

// A coded matmul takes its epilogue; both layers get a fill and a decode of
// their own; weights and sizes stay outside.
// CHECK-LABEL: func.func @layers
func.func @layers(%x: tensor<?x8xf32> {ccq.dims = ["batch"]}) -> (tensor<?x8xf32> {ccq.dims = ["batch"]}) {
  // CHECK: %[[BATCH:.*]] = ccq.dim "batch"
  // CHECK: %[[BIAS:.*]] = ccq.source
  // CHECK: %[[E:.*]] = ccq.encode
  // CHECK-NOT: tensor.empty
  // CHECK: %[[H:.*]] = ccq.dispatch_region[%[[BATCH]]] -> (tensor<?x8xf32>) {
  // CHECK: ccq.decode %[[E]]
  // CHECK: linalg.fill
  // CHECK: linalg.matmul ins(%arg0
  // CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[BIAS]]
  // CHECK: ccq.yield
  // CHECK: ccq.dispatch_region[%[[BATCH]]] -> (tensor<?x8xf32>) {
  // CHECK: ccq.decode %[[E]]
  // CHECK: linalg.fill
  // CHECK: linalg.matmul ins(%[[H]]
  // CHECK: ccq.yield
  // CHECK-NOT: ccq.dispatch_region
  %batch = ccq.dim "batch" : index
  %bias = ccq.source @model[256, 32] : tensor<8xf32>
  %w = ccq.source @model[0, 256] : tensor<8x8xf32>
  %e = ccq.encode %w : tensor<8x8xf32> -> !ccq.tensor<8x8xf32, #i8>
  %d = ccq.decode %e : !ccq.tensor<8x8xf32, #i8> -> tensor<8x8xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty(%batch) : tensor<?x8xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x8xf32>) -> tensor<?x8xf32>
  %0 = linalg.matmul ins(%x, %d : tensor<?x8xf32>, tensor<8x8xf32>) outs(%fill : tensor<?x8xf32>) -> tensor<?x8xf32>
  %1 = linalg.generic {indexing_maps = [#mn, #n, #mn], iterator_types = ["parallel", "parallel"]} ins(%0, %bias : tensor<?x8xf32>, tensor<8xf32>) outs(%empty : tensor<?x8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    %r = arith.maximumf %s, %zero : f32
    linalg.yield %r : f32
  } -> tensor<?x8xf32>
  %2 = linalg.matmul ins(%1, %d : tensor<?x8xf32>, tensor<8x8xf32>) outs(%fill : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// -----

// x * sigmoid(x): the matmul's result has two readers, and both join. Read once
// more elsewhere, it ends the dispatch.
// CHECK-LABEL: func.func @diamond
func.func @diamond(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>, %z: tensor<4x4xf32>) -> tensor<4x4xf32> {
  // CHECK: ccq.dispatch_region
  // CHECK: linalg.matmul
  // CHECK: math.tanh
  // CHECK: arith.mulf
  // CHECK: ccq.yield
  // CHECK-NOT: ccq.dispatch_region
  %m = linalg.matmul ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  %t = math.tanh %m : tensor<4x4xf32>
  %p = arith.mulf %m, %t : tensor<4x4xf32>
  return %p : tensor<4x4xf32>
}

// CHECK-LABEL: func.func @read_twice
func.func @read_twice(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>, %z: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  // CHECK: %[[M:.*]] = ccq.dispatch_region
  // CHECK: linalg.matmul
  // CHECK-NEXT: ccq.yield
  // CHECK: %[[T:.*]] = ccq.dispatch_region
  // CHECK: math.tanh
  // CHECK: ccq.yield
  // CHECK: return %[[M]], %[[T]]
  %m = linalg.matmul ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  %t = math.tanh %m : tensor<4x4xf32>
  return %m, %t : tensor<4x4xf32>, tensor<4x4xf32>
}

// The sum of two matmuls belongs to the first; the second one comes before it.
// CHECK-LABEL: func.func @two_matmuls
func.func @two_matmuls(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>, %z: tensor<4x4xf32>) -> tensor<4x4xf32> {
  // CHECK: %[[B:.*]] = ccq.dispatch_region
  // CHECK: linalg.matmul ins(%arg1, %arg0
  // CHECK-NEXT: ccq.yield
  // CHECK: ccq.dispatch_region
  // CHECK: %[[A:.*]] = linalg.matmul ins(%arg0, %arg1
  // CHECK: linalg.generic {{.*}} ins(%[[A]], %[[B]]
  %a = linalg.matmul ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  %b = linalg.matmul ins(%w, %x : tensor<4x4xf32>, tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  %s = arith.addf %a, %b : tensor<4x4xf32>
  return %s : tensor<4x4xf32>
}

// -----

// A softmax is one dispatch, with the scaling before it; the matmul is not part
// of it.
#mn = affine_map<(m, n) -> (m, n)>
#m = affine_map<(m, n) -> (m)>
// CHECK-LABEL: func.func @softmax
func.func @softmax(%x: tensor<?x4xf32>, %w: tensor<4x4xf32>) -> tensor<?x4xf32> {
  // CHECK: %[[N:.*]] = tensor.dim
  // CHECK: %[[MM:.*]] = ccq.dispatch_region[%[[N]]]
  // CHECK: linalg.matmul
  // CHECK-NEXT: ccq.yield
  // CHECK: ccq.dispatch_region[%[[N]]]
  // CHECK: arith.maximumf
  // CHECK: math.exp
  // CHECK: arith.addf
  // CHECK: arith.divf
  // CHECK: ccq.yield
  // CHECK-NOT: ccq.dispatch_region
  %c0 = arith.constant 0 : index
  %batch = tensor.dim %x, %c0 : tensor<?x4xf32>
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %empty = tensor.empty(%batch) : tensor<?x4xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x4xf32>) -> tensor<?x4xf32>
  %mm = linalg.matmul ins(%x, %w : tensor<?x4xf32>, tensor<4x4xf32>) outs(%fill : tensor<?x4xf32>) -> tensor<?x4xf32>
  %rows = tensor.dim %mm, %c0 : tensor<?x4xf32>
  %row = tensor.empty(%rows) : tensor<?xf32>
  %lows = linalg.fill ins(%low : f32) outs(%row : tensor<?xf32>) -> tensor<?xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%row : tensor<?xf32>) -> tensor<?xf32>
  %max = linalg.generic {indexing_maps = [#mn, #m], iterator_types = ["parallel", "reduction"]} ins(%mm : tensor<?x4xf32>) outs(%lows : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.maximumf %a, %o : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  %exp = linalg.generic {indexing_maps = [#mn, #m, #mn], iterator_types = ["parallel", "parallel"]} ins(%mm, %max : tensor<?x4xf32>, tensor<?xf32>) outs(%empty : tensor<?x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.subf %a, %b : f32
    %1 = math.exp %0 : f32
    linalg.yield %1 : f32
  } -> tensor<?x4xf32>
  %sum = linalg.generic {indexing_maps = [#mn, #m], iterator_types = ["parallel", "reduction"]} ins(%exp : tensor<?x4xf32>) outs(%zeros : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %a, %o : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  %div = linalg.generic {indexing_maps = [#mn, #m, #mn], iterator_types = ["parallel", "parallel"]} ins(%exp, %sum : tensor<?x4xf32>, tensor<?xf32>) outs(%empty : tensor<?x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.divf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<?x4xf32>
  return %div : tensor<?x4xf32>
}

// -----

// Views are read through, slices too; a concatenation is one dispatch.
// CHECK-LABEL: func.func @views
func.func @views(%x: tensor<2x3x4xf32>) -> tensor<6x6xf32> {
  // CHECK: %[[E:.*]] = ccq.dispatch_region
  // CHECK: tensor.collapse_shape %arg0
  // CHECK: math.exp
  // CHECK: ccq.yield
  // CHECK: ccq.dispatch_region
  // CHECK-DAG: tensor.collapse_shape %arg0
  // CHECK-DAG: tensor.extract_slice %[[E]]
  // CHECK-DAG: tensor.empty
  // CHECK: tensor.insert_slice
  // CHECK: tensor.insert_slice
  // CHECK: ccq.yield
  // CHECK-NOT: ccq.dispatch_region
  %c = tensor.collapse_shape %x [[0, 1], [2]] : tensor<2x3x4xf32> into tensor<6x4xf32>
  %e = math.exp %c : tensor<6x4xf32>
  %s = tensor.extract_slice %e[0, 2] [6, 2] [1, 1] : tensor<6x4xf32> to tensor<6x2xf32>
  %t = tensor.empty() : tensor<6x6xf32>
  %0 = tensor.insert_slice %c into %t[0, 0] [6, 4] [1, 1] : tensor<6x4xf32> into tensor<6x6xf32>
  %1 = tensor.insert_slice %s into %0[0, 4] [6, 2] [1, 1] : tensor<6x2xf32> into tensor<6x6xf32>
  return %1 : tensor<6x6xf32>
}

// Results that no computation gives are copies: an argument, a view, a weight,
// a result returned before.
// CHECK-LABEL: func.func @copies
func.func @copies(%x: tensor<?x4xf32> {ccq.dims = ["n"]}) -> (tensor<?x4xf32>, tensor<?xf32>, tensor<2xf32>, tensor<?x4xf32>, tensor<?x4xf32>) {
  // CHECK: %[[C:.*]] = arith.constant dense<[1.0
  // CHECK: %[[E:.*]] = ccq.dispatch_region
  // CHECK: ccq.dispatch_region
  // CHECK-NEXT: ccq.yield %arg0
  // CHECK: arith.muli
  // CHECK: ccq.dispatch_region
  // CHECK-NEXT: %[[V:.*]] = tensor.collapse_shape %arg0
  // CHECK-NEXT: ccq.yield %[[V]]
  // CHECK: ccq.dispatch_region
  // CHECK-NEXT: ccq.yield %[[C]]
  // CHECK: ccq.dispatch_region
  // CHECK-NEXT: ccq.yield %[[E]]
  // CHECK: return %{{.*}}, %{{.*}}, %{{.*}}, %[[E]], %{{.*}}
  %v = tensor.collapse_shape %x [[0, 1]] : tensor<?x4xf32> into tensor<?xf32>
  %c = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %e = math.exp %x : tensor<?x4xf32>
  return %x, %v, %c, %e, %e : tensor<?x4xf32>, tensor<?xf32>, tensor<2xf32>, tensor<?x4xf32>, tensor<?x4xf32>
}

// -----

// A loop over tiles moves as a whole; a materialized decode stays outside.
#i8 = #ccq.scalar<bits = 8, group = 64>
// CHECK-LABEL: func.func @loop
func.func @loop(%x: tensor<4x8xf32>, %e: !ccq.tensor<8x8xf32, #i8>) -> tensor<4x8xf32> {
  // CHECK: ccq.decode %{{.*}} materialized
  // CHECK: ccq.dispatch_region
  // CHECK: tensor.empty
  // CHECK: scf.forall
  // CHECK: linalg.matmul
  // CHECK: ccq.yield
  %d = ccq.decode %e materialized : !ccq.tensor<8x8xf32, #i8> -> tensor<8x8xf32>
  %t = tensor.empty() : tensor<4x8xf32>
  %y = scf.forall (%i) = (0) to (8) step (4) shared_outs(%o = %t) -> (tensor<4x8xf32>) {
    %w = tensor.extract_slice %d[0, %i] [8, 4] [1, 1] : tensor<8x8xf32> to tensor<8x4xf32>
    %z = tensor.extract_slice %o[0, %i] [4, 4] [1, 1] : tensor<4x8xf32> to tensor<4x4xf32>
    %m = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %m into %o[0, %i] [4, 4] [1, 1] : tensor<4x4xf32> into tensor<4x8xf32>
    }
  }
  return %y : tensor<4x8xf32>
}

// -----

// An observed value ends a dispatch, and a view gets a copy; arguments are
// shown as they are.
// CHECK-LABEL: func.func @observed
// CHECK-SAME: %[[X:[a-z0-9]*]]: tensor<4x8xf32>
// CHECK-NEXT: ccq.observe %[[X]] {name = "x"}
// CHECK: %[[A:.*]] = ccq.dispatch_region
// CHECK: linalg.generic
// CHECK: ccq.observe %[[A]] {name = "a"}
// CHECK: %[[V:.*]] = ccq.dispatch_region
// CHECK-NEXT: tensor.collapse_shape %[[A]]
// CHECK: ccq.observe %[[V]] {name = "v"}
// CHECK: ccq.dispatch_region
// CHECK: return
func.func @observed(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  ccq.observe %x {name = "x"} : tensor<4x8xf32>
  %0 = math.exp %x : tensor<4x8xf32>
  ccq.observe %0 {name = "a"} : tensor<4x8xf32>
  %1 = tensor.collapse_shape %0 [[0, 1]] : tensor<4x8xf32> into tensor<32xf32>
  ccq.observe %1 {name = "v"} : tensor<32xf32>
  %2 = math.absf %0 : tensor<4x8xf32>
  return %2 : tensor<4x8xf32>
}
