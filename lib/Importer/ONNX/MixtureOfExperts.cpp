//===- MixtureOfExperts.cpp - MoE and QMoE --------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExpertLayer.h"
#include "LayerHandlers.h"
#include "Ranking.h"
#include "ScalarMath.h"

#include "llvm/ADT/StringSwitch.h"

#include <limits>

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

namespace {

enum class Activation {
  Relu,
  SquaredRelu,
  Gelu,
  Silu,
  Identity,
  Swiglu,
  Geglu
};

/// Where the two halves of a gated layer are.
enum class GateLayout { Separate = 0, Interleaved = 1, Concatenated = 2 };

constexpr size_t routerInput = 1;
/// Of QMoE.
constexpr size_t routerWeightsInput = 14;
constexpr size_t firstFloatScaleInput = 15;

/// One node. Every expert computes all rows, and its result counts by the
/// routing weight, which is 0 for rows that go elsewhere.
class MixtureOfExperts {
public:
  explicit MixtureOfExperts(NodeImporter &node);

  LogicalResult run();

private:
  LogicalResult checkAttributes();
  LogicalResult checkQuantization();
  LogicalResult checkInputs();
  LogicalResult checkLayers();
  ImportedTensor emitGates();
  ImportedTensor emitGivenGates(const MappedOperand &ranks);
  ImportedTensor emitHidden(ImportedTensor &rows, int64_t expert);
  ImportedTensor emitFusedHidden(ImportedTensor &rows, int64_t expert);
  ImportedTensor emitSum(ImportedTensor &hidden, ImportedTensor &gates,
                         int64_t expert, ImportedTensor *others);
  Value buildPlain(ScalarMath &m, Value x) const;
  Value buildGated(ScalarMath &m, Value gate, Value linear) const;

  bool isGated() const {
    return activation == Activation::Swiglu || activation == Activation::Geglu;
  }

  NodeImporter &node;
  bool isQuantized;
  ImportedTensor &x;
  ElementType hiddenType;
  ExpertLayer fc1, fc2, fc3;
  Activation activation = Activation::Relu;
  GateLayout layout = GateLayout::Separate;
  /// Experts of a row.
  int64_t count = 1;
  Size rowCount;
};

/// Inputs of layer 0, 1 or 2.
ExpertInputs getLayerInputs(bool isQuantized, size_t layer) {
  if (!isQuantized)
    return {2 + 2 * layer, 3 + 2 * layer, {}, {}};
  return {2 + 3 * layer, 4 + 3 * layer, 3 + 3 * layer, 11 + layer};
}

} // namespace

MixtureOfExperts::MixtureOfExperts(NodeImporter &node)
    : node(node), isQuantized(node.node.opType == "QMoE"), x(node.getInput(0)),
      hiddenType(isQuantized ? ElementType::Float32 : x.elementType),
      fc1(node, "fc1", getLayerInputs(isQuantized, 0)),
      fc2(node, "fc2", getLayerInputs(isQuantized, 1)),
      fc3(node, "fc3", getLayerInputs(isQuantized, 2)) {}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

LogicalResult MixtureOfExperts::checkAttributes() {
  if (node.getInt("use_sparse_mixer", 0))
    return node.unsupported("expected use_sparse_mixer of 0, got 1");
  std::string name = node.getString("activation_type", "relu");
  auto known = llvm::StringSwitch<std::optional<Activation>>(name)
                   .Case("relu", Activation::Relu)
                   .Case("relu2", Activation::SquaredRelu)
                   .Case("gelu", Activation::Gelu)
                   .Case("silu", Activation::Silu)
                   .Case("identity", Activation::Identity)
                   .Case("swiglu", Activation::Swiglu)
                   .Case("geglu", Activation::Geglu)
                   .Default(std::nullopt);
  if (!known)
    return node.unsupported("expected an activation_type of relu, relu2, gelu, "
                            "silu, identity, swiglu or geglu, got '" +
                            StringRef(name).take_front(64) + "'");
  activation = *known;
  int64_t fusion = node.getInt("swiglu_fusion", 0);
  if (fusion < 0 || fusion > 2)
    return node.malformed("expected swiglu_fusion of 0, 1 or 2, got " +
                          Twine(fusion));
  if (isGated())
    layout = GateLayout(fusion);
  bool needsThird = isGated() && layout == GateLayout::Separate;
  if (needsThird && !fc3.exists())
    return node.malformed("expected fc3 weights with activation " +
                          StringRef(name) + " and swiglu_fusion of 0");
  if (layout != GateLayout::Separate && fc3.exists())
    return node.malformed("expected no fc3 weights with swiglu_fusion of " +
                          Twine(fusion));
  return success();
}

LogicalResult MixtureOfExperts::checkQuantization() {
  if (node.getString("quant_type", "int") != "int")
    return node.unsupported(
        "expected quant_type of int, got '" +
        StringRef(node.getString("quant_type", "")).take_front(64) + "'");
  // -1 leaves the layout to whoever runs the model: plain rows, as ONNX Runtime
  // reads them on processors.
  if (node.getInt("weights_prepacked", -1) > 0)
    return node.unsupported("expected weights_prepacked of 0 or -1, got " +
                            Twine(node.getInt("weights_prepacked", 0)));
  for (size_t input = firstFloatScaleInput; input < node.getNumInputs();
       ++input)
    if (node.hasInput(input))
      return node.unsupported("expected no input " + Twine(input) +
                              ", a scale of floating-point weights");
  return success();
}

LogicalResult MixtureOfExperts::checkInputs() {
  bool isKnown =
      isFloat(x.elementType) && x.elementType != ElementType::Float64;
  if (!isKnown || (x.getRank() != 2 && x.getRank() != 3))
    return node.malformed("expected rows of float32 or a 16-bit float in 2 or "
                          "3 dimensions, got " +
                          node.print(x));
  rowCount = node.sizes.tryGetProduct(ArrayRef<Size>(x.shape).drop_back());
  if (!rowCount)
    return node.tooLarge();
  Shape expected{rowCount, node.sizes.getConstant(fc1.getExperts())};
  for (size_t input : {routerInput, routerWeightsInput}) {
    if (!node.hasInput(input) || (!isQuantized && input != routerInput))
      continue;
    ImportedTensor &router = node.getInput(input);
    if (router.elementType != x.elementType ||
        !node.equateShapes(router.shape, expected))
      return node.malformed(
          "expected routing of " + ::ccq::getElementTypeName(x.elementType) +
          node.print(expected) + ", got " + node.print(router));
  }
  count = node.getInt("k", 1);
  if (count >= 1 && count <= fc1.getExperts())
    return success();
  return node.malformed("expected k in 1.." + Twine(fc1.getExperts()) +
                        ", got " + Twine(count));
}

LogicalResult MixtureOfExperts::checkLayers() {
  auto width = x.shape.empty() ? std::nullopt : findConstant(x.shape.back());
  if (!fc2.exists())
    return node.malformed("expected fc2 weights, got none");
  if (!width)
    return node.unsupported("expected rows of a constant size, got " +
                            node.print(x));
  if (failed(fc1.check(x.elementType)) || failed(fc2.check(x.elementType)) ||
      (fc3.exists() && failed(fc3.check(x.elementType))))
    return failure();
  int64_t factor = layout == GateLayout::Separate ? 1 : 2;
  int64_t hidden = fc2.getK();
  auto fits = [&](const ExpertLayer &layer, int64_t n, int64_t k) {
    return layer.getExperts() == fc1.getExperts() && layer.getN() == n &&
           layer.getK() == k;
  };
  if (fits(fc1, factor * hidden, *width) && fits(fc2, *width, hidden) &&
      (!fc3.exists() || fits(fc3, hidden, *width)))
    return success();
  auto print = [](const ExpertLayer &layer) {
    return (Twine(layer.getExperts()) + " x " + Twine(layer.getN()) + " x " +
            Twine(layer.getK()))
        .str();
  };
  return node.malformed("expected layers from " + Twine(*width) + " to " +
                        (factor == 2 ? "twice " : "") +
                        "a hidden size and back, got " + print(fc1) + ", " +
                        print(fc2) +
                        (fc3.exists() ? " and " + print(fc3) : ""));
}

//===----------------------------------------------------------------------===//
// Routing
//===----------------------------------------------------------------------===//

/// Rows x experts: the weight of each expert's result, 0 for those that do not
/// count. Softmax over all experts, or over those that count; QMoE takes the
/// latter always, like ONNX Runtime.
ImportedTensor MixtureOfExperts::emitGates() {
  ImportedTensor logits =
      emitConversion(node, node.getInput(routerInput), ElementType::Float32);
  ImportedTensor order = emitRanks(node, logits, 1, RankOrder::LargestFirst);
  AffineMap all = node.builder.getMultiDimIdentityMap(2);
  MappedOperand ranks{order.emitted, all};
  if (isQuantized && node.hasInput(routerWeightsInput))
    return emitGivenGates(ranks);
  auto emitChosen = [&](ImportedTensor &values, double otherwise) {
    return emitGeneric(
        node, {{node.emit(values), all}, ranks}, values.shape,
        ElementType::Float32,
        [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
          Value limit =
              b.create<arith::ConstantOp>(b.getI32IntegerAttr(int32_t(count)));
          Value isChosen = b.create<arith::CmpIOp>(arith::CmpIPredicate::slt,
                                                   elements[1], limit);
          ScalarMath m(b, elements[0].getType());
          return m.select(isChosen, elements[0], m.constant(otherwise));
        });
  };
  if (isQuantized || node.getInt("normalize_routing_weights", 0)) {
    ImportedTensor chosen =
        emitChosen(logits, -std::numeric_limits<double>::infinity());
    return emitSoftmax(node, chosen, 1);
  }
  ImportedTensor shares = emitSoftmax(node, logits, 1);
  return emitChosen(shares, 0);
}

/// The given routing weights where an expert counts, divided by their sum on
/// demand.
ImportedTensor MixtureOfExperts::emitGivenGates(const MappedOperand &ranks) {
  ImportedTensor &given = node.getInput(routerWeightsInput);
  ImportedTensor gates = emitGeneric(
      node, {{node.emit(given), ranks.map}, ranks}, given.shape,
      ElementType::Float32,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        Value limit =
            b.create<arith::ConstantOp>(b.getI32IntegerAttr(int32_t(count)));
        Value isChosen = b.create<arith::CmpIOp>(arith::CmpIPredicate::slt,
                                                 elements[1], limit);
        ScalarMath m(b, elements[0].getType());
        return m.select(isChosen, elements[0], m.constant(0));
      });
  if (!node.getInt("normalize_routing_weights", 0))
    return gates;
  ImportedTensor sum = emitReduction(
      node, gates, {1}, ElementType::Float32, node.builder.getF32FloatAttr(0),
      [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        return b.create<arith::AddFOp>(elements[1], elements[0]);
      });
  return emitGeneric(
      node,
      {{gates.emitted, ranks.map}, {sum.emitted, getKeptMap(node, 2, {1})}},
      gates.shape, ElementType::Float32,
      [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        return b.create<arith::DivFOp>(elements[0], elements[1]);
      });
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

Value MixtureOfExperts::buildPlain(ScalarMath &m, Value x) const {
  switch (activation) {
  case Activation::Relu:
    return m.atLeast(x, 0.0);
  case Activation::SquaredRelu: {
    Value positive = m.atLeast(x, 0.0);
    return m.mul(positive, positive);
  }
  case Activation::Gelu:
  case Activation::Geglu:
    return m.geluByTanh(x);
  case Activation::Silu:
    return m.mul(x, m.sigmoid(x));
  case Activation::Identity:
  case Activation::Swiglu:
    return x;
  }
  llvm_unreachable("unknown activation");
}

/// The gate's activation times the linear half.
Value MixtureOfExperts::buildGated(ScalarMath &m, Value gate,
                                   Value linear) const {
  if (activation != Activation::Swiglu)
    return m.mul(buildPlain(m, gate), linear);
  bool hasLimit = node.findAttribute("swiglu_limit");
  bool limitsResult = node.getInt("swiglu_limit_after_activation", 0);
  double limit = node.getFloat("swiglu_limit", 0);
  if (hasLimit && !limitsResult)
    gate = m.atMost(gate, limit);
  if (hasLimit)
    linear = m.atMost(m.atLeast(linear, -limit), limit);
  Value slope = m.mul(gate, node.getFloat("activation_alpha", 1));
  Value open = m.mul(gate, m.sigmoid(slope));
  if (hasLimit && limitsResult)
    open = m.atMost(open, limit);
  return m.mul(open, m.add(linear, node.getFloat("activation_beta", 0)));
}

//===----------------------------------------------------------------------===//
// Experts
//===----------------------------------------------------------------------===//

/// The activation of fc1, times fc3 where there is one.
ImportedTensor MixtureOfExperts::emitHidden(ImportedTensor &rows,
                                            int64_t expert) {
  if (layout != GateLayout::Separate)
    return emitFusedHidden(rows, expert);
  AffineMap all = node.builder.getMultiDimIdentityMap(2);
  SmallVector<MappedOperand> operands;
  SmallVector<size_t> first;
  ImportedTensor shape;
  for (ExpertLayer *layer : {&fc1, &fc3}) {
    if (!layer->exists())
      continue;
    ImportedTensor product = layer->emitProduct(rows, expert);
    first.push_back(operands.size());
    operands.push_back({product.emitted, all});
    llvm::append_range(operands, layer->emitBias(expert));
    shape = product;
  }
  first.push_back(operands.size());
  return emitGeneric(
      node, operands, shape.shape, hiddenType,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        ScalarMath m(b, elements[0].getType());
        SmallVector<Value> sums;
        for (size_t i = 0; i + 1 < first.size(); ++i) {
          bool hasBias = first[i + 1] - first[i] == 2;
          Value sum = elements[first[i]];
          sums.push_back(hasBias ? m.add(sum, elements[first[i] + 1]) : sum);
        }
        return sums.size() == 2 ? buildGated(m, sums[0], sums[1])
                                : buildPlain(m, sums[0]);
      });
}

/// The gated halves of fc1.
ImportedTensor MixtureOfExperts::emitFusedHidden(ImportedTensor &rows,
                                                 int64_t expert) {
  AffineMap all = node.builder.getMultiDimIdentityMap(2);
  ImportedTensor both = fc1.emitProduct(rows, expert);
  SmallVector<MappedOperand> operands{{both.emitted, all}};
  llvm::append_range(operands, fc1.emitBias(expert));
  if (operands.size() == 2)
    both =
        emitGeneric(node, operands, both.shape, both.elementType,
                    [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
                      return b.create<arith::AddFOp>(elements[0], elements[1]);
                    });
  Shape half{both.shape[0], node.sizes.getConstant(fc2.getK())};
  bool isInterleaved = layout == GateLayout::Interleaved;
  SmallVector<Size> offsets(2, node.sizes.getConstant(0));
  SmallVector<int64_t> strides{1, isInterleaved ? 2 : 1};
  ImportedTensor gate = emitSlice(node, both, offsets, half, strides);
  offsets[1] = isInterleaved ? node.sizes.getConstant(1) : half[1];
  ImportedTensor linear = emitSlice(node, both, offsets, half, strides);
  return emitGeneric(
      node, {{gate.emitted, all}, {linear.emitted, all}}, half, hiddenType,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        ScalarMath m(b, elements[0].getType());
        return buildGated(m, elements[0], elements[1]);
      });
}

/// gate * (hidden x fc2 + bias) + others.
ImportedTensor MixtureOfExperts::emitSum(ImportedTensor &hidden,
                                         ImportedTensor &gates, int64_t expert,
                                         ImportedTensor *others) {
  // A column of its own keeps the expert's number out of the product's kernel,
  // which is one for all experts then.
  Builder &builder = node.builder;
  AffineMap columnMap = AffineMap::get(
      1, 0,
      {builder.getAffineDimExpr(0), builder.getAffineConstantExpr(expert)},
      builder.getContext());
  ImportedTensor column = emitGeneric(
      node, {{node.emit(gates), columnMap}}, {rowCount}, ElementType::Float32,
      [](ImplicitLocOpBuilder &, ValueRange elements) { return elements[0]; });
  ImportedTensor product = fc2.emitProduct(hidden, expert);
  AffineMap all = builder.getMultiDimIdentityMap(2);
  SmallVector<MappedOperand> operands{
      {product.emitted, all}, {column.emitted, getKeptMap(node, 2, {1})}};
  if (others)
    operands.push_back({others->emitted, all});
  llvm::append_range(operands, fc2.emitBias(expert));
  bool hasBias = operands.size() > (others ? 3u : 2u);
  return emitGeneric(
      node, operands, product.shape, ElementType::Float32,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        ScalarMath m(b, elements[0].getType());
        Value own = hasBias ? m.add(elements[0], elements.back()) : elements[0];
        own = m.mul(own, elements[1]);
        return others ? m.add(elements[2], own) : own;
      });
}

LogicalResult MixtureOfExperts::run() {
  if (failed(checkAttributes()) ||
      (isQuantized && failed(checkQuantization())) || failed(checkLayers()) ||
      failed(checkInputs()))
    return failure();
  ImportedTensor rows = emitReshape(node, x, {rowCount, x.shape.back()});
  ImportedTensor gates = emitGates();
  ImportedTensor sum;
  for (int64_t expert = 0; expert < fc1.getExperts(); ++expert) {
    ImportedTensor hidden = emitHidden(rows, expert);
    sum = emitSum(hidden, gates, expert, expert ? &sum : nullptr);
  }
  sum = emitConversion(node, sum, x.elementType);
  node.setOutput(0, emitReshape(node, sum, x.shape));
  return success();
}

LogicalResult importer::importMixtureOfExperts(NodeImporter &node) {
  return MixtureOfExperts(node).run();
}
