//===- CCQDispatchOps.td - units of kernel code -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_IR_CCQDISPATCHOPS_TD
#define CCQ_DIALECT_CCQ_IR_CCQDISPATCHOPS_TD

include "ccq/Dialect/CCQ/IR/CCQTypes.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def CCQ_DispatchRegionOp : CCQ_Op<"dispatch_region",
    [RecursiveMemoryEffects,
     SingleBlock]> {
  let summary = "ops that become one kernel, in place";
  let description = [{
    Groups a root (coded matmul, matmul, row reduction, elementwise, data
    movement) with its producers and epilogue. The region captures values from
    above. `result_dims` gives the sizes of the dynamic dimensions of all
    results, in order, as values defined outside.

    Constraints:
    - `dispatch_region_c1`: as many `result_dims` as dynamic dimensions in the
      results.
    - `dispatch_region_c2`: the terminator yields values of the result types.

    Example:
    ```mlir
    %y = ccq.dispatch_region [%batch] -> (tensor<?x32xf32>) {
      %0 = linalg.matmul ins(%x, %w : tensor<?x128xf32>, tensor<128x32xf32>) outs(%z : tensor<?x32xf32>) -> tensor<?x32xf32>
      ccq.yield %0 : tensor<?x32xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<Index>:$result_dims);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    (`[` $result_dims^ `]`)? `->` `(` type($results) `)` $body attr-dict
  }];
  let hasVerifier = 1;
}

def CCQ_YieldOp : CCQ_Op<"yield",
    [Pure, ReturnLike, Terminator, ParentOneOf<["DispatchRegionOp"]>]> {
  let summary = "results of a dispatch region";
  let description = [{
    Example: see `ccq.dispatch_region`.
  }];
  let arguments = (ins Variadic<AnyRankedTensor>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

def CCQ_DispatchOp : CCQ_Op<"dispatch",
    [Pure, AttrSizedOperandSegments,
     DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "call of an outlined kernel";
  let description = [{
    Runs the function `kernel` (marked `ccq.kernel`) on `inputs`: tensors, coded
    tensors and index scalars. `result_dims` as in `ccq.dispatch_region`.

    Constraints:
    - `dispatch_c1`: the symbol names a function marked `ccq.kernel`.
    - `dispatch_c2`: operand and result types are the function's.
    - `dispatch_c3`: as many `result_dims` as dynamic dimensions in the results.

    Example:
    ```mlir
    %y = ccq.dispatch @dispatch_0(%x, %e) [%batch] : (tensor<?x128xf32>, !ccq.tensor<128x32xf32, #ccq.scalar<bits = 8, group = 64>>) -> tensor<?x32xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<AnyType>:$inputs,
                       Variadic<Index>:$result_dims);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $kernel `(` $inputs `)` (`[` $result_dims^ `]`)? attr-dict
    `:` functional-type($inputs, $results)
  }];
  let hasVerifier = 1;
}

#endif // CCQ_DIALECT_CCQ_IR_CCQDISPATCHOPS_TD
