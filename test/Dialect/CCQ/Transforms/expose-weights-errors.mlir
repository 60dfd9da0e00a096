// RUN: ccq-opt %s --ccq-expose-weights --split-input-file --verify-diagnostics

ccq.store @model "model.onnx"
func.func @input(%x: tensor<8xf32> {ccq.name = "gain"}) -> tensor<8xf32> {
  // expected-error @below {{cannot expose weight "gain": an input has that name}}
  %gain = ccq.source @model[0, 32] {name = "gain"} : tensor<8xf32>
  return %gain : tensor<8xf32>
}

// -----

ccq.store @model "model.onnx"
func.func @two() -> (tensor<8xf32>, tensor<4xf32>) {
  %a = ccq.source @model[0, 32] {name = "gain"} : tensor<8xf32>
  // expected-error @below {{expected weight "gain" to be 'tensor<8xf32>' like another of its name, got 'tensor<4xf32>'}}
  %b = ccq.source @model[32, 16] {name = "gain"} : tensor<4xf32>
  return %a, %b : tensor<8xf32>, tensor<4xf32>
}
