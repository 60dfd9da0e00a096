//===- StorePasses.td - passes on files that hold weights -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_TRANSFORMS_STOREPASSES_TD
#define CCQ_DIALECT_CCQ_TRANSFORMS_STOREPASSES_TD

include "mlir/Pass/PassBase.td"

def RebaseStores : Pass<"ccq-rebase-stores", "::mlir::ModuleOp"> {
  let summary = "keep stores valid when the module moves to another directory";
  let description = [{
    The `root` of a `ccq.store` is relative to the directory of the module's
    file. A module read from a file in `from` and written to a file in `to`
    keeps naming the same files after this pass: `root` becomes the path from
    `to` to the old root. Paths are joined as text, so symbolic links
    are not followed and no file is opened.

    With `from=/data/models to=/data/out`:
    ```mlir
    ccq.store @model "mlp.onnx"                          // before
    ccq.store @model "mlp.onnx" root "../models"         // after
    ```

    Precondition: `from` and `to` are both absolute or both relative to the
    same directory; a relative `to` that climbs above `from`'s base has no
    textual answer and is an error.
    Postcondition: every store of the module names the file it named before.
  }];
  let options = [
    Option<"from", "from", "std::string", /*default=*/"\".\"",
           "directory of the file the module was read from">,
    Option<"to", "to", "std::string", /*default=*/"\".\"",
           "directory of the file the module will be written to">
  ];
}

#endif // CCQ_DIALECT_CCQ_TRANSFORMS_STOREPASSES_TD
