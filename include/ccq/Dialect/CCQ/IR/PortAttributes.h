//===- PortAttributes.h - attributes of a model's inputs and outputs ------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_IR_PORTATTRIBUTES_H
#define CCQ_DIALECT_CCQ_IR_PORTATTRIBUTES_H

#include "llvm/ADT/StringRef.h"

namespace mlir::ccq {

/// Unit attribute on an argument or result of a model, and on its `ccq.buffer`
/// in a plan: the integers are unsigned. The IR computes on signless integers
/// with ops that say how they read them; only the element type that the caller
/// sees, U8 instead of I8, depends on this.
inline constexpr llvm::StringLiteral kUnsignedAttr = "ccq.unsigned";

/// Unit attribute on an argument of a model: it stands for a weight
/// (ccq-expose-weights).
inline constexpr llvm::StringLiteral kWeightAttr = "ccq.weight";

} // namespace mlir::ccq

#endif // CCQ_DIALECT_CCQ_IR_PORTATTRIBUTES_H
