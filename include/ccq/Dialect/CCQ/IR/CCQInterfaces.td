//===- CCQInterfaces.td - attribute interfaces -*- tablegen -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_IR_CCQINTERFACES_TD
#define CCQ_DIALECT_CCQ_IR_CCQINTERFACES_TD

include "mlir/IR/OpBase.td"

def CCQ_SchemeAttrInterface : AttrInterface<"SchemeAttrInterface"> {
  let cppNamespace = "::mlir::ccq";
  let description = [{
    A weight format. The attribute holds the format as data; `getScheme` hands
    it to the codec, which knows what the bits mean (docs/Format.md).
  }];
  let methods = [
    InterfaceMethod<"The same format as the codec's own value.",
      "::ccq::codec::Scheme", "getScheme">,
    InterfaceMethod<[{
      Number of consecutive k of one output channel that decode independently of
      all others: 64 for word formats and grouped scalars; 128 for clusters and
      2 for four-bit scalars with one scale per channel, whose bytes hold two
      groups or two weights; 1 for eight-bit scalars with one scale per channel;
      the rows of a tile for streams of both codes.
    }], "int64_t", "getGroupSize">
  ];
}

#endif // CCQ_DIALECT_CCQ_IR_CCQINTERFACES_TD
