//===- CCQBlockOps.td - weights stored as blocks of integers -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_IR_CCQBLOCKOPS_TD
#define CCQ_DIALECT_CCQ_IR_CCQBLOCKOPS_TD

include "ccq/Dialect/CCQ/IR/CCQTypes.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def CCQ_DequantizeOp : CCQ_Op<"dequantize", [Pure]> {
  let summary = "weight that a model stores as blocks of small integers";
  let description = [{
    The f32 matrix K x N of a weight in the layout of com.microsoft.MatMulNBits and
    of one expert of com.microsoft.QMoE.
    `codes[n, g, :]` holds the unsigned `bits`-bit integers of weights
    `g * block ...` of column n, the lowest bits of a byte first; the result is

        result[k, n] = (code - zero) * scale

    in f32, with `scale = scales[n, k / block]`. `zero` is `2^(bits - 1)`, or
    `zero_points[n, k / block]`: floats, or integers of `bits` bits packed in
    bytes row by row like the codes. Codes behind K are padding.

    It is a handle like `ccq.source`: operands are sources or constants, and
    nothing is computed before code is emitted. A weight can be coded from it.

    Constraints:
    - `dequantize_c1`: `bits` is 2, 4 or 8, and a block is one or more whole bytes.
    - `dequantize_c2`: `codes` is N x G x block * bits / 8, with G = K / block
      rounded up.
    - `dequantize_c3`: `scales` has N * G elements, in one or two dimensions.
    - `dequantize_c4`: `zero_points` has N * G floats, or N * (G * bits / 8
      rounded up) bytes.

    Example:
    ```mlir
    %w = ccq.dequantize %codes, %scales bits 4 block 32 : tensor<8x2x16xi8>, tensor<8x2xf32> -> tensor<64x8xf32>
    ```
  }];
  let arguments = (ins StaticShapeTensorOf<[I8]>:$codes,
                       StaticShapeTensorOf<[F32, F16, BF16]>:$scales,
                       Optional<StaticShapeTensorOf<[I8, F32, F16, BF16]>>:$zero_points,
                       I64Attr:$bits, I64Attr:$block,
                       OptionalAttr<StrAttr>:$name);
  let results = (outs 2DTensorOf<[F32]>:$result);
  let assemblyFormat = [{
    $codes `,` $scales (`zero` $zero_points^)? `bits` $bits `block` $block
    attr-dict `:` type($codes) `,` type($scales)
    (`zero` type($zero_points)^)? `->` type($result)
  }];
  let hasVerifier = 1;
}

#endif // CCQ_DIALECT_CCQ_IR_CCQBLOCKOPS_TD
