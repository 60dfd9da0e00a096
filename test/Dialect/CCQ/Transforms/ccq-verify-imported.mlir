// RUN: ccq-opt %s --ccq-verify-imported --split-input-file --verify-diagnostics

ccq.store @model "model.onnx"
func.func @good(%x: tensor<?x8xf32> {ccq.name = "x", ccq.dims = ["batch"]}) -> (tensor<?x4xf32> {ccq.name = "x", ccq.dims = ["batch"]}) {
  %batch = ccq.dim "batch" : index
  %w = ccq.source @model[0, 128] {name = "w"} : tensor<8x4xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty(%batch) : tensor<?x4xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = linalg.matmul ins(%x, %w : tensor<?x8xf32>, tensor<8x4xf32>) outs(%fill : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// expected-error @below {{imported_c1: expected argument 1 to be a ranked tensor, got 'index'}}
func.func @scalar(%x: tensor<4xf32>, %n: index) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

// expected-error @below {{imported_c2: expected ccq.dims of result 0 to name 2 dynamic dimensions, got ["batch"]}}
func.func @dims(%x: tensor<?x?xf32>) -> (tensor<?x?xf32> {ccq.dims = ["batch"]}) {
  return %x : tensor<?x?xf32>
}

// -----

// expected-error @below {{imported_c2: expected distinct ccq.name of arguments, got "x" twice}}
func.func @names(%x: tensor<4xf32> {ccq.name = "x"}, %y: tensor<4xf32> {ccq.name = "x"}) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

// expected-error @below {{imported_c3: expected a body of one block, got 2}}
func.func @blocks(%x: tensor<4xf32>) -> tensor<4xf32> {
  llvm.br ^end
^end:
  return %x : tensor<4xf32>
}

// -----

func.func @coded(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  // expected-error @below {{imported_c4: is not allowed in the imported form}}
  %e = ccq.encode %x : tensor<4x4xf32> -> !ccq.tensor<4x4xf32, #ccq.scalar<bits = 8, group = 64>>
  return %x : tensor<4x4xf32>
}
