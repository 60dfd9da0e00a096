//===- NodeDifferences.h - two builds, value by value -----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_NODEDIFFERENCES_H
#define CCQ_TOOLS_CCQ_NODEDIFFERENCES_H

#include "ModelData.h"
#include "ccq/Artifact/Compare.h"
#include "ccq/Runtime/Session.h"
#include "ccq/Support/Result.h"

#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ccq::tool {

/// How a value of one build differs from that of another, over all runs.
struct NodeDifference {
  /// Of the observation; `output 'NAME'` for an output.
  std::string name;
  double squaredError = 0;
  double squaredNorm = 0;
  uint64_t elementCount = 0;
  uint64_t beyondCount = 0;
  /// Of the first run whose values part.
  std::optional<artifact::Comparison> parting;

  /// Norm of the difference over that of the reference; infinite when only the
  /// latter is 0.
  double relativeError() const {
    return squaredError == 0 ? 0 : std::sqrt(squaredError / squaredNorm);
  }
};

/// Compares what two builds of one model show and give.
class NodeComparer {
public:
  explicit NodeComparer(artifact::Tolerance tolerance) : tolerance(tolerance) {}

  /// Runs both on one item. Values that only one shows are passed over.
  /// Errors: those of Session::run; Mismatch for other types or shapes of one
  /// value.
  Result<void> run(runtime::Session &reference, runtime::Session &other,
                   const DataItem &item);

  /// In the order in which the reference computes them, outputs last.
  const std::vector<NodeDifference> &differences() const { return nodes; }

private:
  struct Value {
    artifact::DataType type = artifact::DataType::F32;
    std::vector<int64_t> dims;
    std::vector<std::byte> bytes;

    artifact::TensorView view() const { return {type, dims, bytes}; }
  };

  Result<void> compare(const std::string &name, const artifact::TensorView &got,
                       const artifact::TensorView &want);
  Result<void> compareOutputs(const std::vector<runtime::OutputTensor> &got,
                              const std::vector<runtime::OutputTensor> &want);

  artifact::Tolerance tolerance;
  std::vector<NodeDifference> nodes;
};

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_NODEDIFFERENCES_H
