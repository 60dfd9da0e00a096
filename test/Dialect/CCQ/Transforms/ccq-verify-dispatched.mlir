// RUN: ccq-opt %s --ccq-verify-dispatched --split-input-file --verify-diagnostics

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{dispatched_c1: expected only dispatches, weights, sizes and observations outside of kernels}}
  %0 = math.exp %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func private @k() -> index attributes {ccq.kernel} {
  // expected-error@+1 {{dispatched_c2: is not allowed in a kernel}}
  %0 = ccq.dim "batch" : index
  return %0 : index
}

// -----

// expected-error@+1 {{dispatched_c3: expected 1 entries in ccq.extents of 'tensor<?xf32>', got 0}}
func.func private @k(tensor<?xf32>, index) attributes {ccq.kernel}

// -----

// expected-error@+1 {{dispatched_c3: expected a scalar in 0..1 in ccq.extents, got 1}}
func.func private @k(tensor<?xf32> {ccq.extents = array<i64: 1>}, index) attributes {ccq.kernel}
