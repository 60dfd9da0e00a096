//===- ExposeWeights.cpp - make weights inputs of the model ---------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CodableWeights.h"
#include "WeightOrientation.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/Dialect/CCQ/IR/PortAttributes.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Support/Regex.h"

namespace mlir::ccq {
#define GEN_PASS_DEF_EXPOSEWEIGHTS
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;

static bool isFloatOfWeights(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isF32() || element.isF16() || element.isBF16();
}

/// Whether rows are taken from `table` at computed indices.
static bool isGathered(Value table) {
  return llvm::any_of(table.getUsers(), [](Operation *user) {
    auto extract = dyn_cast<tensor::ExtractOp>(user);
    return extract && llvm::any_of(extract.getIndices(), [](Value index) {
             return !index.getDefiningOp<linalg::IndexOp>();
           });
  });
}

namespace {

struct ExposeWeights
    : public ::mlir::ccq::impl::ExposeWeightsBase<ExposeWeights> {
  using ExposeWeightsBase::ExposeWeightsBase;

  void runOnOperation() override {
    SmallVector<llvm::Regex> rules;
    for (const std::string &text : weights) {
      rules.emplace_back(text);
      std::string reason;
      if (rules.back().isValid(reason))
        continue;
      emitError(getOperation().getLoc())
          << "expected a regular expression in option weights, got \"" << text
          << "\": " << reason;
      return signalPassFailure();
    }
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isDeclaration() &&
          !function->hasAttr(CCQDialect::kKernelAttr) &&
          failed(expose(function, rules)))
        return signalPassFailure();
  }

private:
  /// The weights to expose, by the name of the argument.
  static llvm::MapVector<StringAttr, SmallVector<Operation *>>
  collect(func::FuncOp function, ArrayRef<llvm::Regex> rules) {
    llvm::SmallPtrSet<Operation *, 16> coded;
    function.walk([&](Operation *op) {
      std::optional<WeightUse> use = findWeightUse(op);
      if (use && explainUncodable(*use).empty())
        coded.insert(use->weight);
    });
    WeightOrientation orientation(function);
    llvm::MapVector<StringAttr, SmallVector<Operation *>> found;
    function.walk([&](Operation *op) {
      StringRef name = getWeightName(op);
      if (!isa<SourceOp>(op) || name.empty())
        return;
      auto type = cast<RankedTensorType>(op->getResult(0).getType());
      bool isLearned = coded.contains(op) || type.getRank() <= 1 ||
                       isGathered(op->getResult(0));
      bool isWanted =
          rules.empty() || llvm::any_of(rules, [&](const llvm::Regex &rule) {
            return rule.match(name);
          });
      if (isLearned && isWanted && isFloatOfWeights(type))
        found[StringAttr::get(op->getContext(), orientation.getName(op))]
            .push_back(op);
    });
    return found;
  }

  LogicalResult expose(func::FuncOp function, ArrayRef<llvm::Regex> rules) {
    MLIRContext *context = &getContext();
    for (auto &[name, ops] : collect(function, rules)) {
      Type type = ops.front()->getResult(0).getType();
      for (Operation *op : ops)
        if (op->getResult(0).getType() != type)
          return op->emitError()
                 << "expected weight \"" << name.getValue() << "\" to be "
                 << type << " like another of its name, got "
                 << op->getResult(0).getType();
      unsigned index = function.getNumArguments();
      for (unsigned i = 0; i < index; ++i)
        if (function.getArgAttr(i, CCQDialect::kNameAttr) == name)
          return ops.front()->emitError()
                 << "cannot expose weight \"" << name.getValue()
                 << "\": an input has that name";
      NamedAttribute attributes[] = {
          {StringAttr::get(context, CCQDialect::kNameAttr), name},
          {StringAttr::get(context, kWeightAttr), UnitAttr::get(context)}};
      function.insertArgument(index, type,
                              DictionaryAttr::get(context, attributes),
                              ops.front()->getLoc());
      for (Operation *op : ops) {
        op->getResult(0).replaceAllUsesWith(function.getArgument(index));
        op->erase();
      }
    }
    return success();
  }
};

} // namespace
