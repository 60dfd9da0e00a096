// RUN: ccq-opt %s --ccq-plan --ccq-verify-planned --split-input-file | FileCheck %s
// RUN: ccq-opt %s --canonicalize --cse --ccq-plan --canonicalize --cse --ccq-verify-planned --split-input-file | FileCheck %s

#i8 = #ccq.scalar<bits = 8, group = 64>
ccq.store @model "model.onnx"
func.func private @dispatch_0(%x: tensor<?x128xf32>, %e: !ccq.tensor<128x32xf32, #i8>, %b: tensor<32xf32>, %n: index) -> tensor<?x32xf32> attributes {ccq.kernel}
func.func private @dispatch_1(%x: tensor<?x32xf32>, %n: index) -> tensor<?x32xf32> attributes {ccq.kernel}

// Names, sizes over the batch, weights inside, scratch between the steps, the
// output written in place. Four scratch buffers of 32 * batch floats need two
// slots.

// CHECK-LABEL: ccq.plan @main dims ["batch"]
// CHECK-SAME: arena #[[ARENA:.*]] {
// CHECK-DAG: %[[X:.*]] = ccq.buffer input "image" shape #{{.*}} : tensor<?x128xf32>
// CHECK-DAG: %[[Y:.*]] = ccq.buffer output "logits" shape #{{.*}} : tensor<?x32xf32>
// CHECK-DAG: %[[T0:.*]] = ccq.buffer scratch offset #[[ZERO:.*]] shape
// CHECK-DAG: %[[W:.*]] = ccq.source @model[0, 16384] {name = "w"} : tensor<128x32xf32>
// CHECK-DAG: %[[E:.*]] = ccq.encode %[[W]]
// CHECK-DAG: %[[B:.*]] = ccq.source @model[16384, 128] {name = "b"} : tensor<32xf32>
// CHECK: ccq.launch @dispatch_0 ins(%[[X]], %[[E]], %[[B]] : {{.*}}) outs(%[[T0]] : tensor<?x32xf32>) scalars
// CHECK-COUNT-3: ccq.launch @dispatch_1
// CHECK: ccq.launch @dispatch_1 ins({{.*}}) outs(%[[Y]] : tensor<?x32xf32>) scalars
// CHECK-NOT: func.func @main
func.func @main(%x: tensor<?x128xf32> {ccq.name = "image", ccq.dims = ["batch"]}) -> (tensor<?x32xf32> {ccq.name = "logits", ccq.dims = ["batch"]}) {
  %batch = ccq.dim "batch" : index
  %w = ccq.source @model[0, 16384] {name = "w"} : tensor<128x32xf32>
  %e = ccq.encode %w {name = "w"} : tensor<128x32xf32> -> !ccq.tensor<128x32xf32, #i8>
  %b = ccq.source @model[16384, 128] {name = "b"} : tensor<32xf32>
  %0 = ccq.dispatch @dispatch_0(%x, %e, %b, %batch) [%batch] : (tensor<?x128xf32>, !ccq.tensor<128x32xf32, #i8>, tensor<32xf32>, index) -> tensor<?x32xf32>
  %1 = ccq.dispatch @dispatch_1(%0, %batch) [%batch] : (tensor<?x32xf32>, index) -> tensor<?x32xf32>
  %2 = ccq.dispatch @dispatch_1(%1, %batch) [%batch] : (tensor<?x32xf32>, index) -> tensor<?x32xf32>
  %3 = ccq.dispatch @dispatch_1(%2, %batch) [%batch] : (tensor<?x32xf32>, index) -> tensor<?x32xf32>
  %4 = ccq.dispatch @dispatch_1(%3, %batch) [%batch] : (tensor<?x32xf32>, index) -> tensor<?x32xf32>
  return %4 : tensor<?x32xf32>
}

// -----

// Two slots, so the arena is twice 128 * batch bytes, rounded up to 64.

// CHECK-DAG: #[[ARENA:.*]] = affine_map<()[s0] -> (s0 * 256)>
// CHECK-DAG: #[[OFFSET:.*]] = affine_map<()[s0] -> (s0 * 128)>
// CHECK: ccq.plan @reuse dims ["n"] arena #[[ARENA]]
// CHECK: ccq.buffer scratch offset #{{.*}} shape
// CHECK: ccq.buffer scratch offset #[[OFFSET]] shape
// CHECK: ccq.buffer scratch offset #{{.*}} shape
func.func private @k(%x: tensor<?x32xf32>, %n: index) -> tensor<?x32xf32> attributes {ccq.kernel}
func.func @reuse(%x: tensor<?x32xf32> {ccq.dims = ["n"]}) -> tensor<?x32xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x32xf32>
  %0 = ccq.dispatch @k(%x, %n) [%n] : (tensor<?x32xf32>, index) -> tensor<?x32xf32>
  %1 = ccq.dispatch @k(%0, %n) [%n] : (tensor<?x32xf32>, index) -> tensor<?x32xf32>
  %2 = ccq.dispatch @k(%1, %n) [%n] : (tensor<?x32xf32>, index) -> tensor<?x32xf32>
  %3 = ccq.dispatch @k(%2, %n) [%n] : (tensor<?x32xf32>, index) -> tensor<?x32xf32>
  return %3 : tensor<?x32xf32>
}

// -----

// Unnamed inputs, outputs and dimensions get names; sizes may be computed.

// CHECK-DAG: #[[SHAPE:.*]] = affine_map<()[s0] -> (s0 * 4 + 1)>
// CHECK: ccq.plan @names dims ["input0_dim0"]
// CHECK: ccq.buffer input "input0" shape #{{.*}} : tensor<?xf32>
// CHECK: ccq.buffer output "output0" shape #[[SHAPE]] : tensor<?xf32>
// CHECK: ccq.launch @k ins({{.*}}) outs({{.*}}) scalars #[[SHAPE]]
func.func private @k(%x: tensor<?xf32>, %n: index) -> tensor<?xf32> attributes {ccq.kernel}
func.func @names(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %m = arith.muli %n, %c4 : index
  %p = arith.addi %m, %c1 : index
  %0 = ccq.dispatch @k(%x, %p) [%p] : (tensor<?xf32>, index) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// One copy for two results, as cse leaves it: one launch for each result.

// CHECK-LABEL: ccq.plan @twice
// CHECK: %[[X:.*]] = ccq.buffer input
// CHECK: %[[Y:.*]] = ccq.buffer output "output0"
// CHECK: %[[Z:.*]] = ccq.buffer output "output1"
// CHECK: ccq.launch @k ins(%[[X]] : {{.*}}) outs(%[[Y]] :
// CHECK-NEXT: ccq.launch @k ins(%[[X]] : {{.*}}) outs(%[[Z]] :
func.func private @k(%x: tensor<4xf32>) -> tensor<4xf32> attributes {ccq.kernel} {
  return %x : tensor<4xf32>
}
func.func @twice(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %y = ccq.dispatch @k(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %y, %y : tensor<4xf32>, tensor<4xf32>
}

// -----

// What runs check of sizes is carried over, with the plan's dimensions.

// CHECK: #[[$SIZES:.*]] = affine_map<()[s0, s1] -> (s1, s0 + 1)>
// CHECK-LABEL: ccq.plan @checked dims ["past", "total"]
// CHECK: } {ccq.checks = [{at = "/add", relation = "equal", sizes = #[[$SIZES]]}]}
func.func private @copy(%x: tensor<?xf32>, %n: index) -> tensor<?xf32> attributes {ccq.kernel}
func.func @checked(%x: tensor<?xf32> {ccq.dims = ["past"]}, %y: tensor<?xf32> {ccq.dims = ["total"]}) -> tensor<?xf32> attributes {ccq.checks = [{at = "/add", dims = ["total", "past"], relation = "equal", sizes = affine_map<()[s0, s1] -> (s0, s1 + 1)>}]} {
  %past = ccq.dim "past" : index
  %0 = ccq.dispatch @copy(%x, %past) [%past] : (tensor<?xf32>, index) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// What is observed later lives until then: the third buffer cannot take the
// place of the first.

// CHECK-DAG: #[[FIRST:.*]] = affine_map<() -> (0)>
// CHECK-DAG: #[[SECOND:.*]] = affine_map<() -> (64)>
// CHECK-DAG: #[[THIRD:.*]] = affine_map<() -> (128)>
// CHECK: ccq.plan @observed
// CHECK: %[[A:.*]] = ccq.buffer scratch offset #[[FIRST]]
// CHECK: ccq.buffer scratch offset #[[SECOND]]
// CHECK: ccq.buffer scratch offset #[[THIRD]]
// CHECK-COUNT-3: ccq.launch
// CHECK: ccq.observe %[[A]] {name = "a"} : tensor<4xf32>
// CHECK: ccq.launch
func.func private @k(%x: tensor<4xf32>) -> tensor<4xf32> attributes {ccq.kernel}
func.func @observed(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = ccq.dispatch @k(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = ccq.dispatch @k(%0) : (tensor<4xf32>) -> tensor<4xf32>
  %2 = ccq.dispatch @k(%1) : (tensor<4xf32>) -> tensor<4xf32>
  ccq.observe %0 {name = "a"} : tensor<4xf32>
  %3 = ccq.dispatch @k(%2) : (tensor<4xf32>) -> tensor<4xf32>
  return %3 : tensor<4xf32>
}
