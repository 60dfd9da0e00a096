//===- NodeDifferences.cpp - two builds, value by value -------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeDifferences.h"

#include <algorithm>

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::tool;

/// Adds the squares of the finite elements; others make the error infinite
/// where they differ.
static void addSquares(const TensorView &got, const TensorView &want,
                       NodeDifference &node) {
  uint64_t count = want.bytes.size() / getDataTypeBytes(want.type);
  for (uint64_t i = 0; i < count; ++i) {
    double a = getElement(got, i), b = getElement(want, i);
    if (a == b || (std::isnan(a) && std::isnan(b))) {
      node.squaredNorm += std::isfinite(b) ? b * b : 0;
      continue;
    }
    node.squaredError += std::isfinite(a - b) ? (a - b) * (a - b) : INFINITY;
    node.squaredNorm += std::isfinite(b) ? b * b : 0;
  }
}

Result<void> NodeComparer::compare(const std::string &name,
                                   const TensorView &got,
                                   const TensorView &want) {
  Result<Comparison> comparison = compareTensors(got, want, tolerance);
  if (!comparison)
    return Error{comparison.error().kind,
                 name + ": " + comparison.error().message};
  auto node = std::find_if(
      nodes.begin(), nodes.end(),
      [&](const NodeDifference &candidate) { return candidate.name == name; });
  if (node == nodes.end())
    node = nodes.insert(nodes.end(), NodeDifference{name, 0, 0, 0, 0, {}});
  addSquares(got, want, *node);
  node->elementCount += comparison->elementCount;
  node->beyondCount += comparison->beyondCount;
  if (!comparison->agrees() && !node->parting)
    node->parting = *comparison;
  return {};
}

Result<void>
NodeComparer::compareOutputs(const std::vector<runtime::OutputTensor> &got,
                             const std::vector<runtime::OutputTensor> &want) {
  for (const runtime::OutputTensor &output : want)
    for (const runtime::OutputTensor &other : got)
      if (other.name == output.name) {
        Result<void> done = compare("output '" + output.name + "'",
                                    other.view(), output.view());
        if (!done)
          return done;
      }
  return {};
}

Result<void> NodeComparer::run(runtime::Session &reference,
                               runtime::Session &other, const DataItem &item) {
  std::vector<std::string> order;
  std::map<std::string, Value, std::less<>> wanted, got;
  auto keepIn = [](std::map<std::string, Value, std::less<>> &values,
                   std::vector<std::string> *names) {
    return [&values, names](const runtime::Observation &observation) {
      const TensorView &tensor = observation.tensor;
      values[observation.step.name] = {
          tensor.type, tensor.dims, {tensor.bytes.begin(), tensor.bytes.end()}};
      if (names)
        names->push_back(observation.step.name);
    };
  };
  auto want = reference.run(item.inputs(), keepIn(wanted, &order));
  if (!want)
    return want.takeError();
  auto have = other.run(item.inputs(), keepIn(got, nullptr));
  if (!have)
    return have.takeError();
  for (const std::string &name : order) {
    auto value = got.find(name);
    if (value == got.end())
      continue;
    Result<void> done =
        compare(name, value->second.view(), wanted[name].view());
    if (!done)
      return done;
  }
  return compareOutputs(*have, *want);
}
