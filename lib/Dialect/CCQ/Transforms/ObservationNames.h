//===- ObservationNames.h - names of ccq.observe ops ------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_DIALECT_CCQ_TRANSFORMS_OBSERVATIONNAMES_H
#define CCQ_LIB_DIALECT_CCQ_TRANSFORMS_OBSERVATIONNAMES_H

#include "ccq/Dialect/CCQ/IR/CCQObserveOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringSet.h"

#include <string>

namespace mlir::ccq {

/// Names for the observations of a module. Within a plan they have to differ.
class ObservationNames {
public:
  /// Starts with the names that are there.
  explicit ObservationNames(ModuleOp module) {
    module.walk([&](ObserveOp op) { taken.insert(op.getName()); });
  }

  /// `wanted`, with a number after it if another observation is called so.
  StringAttr makeUnique(StringRef wanted, MLIRContext *context) {
    std::string name = wanted.str();
    for (unsigned i = 1; !taken.insert(name).second; ++i)
      name = wanted.str() + "_" + std::to_string(i);
    return StringAttr::get(context, name);
  }

private:
  llvm::StringSet<> taken;
};

} // namespace mlir::ccq

#endif // CCQ_LIB_DIALECT_CCQ_TRANSFORMS_OBSERVATIONNAMES_H
