// Which scheme a weight gets, and what is refused.
// RUN: ccq-opt %s --ccq-quantize-weights="scheme=w2.5 tensors=fc1=i8,^fc1\.weight$=keep,d$=keep" | FileCheck %s
// Again, on the output: the names of coded weights still match.
// RUN: ccq-opt %s --ccq-quantize-weights="scheme=keep tensors=fc1=i8,^d$=keep" \
// RUN:   | ccq-opt --ccq-quantize-weights="scheme=keep tensors=fc1=i8,^d$=keep" | FileCheck %s --check-prefix=AGAIN
// RUN: ccq-opt %s --ccq-quantize-weights="scheme=w2.75 allow-fallback=true" 2>&1 | FileCheck %s --check-prefix=FALLBACK
// RUN: not ccq-opt %s --ccq-quantize-weights="scheme=w2.75" 2>&1 | FileCheck %s --check-prefix=F64
// RUN: not ccq-opt %s --ccq-quantize-weights="scheme=w9" 2>&1 | FileCheck %s --check-prefix=SCHEME
// RUN: not ccq-opt %s --ccq-quantize-weights="tensors=fc1=w9" 2>&1 | FileCheck %s --check-prefix=SCHEME
// RUN: not ccq-opt %s --ccq-quantize-weights="tensors=fc1" 2>&1 | FileCheck %s --check-prefix=ENTRY
// RUN: not ccq-opt %s --ccq-quantize-weights="tensors=*fc=i8" 2>&1 | FileCheck %s --check-prefix=REGEX
// RUN: not ccq-opt %s --ccq-quantize-weights="tensors=^c1=i8,d$=keep" 2>&1 | FileCheck %s --check-prefix=NONE

ccq.store @model "model.onnx"

// "fc1" matches anywhere, so fc10.weight is i8; the last match keeps fc1.weight.
// CHECK-NOT: ccq.encode
// CHECK: ccq.encode %{{.*}} {name = "fc10.weight"} : {{.*}}#i8_scheme
// CHECK-NEXT: ccq.decode
// CHECK: ccq.encode %{{.*}} {name = "fc2"} : {{.*}}#w2_5_scheme
// CHECK-NOT: ccq.encode

// AGAIN-COUNT-2: ccq.encode {{.*}}#i8_scheme
// AGAIN-NOT: ccq.encode

// FALLBACK: remark: kept weight "d": expected f32, f16 or bf16 weights, got f64
// FALLBACK-COUNT-3: ccq.encode {{.*}}#w2_75_scheme
// FALLBACK-NOT: ccq.encode
// F64: error: cannot code weight "d": expected f32, f16 or bf16 weights, got f64; keep it with tensors=regex=keep or allow-fallback
// SCHEME: error: expected a scheme of w2, w2.5, w2.75, {{.*}}, keep, got 'w9'
// ENTRY: error: expected regex=scheme in option tensors, got "fc1"
// REGEX: error: expected a regular expression in option tensors, got "*fc":
// NONE: error: option tensors: "^c1" matches none of the weights
// NONE: note: weight "fc1.weight"
func.func @main(%x: tensor<2x8xf32>, %z: tensor<2x8xf32>, %x64: tensor<2x8xf64>, %z64: tensor<2x8xf64>) -> (tensor<2x8xf32>, tensor<2x8xf64>) {
  %w1 = ccq.source @model[0, 256] {name = "fc1.weight"} : tensor<8x8xf32>
  %w2 = ccq.source @model[256, 256] {name = "fc10.weight"} : tensor<8x8xf32>
  %w3 = ccq.source @model[512, 256] {name = "fc2"} : tensor<8x8xf32>
  %w4 = ccq.source @model[1024, 512] {name = "d"} : tensor<8x8xf64>
  %0 = linalg.matmul ins(%x, %w1 : tensor<2x8xf32>, tensor<8x8xf32>) outs(%z : tensor<2x8xf32>) -> tensor<2x8xf32>
  %1 = linalg.matmul ins(%0, %w2 : tensor<2x8xf32>, tensor<8x8xf32>) outs(%z : tensor<2x8xf32>) -> tensor<2x8xf32>
  %2 = linalg.matmul ins(%1, %w3 : tensor<2x8xf32>, tensor<8x8xf32>) outs(%z : tensor<2x8xf32>) -> tensor<2x8xf32>
  %3 = linalg.matmul ins(%x64, %w4 : tensor<2x8xf64>, tensor<8x8xf64>) outs(%z64 : tensor<2x8xf64>) -> tensor<2x8xf64>
  return %2, %3 : tensor<2x8xf32>, tensor<2x8xf64>
}
