//===- FusePasses.td - passes that bring the decode to its use -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_TRANSFORMS_FUSEPASSES_TD
#define CCQ_DIALECT_CCQ_TRANSFORMS_FUSEPASSES_TD

include "mlir/Pass/PassBase.td"

def RotateActivations
    : Pass<"ccq-rotate-activations", "::mlir::func::FuncOp"> {
  let summary = "turn the rotation of weights into one of activations";
  let description = [{
    Streams code a matrix in a rotated basis. Wherever a linalg.matmul reads the
    decode of such a matrix, the matrix is decoded in that basis and the
    activations are rotated into it instead: K log K additions per token in
    place of K N log K, and weights that are the levels of the code times a
    scale.

    Before:
    ```mlir
    %d = ccq.decode %e : !ccq.tensor<512x64xf32, #t2> -> tensor<512x64xf32>
    %y = linalg.matmul ins(%x, %d : tensor<?x512xf32>, tensor<512x64xf32>) outs(%z : tensor<?x64xf32>) -> tensor<?x64xf32>
    ```
    After:
    ```mlir
    %r = ccq.rotate %x at %c0 {block = 256, seed = 0} : tensor<?x512xf32>
    %u = ccq.drop_rotation %e : !ccq.tensor<512x64xf32, #t2> -> !ccq.tensor<512x64xf32, #t2_rotate_none>
    %d = ccq.decode %u : !ccq.tensor<512x64xf32, #t2_rotate_none> -> tensor<512x64xf32>
    %y = linalg.matmul ins(%r, %d : tensor<?x512xf32>, tensor<512x64xf32>) outs(%z : tensor<?x64xf32>) -> tensor<?x64xf32>
    ```

    Precondition: quantized form, or the body of a dispatch. Idempotent.
    Postcondition: no matmul reads rotated weights, except materialized ones.
    Results change by roundings: each activation by at most
    (log2(block) + 1) 2^-24 of the magnitudes summed.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect"];
}

def FuseDecode : Pass<"ccq-fuse-decode", "::mlir::func::FuncOp"> {
  let summary = "tile contractions and decode each tile of weights in place";
  let description = [{
    Tiles every linalg.matmul whose weights have static K and N, coded or not,
    together with the elementwise consumers in its single-use chain: scf.forall
    over tiles of M and N, scf.for over tiles of K inside. Fill and decode move
    into the loops, so that afterwards only `tile-k` x `tile-n` weights exist at
    a time. When N is longer than two tiles and no multiple of the tile, the
    last consumer is split, so that the whole tiles and the rest are loops of
    their own with static tiles; up to two tiles stay one tile. A ragged end of
    K becomes a contraction of its own after the loop over K. A `ccq.rotate` on
    the left-hand side moves into the loops too, to the columns of one tile.
    Where the scheme's group or the block of the rotation is longer than
    `tile-k`, one of it is decoded at a time.

    Before:
    ```mlir
    %d = ccq.decode %e : !ccq.tensor<256x128xf32, #i8> -> tensor<256x128xf32>
    %y = linalg.matmul ins(%x, %d : tensor<?x256xf32>, tensor<256x128xf32>) outs(%z : tensor<?x128xf32>) -> tensor<?x128xf32>
    ```
    After:
    ```mlir
    %y = scf.forall (%n) = (0) to (128) step (32) shared_outs(%o = %z) -> (tensor<?x128xf32>) {
      %t = scf.for %k = %c0 to %c256 step %c64 iter_args(%acc = %slice) -> (tensor<?x32xf32>) {
        %s = ccq.extract_slice %e[%k, %n] : !ccq.tensor<256x128xf32, #i8> to !ccq.tensor<64x32xf32, #i8>
        %d = ccq.decode %s : !ccq.tensor<64x32xf32, #i8> -> tensor<64x32xf32>
        ...
    ```

    Precondition: imported or quantized form, or the body of a dispatch. Works
    on any function and is idempotent.
    Postcondition: `ccq-verify-fused` with the same tile sizes holds. A decode
    that no contraction takes along is an error at the decode.
  }];
  let options = [
    Option<"tileM", "tile-m", "int64_t", /*default=*/"0",
           "rows of the result per tile; 0 leaves M whole">,
    Option<"tileN", "tile-n", "int64_t", /*default=*/"32",
           "output channels per tile">,
    Option<"tileK", "tile-k", "int64_t", /*default=*/"64",
           "rows of weights decoded at a time, a multiple of the scheme's "
           "group">
  ];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect"
  ];
}

def VerifyFused : Pass<"ccq-verify-fused", "::mlir::func::FuncOp"> {
  let summary = "check that weights are decoded tile by tile";
  let description = [{
    The contract of the fused form:
    - `fused_c1`: the result of a ccq.decode has at most `max-k`, or one group
      of the scheme, by `max-n` elements along K and N.
    - `fused_c2`: every user of a decode is a linalg op that reads it.

    Changes nothing.
  }];
  let options = [
    Option<"maxK", "max-k", "int64_t", /*default=*/"64",
           "largest tile along K">,
    Option<"maxN", "max-n", "int64_t", /*default=*/"64",
           "largest tile along N">
  ];
}

#endif // CCQ_DIALECT_CCQ_TRANSFORMS_FUSEPASSES_TD
