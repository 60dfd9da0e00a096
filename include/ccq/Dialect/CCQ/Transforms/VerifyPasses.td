//===- VerifyPasses.td - contracts of the forms before dispatches -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_TRANSFORMS_VERIFYPASSES_TD
#define CCQ_DIALECT_CCQ_TRANSFORMS_VERIFYPASSES_TD

include "mlir/Pass/PassBase.td"

def VerifyImported : Pass<"ccq-verify-imported", "::mlir::ModuleOp"> {
  let summary = "check the contract of the imported form";
  let description = [{
    For every function of the module:
    - `imported_c1`: arguments and results are ranked tensors.
    - `imported_c2`: `ccq.dims` names every dynamic dimension of an argument or
      result that has it, and `ccq.name`s of arguments differ, as do those of
      results.
    - `imported_c3`: the body is one block.
    - `imported_c4`: the body holds `ccq.source`, `ccq.dim`, `ccq.observe` and
      ops of linalg, tensor, arith, math, affine and scf.
  }];
}

def VerifyQuantized : Pass<"ccq-verify-quantized", "::mlir::ModuleOp"> {
  let summary = "check the contract of the quantized form";
  let description = [{
    For every function of the module `imported_c1` to `imported_c3`, and:
    - `quantized_c1`: the body holds what `imported_c4` allows, `ccq.encode` and
      `ccq.decode`.
    - `quantized_c2`: what is encoded is a `ccq.source` or a constant, because
      codes come into being when code is emitted.
    - `quantized_c3`: coded matrices are read by `ccq.decode` only.
  }];
}

#endif // CCQ_DIALECT_CCQ_TRANSFORMS_VERIFYPASSES_TD
