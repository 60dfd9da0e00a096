//===- WeightOrientation.h - names of weights read in two ways --*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_DIALECT_CCQ_TRANSFORMS_WEIGHTORIENTATION_H
#define CCQ_LIB_DIALECT_CCQ_TRANSFORMS_WEIGHTORIENTATION_H

#include "CodableWeights.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::ccq {

/// Tells apart a matrix of a file and its transpose where a model reads both:
/// an embedding and the output layer that shares it.
class WeightOrientation {
public:
  /// Looks at all weights inside `scope`.
  explicit WeightOrientation(Operation *scope) {
    scope->walk([&](SourceOp source) {
      if (!source.getTransposed())
        plain.insert(getWeightName(source));
    });
  }

  /// The name of a weight, with `.transposed` behind it when the file's own
  /// orientation is read as well.
  std::string getName(Operation *weight) const {
    StringRef name = getWeightName(weight);
    auto source = dyn_cast<SourceOp>(weight);
    bool isSecond = source && source.getTransposed() && plain.contains(name);
    return name.str() + (isSecond ? ".transposed" : "");
  }

private:
  llvm::StringSet<> plain;
};

} // namespace mlir::ccq

#endif // CCQ_LIB_DIALECT_CCQ_TRANSFORMS_WEIGHTORIENTATION_H
