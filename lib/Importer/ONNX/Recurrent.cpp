//===- Recurrent.cpp - LSTM, GRU and RNN ----------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Recurrent.h"

#include "RecurrentCell.h"
#include "TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// More steps make more kernels than is reasonable.
static constexpr int64_t maxSteps = 1024;

namespace {

/// The results of one direction.
struct DirectionResult {
  std::vector<ImportedTensor> steps;
  CellState last;
};

class Recurrent {
public:
  explicit Recurrent(NodeImporter &node) : node(node) {}

  LogicalResult run();

private:
  LogicalResult readShape();
  LogicalResult checkShape(size_t input, ArrayRef<Size> shape);
  LogicalResult checkInputs();
  LogicalResult readLengths();
  ImportedTensor getPart(size_t input, int64_t direction);
  ImportedTensor getInitial(size_t input, int64_t direction);
  ImportedTensor emitInputProducts(int64_t direction);
  FailureOr<DirectionResult> runDirection(int64_t direction, bool isReverse);
  ImportedTensor select(ImportedTensor &lengths, int64_t step,
                        ImportedTensor &fresh, ImportedTensor *other);
  ImportedTensor join(ArrayRef<ImportedTensor> tensors, int64_t axis,
                      ArrayRef<Size> part);
  void setOutputs(ArrayRef<DirectionResult> passes);

  NodeImporter &node;
  int64_t gates = 1, directions = 1, steps = 0, hidden = 0;
  /// Batch comes before steps.
  bool isBatchFirst = false;
  Size batch;
  ImportedTensor x;
  /// Lengths by batch where they differ from the number of steps.
  std::optional<ImportedTensor> lengths;
};

} // namespace

LogicalResult Recurrent::readShape() {
  x = node.getInput(0);
  ImportedTensor &w = node.getInput(1);
  isBatchFirst = node.getInt("layout", 0);
  gates = node.node.opType == "LSTM" ? 4 : node.node.opType == "GRU" ? 3 : 1;
  auto extents = findConstants(w.shape);
  if (!isFloat(x.elementType) || x.getRank() != 3 || w.getRank() != 3 ||
      !extents)
    return node.malformed("expected steps x batch x elements of floats and "
                          "weights of constant shape, got " +
                          node.print(x) + " and " + node.print(w));
  if (isBatchFirst)
    x = emitTranspose(node, x, {1, 0, 2});
  auto count = findConstant(x.shape[0]);
  if (!count)
    return node.unsupported("expected a constant number of steps, got " +
                                node.sizes.print(x.shape[0]),
                            "fix the dimensions with --dim NAME=SIZE");
  if (*count < 1 || *count > maxSteps)
    return node.unsupported("expected 1 to " + Twine(maxSteps) +
                            " steps, got " + Twine(*count));
  steps = *count;
  batch = x.shape[1];
  std::string direction = node.getString("direction", "forward");
  if (direction != "forward" && direction != "reverse" &&
      direction != "bidirectional")
    return node.malformed("expected direction forward, reverse or "
                          "bidirectional, got '" +
                          direction + "'");
  directions = direction == "bidirectional" ? 2 : 1;
  hidden = (*extents)[1] / gates;
  if (hidden < 1 || node.getInt("hidden_size", hidden) != hidden)
    return node.malformed("expected weights for hidden_size " +
                          Twine(node.getInt("hidden_size", hidden)) + ", got " +
                          node.print(w.shape));
  return success();
}

LogicalResult Recurrent::checkShape(size_t input, ArrayRef<Size> shape) {
  if (!node.hasInput(input))
    return success();
  ImportedTensor &tensor = node.getInput(input);
  if (tensor.elementType == x.elementType &&
      node.equateShapes(tensor.shape, shape))
    return success();
  return node.malformed("expected input " + Twine(input) + " of type " +
                        ::ccq::getElementTypeName(x.elementType) +
                        " and shape " + node.print(shape) + ", got " +
                        node.print(tensor));
}

LogicalResult Recurrent::checkInputs() {
  auto constant = [&](int64_t value) { return node.sizes.getConstant(value); };
  Size d = constant(directions), h = constant(hidden);
  Shape state = isBatchFirst ? Shape{batch, d, h} : Shape{d, batch, h};
  Size rows = constant(gates * hidden);
  if (failed(checkShape(1, {d, rows, x.shape[2]})) ||
      failed(checkShape(2, {d, rows, h})) ||
      failed(checkShape(3, {d, constant(2 * gates * hidden)})) ||
      failed(checkShape(5, state)) || failed(checkShape(6, state)) ||
      failed(checkShape(7, {d, constant(3 * hidden)})))
    return failure();
  if (node.findAttribute("clip") || node.getInt("input_forget", 0))
    return node.unsupported("expected neither clip nor input_forget");
  return readLengths();
}

LogicalResult Recurrent::readLengths() {
  if (!node.hasInput(4))
    return success();
  ImportedTensor &given = node.getInput(4);
  if (given.elementType != ElementType::Int32 ||
      !node.equateShapes(given.shape, {batch}))
    return node.malformed("expected an int32 length per batch, got " +
                          node.print(given));
  const SmallVector<Size> *known = node.state.findIntegers(given);
  if (known &&
      llvm::all_of(*known, [&](Size size) { return isConstant(size, steps); }))
    return success();
  if (node.getString("direction", "forward") != "forward")
    return node.unsupported("expected sequence_lens to be the number of steps "
                            "backwards");
  lengths = given;
  return success();
}

ImportedTensor Recurrent::getPart(size_t input, int64_t direction) {
  return node.hasInput(input) ? emitPart(node, node.getInput(input), direction)
                              : ImportedTensor();
}

/// The initial state of batch x hidden, or zeros.
ImportedTensor Recurrent::getInitial(size_t input, int64_t direction) {
  if (!node.hasInput(input)) {
    Shape shape{batch, node.sizes.getConstant(hidden)};
    Type type = findBuiltinType(x.elementType, node.builder.getContext());
    return node.getResult(
        x.elementType, shape,
        emitFill(node, cast<TypedAttr>(node.builder.getZeroAttr(type)), shape));
  }
  ImportedTensor state = node.getInput(input);
  if (isBatchFirst)
    state = emitTranspose(node, state, {1, 0, 2});
  return emitPart(node, state, direction);
}

/// steps x batch x (gates * hidden).
ImportedTensor Recurrent::emitInputProducts(int64_t direction) {
  ImportedTensor weights = getPart(1, direction);
  weights = emitTranspose(node, weights, {1, 0});
  Size rows = node.sizes.tryMultiply(x.shape[0], batch);
  ImportedTensor matrix = emitReshape(node, x, {rows, x.shape[2]});
  ImportedTensor product = emitMatrixProduct(node, matrix, weights);
  return emitReshape(node, product, {x.shape[0], batch, weights.shape[1]});
}

/// `fresh` where step `step` is one of the batch's, else `other` or 0.
ImportedTensor Recurrent::select(ImportedTensor &lengths, int64_t step,
                                 ImportedTensor &fresh, ImportedTensor *other) {
  MLIRContext *context = node.builder.getContext();
  AffineMap all = node.builder.getMultiDimIdentityMap(2);
  AffineMap byBatch =
      AffineMap::get(2, 0, node.builder.getAffineDimExpr(0), context);
  SmallVector<MappedOperand> operands{{node.emit(fresh), all},
                                      {node.emit(lengths), byBatch}};
  if (other)
    operands.push_back({node.emit(*other), all});
  return emitGeneric(
      node, operands, fresh.shape, fresh.elementType,
      [&](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        Value place =
            b.create<arith::ConstantOp>(b.getI32IntegerAttr(int32_t(step)));
        Value isInside = b.create<arith::CmpIOp>(arith::CmpIPredicate::slt,
                                                 place, elements[1]);
        Value outside = other ? elements[2]
                              : b.create<arith::ConstantOp>(
                                    b.getFloatAttr(elements[0].getType(), 0));
        return b.create<arith::SelectOp>(isInside, elements[0], outside);
      });
}

FailureOr<DirectionResult> Recurrent::runDirection(int64_t direction,
                                                   bool isReverse) {
  FailureOr<RecurrentCell> cell = RecurrentCell::create(node, direction);
  if (failed(cell))
    return failure();
  cell->hidden = hidden;
  ImportedTensor recurrent = getPart(2, direction);
  cell->weights = emitTranspose(node, recurrent, {1, 0});
  cell->bias = getPart(3, direction);
  cell->peepholes = getPart(7, direction);
  ImportedTensor products = emitInputProducts(direction);
  DirectionResult pass;
  pass.last.output = getInitial(5, direction);
  if (node.node.opType == "LSTM")
    pass.last.memory = getInitial(6, direction);
  pass.steps.resize(steps);
  for (int64_t i = 0; i < steps; ++i) {
    int64_t step = isReverse ? steps - 1 - i : i;
    ImportedTensor product = emitPart(node, products, step);
    CellState next = cell->advance(product, pass.last);
    pass.steps[step] = next.output;
    if (lengths) {
      pass.steps[step] = select(*lengths, step, next.output, nullptr);
      next.output = select(*lengths, step, next.output, &pass.last.output);
      if (next.memory.isValid())
        next.memory = select(*lengths, step, next.memory, &pass.last.memory);
    }
    pass.last = next;
  }
  return pass;
}

/// Tensors of batch x hidden, each as `part`, one after the other.
ImportedTensor Recurrent::join(ArrayRef<ImportedTensor> tensors, int64_t axis,
                               ArrayRef<Size> part) {
  std::vector<ImportedTensor> parts;
  for (ImportedTensor tensor : tensors)
    parts.push_back(emitReshape(node, tensor, Shape(part)));
  if (parts.size() == 1)
    return parts.front();
  SmallVector<ImportedTensor *> operands;
  for (ImportedTensor &tensor : parts)
    operands.push_back(&tensor);
  Shape shape(part);
  shape[axis] = node.sizes.getConstant(int64_t(parts.size()));
  return emitConcat(node, operands, axis, shape);
}

void Recurrent::setOutputs(ArrayRef<DirectionResult> passes) {
  Size one = node.sizes.getConstant(1), h = node.sizes.getConstant(hidden);
  std::vector<ImportedTensor> sequences, outputs, memories;
  for (const DirectionResult &pass : passes) {
    sequences.push_back(join(pass.steps, 0, {one, one, batch, h}));
    outputs.push_back(pass.last.output);
    memories.push_back(pass.last.memory);
  }
  Shape whole{x.shape[0], node.sizes.getConstant(directions), batch, h};
  ImportedTensor sequence = sequences.front();
  if (directions == 2)
    sequence = emitConcat(node, {&sequences[0], &sequences[1]}, 1, whole);
  if (isBatchFirst)
    sequence = emitTranspose(node, sequence, {2, 0, 1, 3});
  node.setOutput(0, sequence);
  auto setState = [&](size_t output, ArrayRef<ImportedTensor> states) {
    ImportedTensor state = join(states, 0, {one, batch, h});
    if (isBatchFirst)
      state = emitTranspose(node, state, {1, 0, 2});
    node.setOutput(output, state);
  };
  setState(1, outputs);
  if (node.node.opType == "LSTM")
    setState(2, memories);
}

LogicalResult Recurrent::run() {
  if (failed(readShape()) || failed(checkInputs()))
    return failure();
  bool isReverse = node.getString("direction", "forward") == "reverse";
  std::vector<DirectionResult> passes;
  for (int64_t i = 0; i < directions; ++i) {
    FailureOr<DirectionResult> pass = runDirection(i, isReverse || i == 1);
    if (failed(pass))
      return failure();
    passes.push_back(*pass);
  }
  setOutputs(passes);
  return success();
}

LogicalResult importer::importRecurrent(NodeImporter &node) {
  return Recurrent(node).run();
}
