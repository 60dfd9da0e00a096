// RUN: ccq-opt %s --ccq-deduplicate-dispatches | FileCheck %s

// Two layers of one shape share a kernel, another shape has its own, a kernel
// that nothing calls goes.

// CHECK: func.func private @dispatch_0
// CHECK-NOT: @dispatch_1(
// CHECK: func.func private @dispatch_2
// CHECK-NOT: @dispatch_3(
func.func private @dispatch_0(%x: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {ccq.kernel} {
  %0 = math.exp %x : tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
func.func private @dispatch_1(%y: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {ccq.kernel} {
  %1 = math.exp %y : tensor<4x8xf32> loc("elsewhere")
  return %1 : tensor<4x8xf32>
}
func.func private @dispatch_2(%x: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {ccq.kernel} {
  %0 = math.tanh %x : tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
func.func private @dispatch_3(%x: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {ccq.kernel} {
  return %x : tensor<4x8xf32>
}

// CHECK-LABEL: func.func @main
// CHECK: ccq.dispatch @dispatch_0
// CHECK: ccq.dispatch @dispatch_0
// CHECK: ccq.dispatch @dispatch_2
func.func @main(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = ccq.dispatch @dispatch_0(%x) : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = ccq.dispatch @dispatch_1(%0) : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %2 = ccq.dispatch @dispatch_2(%1) : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return %2 : tensor<4x8xf32>
}
