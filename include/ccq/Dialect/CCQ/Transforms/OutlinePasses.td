//===- OutlinePasses.td - passes that make functions of dispatches -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_TRANSFORMS_OUTLINEPASSES_TD
#define CCQ_DIALECT_CCQ_TRANSFORMS_OUTLINEPASSES_TD

include "mlir/Pass/PassBase.td"

def OutlineDispatches : Pass<"ccq-outline-dispatches", "::mlir::ModuleOp"> {
  let summary = "turn dispatch regions into functions";
  let description = [{
    Every `ccq.dispatch_region` becomes a private function marked `ccq.kernel`
    and a `ccq.dispatch` that calls it. Captured tensors and coded tensors are
    the first arguments, index scalars the last. Constants of one value are
    copied into the kernel; `ccq.dim` becomes an argument, so that kernels do
    not depend on names. The size of every dynamic dimension of an argument or
    result is an index argument, and `ccq.extents` says which.

    ```mlir
    %y = ccq.dispatch_region [%batch] -> (tensor<?x8xf32>) {
      %0 = math.exp %x : tensor<?x8xf32>
      ccq.yield %0 : tensor<?x8xf32>
    }
    ```
    becomes
    ```mlir
    func.func private @dispatch_0(%arg0: tensor<?x8xf32> {ccq.extents = array<i64: 0>}, %arg1: index) -> (tensor<?x8xf32> {ccq.extents = array<i64: 0>}) attributes {ccq.kernel} {
      %0 = math.exp %arg0 : tensor<?x8xf32>
      return %0 : tensor<?x8xf32>
    }
    %y = ccq.dispatch @dispatch_0(%x, %batch) [%batch] : (tensor<?x8xf32>, index) -> tensor<?x8xf32>
    ```

    Postcondition: `ccq-verify-dispatched`, when the function held only regions,
    weights and sizes.
  }];
  let dependentDialects = ["::mlir::ccq::CCQDialect",
                           "::mlir::func::FuncDialect",
                           "::mlir::tensor::TensorDialect"];
}

def DeduplicateDispatches
    : Pass<"ccq-deduplicate-dispatches", "::mlir::ModuleOp"> {
  let summary = "keep one function per distinct kernel";
  let description = [{
    Kernels that are equal but for their names and locations become one; the
    first of them stays. Weights and sizes are arguments of a kernel, so layers
    of one shape share code. Kernels that nothing calls are removed.
  }];
}

def VerifyDispatched : Pass<"ccq-verify-dispatched", "::mlir::ModuleOp"> {
  let summary = "check the contract of the dispatched form";
  let description = [{
    - `dispatched_c1`: functions that are not kernels hold dispatches, weights,
      sizes and observations only.
    - `dispatched_c2`: kernels hold no sources, encodes, dispatches or symbolic
      dimensions.
    - `dispatched_c3`: `ccq.extents` names an index argument for every dynamic
      dimension of a kernel's arguments and results.
  }];
}

#endif // CCQ_DIALECT_CCQ_TRANSFORMS_OUTLINEPASSES_TD
