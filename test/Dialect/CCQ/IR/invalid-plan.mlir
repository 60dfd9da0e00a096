// RUN: ccq-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{plan_c1: expected distinct names, got "batch"}}
ccq.plan @p dims ["batch", "batch"] arena affine_map<()[s0, s1] -> (0)> {
}

// -----

// expected-error@+1 {{plan_c2: expected an arena map with 1 symbols and one result, got affine_map<() -> (0)>}}
ccq.plan @p dims ["batch"] arena affine_map<() -> (0)> {
}

// -----

ccq.plan @p dims [] arena affine_map<() -> (0)> {
  // expected-error@+1 {{plan_c3: is not allowed in a ccq.plan}}
  %0 = ccq.dim "batch" : index
}

// -----

ccq.plan @p dims [] arena affine_map<() -> (0)> {
  // expected-error@+1 {{buffer_c1: expected a name for inputs and outputs and an offset for scratch}}
  %0 = ccq.buffer scratch "x" shape affine_map<() -> (4)> : tensor<4xf32>
}

// -----

ccq.plan @p dims [] arena affine_map<() -> (0)> {
  // expected-error@+1 {{buffer_c1: expected a name for inputs and outputs and an offset for scratch}}
  %0 = ccq.buffer input shape affine_map<() -> (4)> : tensor<4xf32>
}

// -----

ccq.plan @p dims [] arena affine_map<() -> (0)> {
  // expected-error@+1 {{buffer_c2: expected a shape that agrees with 'tensor<4xf32>', got affine_map<() -> (8)>}}
  %0 = ccq.buffer input "x" shape affine_map<() -> (8)> : tensor<4xf32>
}

// -----

ccq.plan @p dims ["batch"] arena affine_map<()[s0] -> (0)> {
  // expected-error@+1 {{buffer_c3: expected a map with no dims and 1 symbols, got affine_map<() -> (4)>}}
  %0 = ccq.buffer input "x" shape affine_map<() -> (4)> : tensor<4xf32>
}

// -----

ccq.plan @p dims [] arena affine_map<() -> (0)> {
  %0 = ccq.buffer output "x" shape affine_map<() -> (4)> : tensor<4xf32>
  // expected-error@+1 {{launch_c1: expected @k to name a function marked ccq.kernel}}
  ccq.launch @k ins() outs(%0 : tensor<4xf32>) scalars affine_map<() -> ()>
}

// -----

func.func private @k(tensor<4xf32>) -> tensor<4xf32> attributes {ccq.kernel}
ccq.plan @p dims [] arena affine_map<() -> (0)> {
  %0 = ccq.buffer input "x" shape affine_map<() -> (4)> : tensor<4xf32>
  // expected-error@+1 {{launch_c2: expected outputs that are ccq.buffer and not inputs}}
  ccq.launch @k ins(%0 : tensor<4xf32>) outs(%0 : tensor<4xf32>) scalars affine_map<() -> ()>
}

// -----

func.func private @k(tensor<4xf32>) -> tensor<4xf32> attributes {ccq.kernel}
ccq.plan @p dims [] arena affine_map<() -> (0)> {
  %0 = ccq.buffer output "x" shape affine_map<() -> (4)> : tensor<4xf32>
  // expected-error@+1 {{launch_c3: expected a map with no dims and 0 symbols}}
  ccq.launch @k ins(%0 : tensor<4xf32>) outs(%0 : tensor<4xf32>) scalars affine_map<(d0) -> (d0)>
}

// -----

// expected-error@+1 {{object_c1: expected a grid map of dims or of symbols with 3 results}}
ccq.object @o target "ptx:sm_80" kernel @k ptx entry "k" grid affine_map<(d0) -> (d0)> block [128, 1, 1] data ""

// -----

// expected-error@+1 {{object_c2: expected three block counts}}
ccq.object @o target "ptx:sm_80" kernel @k ptx entry "k" grid affine_map<(d0) -> (d0, 1, 1)> data ""

// -----

// expected-error@+1 {{object_c2: expected no block}}
ccq.object @o target "cpu:x86-64" kernel @k so entry "k" grid affine_map<(d0) -> (d0)> block [128, 1, 1] data ""

// -----

func.func @observe_c1(%x: tensor<4xf32>) {
  // expected-error@+1 {{observe_c1: expected a name, got ""}}
  ccq.observe %x {name = ""} : tensor<4xf32>
  return
}

// -----

ccq.store @model "model.onnx"
ccq.plan @observe_c2 dims [] arena affine_map<() -> (0)> {
  %w = ccq.source @model[0, 16] : tensor<4xf32>
  // expected-error@+1 {{observe_c2: expected a ccq.buffer}}
  ccq.observe %w {name = "w"} : tensor<4xf32>
}
