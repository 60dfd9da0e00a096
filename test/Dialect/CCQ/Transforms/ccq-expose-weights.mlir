// RUN: ccq-opt %s --ccq-expose-weights --ccq-verify-imported --split-input-file | FileCheck %s
// RUN: ccq-opt %s --ccq-expose-weights=weights=fc,^emb --split-input-file | FileCheck %s --check-prefix=SOME
// RUN: not ccq-opt %s --ccq-expose-weights="weights=*" 2>&1 | FileCheck %s --check-prefix=REGEX

// REGEX: expected a regular expression in option weights, got "*"

ccq.store @model "model.onnx"

#row = affine_map<(d0, d1) -> (d0)>
#id = affine_map<(d0, d1) -> (d0, d1)>

// An embedding that also is the output layer, a norm's gain and a weight with
// two readers; a table that is read in order stays.
// CHECK-LABEL: func.func @main
// CHECK-SAME: tensor<2xi64>, %{{.*}}: tensor<16x8xf32> {ccq.name = "emb", ccq.weight}, %[[GAIN:.*]]: tensor<8xf32> {ccq.name = "gain", ccq.weight}, %[[FC:.*]]: tensor<8x8xf32> {ccq.name = "fc", ccq.weight}, %[[HEAD:.*]]: tensor<8x16xf32> {ccq.name = "emb.transposed", ccq.weight})
// CHECK: ccq.source {{.*}} {name = "angles"}
// CHECK-NOT: ccq.source
// CHECK: linalg.matmul ins(%{{.*}}, %[[FC]]
// CHECK: linalg.matmul ins(%{{.*}}, %[[FC]]
// CHECK: linalg.matmul ins(%{{.*}}, %[[HEAD]]
// SOME-LABEL: func.func @main
// SOME-NOT: "gain", ccq.weight
// SOME: ccq.source {{.*}} {name = "gain"}
func.func @main(%ids: tensor<2xi64>) -> tensor<2x16xf32> {
  %emb = ccq.source @model[0, 512] {name = "emb"} : tensor<16x8xf32>
  %angles = ccq.source @model[512, 64] {name = "angles"} : tensor<2x8xf32>
  %gain = ccq.source @model[576, 32] {name = "gain"} : tensor<8xf32>
  %fc = ccq.source @model[608, 256] {name = "fc"} : tensor<8x8xf32>
  %again = ccq.source @model[608, 256] {name = "fc"} : tensor<8x8xf32>
  %head = ccq.source @model[0, 512] transposed {name = "emb"} : tensor<8x16xf32>
  %e = tensor.empty() : tensor<2x8xf32>
  %o = tensor.empty() : tensor<2x16xf32>
  %x = linalg.generic {indexing_maps = [#row, #id], iterator_types = ["parallel", "parallel"]} ins(%ids : tensor<2xi64>) outs(%e : tensor<2x8xf32>) {
  ^bb0(%id: i64, %out: f32):
    %column = linalg.index 1 : index
    %row = arith.index_cast %id : i64 to index
    %0 = tensor.extract %emb[%row, %column] : tensor<16x8xf32>
    linalg.yield %0 : f32
  } -> tensor<2x8xf32>
  %b = linalg.broadcast ins(%gain : tensor<8xf32>) outs(%e : tensor<2x8xf32>) dimensions = [0]
  %y = linalg.map {arith.mulf} ins(%x, %b : tensor<2x8xf32>, tensor<2x8xf32>) outs(%e : tensor<2x8xf32>)
  %t = linalg.map {arith.addf} ins(%y, %angles : tensor<2x8xf32>, tensor<2x8xf32>) outs(%e : tensor<2x8xf32>)
  %0 = linalg.matmul ins(%t, %fc : tensor<2x8xf32>, tensor<8x8xf32>) outs(%e : tensor<2x8xf32>) -> tensor<2x8xf32>
  %1 = linalg.matmul ins(%0, %again : tensor<2x8xf32>, tensor<8x8xf32>) outs(%e : tensor<2x8xf32>) -> tensor<2x8xf32>
  %2 = linalg.matmul ins(%1, %head : tensor<2x8xf32>, tensor<8x16xf32>) outs(%o : tensor<2x16xf32>) -> tensor<2x16xf32>
  return %2 : tensor<2x16xf32>
}
