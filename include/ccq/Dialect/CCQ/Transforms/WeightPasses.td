//===- WeightPasses.td - passes that choose weight formats -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_TRANSFORMS_WEIGHTPASSES_TD
#define CCQ_DIALECT_CCQ_TRANSFORMS_WEIGHTPASSES_TD

include "mlir/Pass/PassBase.td"

def QuantizeWeights : Pass<"ccq-quantize-weights", "::mlir::ModuleOp"> {
  let summary = "code the weights of matmuls";
  let description = [{
    A weight is a `ccq.source` or a tensor constant that is the right-hand side
    (`[K, N]`) of a `linalg.matmul`, or of a `linalg.matmul_transpose_b`
    (`[N, K]`), which becomes a `linalg.matmul` of the transposed weight. Its
    use there is replaced by `ccq.decode` of `ccq.encode`; no bits are touched.
    Other uses (a function result, an elementwise read) keep the float weight.
    A weight that several matmuls read is coded once.

    With `scheme=i8`:
    ```mlir
    %w = ccq.source @model[0, 16384] {name = "fc.weight"} : tensor<128x32xf32>
    %y = linalg.matmul ins(%x, %w : ...) outs(%z : ...) -> tensor<?x32xf32>
    ```
    becomes
    ```mlir
    %w = ccq.source @model[0, 16384] {name = "fc.weight"} : tensor<128x32xf32>
    %e = ccq.encode %w {name = "fc.weight"} : tensor<128x32xf32> -> !ccq.tensor<128x32xf32, #i8_scheme>
    %d = ccq.decode %e : !ccq.tensor<128x32xf32, #i8_scheme> -> tensor<128x32xf32>
    %y = linalg.matmul ins(%x, %d : ...) outs(%z : ...) -> tensor<?x32xf32>
    ```

    `tensors` is a list of `regex=scheme`, split at the first `=`. The regex is
    a POSIX extended regular expression that may match anywhere in the `name` of
    the weight: `fc1` also matches `fc10.weight`, `^fc1\.weight$` matches one
    name. The last entry that matches decides; weights that none matches, and
    weights without a name, get `scheme`. `keep` leaves a weight as it is. An
    entry that matches no weight is an error. Commas separate entries, except
    inside balanced brackets.

    Weights of other element types than f32, f16 and bf16 cannot be coded. That
    is an error, or with `allow-fallback` a remark, and the weight is kept.
    Matrices without elements stay as they are.

    `statistics` names a file of activation statistics (docs/Calibration.md),
    relative to the working directory. It becomes a `ccq.store`, and every
    encode refers to it: the statistics of its weight's name weigh the error
    when code is emitted. A weight that the file has no statistics for is an
    error, or with `allow-fallback` a remark, and coded without; statistics of
    other than K channels are an error.

    Precondition: imported form. Postcondition: quantized form. Running the pass
    again with the same options changes nothing.
  }];
  let options = [
    Option<"scheme", "scheme", "std::string", /*default=*/"\"w2.5\"",
           "short name of the scheme of all weights that `tensors` does not "
           "name, as listed by `ccq schemes`">,
    ListOption<"tensors", "tensors", "std::string",
               "regex=scheme entries for weights by name; the last match wins">,
    Option<"allowFallback", "allow-fallback", "bool", /*default=*/"false",
           "keep weights that cannot be coded, and code weights without "
           "statistics, instead of failing">,
    Option<"statistics", "statistics", "std::string", /*default=*/"\"\"",
           "file of activation statistics, as ccq calibrate writes it">
  ];
  let dependentDialects = ["::mlir::ccq::CCQDialect",
                           "::mlir::linalg::LinalgDialect"];
}

def MaterializeDecode
    : Pass<"ccq-materialize-decode", "::mlir::func::FuncOp"> {
  let summary = "turn coded weights into float weights with the decoded values";
  let description = [{
    The oracle build: every `ccq.decode` becomes `materialized`, that is, the
    matrix is decoded once when code is emitted and stored as f32 weights. The
    kernels then are ordinary float kernels, and a comparison with the coded
    build separates kernel errors from quantization loss. A decode of a small
    constant folds through the codec instead.

    ```mlir
    %d = ccq.decode %e : !ccq.tensor<128x32xf32, #i8_scheme> -> tensor<128x32xf32>
    ```
    becomes
    ```mlir
    %d = ccq.decode %e materialized : !ccq.tensor<128x32xf32, #i8_scheme> -> tensor<128x32xf32>
    ```

    Precondition: quantized form. Postcondition: quantized form, and no decode
    enters a dispatch. In the plan such a decode stands between `ccq.encode` and
    the launches: the weight that is stored is decode(encode(source)).
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::ccq::CCQDialect"];
}

#endif // CCQ_DIALECT_CCQ_TRANSFORMS_WEIGHTPASSES_TD
