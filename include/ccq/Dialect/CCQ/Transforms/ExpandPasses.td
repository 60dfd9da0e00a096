//===- ExpandPasses.td - passes that remove coded values -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_TRANSFORMS_EXPANDPASSES_TD
#define CCQ_DIALECT_CCQ_TRANSFORMS_EXPANDPASSES_TD

include "mlir/Pass/PassBase.td"

def ExpandStorage : Pass<"ccq-expand-storage", "::mlir::ModuleOp"> {
  let summary = "coded values to the component tensors that store them";
  let description = [{
    Replaces `!ccq.tensor` values by their component tensors, in the order of
    docs/Format.md: an argument of a function by one argument per component, an
    operand of a call, `ccq.dispatch` or `ccq.launch` likewise, a
    `ccq.extract_slice` by slices of the components, and a `ccq.decode` by loops
    that read words as vectors, take them apart with `ccq.trellis_decode` and
    multiply by the scales in the order of docs/Format.md, so that the weights
    equal `codec::decodeMatrix` bit for bit. Nested modules are included. What
    makes coded values, `ccq.encode` and `ccq.pack`, stays and is taken apart by
    one `ccq.components` each.

    Before:
    ```mlir
    func.func private @k(%e: !ccq.tensor<64x16xf32, #w2_5>) -> tensor<64x16xf32> {
      %d = ccq.decode %e : !ccq.tensor<64x16xf32, #w2_5> -> tensor<64x16xf32>
    ```
    After:
    ```mlir
    func.func private @k(%codes: tensor<10x16xi16>, %super_scale: tensor<16xf32>) -> tensor<64x16xf32> {
      %words = vector.transfer_read %codes[%c0, %c0] ... : tensor<10x16xi16>, vector<10x16xi16>
      %word0 = vector.extract_strided_slice %words ... : vector<10x16xi16> to vector<1x16xi16>
      %windows = ccq.trellis_decode #w2_5 %word0 : vector<1x16xi16> -> vector<7x16xf32>
      ...
    ```

    Precondition: any form. Postcondition: `ccq-verify-expanded` holds. A coded
    value where neither ops of this dialect nor calls read it is an error.
  }];
  let options = [
    Option<"vectorLanes", "vector-lanes", "int64_t", /*default=*/"16",
           "output channels decoded by one vector operation">
  ];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect",
    "::mlir::vector::VectorDialect"
  ];
}

def ExpandRotations : Pass<"ccq-expand-rotations", "::mlir::func::FuncOp"> {
  let summary = "rotations of activations to loops of additions";
  let description = [{
    Replaces `ccq.rotate` by a loop over rows and, inside, over the blocks of
    columns. A block of up to 256 columns is transformed in registers: eight
    columns per vector, signs and the factor 1/sqrt(b) multiplied in at the load,
    then the steps of the Walsh-Hadamard transform in rising order of distance,
    within vectors and between them. Longer blocks take further steps in memory.

    Before:
    ```mlir
    %r = ccq.rotate %x at %k {block = 256, seed = 7} : tensor<?x256xf32>
    ```
    After:
    ```mlir
    %r = scf.for %m = %c0 to %rows step %c1 iter_args(%o = %empty) -> (tensor<?x256xf32>) {
      %v0 = vector.transfer_read %x[%m, %c0], %zero : tensor<?x256xf32>, vector<8xf32>
      %s0 = arith.mulf %v0, %signs0 : vector<8xf32>
      %e0 = vector.shuffle %s0, %s0 [0, 0, 2, 2, 4, 4, 6, 6] : vector<8xf32>, vector<8xf32>
      ...
    ```

    Precondition: any form. Postcondition: no `ccq.rotate` remains.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect", "::mlir::vector::VectorDialect"
  ];
}

def VerifyExpanded : Pass<"ccq-verify-expanded", "::mlir::ModuleOp"> {
  let summary = "check that only component tensors are read";
  let description = [{
    The contract of the expanded form:
    - `expanded_c1`: no argument of a function is coded.
    - `expanded_c2`: only `ccq.components` and `ccq.pack` read coded values.

    Changes nothing.
  }];
}

#endif // CCQ_DIALECT_CCQ_TRANSFORMS_EXPANDPASSES_TD
