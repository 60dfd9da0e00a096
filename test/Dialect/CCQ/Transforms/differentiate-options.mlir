// RUN: ccq-opt %s --ccq-differentiate="parameters=w output=y loss=squares" --canonicalize | FileCheck %s
// RUN: not ccq-opt %s --ccq-differentiate="parameters=w,v output=y" 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not ccq-opt %s --ccq-differentiate="parameters=n output=y" 2>&1 | FileCheck %s --check-prefix=INTEGER
// RUN: not ccq-opt %s --ccq-differentiate="output=s loss=divergence" 2>&1 | FileCheck %s --check-prefix=ROWS

// UNKNOWN: option parameters: no argument is called "v"
// INTEGER: option parameters: expected a tensor of floats, got 'tensor<1xi64>' for "n"
// ROWS: expected rows of logits for loss=divergence, got 'tensor<f32>'

// The gradient of half the squared distance is the distance.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[T:[a-z0-9]*]]: tensor<4xf32> {ccq.name = "target"}) -> (tensor<4xf32> {ccq.name = "y"}, tensor<f32> {ccq.name = "s"}, tensor<4xf32> {ccq.name = "gradient.w"})
// CHECK: %[[D:.*]] = linalg.generic {{.*}} ins(%{{.*}}, %[[T]]
// CHECK: arith.subf
func.func @main(%w: tensor<4xf32> {ccq.name = "w"}, %s: tensor<f32> {ccq.name = "s"}, %n: tensor<1xi64> {ccq.name = "n"}) -> (tensor<4xf32> {ccq.name = "y"}, tensor<f32> {ccq.name = "s"}) {
  return %w, %s : tensor<4xf32>, tensor<f32>
}
