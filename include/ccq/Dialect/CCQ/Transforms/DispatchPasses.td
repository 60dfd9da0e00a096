//===- DispatchPasses.td - passes that group work into kernels -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_TRANSFORMS_DISPATCHPASSES_TD
#define CCQ_DIALECT_CCQ_TRANSFORMS_DISPATCHPASSES_TD

include "mlir/Pass/PassBase.td"

def FormDispatches : Pass<"ccq-form-dispatches", "::mlir::ModuleOp"> {
  let summary = "group the work of a function into dispatch regions";
  let description = [{
    Every computation of a function that is not a kernel moves into a
    `ccq.dispatch_region`; weights and sizes stay outside.

    Roots are, first, contractions: they take elementwise consumers of the whole
    result (bias, activation). Then, in order, everything else: elementwise ops,
    reductions and transposes share a dispatch as long as they agree in their
    leading parallel loops, so a softmax is one dispatch, with the elementwise
    ops before and after it; insertions into one tensor (a concatenation) are
    one dispatch, with the elementwise ops that compute the parts; loops over
    tiles and all other ops are one each. A dispatch ends at a value that is
    also read elsewhere, unless all readers are part of it.

    Two contractions share a dispatch when the second one mixes rows by the rows
    that reductions and elementwise ops make of the first one's: attention.
    Their batch loops are split where reshapes split them, and the transposes
    and repetitions of their operands become part of their indexing maps, where
    a key head of several query heads is `head floordiv n`. With
    fuse-attention=false they are dispatches of their own, and all of this
    stays as it is.

    Copied into every region that reads them: constants of one value,
    `tensor.empty`, `linalg.fill`, `linalg.broadcast`, `ccq.decode` unless it is
    materialized, views (`tensor.collapse_shape`, `tensor.expand_shape`,
    `tensor.cast`, `tensor.extract_slice`) and scalars. Each fill therefore has
    a destination of its own, and merging equal ops in the function before this
    pass, or in regions after it, never makes two kernels share one. A function
    result that is an argument, a weight, a view, or a result returned before
    gets a region that only yields it: a copy. So does a weight or a view that a
    `ccq.observe` shows; these ops stay outside.

    `arith` and `math` on tensors become linalg. Elementwise ops that read an
    expanded shape lose their dimensions of size one, so that statistics which
    keep their axis share loops, and a dispatch, with what they normalize.
    `tensor.dim` of a computed tensor becomes its traced size.

    ```mlir
    %d = ccq.decode %e : !ccq.tensor<128x32xf32, #i8_scheme> -> tensor<128x32xf32>
    %z = tensor.empty(%batch) : tensor<?x32xf32>
    %f = linalg.fill ins(%zero : f32) outs(%z : tensor<?x32xf32>) -> tensor<?x32xf32>
    %m = linalg.matmul ins(%x, %d : ...) outs(%f : tensor<?x32xf32>) -> tensor<?x32xf32>
    %y = linalg.generic ... ins(%m, %bias : ...) outs(%z : ...) -> tensor<?x32xf32>
    ```
    becomes
    ```mlir
    %y = ccq.dispatch_region[%batch] -> (tensor<?x32xf32>) {
      %zero = arith.constant 0.0 : f32
      %d = ccq.decode %e : !ccq.tensor<128x32xf32, #i8_scheme> -> tensor<128x32xf32>
      %z = tensor.empty(%batch) : tensor<?x32xf32>
      %f = linalg.fill ins(%zero : f32) outs(%z : tensor<?x32xf32>) -> tensor<?x32xf32>
      %m = linalg.matmul ins(%x, %d : ...) outs(%f : tensor<?x32xf32>) -> tensor<?x32xf32>
      %0 = linalg.generic ... ins(%m, %bias : ...) outs(%z : ...) -> tensor<?x32xf32>
      ccq.yield %0 : tensor<?x32xf32>
    }
    ```

    Precondition: imported or quantized form, or loops over tiles; each function
    has one block. Postcondition: only dispatch regions, weights and sizes at
    the top level of functions; results are results of distinct regions.
    Running the pass again changes nothing. docs/Rationale/Dispatches.md says
    why this comes before tiling, docs/Rationale/Attention.md how attention is
    found.
  }];
  let options = [
    Option<"fuseAttention", "fuse-attention", "bool", /*default=*/"true",
           "make one dispatch of the two contractions of attention">
  ];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::ccq::CCQDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect"
  ];
}

#endif // CCQ_DIALECT_CCQ_TRANSFORMS_DISPATCHPASSES_TD
