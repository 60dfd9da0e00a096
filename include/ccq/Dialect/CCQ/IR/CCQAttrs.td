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
    - `scalar_c1`: `bits` is 4 or 8.
    - `scalar_c2`: `group` is 64 or `channel`.

    Example: `#ccq.scalar<bits = 8, group = 64>` (scheme `i8`)
  }];
  let parameters = (ins "unsigned":$bits, "unsigned":$group);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def CCQ_ClusterAttr : CCQ_Attr<"Cluster", "cluster",
    [DeclareAttrInterfaceMethods<CCQ_SchemeAttrInterface>]> {
  let summary = "cluster format: four weights per byte, expanded affinely";
  let description = [{
    The released cluster format (docs/Format.md, "Cluster scheme"). A slope and
    an offset per output channel expand a byte to an integer, which is read in
    one window of `window` bits per entry of `shifts`. `group` consecutive k
    share a local scale of four bits; `scales` says which nibble of a byte
    belongs to the even one of two groups, `high_first` or `low_first`.

    Constraint `cluster_c1`: the codec accepts the scheme (docs/Format.md,
    section 5).

    Example: `#ccq.cluster<window = 6, shifts = [9, 6, 3, 0], group = 64, scales = high_first>` (scheme `w2`)
  }];
  let parameters = (ins
    "unsigned":$window,
    ArrayRefParameter<"unsigned">:$shifts,
    "unsigned":$group,
    "bool":$highFirst
  );
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def CCQ_StreamAttr : CCQ_Attr<"Stream", "stream",
    [DeclareAttrInterfaceMethods<CCQ_SchemeAttrInterface>]> {
  let summary = "stream format: a trellis code whose chains run along words";
  let description = [{
    The stream format (docs/Format.md, "Stream schemes"): 32-bit words with
    eight lanes of four bits; a word is one step of eight chains and gives two
    weights per lane. The text has everything that decoding needs: `memory`
    words before the current one, the rate in sixteenths of a bit, taps, extra
    patterns and tables of the even and the odd weights, rows per tile, largest
    block and seed of the rotation along K, form of the scales and start words.

    Constraint `stream_c1`: the codec accepts the scheme (docs/Format.md,
    section 6).

    Example: `#ccq.stream<lanes, memory = 3, sixteenths = 32, even = [11, 9, 0, 0], even_tables = "f411840d17f50eefd22c21ab41acc831", odd = [13, 15, 0, 1], odd_tables = "30f7d91c853c56f6cdeae1e50a3c0252", tile = 256, rotation = none, seed = 0, scale = channel, start = zero>`
  }];
  let parameters = (ins
    AttrParameter<"::ccq::codec::StreamScheme", "the codec's value">:$stream
  );
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def CCQ_HashAttr : CCQ_Attr<"Hash", "hash",
    [DeclareAttrInterfaceMethods<CCQ_SchemeAttrInterface>]> {
  let summary = "hashed stream format: a trellis code whose chains are bits";
  let description = [{
    The hashed stream format (docs/Format.md, "Hashed streams"): blocks, strips,
    rotation and scales of `#ccq.stream`, but each chain is a sequence of bits,
    and a level is looked up at `index` bits of a hash, with `offset`, of the
    newest `state` bits.

    Constraint `hash_c1`: the codec accepts the scheme (docs/Format.md,
    section 7).

    Example: `#ccq.hash<state = 16, index = 8, offset = 56233, sixteenths = 40, tile = 256, rotation = 256, seed = 0, scale = channel, start = zero>` (scheme `t2.5:code=hash`)
  }];
  let parameters = (ins
    AttrParameter<"::ccq::codec::HashScheme", "the codec's value">:$hash
  );
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
