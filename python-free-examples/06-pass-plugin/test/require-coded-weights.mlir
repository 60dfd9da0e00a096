// RUN: ccq-opt %s --load-pass-plugin=%plugin --pass-pipeline="builtin.module(require-coded-weights{largest=2000})" | FileCheck %s
// RUN: not ccq-opt %s --load-pass-plugin=%plugin --pass-pipeline="builtin.module(require-coded-weights{largest=1000})" 2>&1 | FileCheck %s --check-prefix=ERROR
// RUN: ccq-opt %s --load-pass-plugin=%plugin --pass-pipeline="builtin.module(ccq-quantize-weights{scheme=w2.75},require-coded-weights{largest=1000})" | FileCheck %s --check-prefix=CODED

// A float weight passes when it is small enough, and in any size once it is
// coded: the pass stands in a pipeline with those of CCQ.

ccq.store @model "model.onnx"

// CHECK-LABEL: func.func @main
// CHECK: linalg.matmul
// CODED: %[[WEIGHT:.*]] = ccq.decode
// CODED: linalg.matmul ins(%{{.*}}, %[[WEIGHT]]
// ERROR: error: expected a coded weight or fewer than 1000 elements, got 'tensor<64x16xf32>'
func.func @main(%x: tensor<2x64xf32>) -> tensor<2x16xf32> {
  %w = ccq.source @model[0, 4096] {name = "w"} : tensor<64x16xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<2x16xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<2x16xf32>) -> tensor<2x16xf32>
  %y = linalg.matmul ins(%x, %w : tensor<2x64xf32>, tensor<64x16xf32>) outs(%fill : tensor<2x16xf32>) -> tensor<2x16xf32>
  return %y : tensor<2x16xf32>
}
