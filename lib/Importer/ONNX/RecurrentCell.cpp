//===- RecurrentCell.cpp - one step of LSTM, GRU and RNN ------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RecurrentCell.h"

#include "ScalarMath.h"
#include "TensorMath.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

static Value buildSigmoid(ScalarMath &m, Value x) { return m.sigmoid(x); }
static Value buildTanh(ScalarMath &m, Value x) { return m.tanh(x); }
static Value buildRelu(ScalarMath &m, Value x) { return m.atLeast(x, 0.0); }

FailureOr<RecurrentCell> RecurrentCell::create(NodeImporter &node,
                                               int64_t direction) {
  RecurrentCell cell(node);
  bool isLSTM = node.node.opType == "LSTM", isGRU = node.node.opType == "GRU";
  size_t count = isLSTM ? 3 : isGRU ? 2 : 1;
  cell.activations.assign(count, buildTanh);
  if (isLSTM || isGRU)
    cell.activations.front() = buildSigmoid;
  const onnx::AttributeProto *given = node.findAttribute("activations");
  if (!given)
    return cell;
  if (size_t(given->strings_size()) < (direction + 1) * count)
    return node.malformed("expected " + Twine((direction + 1) * count) +
                          " activations, got " + Twine(given->strings_size()));
  for (size_t i = 0; i < count; ++i) {
    StringRef name = given->strings(int(direction * count + i));
    cell.activations[i] = llvm::StringSwitch<Activation>(name)
                              .CaseLower("sigmoid", buildSigmoid)
                              .CaseLower("tanh", buildTanh)
                              .CaseLower("relu", buildRelu)
                              .Default(nullptr);
    if (!cell.activations[i])
      return node.unsupported("expected activations Sigmoid, Tanh or Relu, "
                              "got '" +
                              name + "'");
  }
  return cell;
}

/// Columns of one gate.
MappedOperand RecurrentCell::getGate(ImportedTensor &matrix, int64_t gate) {
  Size zero = node.sizes.getConstant(0);
  ImportedTensor part =
      emitSlice(node, matrix, {zero, node.sizes.getConstant(gate * hidden)},
                {matrix.shape[0], node.sizes.getConstant(hidden)}, {1, 1});
  return {node.emit(part), node.builder.getMultiDimIdentityMap(2)};
}

/// Elements of one gate, for each row.
MappedOperand RecurrentCell::getVector(ImportedTensor &vector, int64_t part) {
  ImportedTensor slice =
      emitSlice(node, vector, {node.sizes.getConstant(part * hidden)},
                {node.sizes.getConstant(hidden)}, {1});
  return {node.emit(slice),
          AffineMap::get(2, 0, node.builder.getAffineDimExpr(1),
                         node.builder.getContext())};
}

ImportedTensor RecurrentCell::emitStep(ArrayRef<MappedOperand> operands,
                                       ArrayRef<Size> shape,
                                       ScalarFunction compute) {
  return emitGeneric(node, operands, shape, node.getInput(0).elementType,
                     compute);
}

/// Gates i, o, f, c; peepholes i, o, f.
CellState RecurrentCell::advanceLSTM(ImportedTensor &product,
                                     CellState &state) {
  ImportedTensor turned = emitMatrixProduct(node, state.output, weights);
  AffineMap all = node.builder.getMultiDimIdentityMap(2);
  bool hasBias = bias.isValid(), hasPeepholes = peepholes.isValid();
  // Operands of gate g: two products, two biases, one peephole.
  auto addGate = [&](SmallVectorImpl<MappedOperand> &operands, int64_t gate) {
    operands.append({getGate(product, gate), getGate(turned, gate)});
    if (hasBias)
      operands.append({getVector(bias, gate), getVector(bias, 4 + gate)});
  };
  size_t perGate = hasBias ? 4 : 2;
  auto buildSum = [&](ScalarMath &m, ValueRange elements, size_t gate) {
    ValueRange own = elements.slice(gate * perGate, perGate);
    Value sum = own[0];
    for (Value term : own.drop_front())
      sum = m.add(sum, term);
    return sum;
  };
  SmallVector<MappedOperand> operands;
  for (int64_t gate : {0, 2, 3})
    addGate(operands, gate);
  operands.push_back({node.emit(state.memory), all});
  if (hasPeepholes)
    operands.append({getVector(peepholes, 0), getVector(peepholes, 2)});
  ArrayRef<Size> shape = state.output.shape;
  CellState next;
  next.memory = emitStep(
      operands, shape, [&](ImplicitLocOpBuilder &b, ValueRange elements) {
        ScalarMath m(b, elements[0].getType());
        Value memory = elements[3 * perGate];
        Value input = buildSum(m, elements, 0),
              forget = buildSum(m, elements, 1);
        if (hasPeepholes) {
          input = m.add(input, m.mul(memory, elements[3 * perGate + 1]));
          forget = m.add(forget, m.mul(memory, elements[3 * perGate + 2]));
        }
        Value fresh = activations[1](m, buildSum(m, elements, 2));
        return m.add(m.mul(activations[0](m, forget), memory),
                     m.mul(activations[0](m, input), fresh));
      });
  operands.clear();
  addGate(operands, 1);
  operands.push_back({next.memory.emitted, all});
  if (hasPeepholes)
    operands.push_back(getVector(peepholes, 1));
  next.output = emitStep(
      operands, shape, [&](ImplicitLocOpBuilder &b, ValueRange elements) {
        ScalarMath m(b, elements[0].getType());
        Value output = buildSum(m, elements, 0), memory = elements[perGate];
        if (hasPeepholes)
          output = m.add(output, m.mul(memory, elements[perGate + 1]));
        return m.mul(activations[0](m, output), activations[2](m, memory));
      });
  return next;
}

/// Gates z, r, h.
CellState RecurrentCell::advanceGRU(ImportedTensor &product, CellState &state) {
  AffineMap all = node.builder.getMultiDimIdentityMap(2);
  bool isLinearFirst = node.getInt("linear_before_reset", 0);
  ImportedTensor turned = emitMatrixProduct(node, state.output, weights);
  ArrayRef<Size> shape = state.output.shape;
  auto emitGateValue = [&](int64_t gate) {
    SmallVector<MappedOperand> operands{getGate(product, gate),
                                        getGate(turned, gate)};
    if (bias.isValid())
      operands.append({getVector(bias, gate), getVector(bias, 3 + gate)});
    return emitStep(operands, shape,
                    [&](ImplicitLocOpBuilder &b, ValueRange elements) {
                      ScalarMath m(b, elements[0].getType());
                      Value sum = m.add(elements[0], elements[1]);
                      for (Value term : elements.drop_front(2))
                        sum = m.add(sum, term);
                      return activations[0](m, sum);
                    });
  };
  ImportedTensor update = emitGateValue(0), reset = emitGateValue(1);
  MappedOperand fromOutput;
  if (isLinearFirst) {
    fromOutput = getGate(turned, 2);
  } else {
    ImportedTensor kept =
        emitStep({{reset.emitted, all}, {node.emit(state.output), all}}, shape,
                 [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
                   return b.create<arith::MulFOp>(elements[0], elements[1]);
                 });
    Size zero = node.sizes.getConstant(0), h = node.sizes.getConstant(hidden);
    ImportedTensor columns =
        emitSlice(node, weights, {zero, node.sizes.getConstant(2 * hidden)},
                  {h, h}, {1, 1});
    fromOutput = {emitMatrixProduct(node, kept, columns).emitted, all};
  }
  SmallVector<MappedOperand> operands{{update.emitted, all},
                                      {node.emit(state.output), all},
                                      {reset.emitted, all},
                                      getGate(product, 2),
                                      fromOutput};
  if (bias.isValid())
    operands.append({getVector(bias, 2), getVector(bias, 5)});
  CellState next;
  next.output = emitStep(
      operands, shape, [&](ImplicitLocOpBuilder &b, ValueRange elements) {
        ScalarMath m(b, elements[0].getType());
        Value own = elements[4], input = elements[3];
        if (elements.size() > 5) {
          input = m.add(input, elements[5]);
          own = m.add(own, elements[6]);
        }
        if (isLinearFirst)
          own = m.mul(own, elements[2]);
        Value fresh = activations[1](m, m.add(input, own));
        Value rest = m.sub(m.constant(1), elements[0]);
        return m.add(m.mul(rest, fresh), m.mul(elements[0], elements[1]));
      });
  return next;
}

CellState RecurrentCell::advanceRNN(ImportedTensor &product, CellState &state) {
  ImportedTensor turned = emitMatrixProduct(node, state.output, weights);
  SmallVector<MappedOperand> operands{getGate(product, 0), getGate(turned, 0)};
  if (bias.isValid())
    operands.append({getVector(bias, 0), getVector(bias, 1)});
  CellState next;
  next.output = emitStep(operands, state.output.shape,
                         [&](ImplicitLocOpBuilder &b, ValueRange elements) {
                           ScalarMath m(b, elements[0].getType());
                           Value sum = elements[0];
                           for (Value term : elements.drop_front())
                             sum = m.add(sum, term);
                           return activations[0](m, sum);
                         });
  return next;
}

CellState RecurrentCell::advance(ImportedTensor &product, CellState &state) {
  if (node.node.opType == "LSTM")
    return advanceLSTM(product, state);
  if (node.node.opType == "GRU")
    return advanceGRU(product, state);
  return advanceRNN(product, state);
}
