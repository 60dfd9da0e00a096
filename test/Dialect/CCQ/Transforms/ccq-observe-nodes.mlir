// RUN: ccq-opt %s --ccq-observe-nodes --ccq-verify-imported | FileCheck %s
// Running the pass again changes nothing.
// RUN: ccq-opt %s --ccq-observe-nodes --ccq-observe-nodes | FileCheck %s

// The last op of a node, its arithmetic and not the view after it; nothing for
// ops of no node. The file is not part of the name.
// CHECK-LABEL: func.func @nodes
func.func @nodes(%x: tensor<4x8xf32>) -> tensor<32xf32> {
  // CHECK: math.exp
  // CHECK-NEXT: %[[A:.*]] = math.absf
  // CHECK-NEXT: ccq.observe %[[A]] {name = "/A [#0 A]"} : tensor<4x8xf32>
  // CHECK-NEXT: %[[B:.*]] = math.tanh
  // CHECK-NEXT: ccq.observe %[[B]] {name = "/B [#1 B]"} : tensor<4x8xf32>
  // CHECK-NEXT: tensor.collapse_shape
  // CHECK-NEXT: math.floor
  // CHECK-NEXT: return
  %0 = math.exp %x : tensor<4x8xf32> loc("/A [#0 A]")
  %1 = math.absf %0 : tensor<4x8xf32> loc("/A [#0 A]")
  %2 = math.tanh %1 : tensor<4x8xf32> loc("m.onnx:/B [#1 B]")
  %3 = tensor.collapse_shape %2 [[0, 1]] : tensor<4x8xf32> into tensor<32xf32> loc("m.onnx:/B [#1 B]")
  %4 = math.floor %3 : tensor<32xf32>
  return %4 : tensor<32xf32>
}
