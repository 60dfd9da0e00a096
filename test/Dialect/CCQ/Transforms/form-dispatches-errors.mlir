// RUN: ccq-opt %s --split-input-file --ccq-form-dispatches --verify-diagnostics

// expected-error @below {{expected a body of one block}}
func.func @blocks(%x: tensor<4xf32>) -> tensor<4xf32> {
  llvm.br ^end
^end:
  return %x : tensor<4xf32>
}

// -----

func.func private @callee(tensor<4xf32>) -> tensor<4xf32>
func.func @call(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{cannot be part of a dispatch: expected no side effects and results that are tensors or scalars}}
  %y = func.call @callee(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// The size of what a reshape to a computed shape gives is known only with it.
func.func @reshape(%x: tensor<?xf32>, %shape: tensor<2xindex>) -> tensor<?x?xf32> {
  // expected-error @below {{expected a size of dimension 0 of 'tensor<?x?xf32>' that is known before it is computed}}
  %y = tensor.reshape %x(%shape) : (tensor<?xf32>, tensor<2xindex>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// -----

func.func @dim(%x: tensor<?xf32>, %shape: tensor<2xindex>) -> tensor<?xf32> {
  %c1 = arith.constant 1 : index
  %y = tensor.reshape %x(%shape) : (tensor<?xf32>, tensor<2xindex>) -> tensor<?x?xf32>
  // expected-error @below {{expected a size that is known before the tensor is computed}}
  %n = tensor.dim %y, %c1 : tensor<?x?xf32>
  %z = tensor.empty(%n) : tensor<?xf32>
  return %z : tensor<?xf32>
}
