//===- ObservePasses.td - passes that mark values to show -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_TRANSFORMS_OBSERVEPASSES_TD
#define CCQ_DIALECT_CCQ_TRANSFORMS_OBSERVEPASSES_TD

include "mlir/Pass/PassBase.td"

def ObserveMatmulInputs : Pass<"ccq-observe-matmul-inputs", "::mlir::ModuleOp"> {
  let summary = "observe what is multiplied with weights that can be coded";
  let description = [{
    Puts a `ccq.observe` after every distinct value that a matmul multiplies
    with a weight that ccq-quantize-weights could code: f32, f16 or bf16, not
    empty, and with a name. The op lists the names of all weights that read the
    value and carries the first of them as its own name, made unique. Reshapes
    that keep the last dimension are looked through, so that the matmuls of
    queries, keys and values share one observation. Weights that are coded
    already count as well, under the name of their `ccq.encode`.

    Weights that are read in another way (gathered rows of an embedding, stacks
    of matrices in a batched matmul) are not coded and nothing is observed.

    ```mlir
    %w = ccq.source @model[0, 16384] {name = "fc.weight"} : tensor<128x32xf32>
    %y = linalg.matmul ins(%x, %w : ...) outs(%z : ...) -> tensor<?x32xf32>
    ```
    becomes
    ```mlir
    ccq.observe %x {name = "fc.weight", weights = ["fc.weight"]} : tensor<?x128xf32>
    %w = ccq.source @model[0, 16384] {name = "fc.weight"} : tensor<128x32xf32>
    %y = linalg.matmul ins(%x, %w : ...) outs(%z : ...) -> tensor<?x32xf32>
    ```

    Precondition: imported or quantized form. Postcondition: the same form.
  }];
  let dependentDialects = ["::mlir::ccq::CCQDialect"];
}

def ObserveNodes : Pass<"ccq-observe-nodes", "::mlir::ModuleOp"> {
  let summary = "observe the result of every node of the model";
  let description = [{
    Puts a `ccq.observe` after the last op of every node of the model that makes
    a tensor; the node is the first name in the location of its ops, and, without
    the file of the model, the name of the observation. Two builds of one model so show the same values.
    Views and sizes are passed over. Dispatches then end at every node: such a
    build is for comparing, not for speed.

    ```mlir
    %y = math.exp %x : tensor<4x8xf32> loc("/Exp [#0 Exp, opset 17]")
    ```
    becomes
    ```mlir
    %y = math.exp %x : tensor<4x8xf32> loc("/Exp [#0 Exp, opset 17]")
    ccq.observe %y {name = "/Exp [#0 Exp, opset 17]"} : tensor<4x8xf32>
    ```

    Precondition: imported or quantized form. Postcondition: the same form.
  }];
  let dependentDialects = ["::mlir::ccq::CCQDialect"];
}

#endif // CCQ_DIALECT_CCQ_TRANSFORMS_OBSERVEPASSES_TD
