//===- ControlFlow.cpp - If, Loop and Scan --------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ControlFlow.h"

#include "OpTable.h"
#include "TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// Bounds on what unrolling makes.
static constexpr int64_t maxIterations = 4096;
static constexpr size_t maxBodyNodes = 100000;

static const GraphBody *findBody(NodeImporter &node, StringRef name) {
  for (const GraphBody &body : node.node.bodies)
    if (body.name == name)
      return &body;
  return nullptr;
}

/// Imports the nodes of `body` at the builder's place. Its inputs have values.
static LogicalResult importBody(NodeImporter &node, const GraphBody &body) {
  ImportState &state = node.state;
  for (const GraphInitializer &initializer : body.initializers) {
    const ConstantTensor *constant = state.findConstant(
        *initializer.tensor, initializer.tensor->name, node.node.label);
    if (!constant)
      return failure();
    state.value(initializer.value) = state.getTensor(*constant);
  }
  for (const Node &inner : body.nodes) {
    if (++state.bodyNodes > maxBodyNodes)
      return node.unsupported("expected at most " + Twine(maxBodyNodes) +
                              " nodes after unrolling loops");
    const OpEntry *entry = findOpEntry(inner, state.sink);
    if (!entry)
      return failure();
    NodeImporter importer(state, inner);
    for (ValueId input : inner.inputs)
      if (input != absentValue && !state.value(input).isValid()) {
        // What failed before has been reported.
        if (state.sink.hasErrors())
          return failure();
        return node.malformed("expected the nodes of a body behind those that "
                              "define their operands, got '" +
                              inner.label + "'");
      }
    if (failed(entry->import(importer)))
      return failure();
  }
  return success();
}

static SmallVector<ImportedTensor *> getOutputs(NodeImporter &node,
                                                const GraphBody &body) {
  SmallVector<ImportedTensor *> outputs;
  for (ValueId output : body.outputs)
    outputs.push_back(&node.state.value(output));
  return outputs;
}

/// The only integer or boolean of `tensor`, where the import knows it.
static std::optional<int64_t> findOnly(NodeImporter &node,
                                       ImportedTensor &tensor) {
  const SmallVector<Size> *known = node.state.findIntegers(tensor);
  return known && known->size() == 1 ? findConstant(known->front())
                                     : std::nullopt;
}

//===----------------------------------------------------------------------===//
// If
//===----------------------------------------------------------------------===//

/// Element by element the one of two tensors that `condition` says.
static FailureOr<ImportedTensor> emitChoice(NodeImporter &node,
                                            ImportedTensor &condition,
                                            ImportedTensor &yes,
                                            ImportedTensor &no) {
  if (yes.elementType != no.elementType ||
      !node.equateShapes(yes.shape, no.shape))
    return node.unsupported(
        "expected a condition known at import, or branches with results of one "
        "type and shape, got " +
        node.print(yes) + " and " + node.print(no));
  return emitElementwise(
      node, {&condition, &yes, &no}, yes.elementType,
      [](ImplicitLocOpBuilder &b, ValueRange elements) -> Value {
        return b.create<arith::SelectOp>(elements[0], elements[1], elements[2]);
      });
}

LogicalResult importer::importIf(NodeImporter &node) {
  ImportedTensor &given = node.getInput(0);
  auto size = findConstants(given.shape);
  if (given.elementType != ElementType::Bool ||
      (size && llvm::any_of(*size, [](int64_t dim) { return dim != 1; })))
    return node.malformed("expected one boolean as condition, got " +
                          node.print(given));
  const GraphBody *branches[2] = {findBody(node, "else_branch"),
                                  findBody(node, "then_branch")};
  for (const GraphBody *branch : branches)
    if (!branch || branch->outputs.size() != node.getNumOutputs() ||
        !branch->inputs.empty())
      return node.malformed("expected branches without inputs and with " +
                            Twine(node.getNumOutputs()) + " outputs");
  if (auto decision = findOnly(node, given)) {
    const GraphBody &taken = *branches[*decision != 0];
    if (failed(importBody(node, taken)))
      return failure();
    for (auto [i, output] : llvm::enumerate(getOutputs(node, taken)))
      node.setOutput(i, *output);
    return success();
  }
  for (const GraphBody *branch : branches)
    if (failed(importBody(node, *branch)))
      return failure();
  ImportedTensor condition = emitReshape(node, given, {});
  for (size_t i = 0; i < node.getNumOutputs(); ++i) {
    FailureOr<ImportedTensor> choice =
        emitChoice(node, condition, *getOutputs(node, *branches[1])[i],
                   *getOutputs(node, *branches[0])[i]);
    if (failed(choice))
      return failure();
    node.setOutput(i, *choice);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Loop and Scan
//===----------------------------------------------------------------------===//

/// The tensors as parts of one along a new dimension `axis`.
static FailureOr<ImportedTensor> emitStacked(NodeImporter &node,
                                             std::vector<ImportedTensor> &parts,
                                             int64_t axis) {
  const ImportedTensor first = parts.front();
  for (ImportedTensor &part : parts) {
    if (part.elementType != first.elementType ||
        !node.equateShapes(part.shape, first.shape))
      return node.unsupported("expected one type and shape of each iteration's "
                              "result, got " +
                              node.print(first) + " and " + node.print(part));
    Shape shape = part.shape;
    shape.insert(shape.begin() + axis, node.sizes.getConstant(1));
    part = emitReshape(node, part, shape);
  }
  if (parts.size() == 1)
    return parts.front();
  SmallVector<ImportedTensor *> operands;
  for (ImportedTensor &part : parts)
    operands.push_back(&part);
  Shape shape = parts.front().shape;
  shape[axis] = node.sizes.getConstant(int64_t(parts.size()));
  return emitConcat(node, operands, axis, shape);
}

static ImportedTensor getKnown(NodeImporter &node, ElementType type,
                               int64_t value) {
  ImportedTensor result;
  result.elementType = type;
  result.integers = SmallVector<Size>{node.sizes.getConstant(value)};
  return result;
}

LogicalResult importer::importLoop(NodeImporter &node) {
  const GraphBody *body = findBody(node, "body");
  size_t states =
      node.getNumInputs() - std::min<size_t>(2, node.getNumInputs());
  if (!body || body->inputs.size() != states + 2 ||
      body->outputs.size() < states + 1 ||
      node.getNumOutputs() != body->outputs.size() - 1)
    return node.malformed("expected a body for " + Twine(states) +
                          " values that are carried");
  int64_t count = maxIterations + 1;
  bool goesOn = true;
  if (node.hasInput(0)) {
    auto trips = findOnly(node, node.getInput(0));
    if (!trips)
      return node.unsupported("expected a trip count known at import, got a "
                              "computed tensor");
    count = std::max<int64_t>(*trips, 0);
  }
  if (node.hasInput(1)) {
    auto condition = findOnly(node, node.getInput(1));
    if (!condition)
      return node.unsupported("expected a condition known at import, got a "
                              "computed tensor");
    goesOn = *condition;
  }
  std::vector<ImportedTensor> carried;
  for (size_t i = 0; i < states; ++i)
    carried.push_back(node.getInput(i + 2));
  std::vector<std::vector<ImportedTensor>> collected(body->outputs.size() - 1 -
                                                     states);
  for (int64_t i = 0; i < count && goesOn; ++i) {
    if (i == maxIterations)
      return node.unsupported("expected at most " + Twine(maxIterations) +
                              " iterations");
    node.state.value(body->inputs[0]) = getKnown(node, ElementType::Int64, i);
    node.state.value(body->inputs[1]) = getKnown(node, ElementType::Bool, 1);
    for (size_t j = 0; j < states; ++j)
      node.state.value(body->inputs[j + 2]) = carried[j];
    if (failed(importBody(node, *body)))
      return failure();
    SmallVector<ImportedTensor *> outputs = getOutputs(node, *body);
    auto condition = findOnly(node, *outputs[0]);
    if (!condition)
      return node.unsupported("expected a condition known at import, got a "
                              "computed tensor");
    goesOn = *condition;
    for (size_t j = 0; j < states; ++j)
      carried[j] = *outputs[j + 1];
    for (size_t j = 0; j < collected.size(); ++j)
      collected[j].push_back(*outputs[j + 1 + states]);
  }
  for (size_t j = 0; j < states; ++j)
    node.setOutput(j, carried[j]);
  for (size_t j = 0; j < collected.size(); ++j) {
    if (collected[j].empty())
      return node.unsupported("expected at least one iteration to collect "
                              "results of");
    FailureOr<ImportedTensor> stacked = emitStacked(node, collected[j], 0);
    if (failed(stacked))
      return failure();
    node.setOutput(states + j, *stacked);
  }
  return success();
}

/// tensor[..., index, ...] along `axis`.
static ImportedTensor emitPartAlong(NodeImporter &node, ImportedTensor &tensor,
                                    int64_t axis, int64_t index) {
  if (axis == 0)
    return emitPart(node, tensor, index);
  SmallVector<Size> offsets(tensor.getRank(), node.sizes.getConstant(0));
  offsets[axis] = node.sizes.getConstant(index);
  Shape sizes = tensor.shape;
  sizes[axis] = node.sizes.getConstant(1);
  ImportedTensor slice = emitSlice(node, tensor, offsets, sizes,
                                   SmallVector<int64_t>(sizes.size(), 1));
  sizes.erase(sizes.begin() + axis);
  return emitReshape(node, slice, sizes);
}

/// Axis or direction `i` of an attribute, 0 when it is left out.
static int64_t getEntry(NodeImporter &node, StringRef name, size_t i) {
  auto given = node.findInts(name);
  return given && i < given->size() ? (*given)[i] : 0;
}

LogicalResult importer::importScan(NodeImporter &node) {
  const GraphBody *body = findBody(node, "body");
  int64_t scanned = node.getInt("num_scan_inputs", 1);
  int64_t states = int64_t(node.getNumInputs()) - scanned;
  if (!body || scanned < 1 || states < 0 ||
      body->inputs.size() != node.getNumInputs() ||
      int64_t(body->outputs.size()) < states ||
      node.getNumOutputs() != body->outputs.size())
    return node.malformed("expected a body for " + Twine(node.getNumInputs()) +
                          " inputs and " + Twine(node.getNumOutputs()) +
                          " outputs");
  SmallVector<int64_t> axes;
  int64_t count = -1;
  for (int64_t i = 0; i < scanned; ++i) {
    ImportedTensor &input = node.getInput(states + i);
    FailureOr<int64_t> axis =
        node.getAxis(getEntry(node, "scan_input_axes", i), input.getRank());
    if (failed(axis))
      return failure();
    axes.push_back(*axis);
    auto length = findConstant(input.shape[*axis]);
    if (!length || *length < 1 || *length > maxIterations)
      return node.unsupported("expected 1 to " + Twine(maxIterations) +
                                  " iterations, got " +
                                  node.sizes.print(input.shape[*axis]),
                              "fix the dimensions with --dim NAME=SIZE");
    if (count >= 0 && count != *length)
      return node.malformed("expected one length of all inputs, got " +
                            Twine(count) + " and " + Twine(*length));
    count = *length;
  }
  std::vector<ImportedTensor> carried;
  for (int64_t i = 0; i < states; ++i)
    carried.push_back(node.getInput(i));
  std::vector<std::vector<ImportedTensor>> collected(body->outputs.size() -
                                                     states);
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t j = 0; j < states; ++j)
      node.state.value(body->inputs[j]) = carried[j];
    for (int64_t j = 0; j < scanned; ++j) {
      bool isReverse = getEntry(node, "scan_input_directions", j);
      node.state.value(body->inputs[states + j]) =
          emitPartAlong(node, node.getInput(states + j), axes[j],
                        isReverse ? count - 1 - i : i);
    }
    if (failed(importBody(node, *body)))
      return failure();
    SmallVector<ImportedTensor *> outputs = getOutputs(node, *body);
    for (int64_t j = 0; j < states; ++j)
      carried[j] = *outputs[j];
    for (size_t j = 0; j < collected.size(); ++j)
      collected[j].push_back(*outputs[states + j]);
  }
  for (int64_t j = 0; j < states; ++j)
    node.setOutput(j, carried[j]);
  for (size_t j = 0; j < collected.size(); ++j) {
    if (getEntry(node, "scan_output_directions", j))
      std::reverse(collected[j].begin(), collected[j].end());
    FailureOr<int64_t> axis =
        node.getAxis(getEntry(node, "scan_output_axes", j),
                     collected[j].front().getRank() + 1);
    if (failed(axis))
      return failure();
    FailureOr<ImportedTensor> stacked = emitStacked(node, collected[j], *axis);
    if (failed(stacked))
      return failure();
    node.setOutput(states + j, *stacked);
  }
  return success();
}
