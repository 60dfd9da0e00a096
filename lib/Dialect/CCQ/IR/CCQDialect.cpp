//===- CCQDialect.cpp - registration and text aliases -----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Dialect/CCQ/IR/CCQDialect.h"

#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::ccq;

#include "ccq/Dialect/CCQ/IR/CCQDialect.cpp.inc"
#include "ccq/Dialect/CCQ/IR/CCQEnums.cpp.inc"

namespace {

/// Prints formats as `#w2_5_scheme = #ccq.words<...>` so that types stay
/// readable.
struct SchemeAliasInterface : public OpAsmDialectInterface {
  using OpAsmDialectInterface::OpAsmDialectInterface;

  AliasResult getAlias(Attribute attr, raw_ostream &os) const override {
    auto scheme = dyn_cast<SchemeAttrInterface>(attr);
    if (!scheme)
      return AliasResult::NoAlias;
    auto name = ::ccq::codec::findSchemeName(scheme.getScheme());
    if (!name)
      return AliasResult::NoAlias;
    for (char c : *name)
      os << (llvm::isAlnum(c) ? c : '_');
    os << "_scheme";
    return AliasResult::OverridableAlias;
  }
};

} // namespace

void CCQDialect::initialize() {
  registerAttributes();
  registerTypes();
  registerOperations();
  addInterfaces<SchemeAliasInterface>();
}

Operation *CCQDialect::materializeConstant(OpBuilder &builder, Attribute value,
                                           Type type, Location loc) {
  return arith::ConstantOp::materialize(builder, value, type, loc);
}
