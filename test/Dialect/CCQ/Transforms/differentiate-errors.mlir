// RUN: ccq-opt %s --ccq-differentiate --split-input-file --verify-diagnostics

// A product of all elements is no sum.
func.func @reduction(%x: tensor<4xf32>) -> tensor<f32> {
  %one = arith.constant dense<1.0> : tensor<f32>
  // expected-error @below {{'linalg.reduce' op has no derivative rule, but lies between a parameter and the output: expected a body that adds to its result once, or takes the larger or smaller}}
  %y = linalg.reduce {arith.mulf} ins(%x : tensor<4xf32>) outs(%one : tensor<f32>) dimensions = [0]
  return %y : tensor<f32>
}

// -----

#id = affine_map<(d0) -> (d0)>
func.func @body(%x: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %out: f32):
    // expected-error @below {{'math.cbrt' op has no derivative rule, but lies between a parameter and the output}}
    %0 = math.cbrt %a : f32
    linalg.yield %0 : f32
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// Elements that several iterations share in other ways than by broadcasting.
func.func @window(%x: tensor<1x8x1xf32>, %w: tensor<3x1x1xf32>) -> tensor<1x6x1xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x6x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x6x1xf32>) -> tensor<1x6x1xf32>
  // expected-error @below {{expected operand 0 to be read at distinct loops, got affine_map<(d0, d1, d2, d3, d4) -> (d0, d1 + d3, d4)>}}
  %y = linalg.conv_1d_nwc_wcf ins(%x, %w : tensor<1x8x1xf32>, tensor<3x1x1xf32>) outs(%f : tensor<1x6x1xf32>) -> tensor<1x6x1xf32>
  return %y : tensor<1x6x1xf32>
}

// -----

func.func @other(%x: tensor<4xf32>) -> tensor<4xf32> {
  %t = tensor.empty() : tensor<4xf32>
  // expected-error @below {{'arith.addf' op has no derivative rule, but lies between a parameter and the output}}
  %y = arith.addf %x, %x : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// expected-error @below {{option output: expected the name of one result of floats, got "", which 2 results fit}}
func.func @outputs(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  return %x, %x : tensor<4xf32>, tensor<4xf32>
}
