//===- GradientPasses.td - passes that make gradients of models -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_TRANSFORMS_GRADIENTPASSES_TD
#define CCQ_DIALECT_CCQ_TRANSFORMS_GRADIENTPASSES_TD

include "mlir/Pass/PassBase.td"

def ExposeWeights : Pass<"ccq-expose-weights", "::mlir::ModuleOp"> {
  let summary = "make weights inputs of the model";
  let description = [{
    Every weight that models learn becomes an argument at the end of the
    arguments, in the order of first use, called like the weight and marked
    `ccq.weight`. A run then takes the values that it is given. Uses of one name
    share an argument; if the file is read in both orientations, the transposed
    matrix is an argument of its own, called `<name>.transposed`.

    These are the weights with a name and f32, f16 or bf16 elements that
    ccq-quantize-weights could code, that have one dimension at most, or whose
    rows are gathered at indices that are computed. Other tables, such as masks
    or the angles of positions, stay. `weights` is a list of regular
    expressions, searched for in the names: of these weights only those that one
    of them matches are exposed.

    ```mlir
    func.func @main(%x: tensor<?x128xf32>) -> ... {
      %w = ccq.source @model[0, 16384] {name = "fc.weight"} : tensor<128x32xf32>
    ```
    becomes
    ```mlir
    func.func @main(%x: tensor<?x128xf32>, %w: tensor<128x32xf32> {ccq.name = "fc.weight", ccq.weight}) -> ... {
    ```

    Precondition: imported form; no input has the name of a weight. Postcondition:
    imported form.
  }];
  let options = [
    ListOption<"weights", "weights", "std::string",
               "regular expressions for names of weights; none: all that "
               "models learn">
  ];
  let dependentDialects = ["::mlir::ccq::CCQDialect"];
}

def Differentiate : Pass<"ccq-differentiate", "::mlir::ModuleOp"> {
  let summary = "add gradients with respect to arguments to the results";
  let description = [{
    Reverse mode over the model's function. The parameters are the arguments
    called `parameters`; when none is named those marked `ccq.weight`, and
    without any of these all float arguments. A gradient per parameter, called
    `gradient.<name>`, follows the results; it is zero for a parameter that the
    output does not depend on.

    What is differentiated is a sum over the elements of the result called
    `output` (the only float result when it is empty). With y for that result
    and t for a new last argument of its shape `loss` says which:

    | loss | argument | sum of | gradient with respect to y |
    |---|---|---|---|
    | `cotangent` | `cotangent` | t y | t |
    | `squares` | `target` | (y - t)^2 / 2 | y - t |
    | `divergence` | `target` | p log(p / q), p and q the softmax of t and y over the last dimension | q - p |

    Rules exist for linalg ops on tensors with one result, elementwise, gathers
    (`tensor.extract` of a captured tensor), sums, maxima and minima; for
    `tensor.expand_shape`, `collapse_shape`, `extract_slice`, `insert_slice`,
    `pad`, `concat` and `cast`; in bodies for arith and math on floats. Equal
    maxima share the gradient. Integers have none. Any other op between a parameter and the
    output is an error there. docs/Rationale/Recovery.md gives the rules.

    Precondition: imported form. Postcondition: imported form.
  }];
  let options = [
    ListOption<"parameters", "parameters", "std::string",
               "names of the arguments to differentiate by">,
    Option<"output", "output", "std::string", /*default=*/"\"\"",
           "name of the result that the loss is about">,
    Option<"loss", "loss", "::mlir::ccq::GradientLoss",
           /*default=*/"::mlir::ccq::GradientLoss::Cotangent",
           "what is differentiated",
           [{::llvm::cl::values(
               clEnumValN(::mlir::ccq::GradientLoss::Cotangent, "cotangent",
                          "the product with a given cotangent"),
               clEnumValN(::mlir::ccq::GradientLoss::Squares, "squares",
                          "half the squared distance to a target"),
               clEnumValN(::mlir::ccq::GradientLoss::Divergence, "divergence",
                          "the divergence from target logits, by row"))}]>
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::ccq::CCQDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::tensor::TensorDialect"
  ];
}

def OverrideWeights : Pass<"ccq-override-weights", "::mlir::ModuleOp"> {
  let summary = "read weights from another file where it has them";
  let description = [{
    `file` is a safetensors file, relative to the working directory. Every
    `ccq.source` whose name is that of one of its tensors reads that tensor
    instead: the file becomes a `ccq.store` and the source a range of it. A
    tensor has the type and shape of the source's result: a weight that the
    model stores transposed is not transposed here. Where a name is read in both
    orientations, the transposed reading takes `<name>.transposed`.

    ```mlir
    %w = ccq.source @model[4096, 16384] transposed {name = "fc.weight"} : tensor<128x32xf32>
    ```
    becomes
    ```mlir
    %w = ccq.source @weights[128, 16384] {name = "fc.weight"} : tensor<128x32xf32>
    ```

    A tensor that no source takes is an error, and so are another shape and
    element type.

    Precondition: imported form. Postcondition: imported form. Running the pass
    again with the same file changes nothing.
  }];
  let options = [
    Option<"file", "file", "std::string", /*default=*/"\"\"",
           "safetensors file with the weights to read instead">
  ];
  let dependentDialects = ["::mlir::ccq::CCQDialect"];
}

#endif // CCQ_DIALECT_CCQ_TRANSFORMS_GRADIENTPASSES_TD
