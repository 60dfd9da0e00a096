//===- WeightList.cpp - the weights of an imported model ------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Dialect/CCQ/Transforms/WeightList.h"

#include "CodableWeights.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"

#include <set>

using namespace mlir;
using namespace mlir::ccq;

/// The sources that `op` reads: itself, or those of block codes.
static SmallVector<SourceOp> findSources(Operation *op) {
  SmallVector<SourceOp> sources;
  if (auto source = dyn_cast<SourceOp>(op))
    sources.push_back(source);
  for (Value operand : op->getOperands())
    if (auto source = operand.getDefiningOp<SourceOp>())
      sources.push_back(source);
  return sources;
}

/// What reads the weight for the sake of this matmul.
static Operation *getReader(WeightUse use) {
  Operation *operand = use.matmul->getOperand(1).getDefiningOp();
  return operand == use.weight ? use.matmul.getOperation() : operand;
}

WeightList mlir::ccq::listWeights(ModuleOp module) {
  WeightList list;
  // Places in files: a weight that several ops read is stored once.
  using Place = std::pair<StringRef, int64_t>;
  std::set<Place> codedPlaces, otherPlaces;
  std::set<StringRef> names;
  std::set<Operation *> readers;
  module.walk([&](Operation *op) {
    std::optional<WeightUse> use = findWeightUse(op);
    if (!use || !explainUncodable(*use).empty())
      return;
    StringRef name = getWeightName(use->weight);
    if (name.empty())
      return;
    readers.insert(getReader(*use));
    if (isa<DequantizeOp>(use->weight))
      readers.insert(use->weight);
    if (!names.insert(name).second)
      return;
    CodableWeight weight{name.str(), use->getShape(), 0, std::nullopt};
    for (SourceOp source : findSources(use->weight))
      if (codedPlaces.insert({source.getStore(), source.getOffset()}).second)
        weight.bytes += uint64_t(source.getBytes());
    list.codable.push_back(std::move(weight));
  });
  module.walk([&](SourceOp source) {
    bool isCoded = llvm::all_of(source->getUsers(), [&](Operation *user) {
      return readers.count(user) > 0;
    });
    if (!isCoded &&
        otherPlaces.insert({source.getStore(), source.getOffset()}).second)
      list.otherBytes += uint64_t(source.getBytes());
  });
  return list;
}
