//===- CCQObserveOps.td - values that a run shows -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_IR_CCQOBSERVEOPS_TD
#define CCQ_DIALECT_CCQ_IR_CCQOBSERVEOPS_TD

include "ccq/Dialect/CCQ/IR/CCQBase.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/BuiltinTypes.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def CCQ_ObserveOp : CCQ_Op<"observe", [MemoryEffects<[MemWrite]>]> {
  let summary = "shows a value to whoever runs the model";
  let description = [{
    Hands `value` to the observer of a run, under `name`; a run without an
    observer does nothing here. `weights` lists the weights whose matmuls read
    the value, for calibration. The op stays outside of dispatches, keeps its
    operand a value of the plan, and becomes a step of it, which sees what the
    steps before it wrote.

    Constraints:
    - `observe_c1`: the name is not empty.
    - `observe_c2`: in a plan the operand is a `ccq.buffer`.

    Example:
    ```mlir
    ccq.observe %x {name = "fc1.weight", weights = ["fc1.weight"]} : tensor<?x128xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$value, StrAttr:$name,
                       OptionalAttr<StrArrayAttr>:$weights);
  let assemblyFormat = "$value attr-dict `:` type($value)";
  let hasVerifier = 1;
}

#endif // CCQ_DIALECT_CCQ_IR_CCQOBSERVEOPS_TD
