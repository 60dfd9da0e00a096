//===- CCQAttrs.td - weight formats and layouts -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_IR_CCQATTRS_TD
#define CCQ_DIALECT_CCQ_IR_CCQATTRS_TD

include "ccq/Dialect/CCQ/IR/CCQBase.td"
include "ccq/Dialect/CCQ/IR/CCQInterfaces.td"
include "mlir/IR/AttrTypeBase.td"

class CCQ_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<CCQ_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

def CCQ_WordsAttr : CCQ_Attr<"Words", "words",
    [DeclareAttrInterfaceMethods<CCQ_SchemeAttrInterface>]> {
  let summary = "word format: overlapping windows inside fixed-width words";
  let description = [{
    The released CCQ word formats (docs/Format.md, "Word formats"). A group of
    64 weights of one output channel is `words` words of type `storage`. Every
    word but the last holds one weight per entry of `shifts`: the `window` bits
    that remain after a right shift. The last word holds one weight at
    `tail_shift` and the group's local scale in its low `scale_bits` bits.

    Constraints:
    - `words_c1`: `storage` is u8 or u16.
    - `words_c2`: every shift plus `window` fits in the word.
    - `words_c3`: (words - 1) * |shifts| + 1 = 64.
    - `words_c4`: the tail window and the scale field do not overlap and fit in
      the word.
    - `words_c5`: `shifts` is strictly decreasing, ends in 0, and neighbours
      are at most `window` apart.

    Example: `#ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, 4, 2, 0], tail_shift = 13, scale_bits = 13>` (scheme `w2.5`)
  }];
  let parameters = (ins
    "unsigned":$wordBits,
    "unsigned":$words,
    "unsigned":$window,
    ArrayRefParameter<"unsigned">:$shifts,
    "unsigned":$tailShift,
    "unsigned":$scaleBits
  );
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def CCQ_ScalarAttr : CCQ_Attr<"Scalar", "scalar",
    [DeclareAttrInterfaceMethods<CCQ_SchemeAttrInterface>]> {
  let summary = "scalar format: one symmetric integer per weight";
  let description = [{
    Symmetric integers of `bits` bits with one f16 scale per `group` consecutive
    k of an output channel, or per output channel when `group = channel`
    (stored as 0).

    Constraints:
    - `scalar_c1`: `bits` is 8.
    - `scalar_c2`: `group` is 64 or `channel`.

    Example: `#ccq.scalar<bits = 8, group = 64>` (scheme `i8`)
  }];
  let parameters = (ins "unsigned":$bits, "unsigned":$group);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def CCQ_RowPitchAttr : CCQ_Attr<"RowPitch", "row_pitch"> {
  let summary = "layout: rows of the code tensor padded to an alignment";
  let description = [{
    The component tensors keep their canonical order, but the extent along N of
    each is rounded up until a row of codes is a multiple of `alignment` bytes,
    so that vector loads at multiples of `alignment` stay aligned and inside the
    buffer for any N. Padding is zero.

    Constraint `row_pitch_c1`: `alignment` is a power of two from 2 to 256.

    Example: `#ccq.row_pitch<16>`
  }];
  let parameters = (ins "unsigned":$alignment);
  let assemblyFormat = "`<` $alignment `>`";
  let genVerifyDecl = 1;
}

#endif // CCQ_DIALECT_CCQ_IR_CCQATTRS_TD
