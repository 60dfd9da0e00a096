// RUN: ccq-opt %s | FileCheck %s
// RUN: ccq-opt %s | ccq-opt | FileCheck %s
// RUN: ccq-opt %s --emit-bytecode | ccq-opt | FileCheck %s

#i8 = #ccq.scalar<bits = 8, group = 64>

func.func private @dispatch_0(%x: tensor<?x128xf32>, %w: !ccq.tensor<128x32xf32, #i8>, %batch: index) -> tensor<?x32xf32> attributes {ccq.kernel}

// CHECK-LABEL: func.func @dispatch
func.func @dispatch(%x: tensor<?x128xf32>, %w: tensor<128x32xf32>) -> tensor<?x32xf32> {
  %batch = ccq.dim "batch" : index
  %e = ccq.encode %w : tensor<128x32xf32> -> !ccq.tensor<128x32xf32, #i8>
  // CHECK: ccq.dispatch @dispatch_0(%{{.*}}, %{{.*}}, %{{.*}}) [%{{.*}}] : (tensor<?x128xf32>, !ccq.tensor<128x32xf32, #i8_scheme>, index) -> tensor<?x32xf32>
  %y = ccq.dispatch @dispatch_0(%x, %e, %batch) [%batch] : (tensor<?x128xf32>, !ccq.tensor<128x32xf32, #i8>, index) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// CHECK-LABEL: func.func @dispatch_region
func.func @dispatch_region(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // CHECK: ccq.dispatch_region -> (tensor<4x8xf32>) {
  // CHECK: ccq.yield %{{.*}} : tensor<4x8xf32>
  %y = ccq.dispatch_region -> (tensor<4x8xf32>) {
    %0 = arith.addf %x, %x : tensor<4x8xf32>
    ccq.yield %0 : tensor<4x8xf32>
  }
  return %y : tensor<4x8xf32>
}

// CHECK-LABEL: func.func @dynamic_dispatch_region
func.func @dynamic_dispatch_region(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %batch = ccq.dim "batch" : index
  // CHECK: ccq.dispatch_region[%{{.*}}] -> (tensor<?x8xf32>) {
  %y = ccq.dispatch_region [%batch] -> (tensor<?x8xf32>) {
    %0 = arith.addf %x, %x : tensor<?x8xf32>
    ccq.yield %0 : tensor<?x8xf32>
  }
  return %y : tensor<?x8xf32>
}

ccq.store @model "model.onnx"

// Inputs, weights, scratch, outputs, and a step that reads and writes them.
// CHECK-LABEL: ccq.plan @main dims ["batch"] arena
ccq.plan @main dims ["batch"] arena affine_map<()[s0] -> (s0 * 128)> {
  // CHECK: ccq.buffer input "x" shape {{.*}} : tensor<?x128xf32>
  %x = ccq.buffer input "x" shape affine_map<()[s0] -> (s0, 128)> : tensor<?x128xf32>
  // CHECK: ccq.buffer scratch offset {{.*}} shape {{.*}} : tensor<?x32xf32>
  %t = ccq.buffer scratch offset affine_map<()[s0] -> (0)> shape affine_map<()[s0] -> (s0, 32)> : tensor<?x32xf32>
  // CHECK: ccq.buffer output "y" shape {{.*}} : tensor<?x32xf32>
  %y = ccq.buffer output "y" shape affine_map<()[s0] -> (s0, 32)> : tensor<?x32xf32>
  %w = ccq.source @model[0, 16384] {name = "w"} : tensor<128x32xf32>
  %e = ccq.encode %w : tensor<128x32xf32> -> !ccq.tensor<128x32xf32, #i8>
  // CHECK: ccq.launch @dispatch_0 ins(%{{.*}}, %{{.*}} : tensor<?x128xf32>, !ccq.tensor<128x32xf32, #i8_scheme>) outs(%{{.*}} : tensor<?x32xf32>) scalars
  ccq.launch @dispatch_0 ins(%x, %e : tensor<?x128xf32>, !ccq.tensor<128x32xf32, #i8>) outs(%t : tensor<?x32xf32>) scalars affine_map<()[s0] -> (s0)>
  ccq.launch @dispatch_0 ins(%x, %e : tensor<?x128xf32>, !ccq.tensor<128x32xf32, #i8>) outs(%y : tensor<?x32xf32>) scalars affine_map<()[s0] -> (s0)>
}

// Observations, in a function and in a plan.
// CHECK-LABEL: func.func @observe
func.func @observe(%x: tensor<?x128xf32>) {
  // CHECK: ccq.observe %{{.*}} {name = "fc1", weights = ["fc1", "fc2"]} : tensor<?x128xf32>
  ccq.observe %x {name = "fc1", weights = ["fc1", "fc2"]} : tensor<?x128xf32>
  return
}

// CHECK-LABEL: ccq.plan @observed
ccq.plan @observed dims [] arena affine_map<() -> (0)> {
  %x = ccq.buffer input "x" shape affine_map<() -> (4)> : tensor<4xf32>
  // CHECK: ccq.observe %{{.*}} {name = "x"} : tensor<4xf32>
  ccq.observe %x {name = "x"} : tensor<4xf32>
}

// Every container format.
// CHECK: ccq.object @a target "cpu:x86-64-v3" kernel @dispatch_0 so entry "k" grid #{{.*}} data "ELF"
ccq.object @a target "cpu:x86-64-v3" kernel @dispatch_0 so entry "k" grid affine_map<(d0) -> (d0)> data "ELF"
// CHECK: ccq.object @b target "cpu:x86-64-v3" kernel @dispatch_0 object entry "k"
ccq.object @b target "cpu:x86-64-v3" kernel @dispatch_0 object entry "k" grid affine_map<(d0) -> (d0)> data "ELF"
// CHECK: ccq.object @c target "ptx:sm_80" kernel @dispatch_0 ptx entry "k" grid #{{.*}} block [128, 1, 1] shared_bytes 4096 data ".version"
ccq.object @c target "ptx:sm_80" kernel @dispatch_0 ptx entry "k" grid affine_map<(d0) -> (4, d0 ceildiv 16, 1)> block [128, 1, 1] shared_bytes 4096 data ".version"
// CHECK: ccq.object @d target "cuda:sm_90a" kernel @dispatch_0 cubin entry "k"
ccq.object @d target "cuda:sm_90a" kernel @dispatch_0 cubin entry "k" grid affine_map<(d0) -> (4, d0 ceildiv 16, 1)> block [128, 1, 1] data "ELF"
