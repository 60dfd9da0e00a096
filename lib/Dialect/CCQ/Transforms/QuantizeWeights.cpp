//===- QuantizeWeights.cpp - code the weights of matmuls --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

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

/// A matmul and the weight that is its right-hand side.
struct WeightUse {
  linalg::LinalgOp matmul;
  /// The weight's definition: ccq.source, ccq.dequantize or arith.constant.
  Operation *weight = nullptr;
  /// Whether the right-hand side is [N, K].
  bool isTransposed = false;
};

} // namespace

/// Name of a weight: that of its definition, ccq.name of a constant, or empty.
static StringRef getWeightName(Operation *weight) {
  if (auto source = dyn_cast<SourceOp>(weight))
    return source.getName().value_or("");
  if (auto blocks = dyn_cast<DequantizeOp>(weight))
    return blocks.getName().value_or("");
  auto name = weight->getAttrOfType<StringAttr>(CCQDialect::kNameAttr);
  return name ? name.getValue() : "";
}

/// What `value` is before an op that only converts its elements to f32, as
/// models do that store 16-bit weights and compute in f32; else `value`.
static Value lookThroughWidening(Value value) {
  auto generic = value.getDefiningOp<linalg::GenericOp>();
  if (!generic || generic.getNumDpsInputs() != 1 ||
      generic.getNumResults() != 1)
    return value;
  bool isElementwise =
      generic.getNumParallelLoops() == generic.getNumLoops() &&
      llvm::all_of(generic.getIndexingMapsArray(),
                   [](AffineMap map) { return map.isIdentity(); });
  auto extend = generic.getBody()
                    ->getTerminator()
                    ->getOperand(0)
                    .getDefiningOp<arith::ExtFOp>();
  if (!isElementwise || !extend ||
      extend.getIn() != generic.getRegionInputArgs()[0])
    return value;
  return generic.getDpsInputs()[0];
}

/// The weight on the right-hand side of `op`, if it has one.
static std::optional<WeightUse> findWeightUse(Operation *op) {
  bool isTransposed = isa<linalg::MatmulTransposeBOp>(op);
  if (!isTransposed && !isa<linalg::MatmulOp>(op))
    return std::nullopt;
  auto matmul = cast<linalg::LinalgOp>(op);
  if (!matmul.hasPureTensorSemantics())
    return std::nullopt;
  Operation *weight =
      lookThroughWidening(matmul->getOperand(1)).getDefiningOp();
  if (!isa_and_present<SourceOp, DequantizeOp, arith::ConstantOp>(weight))
    return std::nullopt;
  return WeightUse{matmul, weight, isTransposed};
}

/// Why the weight cannot be coded; empty when it can.
static std::string explainUncodable(const WeightUse &use,
                                    const codec::Scheme &scheme) {
  auto type = cast<RankedTensorType>(use.weight->getResult(0).getType());
  Type element = type.getElementType();
  if (!element.isF32() && !element.isF16() && !element.isBF16()) {
    std::string reason = "expected f32, f16 or bf16 weights, got ";
    llvm::raw_string_ostream(reason) << element;
    return reason;
  }
  int64_t k = type.getDimSize(use.isTransposed ? 1 : 0);
  int64_t n = type.getDimSize(use.isTransposed ? 0 : 1);
  auto checked = codec::checkShape(scheme, {k, n});
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

    SmallVector<WeightUse> uses;
    getOperation().walk([&](Operation *op) {
      if (std::optional<WeightUse> use = findWeightUse(op))
        uses.push_back(*use);
    });
    for (const WeightUse &use : uses) {
      codec::SchemeChoice choice = chooseScheme(use, rules, *everything);
      if (choice && failed(codeWeight(use, *choice)))
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
  LogicalResult codeWeight(const WeightUse &use, const codec::Scheme &scheme) {
    // A matrix without elements has no codes; nothing is lost by keeping it.
    auto type = cast<RankedTensorType>(use.weight->getResult(0).getType());
    if (type.getNumElements() == 0)
      return success();
    std::string reason = explainUncodable(use, scheme);
    if (reason.empty()) {
      Value &decode = decoded[{use.weight, use.isTransposed}];
      if (!decode)
        decode = createDecode(use, scheme);
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

  static Value createDecode(const WeightUse &use, const codec::Scheme &scheme) {
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
        loc, coded, weight, /*stats=*/StringAttr(),
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
