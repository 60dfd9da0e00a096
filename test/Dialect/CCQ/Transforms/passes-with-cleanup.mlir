// canonicalize and cse between any two passes change neither the kernels nor
// the launches, copies included.
// RUN: ccq-opt %s --ccq-verify-imported --ccq-quantize-weights="scheme=w2.5" --ccq-verify-quantized \
// RUN:   --ccq-form-dispatches --ccq-outline-dispatches --ccq-deduplicate-dispatches \
// RUN:   --ccq-verify-dispatched --ccq-plan --ccq-verify-planned | FileCheck %s
// RUN: ccq-opt %s --canonicalize --cse --ccq-quantize-weights="scheme=w2.5" --canonicalize --cse \
// RUN:   --ccq-form-dispatches --canonicalize --cse --ccq-outline-dispatches --canonicalize --cse \
// RUN:   --ccq-deduplicate-dispatches --canonicalize --cse --ccq-verify-dispatched --ccq-plan \
// RUN:   --canonicalize --cse --ccq-verify-planned | FileCheck %s
// Each pass as a process of its own, through files.
// RUN: ccq-opt %s --ccq-quantize-weights="scheme=w2.5" -o %t.quantized.mlir
// RUN: ccq-opt %t.quantized.mlir --ccq-form-dispatches -o %t.formed.mlir
// RUN: ccq-opt %t.formed.mlir --ccq-outline-dispatches -o %t.outlined.mlir
// RUN: ccq-opt %t.outlined.mlir --ccq-deduplicate-dispatches -o %t.deduplicated.mlir
// RUN: ccq-opt %t.deduplicated.mlir --ccq-plan | FileCheck %s

// Two hidden layers of one shape share a kernel although one weight is tied to
// both and the biases differ; then the last layer with a softmax, and copies.
#mn = affine_map<(m, n) -> (m, n)>
#n = affine_map<(m, n) -> (n)>
#m = affine_map<(m, n) -> (m)>

// CHECK-COUNT-4: attributes {ccq.kernel}
// CHECK-NOT: ccq.kernel
// CHECK-LABEL: ccq.plan @main dims ["batch"]
// CHECK: %[[X:.*]] = ccq.buffer input "x"
// CHECK-DAG: %[[H:.*]] = ccq.buffer output "hidden"
// CHECK-DAG: %[[P:.*]] = ccq.buffer output "probabilities"
// CHECK-DAG: %[[C:.*]] = ccq.buffer output "hidden_again"
// CHECK-DAG: %[[S:.*]] = ccq.buffer scratch
// CHECK: ccq.encode
// CHECK-NOT: ccq.encode
// CHECK: ccq.launch @[[LAYER:.*]] ins({{.*}}%[[X]]{{.*}}) outs(%[[S]] :
// CHECK: ccq.launch @[[LAYER]] ins({{.*}}%[[S]]{{.*}}) outs(%[[H]] :
// CHECK: ccq.launch {{.*}}%[[H]]{{.*}} outs(%[[S1:.*]] :
// CHECK: ccq.launch {{.*}}%[[S1]]{{.*}} outs(%[[P]] :
// CHECK: ccq.launch {{.*}}%[[H]]{{.*}} outs(%[[C]] :
// CHECK-NOT: ccq.launch
ccq.store @model "model.onnx"
func.func @main(%x: tensor<?x64xf32> {ccq.name = "x", ccq.dims = ["batch"]})
    -> (tensor<?x64xf32> {ccq.name = "hidden", ccq.dims = ["batch"]}, tensor<?x64xf32> {ccq.name = "probabilities", ccq.dims = ["batch"]}, tensor<?x64xf32> {ccq.name = "hidden_again", ccq.dims = ["batch"]}) {
  %w = ccq.source @model[0, 16384] {name = "w"} : tensor<64x64xf32>
  %b0 = ccq.source @model[16384, 256] {name = "b0"} : tensor<64xf32>
  %b1 = ccq.source @model[16640, 256] {name = "b1"} : tensor<64xf32>
  %zero0 = arith.constant 0.0 : f32
  %d0 = ccq.dim "batch" : index
  %e0 = tensor.empty(%d0) : tensor<?x64xf32>
  %f0 = linalg.fill ins(%zero0 : f32) outs(%e0 : tensor<?x64xf32>) -> tensor<?x64xf32>
  %m0 = linalg.matmul ins(%x, %w : tensor<?x64xf32>, tensor<64x64xf32>) outs(%f0 : tensor<?x64xf32>) -> tensor<?x64xf32>
  %e1 = tensor.empty(%d0) : tensor<?x64xf32>
  %h0 = linalg.generic {indexing_maps = [#mn, #n, #mn], iterator_types = ["parallel", "parallel"]} ins(%m0, %b0 : tensor<?x64xf32>, tensor<64xf32>) outs(%e1 : tensor<?x64xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<?x64xf32>
  %zero1 = arith.constant 0.0 : f32
  %d1 = ccq.dim "batch" : index
  %e2 = tensor.empty(%d1) : tensor<?x64xf32>
  %f1 = linalg.fill ins(%zero1 : f32) outs(%e2 : tensor<?x64xf32>) -> tensor<?x64xf32>
  %m1 = linalg.matmul ins(%h0, %w : tensor<?x64xf32>, tensor<64x64xf32>) outs(%f1 : tensor<?x64xf32>) -> tensor<?x64xf32>
  %e3 = tensor.empty(%d1) : tensor<?x64xf32>
  %h1 = linalg.generic {indexing_maps = [#mn, #n, #mn], iterator_types = ["parallel", "parallel"]} ins(%m1, %b1 : tensor<?x64xf32>, tensor<64xf32>) outs(%e3 : tensor<?x64xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<?x64xf32>
  // The exponentials of the rows over their sums.
  %e4 = tensor.empty(%d1) : tensor<?x64xf32>
  %exp = linalg.generic {indexing_maps = [#mn, #mn], iterator_types = ["parallel", "parallel"]} ins(%h1 : tensor<?x64xf32>) outs(%e4 : tensor<?x64xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = math.exp %a : f32
    linalg.yield %s : f32
  } -> tensor<?x64xf32>
  %e5 = tensor.empty(%d1) : tensor<?xf32>
  %f2 = linalg.fill ins(%zero0 : f32) outs(%e5 : tensor<?xf32>) -> tensor<?xf32>
  %sum = linalg.generic {indexing_maps = [#mn, #m], iterator_types = ["parallel", "reduction"]} ins(%exp : tensor<?x64xf32>) outs(%f2 : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %o : f32
    linalg.yield %s : f32
  } -> tensor<?xf32>
  %p = linalg.generic {indexing_maps = [#mn, #m, #mn], iterator_types = ["parallel", "parallel"]} ins(%exp, %sum : tensor<?x64xf32>, tensor<?xf32>) outs(%e4 : tensor<?x64xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.divf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<?x64xf32>
  // A last layer without bias.
  %m2 = linalg.matmul ins(%p, %w : tensor<?x64xf32>, tensor<64x64xf32>) outs(%f1 : tensor<?x64xf32>) -> tensor<?x64xf32>
  return %h1, %m2, %h1 : tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>
}
