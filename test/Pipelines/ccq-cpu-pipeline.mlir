// RUN: ccq-opt %s --ccq-cpu-pipeline="target=cpu:x86-64-v3" | FileCheck %s

// A quantized function becomes a plan, its kernel on tensors, and an object.
// CHECK: #[[ITEMS:.*]] = affine_map<(d0) -> (d0 ceildiv 64)>
// CHECK: func.func private @[[KERNEL:[a-z0-9_]*]](
// CHECK-SAME: attributes {ccq.kernel}
// CHECK: ccq.plan @main
// CHECK: ccq.launch @[[KERNEL]]
// CHECK: ccq.object @[[KERNEL]]_cpu_x86_64_v3 target "cpu:x86-64-v3" kernel @[[KERNEL]] so entry "[[KERNEL]]" grid #[[ITEMS]] data

// Pipelines of several targets follow each other; the plan stays as it is.
// RUN: ccq-opt %s --ccq-cpu-pipeline="target=cpu:x86-64" --ccq-cpu-pipeline="target=cpu:x86-64-v3" | FileCheck %s --check-prefix=BOTH
// BOTH-COUNT-1: ccq.plan
// BOTH: ccq.object @{{.*}}_cpu_x86_64 target
// BOTH: ccq.object @{{.*}}_cpu_x86_64_v3 target

#w2_5 = #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>
ccq.store @model "model.onnx"
func.func @main(%x: tensor<?x128xf32> {ccq.name = "x", ccq.dims = ["batch"]}) -> (tensor<?x40xf32> {ccq.name = "y", ccq.dims = ["batch"]}) {
  %batch = ccq.dim "batch" : index
  %w = ccq.source @model[0, 20480] {name = "w"} : tensor<128x40xf32>
  %e = ccq.encode %w {name = "w"} : tensor<128x40xf32> -> !ccq.tensor<128x40xf32, #w2_5>
  %d = ccq.decode %e : !ccq.tensor<128x40xf32, #w2_5> -> tensor<128x40xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty(%batch) : tensor<?x40xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x40xf32>) -> tensor<?x40xf32>
  %y = linalg.matmul ins(%x, %d : tensor<?x128xf32>, tensor<128x40xf32>) outs(%fill : tensor<?x40xf32>) -> tensor<?x40xf32>
  return %y : tensor<?x40xf32>
}
