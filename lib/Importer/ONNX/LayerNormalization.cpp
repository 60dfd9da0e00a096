//===- LayerNormalization.cpp - normalization of rows, with residual sums -===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LayerNormalization.h"

#include "LayerHandlers.h"
#include "ScalarMath.h"
#include "TensorMath.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

/// Checks that a parameter broadcasts to the dimensions of a row.
static LogicalResult checkParameter(NodeImporter &node, StringRef name,
                                    const ImportedTensor &parameter,
                                    ArrayRef<Size> row) {
  ArrayRef<Size> shape = parameter.shape;
  bool fits = isFloat(parameter.elementType) && shape.size() <= row.size();
  if (fits)
    for (auto [size, extent] : llvm::zip(shape, row.take_back(shape.size())))
      fits &= size == extent || isConstant(size, 1);
  if (fits)
    return success();
  return node.malformed("expected " + name + " of floats that broadcasts to " +
                        node.print(row) + ", got " +
                        ::ccq::getElementTypeName(parameter.elementType) +
                        node.print(shape));
}

namespace {

/// Emits the steps of one normalization.
class RowNormalizer {
public:
  RowNormalizer(NodeImporter &node, ImportedTensor &x, int64_t axis)
      : node(node), x(x), computeType(getAccumulatorType(x.elementType)),
        type(cast<FloatType>(
            findBuiltinType(computeType, node.builder.getContext()))),
        axes(llvm::to_vector(llvm::seq<int64_t>(axis, x.getRank()))),
        all(node.builder.getMultiDimIdentityMap(x.getRank())),
        kept(getKeptMap(node, x.getRank(), axes)),
        count(node.sizes.tryGetProduct(
            ArrayRef<Size>(x.shape).drop_front(axis))) {
    if (!findConstant(count))
      dynamicCount = node.state.emitIndex(count, node.loc);
  }

  /// The mean per row of the elements or of their squares, then `finish`.
  ImportedTensor
  emitMean(ImportedTensor &rows, bool squares,
           llvm::function_ref<Value(ScalarMath &, Value)> finish) {
    ImportedTensor sum = emitReduction(
        node, rows, axes, computeType, node.builder.getFloatAttr(type, 0.0),
        [&](ImplicitLocOpBuilder &b, ValueRange elements) {
          ScalarMath m(b, type);
          Value x = elements[0];
          return m.add(elements[1], squares ? m.mul(x, x) : x);
        });
    AffineMap map = node.builder.getMultiDimIdentityMap(sum.getRank());
    return emitGeneric(node, {{sum.emitted, map}}, sum.shape, computeType,
                       [&](ImplicitLocOpBuilder &b, ValueRange elements) {
                         ScalarMath m(b, type);
                         return finish(m, m.div(elements[0], buildCount(b)));
                       });
  }

  ImportedTensor emitCentered(ImportedTensor &mean) {
    return emitGeneric(
        node, {{node.emit(x), all}, {mean.emitted, kept}}, x.shape, computeType,
        [&](ImplicitLocOpBuilder &b, ValueRange elements) {
          return ScalarMath(b, type).sub(elements[0], elements[1]);
        });
  }

  ImportedTensor emitScaled(ImportedTensor &centered, ImportedTensor &inverse,
                            const NormalizationParameters &parameters) {
    SmallVector<MappedOperand> operands{{node.emit(centered), all},
                                        {inverse.emitted, kept}};
    for (ImportedTensor *parameter : {parameters.scale, parameters.bias})
      if (parameter)
        operands.push_back(
            {node.emit(*parameter),
             getTrailingMap(node, parameter->shape, x.getRank())});
    return emitGeneric(node, operands, x.shape, x.elementType,
                       [&](ImplicitLocOpBuilder &b, ValueRange elements) {
                         ScalarMath m(b, type);
                         auto convert = [&](Value value) -> Value {
                           if (value.getType() == type)
                             return value;
                           if (value.getType().getIntOrFloatBitWidth() <
                               type.getWidth())
                             return b.create<arith::ExtFOp>(type, value);
                           return b.create<arith::TruncFOp>(type, value);
                         };
                         Value value = m.mul(elements[0], elements[1]);
                         if (parameters.scale)
                           value = m.mul(value, convert(elements[2]));
                         if (parameters.bias)
                           value = m.add(value, convert(elements.back()));
                         return value;
                       });
  }

  /// A statistic with the dimensions of the row as ones.
  ImportedTensor keepDimensions(ImportedTensor &statistic) {
    Shape shape = statistic.shape;
    shape.append(axes.size(), node.sizes.getConstant(1));
    return emitReshape(node, statistic, shape);
  }

private:
  /// Elements of a row as a float.
  Value buildCount(ImplicitLocOpBuilder &b) {
    if (!dynamicCount)
      return ScalarMath(b, type).constant(double(*findConstant(count)));
    Value integer = b.create<arith::IndexCastOp>(b.getI64Type(), dynamicCount);
    return b.create<arith::SIToFPOp>(type, integer);
  }

  NodeImporter &node;
  ImportedTensor &x;
  ElementType computeType;
  FloatType type;
  SmallVector<int64_t> axes;
  AffineMap all, kept;
  Size count;
  Value dynamicCount;
};

} // namespace

FailureOr<NormalizedTensor>
importer::emitNormalization(NodeImporter &node, ImportedTensor &x,
                            const NormalizationParameters &parameters) {
  ArrayRef<Size> row = ArrayRef<Size>(x.shape).drop_front(parameters.axis);
  if (parameters.scale &&
      failed(checkParameter(node, "a scale", *parameters.scale, row)))
    return failure();
  if (parameters.bias &&
      failed(checkParameter(node, "a bias", *parameters.bias, row)))
    return failure();
  RowNormalizer rows(node, x, parameters.axis);
  NormalizedTensor normalized;
  ImportedTensor centered = x, mean;
  bool isCentered = parameters.centering == Centering::Mean;
  if (isCentered) {
    mean = rows.emitMean(x, /*squares=*/false,
                         [](ScalarMath &, Value mean) { return mean; });
    centered = rows.emitCentered(mean);
  }
  ImportedTensor inverse = rows.emitMean(
      centered, /*squares=*/true, [&](ScalarMath &m, Value variance) -> Value {
        Value sum = m.add(variance, parameters.epsilon);
        return m.div(m.constant(1), m.b.create<math::SqrtOp>(sum));
      });
  normalized.result = rows.emitScaled(centered, inverse, parameters);
  if (isCentered)
    normalized.mean = rows.keepDimensions(mean);
  normalized.inverseDeviation = rows.keepDimensions(inverse);
  return normalized;
}

//===----------------------------------------------------------------------===//
// LayerNormalization, RMSNormalization
//===----------------------------------------------------------------------===//

static LogicalResult checkFloats(NodeImporter &node, const ImportedTensor &x) {
  if (isFloat(x.elementType))
    return success();
  return node.malformed("expected a tensor of floats, got " +
                        ::ccq::getElementTypeName(x.elementType));
}

static bool isWanted(const NodeImporter &node, size_t output) {
  return output < node.getNumOutputs() &&
         node.node.outputs[output] != absentValue;
}

/// Normalizes input 0 with scale and bias from inputs 1 and 2. The statistics
/// start at output 1, without the mean when there is no centering.
static LogicalResult importRows(NodeImporter &node, Centering centering) {
  ImportedTensor &x = node.getInput(0);
  if (failed(checkFloats(node, x)))
    return failure();
  FailureOr<int64_t> axis = node.getAxis(node.getInt("axis", -1), x.getRank());
  if (failed(axis))
    return failure();
  NormalizationParameters parameters;
  parameters.axis = *axis;
  parameters.epsilon = node.getFloat("epsilon", 1e-5);
  parameters.centering = centering;
  parameters.scale = &node.getInput(1);
  if (node.hasInput(2))
    parameters.bias = &node.getInput(2);
  FailureOr<NormalizedTensor> rows = emitNormalization(node, x, parameters);
  if (failed(rows))
    return failure();
  node.setOutput(0, rows->result);
  size_t next = 1;
  if (centering == Centering::Mean) {
    if (isWanted(node, next))
      node.setOutput(next, rows->mean);
    ++next;
  }
  if (isWanted(node, next))
    node.setOutput(next, rows->inverseDeviation);
  return success();
}

LogicalResult importer::importLayerNormalization(NodeImporter &node) {
  return importRows(node, Centering::Mean);
}

LogicalResult importer::importRootMeanSquare(NodeImporter &node) {
  return importRows(node, Centering::None);
}

//===----------------------------------------------------------------------===//
// SkipLayerNormalization, SkipSimplifiedLayerNormalization
//===----------------------------------------------------------------------===//

/// Normalizes input + skip + bias over the last dimension. `bias` is the
/// number of the input that is added, `beta` of the one after scaling or 0.
static LogicalResult importSkip(NodeImporter &node, Centering centering,
                                size_t beta, size_t bias) {
  ImportedTensor &x = node.getInput(0), &skip = node.getInput(1);
  SmallVector<ImportedTensor *> terms{&x, &skip};
  if (node.hasInput(bias))
    terms.push_back(&node.getInput(bias));
  for (ImportedTensor *term : terms)
    if (failed(checkFloats(node, *term)))
      return failure();
  FailureOr<ImportedTensor> sum = emitElementwise(
      node, terms, x.elementType,
      [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        Value value = elements[0];
        for (Value element : elements.drop_front())
          value = b.create<arith::AddFOp>(value, element);
        return value;
      });
  if (failed(sum))
    return failure();
  if (sum->shape != x.shape || x.getRank() == 0)
    return node.malformed("expected operands that broadcast to " +
                          node.print(x.shape) + ", got a sum of " +
                          node.print(sum->shape));
  NormalizationParameters parameters;
  parameters.axis = x.getRank() - 1;
  parameters.epsilon = node.getFloat("epsilon", 1e-12);
  parameters.centering = centering;
  parameters.scale = &node.getInput(2);
  if (beta && node.hasInput(beta))
    parameters.bias = &node.getInput(beta);
  FailureOr<NormalizedTensor> rows = emitNormalization(node, *sum, parameters);
  if (failed(rows))
    return failure();
  node.setOutput(0, rows->result);
  if (isWanted(node, 1)) {
    if (centering == Centering::None)
      return node.unsupported("expected no output of the mean");
    node.setOutput(1, rows->mean);
  }
  if (isWanted(node, 2))
    node.setOutput(2, rows->inverseDeviation);
  if (isWanted(node, 3))
    node.setOutput(3, *sum);
  return success();
}

LogicalResult importer::importSkipLayerNormalization(NodeImporter &node) {
  return importSkip(node, Centering::Mean, /*beta=*/3, /*bias=*/4);
}

LogicalResult importer::importSkipRootMeanSquare(NodeImporter &node) {
  return importSkip(node, Centering::None, /*beta=*/0, /*bias=*/3);
}
