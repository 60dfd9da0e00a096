//===- PlanPasses.td - passes that make and check plans -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_TRANSFORMS_PLANPASSES_TD
#define CCQ_DIALECT_CCQ_TRANSFORMS_PLANPASSES_TD

include "mlir/Pass/PassBase.td"

def Plan : Pass<"ccq-plan", "::mlir::ModuleOp"> {
  let summary = "turn a function of dispatches into a plan";
  let description = [{
    Every public function that is not a kernel becomes a `ccq.plan` of the same
    name. Arguments become input buffers, returned values output buffers that
    the producing launch writes in place, other dispatch results scratch with
    an offset in one arena. Buffers whose lifetimes do not overlap share memory
    when their sizes are constant multiples of one expression. Sizes are affine
    maps over the symbolic dimensions, which are taken from `ccq.dims` and
    `ccq.dim`; an unnamed dynamic dimension i of input "x" is called "x_dim<i>".
    Weights move into the plan as they are. A result that is returned twice
    (`cse` merges equal copies) is computed into both buffers. `ccq.observe`
    becomes a step, and keeps what it shows alive until then.

    ```mlir
    func.func @main(%x: tensor<?x8xf32> {ccq.name = "x", ccq.dims = ["batch"]}) -> tensor<?x8xf32> {
      %batch = ccq.dim "batch" : index
      %y = ccq.dispatch @dispatch_0(%x, %batch) [%batch] : (tensor<?x8xf32>, index) -> tensor<?x8xf32>
      return %y : tensor<?x8xf32>
    }
    ```
    becomes
    ```mlir
    ccq.plan @main dims ["batch"] arena affine_map<()[s0] -> (0)> {
      %x = ccq.buffer input "x" shape affine_map<()[s0] -> (s0, 8)> : tensor<?x8xf32>
      %y = ccq.buffer output "output0" shape affine_map<()[s0] -> (s0, 8)> : tensor<?x8xf32>
      ccq.launch @dispatch_0 ins(%x : tensor<?x8xf32>) outs(%y : tensor<?x8xf32>) scalars affine_map<()[s0] -> (s0)>
    }
    ```

    Precondition: `ccq-verify-dispatched`. Postcondition: `ccq-verify-planned`.
  }];
  let dependentDialects = ["::mlir::ccq::CCQDialect"];
}

def VerifyPlanned : Pass<"ccq-verify-planned", "::mlir::ModuleOp"> {
  let summary = "check the contract of the planned form";
  let description = [{
    - `planned_c1`: every function is a kernel.
    - `planned_c2`: operands of a launch are of the kernel's types, and there is
      one scalar per index argument.
    - `planned_c3`: a scratch or output buffer is read, by a launch or an
      observation, only after a launch wrote it.
    - `planned_c4`: every output is written.
  }];
}

#endif // CCQ_DIALECT_CCQ_TRANSFORMS_PLANPASSES_TD
