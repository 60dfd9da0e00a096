//===- WeightList.h - the weights of an imported model ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_DIALECT_CCQ_TRANSFORMS_WEIGHTLIST_H
#define CCQ_DIALECT_CCQ_TRANSFORMS_WEIGHTLIST_H

#include "ccq/Support/MatrixView.h"
#include "mlir/IR/BuiltinOps.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlir::ccq {

/// A named weight of a matmul that ccq-quantize-weights can code.
struct CodableWeight {
  std::string name;
  ::ccq::MatrixShape shape;
  /// As the model stores it.
  uint64_t bytes = 0;
  /// Scheme that the user has given it, by short name.
  std::optional<std::string> fixedScheme;
};

struct WeightList {
  /// In the order of the module, each name once.
  std::vector<CodableWeight> codable;
  /// Of all other weights that the model reads from files.
  uint64_t otherBytes = 0;
};

/// The weights of a module before ccq-quantize-weights.
WeightList listWeights(ModuleOp module);

} // namespace mlir::ccq

#endif // CCQ_DIALECT_CCQ_TRANSFORMS_WEIGHTLIST_H
