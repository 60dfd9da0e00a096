//===- NodeImporter.cpp - what an operator's handler works with -----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

NodeImporter::NodeImporter(ImportState &state, const Node &node)
    : state(state), node(node), loc(state.builder.getUnknownLoc()),
      builder(state.builder), sizes(state.sizes) {
  loc = NameLoc::get(state.getLocationName(node));
}

bool NodeImporter::hasInput(size_t index) const {
  return index < node.inputs.size() && node.inputs[index] != absentValue;
}

ImportedTensor &NodeImporter::getInput(size_t index) {
  return state.value(node.inputs[index]);
}

SmallVector<ImportedTensor *> NodeImporter::getInputs() {
  SmallVector<ImportedTensor *> inputs;
  for (size_t i = 0; i < getNumInputs(); ++i)
    inputs.push_back(&getInput(i));
  return inputs;
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

const onnx::AttributeProto *NodeImporter::findAttribute(StringRef name) const {
  for (const BoundAttribute &attribute : node.attributes)
    if (attribute.name == name)
      return attribute.proto;
  return nullptr;
}

std::optional<int64_t> NodeImporter::findInt(StringRef name) const {
  if (const onnx::AttributeProto *attribute = findAttribute(name))
    return attribute->i();
  return std::nullopt;
}

std::optional<SmallVector<int64_t>>
NodeImporter::findInts(StringRef name) const {
  if (const onnx::AttributeProto *attribute = findAttribute(name))
    return SmallVector<int64_t>(attribute->ints().begin(),
                                attribute->ints().end());
  return std::nullopt;
}

int64_t NodeImporter::getInt(StringRef name, int64_t byDefault) const {
  return findInt(name).value_or(byDefault);
}

double NodeImporter::getFloat(StringRef name, double byDefault) const {
  const onnx::AttributeProto *attribute = findAttribute(name);
  return attribute ? double(attribute->f()) : byDefault;
}

std::string NodeImporter::getString(StringRef name, StringRef byDefault) const {
  const onnx::AttributeProto *attribute = findAttribute(name);
  return attribute ? attribute->s() : byDefault.str();
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

FailureOr<SmallVector<int64_t>>
NodeImporter::getConstantIntegers(size_t input, StringRef meaning) {
  ImportedTensor &tensor = getInput(input);
  if (!isInteger(tensor.elementType))
    return malformed("expected integers as " + meaning + ", got " +
                     ::ccq::getElementTypeName(tensor.elementType));
  const SmallVector<Size> *integers = state.findIntegers(tensor);
  if (!integers)
    return unsupported("expected " + meaning +
                           " to be known at import, got a computed tensor",
                       "make it a constant of the model");
  std::optional<SmallVector<int64_t>> constants = findConstants(*integers);
  if (!constants)
    return unsupported("expected " + meaning +
                           " to be known at import, got one that depends on "
                           "symbolic dimensions",
                       "fix the dimensions with --dim NAME=SIZE");
  return *constants;
}

FailureOr<Shape> NodeImporter::getShapeInput(size_t input) {
  ImportedTensor &shape = getInput(input);
  if (shape.elementType != ElementType::Int64 || shape.getRank() != 1)
    return malformed("expected a vector of int64 as shape, got " +
                     ::ccq::getElementTypeName(shape.elementType) +
                     print(shape.shape));
  const SmallVector<Size> *integers = state.findIntegers(shape);
  if (!integers)
    return unsupported("expected a shape to be known at import, got a "
                       "computed tensor",
                       "make it a constant of the model");
  return Shape(*integers);
}

FailureOr<bool> NodeImporter::getConstantFlag(size_t input, StringRef meaning) {
  ImportedTensor &tensor = getInput(input);
  const SmallVector<Size> *integers = state.findIntegers(tensor);
  if (tensor.elementType != ElementType::Bool ||
      (integers && integers->size() != 1))
    return malformed("expected one bool as " + meaning + ", got " +
                     ::ccq::getElementTypeName(tensor.elementType) +
                     print(tensor.shape));
  if (!integers)
    return unsupported("expected " + meaning +
                           " to be known at import, got a computed tensor",
                       "make it a constant of the model");
  return !isConstant(integers->front(), 0);
}

FailureOr<int64_t> NodeImporter::getAxis(int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank)
    return malformed("expected an axis in " + Twine(-rank) + ".." +
                     Twine(rank - 1) + ", got " + Twine(axis));
  return axis < 0 ? axis + rank : axis;
}

bool NodeImporter::equateShapes(ArrayRef<Size> a, ArrayRef<Size> b) {
  return a.size() == b.size() && llvm::all_of(llvm::zip(a, b), [&](auto pair) {
           return equate(std::get<0>(pair), std::get<1>(pair));
         });
}

LogicalResult NodeImporter::malformed(const Twine &message) {
  state.sink.malformed(node.label, message.str());
  return failure();
}

LogicalResult NodeImporter::unsupported(const Twine &message,
                                        const Twine &note) {
  state.sink.unsupported(node.label, message.str(), note.str());
  return failure();
}

LogicalResult NodeImporter::tooLarge() {
  return malformed(
      "expected fewer than 2^60 elements and sizes that are simple "
      "expressions of the dimensions");
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

void NodeImporter::setOutput(size_t index, ImportedTensor tensor) {
  if (index < node.outputs.size() && node.outputs[index] != absentValue)
    state.value(node.outputs[index]) = std::move(tensor);
}

ImportedTensor NodeImporter::getResult(ElementType type, Shape shape,
                                       Value value) const {
  ImportedTensor result;
  result.elementType = type;
  result.shape = std::move(shape);
  result.emitted = value;
  return result;
}

std::string NodeImporter::print(ArrayRef<Size> shape) const {
  std::string text = "[";
  for (Size size : shape)
    text += (text.size() == 1 ? "" : ", ") + sizes.print(size);
  return text + "]";
}

std::string NodeImporter::print(const ImportedTensor &tensor) const {
  return ::ccq::getElementTypeName(tensor.elementType) + print(tensor.shape);
}
