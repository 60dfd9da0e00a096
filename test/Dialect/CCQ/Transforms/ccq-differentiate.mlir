// RUN: ccq-opt %s --ccq-differentiate --ccq-verify-imported --canonicalize --split-input-file | FileCheck %s

// A product passes on the cotangent times the other operand: to the weights it
// is summed over the rows, whose number is not known.
// CHECK-DAG: #[[A:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[B:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-DAG: #[[C:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG: #[[D:.*]] = affine_map<(d0, d1, d2) -> (d2, d0)>
// CHECK-DAG: #[[E:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-LABEL: func.func @product
// CHECK-SAME: %[[X:[a-z0-9]*]]: tensor<?x8xf32> {ccq.dims = ["rows"], ccq.name = "x"}, %[[W:[a-z0-9]*]]: tensor<8x4xf32> {ccq.name = "w"}, %[[G:[a-z0-9]*]]: tensor<?x4xf32> {ccq.dims = ["rows"], ccq.name = "cotangent"}
// CHECK-SAME: -> (tensor<?x4xf32> {ccq.dims = ["rows"], ccq.name = "y"}, tensor<?x8xf32> {ccq.dims = ["rows"], ccq.name = "gradient.x"}, tensor<8x4xf32> {ccq.name = "gradient.w"})
// CHECK: %[[DX:.*]] = linalg.generic {indexing_maps = [#[[B]], #[[A]], #[[C]]], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[W]], %[[G]]
// CHECK: arith.mulf
// CHECK: arith.addf
// CHECK: %[[DW:.*]] = linalg.generic {indexing_maps = [#[[D]], #[[E]], #[[C]]], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[X]], %[[G]]
// CHECK: return %{{.*}}, %[[DX]], %[[DW]]
func.func @product(%x: tensor<?x8xf32> {ccq.name = "x", ccq.dims = ["rows"]}, %w: tensor<8x4xf32> {ccq.name = "w"}) -> (tensor<?x4xf32> {ccq.name = "y", ccq.dims = ["rows"]}) {
  %rows = ccq.dim "rows" : index
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty(%rows) : tensor<?x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = linalg.matmul ins(%x, %w : tensor<?x8xf32>, tensor<8x4xf32>) outs(%f : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// Marked arguments alone are parameters; one that the output does not depend on
// gets zeros, and integers have no gradient.
// CHECK-LABEL: func.func @marked
// CHECK-SAME: -> (tensor<4xf32>, tensor<4xf32> {ccq.name = "gradient.gain"}, tensor<2xf32> {ccq.name = "gradient.idle"})
// CHECK: %[[IDLE:.*]] = linalg.fill {{.*}} -> tensor<2xf32>
// CHECK: return %{{.*}}, %{{.*}}, %[[IDLE]] : tensor<4xf32>, tensor<4xf32>, tensor<2xf32>
func.func @marked(%x: tensor<4xf32> {ccq.name = "x"}, %gain: tensor<4xf32> {ccq.name = "gain", ccq.weight}, %idle: tensor<2xf32> {ccq.name = "idle", ccq.weight}) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %y = linalg.map {arith.mulf} ins(%x, %gain : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>)
  return %y : tensor<4xf32>
}
