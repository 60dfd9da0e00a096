// RUN: ccq-opt %s --ccq-plan --split-input-file --verify-diagnostics

// Not dispatched yet.
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{expected only dispatches and weights in a function that becomes a plan; run ccq-form-dispatches and ccq-outline-dispatches first}}
  %0 = math.exp %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// A result that no dispatch makes.
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{expected result 0 to be the result of a dispatch}}
  return %x : tensor<4xf32>
}

// -----

// A size that is not affine.
func.func private @k(%x: tensor<?xf32>, %n: index) -> tensor<?xf32> attributes {ccq.kernel}
func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
  %a = ccq.dim "a" : index
  %b = ccq.dim "b" : index
  // expected-error@+1 {{expected a size that is a sum, product, quotient or remainder of symbolic dimensions}}
  %c = arith.maxui %a, %b : index
  %0 = ccq.dispatch @k(%x, %c) [%c] : (tensor<?xf32>, index) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// A check of a dimension that no argument has.
// expected-error@+1 {{expected a dimension of an argument in ccq.checks, got "b"}}
func.func @main(%x: tensor<?xf32> {ccq.dims = ["a"]}) attributes {ccq.checks = [{at = "", dims = ["b"], relation = "equal", sizes = affine_map<()[s0] -> (s0, s0)>}]} {
  return
}

// -----

// A check with more symbols than names.
// expected-error@+1 {{expected names of dimensions and a map of as many symbols in each entry of ccq.checks}}
func.func @main(%x: tensor<?xf32> {ccq.dims = ["a"]}) attributes {ccq.checks = [{at = "", dims = ["a"], relation = "equal", sizes = affine_map<()[s0, s1] -> (s0, s1)>}]} {
  return
}

// -----

func.func @observed_view(%x: tensor<4x8xf32>) {
  %w = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  // expected-error@+1 {{expected an argument or the result of a dispatch; run ccq-form-dispatches first}}
  ccq.observe %w {name = "w"} : tensor<2xf32>
  return
}
