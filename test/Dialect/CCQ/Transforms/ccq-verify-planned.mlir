// RUN: ccq-opt %s --ccq-verify-planned --split-input-file --verify-diagnostics

// expected-error@+1 {{planned_c1: expected only kernels beside the plan}}
func.func @main() {
  return
}

// -----

func.func private @k(tensor<4xf32>) -> tensor<4xf32> attributes {ccq.kernel}
ccq.plan @p dims [] arena affine_map<() -> (0)> {
  %0 = ccq.buffer input "x" shape affine_map<() -> (8)> : tensor<8xf32>
  %1 = ccq.buffer output "y" shape affine_map<() -> (4)> : tensor<4xf32>
  // expected-error@+1 {{planned_c2: expected operands of kernel type}}
  ccq.launch @k ins(%0 : tensor<8xf32>) outs(%1 : tensor<4xf32>) scalars affine_map<() -> ()>
}

// -----

func.func private @k(tensor<4xf32>, index) -> tensor<4xf32> attributes {ccq.kernel}
ccq.plan @p dims [] arena affine_map<() -> (0)> {
  %0 = ccq.buffer input "x" shape affine_map<() -> (4)> : tensor<4xf32>
  %1 = ccq.buffer output "y" shape affine_map<() -> (4)> : tensor<4xf32>
  // expected-error@+1 {{planned_c2: expected 1 scalars, got 0}}
  ccq.launch @k ins(%0 : tensor<4xf32>) outs(%1 : tensor<4xf32>) scalars affine_map<() -> ()>
}

// -----

func.func private @k(tensor<4xf32>) -> tensor<4xf32> attributes {ccq.kernel}
ccq.plan @p dims [] arena affine_map<() -> (64)> {
  %0 = ccq.buffer scratch offset affine_map<() -> (0)> shape affine_map<() -> (4)> : tensor<4xf32>
  %1 = ccq.buffer output "y" shape affine_map<() -> (4)> : tensor<4xf32>
  // expected-error@+1 {{planned_c3: expected a buffer that an earlier launch wrote}}
  ccq.launch @k ins(%0 : tensor<4xf32>) outs(%1 : tensor<4xf32>) scalars affine_map<() -> ()>
}

// -----

ccq.plan @p dims [] arena affine_map<() -> (0)> {
  // expected-error@+1 {{planned_c4: expected a launch that writes output "y"}}
  %1 = ccq.buffer output "y" shape affine_map<() -> (4)> : tensor<4xf32>
}

// -----

ccq.plan @p dims [] arena affine_map<() -> (64)> {
  %0 = ccq.buffer scratch offset affine_map<() -> (0)> shape affine_map<() -> (4)> : tensor<4xf32>
  // expected-error@+1 {{planned_c3: expected a buffer that an earlier launch wrote}}
  ccq.observe %0 {name = "a"} : tensor<4xf32>
}
