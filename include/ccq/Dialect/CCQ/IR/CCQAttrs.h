//===- CCQAttrs.h - weight formats and layouts as attributes -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_IR_CCQATTRS_H
#define CCQ_DIALECT_CCQ_IR_CCQATTRS_H

#include "ccq/Codec/Scheme.h"
#include "ccq/Dialect/CCQ/IR/CCQEnums.h"
#include "mlir/IR/Attributes.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/Hashing.h"

namespace ccq::codec {

/// Hash of a stream scheme, for the storage of `#ccq.stream`: over its text,
/// which has everything.
inline llvm::hash_code hash_value(const StreamScheme &scheme) {
  return llvm::hash_value(printScheme(scheme));
}

/// The same for the storage of `#ccq.hash`.
inline llvm::hash_code hash_value(const HashScheme &scheme) {
  return llvm::hash_value(printScheme(scheme));
}

} // namespace ccq::codec

#include "ccq/Dialect/CCQ/IR/CCQInterfaces.h.inc"

#define GET_ATTRDEF_CLASSES
#include "ccq/Dialect/CCQ/IR/CCQAttrs.h.inc"

namespace mlir::ccq {

/// Returns the attribute that holds `scheme` as data.
SchemeAttrInterface getSchemeAttr(MLIRContext *context,
                                  const ::ccq::codec::Scheme &scheme);

/// Blocks, rotation and scales of a stream, `#ccq.stream` or `#ccq.hash`; no
/// value for other schemes.
std::optional<::ccq::codec::StreamFrame> findStreamFrame(Attribute scheme);

/// The same stream without rotation and with seed 0.
SchemeAttrInterface dropStreamRotation(SchemeAttrInterface stream);

} // namespace mlir::ccq

#endif // CCQ_DIALECT_CCQ_IR_CCQATTRS_H
