//===- CheckAttributes.h - what each run checks of its sizes ----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_IR_CHECKATTRIBUTES_H
#define CCQ_DIALECT_CCQ_IR_CHECKATTRIBUTES_H

#include "llvm/ADT/StringRef.h"

namespace mlir::ccq {

/// On a model's function and on `ccq.plan`: an array of dictionaries, one per
/// relation of sizes that the model relies on and each run checks. On the
/// function, entry `dims` names the symbols of the map; in a plan they are the
/// plan's own.
inline constexpr llvm::StringLiteral kChecksAttr = "ccq.checks";

/// Entry: where in the model the relation comes from, for the message.
inline constexpr llvm::StringLiteral kCheckPlace = "at";
/// Entry: `equal` or `at_most`.
inline constexpr llvm::StringLiteral kCheckRelation = "relation";
inline constexpr llvm::StringLiteral kCheckEqual = "equal";
inline constexpr llvm::StringLiteral kCheckAtMost = "at_most";
/// Entry: names of the map's symbols.
inline constexpr llvm::StringLiteral kCheckDims = "dims";
/// Entry: an affine map with symbols only and two results, left and right.
inline constexpr llvm::StringLiteral kCheckSizes = "sizes";

} // namespace mlir::ccq

#endif // CCQ_DIALECT_CCQ_IR_CHECKATTRIBUTES_H
