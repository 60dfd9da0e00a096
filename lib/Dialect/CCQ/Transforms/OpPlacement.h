//===- OpPlacement.h - where an op of a function goes -*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_TRANSFORMS_OPPLACEMENT_H
#define CCQ_DIALECT_CCQ_TRANSFORMS_OPPLACEMENT_H

#include "mlir/IR/Operation.h"

namespace mlir::ccq {

/// Where an op at the top level of a function goes when its computations move
/// into dispatches (docs/Rationale/Dispatches.md).
enum class Placement {
  /// Stays in the function and is an operand of dispatches: weights, constants
  /// of more than one value, sizes; also dispatches and observations.
  Outside,
  /// Cheap to repeat or no work at all: copied into each dispatch that reads
  /// it. Constants of one value, fills, views, decodes, scalars.
  Copied,
  /// Work: belongs to exactly one dispatch.
  Computed,
  /// Ends the function.
  Terminator,
  /// Nothing of the above: side effects, or results that are no tensors.
  Unsupported,
};

/// Where `op`, an op at the top level of a function, goes.
Placement getPlacement(Operation *op);

} // namespace mlir::ccq

#endif // CCQ_DIALECT_CCQ_TRANSFORMS_OPPLACEMENT_H
