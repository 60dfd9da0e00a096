//===- CCQRotationOps.td - rotation along K -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_IR_CCQROTATIONOPS_TD
#define CCQ_DIALECT_CCQ_IR_CCQROTATIONOPS_TD

include "ccq/Dialect/CCQ/IR/CCQTypes.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def CCQ_DropRotationOp : CCQ_Op<"drop_rotation", [Pure]> {
  let summary = "the same codes in the rotated basis";
  let description = [{
    The coded matrix whose scheme has no rotation and is otherwise the operand's.
    No bits change. With R the randomized Hadamard matrix of `ccq.rotate`,
    decode(e) = R decode(drop_rotation(e)) up to roundings, so that
    x decode(e) = rotate(x) decode(drop_rotation(e)).

    Constraint `drop_rotation_c1`: operand and result are coded with streams
    that differ in the rotation and its seed only, and the result's are none and
    0.

    Example:
    ```mlir
    %u = ccq.drop_rotation %e : !ccq.tensor<512x64xf32, #t2> -> !ccq.tensor<512x64xf32, #t2_rotate_none>
    ```
  }];
  let arguments = (ins CCQ_CodedTensorType:$source);
  let results = (outs CCQ_CodedTensorType:$result);
  let assemblyFormat =
      "$source attr-dict `:` qualified(type($source)) `->` qualified(type($result))";
  let hasVerifier = 1;
}

def CCQ_RotateOp : CCQ_Op<"rotate",
    [Pure, AllTypesMatch<["source", "result"]>,
     DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface>]> {
  let summary = "randomized Hadamard transform of activations along K";
  let description = [{
    x[M, K] times R = diag(sign) H / sqrt(b), block by block along K: the
    columns are cut into blocks of `block`, then falling powers of two
    (docs/Format.md, "Scales and rotation"). In a block of b columns, with
    H[i][j] = (-1)^popcount(i & j),

        y[m, i] = sum over j of H[i][j] * (x[m, j] * sign[j] * float32(1/sqrt(b)))

    where sign[j] is that of row `k_offset` + j under `seed`. The operand is a
    whole matrix, or a slice of one that starts at `k_offset`, a multiple of
    `block`, and has a multiple of `block` columns or ends with the matrix. The
    sums are formed by log2(b) steps of additions in float32: an error of at
    most (log2(b) + 1) 2^-24 times the sum of magnitudes.

    Constraints:
    - `rotate_c1`: two dimensions, the second static.
    - `rotate_c2`: `block` is a power of two from 1 to 4096.
    - `rotate_c3`: a constant `k_offset` is a multiple of `block`.

    Example:
    ```mlir
    %r = ccq.rotate %x at %c0 {block = 256 : i64, seed = 7 : i64} : tensor<?x512xf32>
    ```
  }];
  let arguments = (ins 2DTensorOf<[F32]>:$source, Index:$k_offset,
                       I64Attr:$block, I64Attr:$seed);
  let results = (outs 2DTensorOf<[F32]>:$result);
  let assemblyFormat =
      "$source `at` $k_offset attr-dict `:` type($result)";
  let hasVerifier = 1;
}

#endif // CCQ_DIALECT_CCQ_IR_CCQROTATIONOPS_TD
