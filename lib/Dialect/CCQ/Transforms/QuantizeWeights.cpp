//===- QuantizeWeights.cpp - code the weights of matmuls --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CodableWeights.h"
#include "StatisticsStore.h"
#include "ccq/Codec/CodedMatrix.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/Dialect/CCQ/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/Regex.h"

#include <map>

namespace mlir::ccq {
#define GEN_PASS_DEF_QUANTIZEWEIGHTS
#include "ccq/Dialect/CCQ/Transforms/Passes.h.inc"
} // namespace mlir::ccq

using namespace mlir;
using namespace mlir::ccq;
namespace codec = ::ccq::codec;

namespace {

/// One `regex=scheme` entry of the pass option.
struct TensorRule {
  std::string text;
  llvm::Regex regex;
  codec::SchemeChoice scheme;
  bool matched = false;
};

} // namespace

/// Why the weight cannot be coded; empty when it can.
static std::string explainUncodable(const WeightUse &use,
                                    const codec::Scheme &scheme) {
  std::string reason = explainUncodable(use);
  if (!reason.empty())
    return reason;
  auto checked = codec::checkShape(scheme, use.getShape());
  return checked ? "" : checked.error().message;
}

/// The constant with its two dimensions swapped.
static DenseElementsAttr transposeConstant(DenseElementsAttr value) {
  auto type = cast<RankedTensorType>(value.getType());
  int64_t rows = type.getDimSize(0), columns = type.getDimSize(1);
  auto swapped = RankedTensorType::get({columns, rows}, type.getElementType());
  if (value.isSplat())
    return value.resizeSplat(swapped);
  SmallVector<Attribute> from(value.getValues<Attribute>()), to;
  to.reserve(from.size());
  for (int64_t column = 0; column < columns; ++column)
    for (int64_t row = 0; row < rows; ++row)
      to.push_back(from[row * columns + column]);
  return DenseElementsAttr::get(swapped, to);
}

/// The weight as [K, N], transposed in its definition where it is [N, K]; null
/// when the constant is not dense.
static Value createColumnsLast(OpBuilder &builder, const WeightUse &use) {
  if (!use.isTransposed)
    return use.weight->getResult(0);
  if (auto constant = dyn_cast<arith::ConstantOp>(use.weight)) {
    auto value = dyn_cast<DenseElementsAttr>(constant.getValue());
    if (!value)
      return {};
    return builder.create<arith::ConstantOp>(constant.getLoc(),
                                             transposeConstant(value));
  }
  if (isa<DequantizeOp>(use.weight))
    return {};
  auto source = cast<SourceOp>(use.weight->clone());
  source.setTransposed(!source.getTransposed());
  auto type = cast<RankedTensorType>(source.getType());
  source.getResult().setType(RankedTensorType::get(
      {type.getDimSize(1), type.getDimSize(0)}, type.getElementType()));
  builder.insert(source);
  return source;
}

namespace {

struct QuantizeWeights
    : public ::mlir::ccq::impl::QuantizeWeightsBase<QuantizeWeights> {
  using QuantizeWeightsBase::QuantizeWeightsBase;

  void runOnOperation() override {
    decoded.clear();
    std::optional<codec::SchemeChoice> everything = parseChoice(scheme);
    SmallVector<TensorRule> rules;
    if (!everything || failed(parseRules(rules)))
      return signalPassFailure();
    StatisticsStore store(getOperation());
    if (!statistics.empty() && failed(store.open(statistics)))
      return signalPassFailure();

    SmallVector<WeightUse> uses;
    getOperation().walk([&](Operation *op) {
      if (std::optional<WeightUse> use = findWeightUse(op))
        uses.push_back(*use);
    });
    for (const WeightUse &use : uses) {
      codec::SchemeChoice choice = chooseScheme(use, rules, *everything);
      if (choice && failed(codeWeight(use, *choice, store)))
        return signalPassFailure();
    }
    if (failed(checkRules(rules, uses)))
      signalPassFailure();
  }

private:
  /// The scheme of a short name; reports unknown names at the module.
  std::optional<codec::SchemeChoice> parseChoice(StringRef name) {
    auto choice = codec::parseSchemeName(std::string_view(name));
    if (choice)
      return *choice;
    emitError(getOperation().getLoc()) << choice.error().message;
    return std::nullopt;
  }

  LogicalResult parseRules(SmallVectorImpl<TensorRule> &rules) {
    for (const std::string &entry : tensors) {
      auto [pattern, name] = StringRef(entry).split('=');
      if (pattern.empty() || name.empty())
        return emitError(getOperation().getLoc())
               << "expected regex=scheme in option tensors, got \"" << entry
               << "\"";
      llvm::Regex regex(pattern);
      std::string reason;
      if (!regex.isValid(reason))
        return emitError(getOperation().getLoc())
               << "expected a regular expression in option tensors, got \""
               << pattern << "\": " << reason;
      std::optional<codec::SchemeChoice> choice = parseChoice(name);
      if (!choice)
        return failure();
      rules.push_back({pattern.str(), std::move(regex), *choice});
    }
    return success();
  }

  /// The scheme of a weight: that of the last matching rule, or of all others.
  static codec::SchemeChoice chooseScheme(const WeightUse &use,
                                          MutableArrayRef<TensorRule> rules,
                                          codec::SchemeChoice everything) {
    StringRef name = getWeightName(use.weight);
    codec::SchemeChoice choice = std::move(everything);
    if (name.empty())
      return choice;
    for (TensorRule &rule : rules) {
      if (!rule.regex.match(name))
        continue;
      rule.matched = true;
      choice = rule.scheme;
    }
    return choice;
  }

  /// Reads the weight through its codes in one matmul.
  LogicalResult codeWeight(const WeightUse &use, const codec::Scheme &scheme,
                           StatisticsStore &store) {
    // A matrix without elements has no codes; nothing is lost by keeping it.
    auto type = cast<RankedTensorType>(use.weight->getResult(0).getType());
    if (type.getNumElements() == 0)
      return success();
    std::string reason = explainUncodable(use, scheme);
    if (reason.empty()) {
      Value &decode = decoded[{use.weight, use.isTransposed}];
      if (!decode) {
        FailureOr<StringAttr> symbol = findStatistics(use, store);
        if (failed(symbol))
          return failure();
        decode = createDecode(use, scheme, *symbol);
      }
      if (decode) {
        replaceWeight(use, decode);
        return success();
      }
      reason = "expected a dense constant";
    }
    StringRef name = getWeightName(use.weight);
    if (allowFallback) {
      use.weight->emitRemark() << "kept weight \"" << name << "\": " << reason;
      return success();
    }
    return use.weight->emitError()
           << "cannot code weight \"" << name << "\": " << reason
           << "; keep it with tensors=regex=keep or "
              "allow-fallback";
  }

  /// The store with the statistics of a weight; null without statistics.
  FailureOr<StringAttr> findStatistics(const WeightUse &use,
                                       StatisticsStore &store) {
    if (!store.isOpen())
      return StringAttr();
    StringRef name = getWeightName(use.weight);
    auto checked = store.check(name, use.getShape().k);
    if (checked && !name.empty())
      return store.getSymbol();
    const std::string reason =
        checked ? "expected a name" : checked.error().message;
    // Other channels are statistics of something else.
    bool isMissing =
        checked || checked.error().kind == ::ccq::ErrorKind::CompileError;
    if (allowFallback && isMissing) {
      use.weight->emitRemark()
          << "coded weight \"" << name << "\" without statistics: " << reason;
      return StringAttr();
    }
    return use.weight->emitError()
           << "cannot use statistics for weight \"" << name << "\": " << reason
           << (isMissing ? "; code it without with allow-fallback" : "");
  }

  static Value createDecode(const WeightUse &use, const codec::Scheme &scheme,
                            StringAttr statistics) {
    OpBuilder builder(use.weight->getContext());
    builder.setInsertionPointAfter(use.weight);
    Value weight = createColumnsLast(builder, use);
    if (!weight)
      return {};
    auto type = cast<RankedTensorType>(weight.getType());
    auto coded = CodedTensorType::get(
        type.getContext(), type.getShape(), builder.getF32Type(),
        getSchemeAttr(type.getContext(), scheme), {});
    StringRef name = getWeightName(use.weight);
    Location loc = use.weight->getLoc();
    auto encode = builder.create<EncodeOp>(
        loc, coded, weight, statistics,
        name.empty() ? StringAttr() : builder.getStringAttr(name));
    return builder.create<DecodeOp>(loc, coded.getDecodedType(), encode);
  }

  static void replaceWeight(const WeightUse &use, Value decode) {
    linalg::LinalgOp matmul = use.matmul;
    Operation *before = matmul->getOperand(1).getDefiningOp();
    if (matmul->getOperand(1).getType() == decode.getType() &&
        !use.isTransposed) {
      matmul->setOperand(1, decode);
      eraseUnusedWidening(before);
      return;
    }
    // The body of the op depends on the operand types: build it afresh.
    OpBuilder builder(matmul);
    auto plain = builder.create<linalg::MatmulOp>(
        matmul.getLoc(), matmul->getResultTypes(),
        ValueRange{matmul->getOperand(0), decode}, matmul.getDpsInits());
    matmul->replaceAllUsesWith(plain);
    matmul->erase();
    eraseUnusedWidening(before);
  }

  /// Dispatches must not form around a conversion that nothing reads any more.
  static void eraseUnusedWidening(Operation *op) {
    if (isa<linalg::GenericOp>(op) && op->use_empty())
      op->erase();
  }

  /// An entry of `tensors` that matches nothing is a mistake, except that a
  /// weight which an earlier run coded counts as matched.
  LogicalResult checkRules(MutableArrayRef<TensorRule> rules,
                           ArrayRef<WeightUse> uses) {
    llvm::SetVector<StringRef> names;
    getOperation().walk([&](EncodeOp encode) {
      if (encode.getName())
        names.insert(*encode.getName());
    });
    for (TensorRule &rule : rules) {
      for (StringRef name : names)
        rule.matched |= rule.regex.match(name);
      if (rule.matched)
        continue;
      InFlightDiagnostic diag = emitError(getOperation().getLoc())
                                << "option tensors: \"" << rule.text
                                << "\" matches none of the weights";
      for (const WeightUse &use : uses)
        diag.attachNote(use.weight->getLoc())
            << "weight \"" << getWeightName(use.weight) << "\"";
      return failure();
    }
    return success();
  }

  /// Decode ops made so far, by weight and by whether it was transposed.
  std::map<std::pair<Operation *, bool>, Value> decoded;
};

} // namespace
