//===- CCQTrellisOps.td - decode of words in registers -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_IR_CCQTRELLISOPS_TD
#define CCQ_DIALECT_CCQ_IR_CCQTRELLISOPS_TD

include "ccq/Dialect/CCQ/IR/CCQTypes.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def CCQ_TrellisDecodeOp : CCQ_Op<"trellis_decode", [Pure]> {
  let summary = "values of the weights that words stand for";
  let description = [{
    With `#ccq.words`: decodes words `first_word`, `first_word + 1`, ... of a
    group. Dimension 0 of the operand counts words and of the result weights;
    the other dimensions are lanes (output channels), decoded alike. A result
    element is the centred window `((word >> shift) & mask) - bias`.

    With `#ccq.stream`: one step of the chains. Row 0 of the operand is the
    current word of every lane, row j the word j steps before. Of `extra`, bit 0
    of each nibble of row 0 (row 1) is the extra bit of the even (odd) weights;
    a step that carries none has zero there, and without the operand all are
    zero. Rows 0 to 7 of the result are the even weights of the eight nibbles of
    a word, the lowest first, rows 8 to 15 the odd ones. A result element is the
    level, an integer from -128 to 127, or level + 0.5 in a float type.

    Every value is exact in every result type; scales are not applied. Constant
    operands fold through the codec.

    Constraints:
    - `trellis_decode_c1`: the operand's elements are signless integers as wide
      as the scheme's words.
    - `trellis_decode_c2`: `first_word` plus the operand's words do not exceed
      the words of a group; it is 0 for streams.
    - `trellis_decode_c3`: dimension 0 of the result is the number of weights in
      those words and the other dimensions equal the operand's.
    - `trellis_decode_c4`: dimension 0 of the operand is memory + 1 for streams.
    - `trellis_decode_c5`: `extra` has two rows, otherwise the operand's
      dimensions, and stands with streams above two bits only.

    Example:
    ```mlir
    %q = ccq.trellis_decode #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13> %words : vector<10xi16> -> vector<64xi8>
    %l = ccq.trellis_decode #t2_5 %steps extra %bits : vector<4x8xi32>, vector<2x8xi32> -> vector<16x8xf32>
    ```
  }];
  let arguments = (ins AnyAttrOf<[CCQ_WordsAttr, CCQ_StreamAttr]>:$scheme,
                       VectorOfAnyRankOf<[I8, I16, I32]>:$words,
                       Optional<VectorOfAnyRankOf<[I32]>>:$extra,
                       DefaultValuedAttr<I64Attr, "0">:$first_word);
  let results = (outs VectorOfAnyRankOf<[I8, I32, F16, F32]>:$result);
  let assemblyFormat = [{
    $scheme $words (`extra` $extra^)? (`first_word` $first_word^)? attr-dict
    `:` type($words) (`,` type($extra)^)? `->` type($result)
  }];
  let extraClassDeclaration = [{
    /// The scheme as `#ccq.words` or `#ccq.stream`; null when it is the other.
    ::mlir::ccq::WordsAttr getWordsScheme() {
      return ::llvm::dyn_cast<::mlir::ccq::WordsAttr>(getScheme());
    }
    ::mlir::ccq::StreamAttr getStreamScheme() {
      return ::llvm::dyn_cast<::mlir::ccq::StreamAttr>(getScheme());
    }
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def CCQ_ExtractWindowOp : CCQ_Op<"extract_window", [Pure]> {
  let summary = "one window per lane, at a shift known at run time";
  let description = [{
    `((word >> shift) & mask) - bias` for every lane of `word`, with the mask
    and bias of the scheme. `ccq.trellis_decode` is this op at every shift of
    the format; kernels in which a thread owns only part of a group use it for
    the group's last words.

    Constraints:
    - `extract_window_c1`: the operand's elements are signless integers as wide
      as the scheme's words.
    - `extract_window_c2`: operand and result have the same shape.

    Example:
    ```mlir
    %q = ccq.extract_window #ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13> %word, %shift : vector<2xi16> -> vector<2xf16>
    ```
  }];
  let arguments = (ins CCQ_WordsAttr:$scheme,
                       VectorOfAnyRankOf<[I8, I16]>:$word, I32:$shift);
  let results = (outs VectorOfAnyRankOf<[I8, I32, F16, F32]>:$result);
  let assemblyFormat = [{
    $scheme $word `,` $shift attr-dict `:` type($word) `->` type($result)
  }];
  let hasVerifier = 1;
}

#endif // CCQ_DIALECT_CCQ_IR_CCQTRELLISOPS_TD
