//===- Constants.cpp - Constant, ConstantOfShape --------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emission.h"
#include "Handlers.h"

#include "mlir/IR/BuiltinAttributes.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;

/// The numbers as little-endian bytes.
template <typename Number>
static std::vector<std::byte> getBytes(ArrayRef<Number> numbers) {
  auto bytes = reinterpret_cast<const std::byte *>(numbers.data());
  return {bytes, bytes + numbers.size() * sizeof(Number)};
}

/// The constant in the one value attribute of a Constant node, or null after
/// reporting.
static const ConstantTensor *readConstant(NodeImporter &node) {
  StringRef attributeName = node.node.attributes.front().name;
  const onnx::AttributeProto &proto = *node.node.attributes.front().proto;
  StringRef name = node.state.getName(node.node.outputs.front());
  auto addFloats = [&](ArrayRef<float> values, ArrayRef<int64_t> shape) {
    return node.state.addConstant(name, ElementType::Float32, shape,
                                  getBytes(values));
  };
  auto addIntegers = [&](ArrayRef<int64_t> values, ArrayRef<int64_t> shape) {
    return node.state.addConstant(name, ElementType::Int64, shape,
                                  getBytes(values));
  };
  if (attributeName == "value")
    return node.state.findConstant(node.state.getFileTensor(proto.t()), name,
                                   node.node.label);
  if (attributeName == "value_float")
    return addFloats({proto.f()}, {});
  if (attributeName == "value_int")
    return addIntegers({int64_t(proto.i())}, {});
  if (attributeName == "value_floats") {
    SmallVector<float> values(proto.floats().begin(), proto.floats().end());
    return addFloats(values, {int64_t(values.size())});
  }
  SmallVector<int64_t> values(proto.ints().begin(), proto.ints().end());
  return addIntegers(values, {int64_t(values.size())});
}

LogicalResult importer::importConstant(NodeImporter &node) {
  if (node.node.attributes.size() != 1)
    return node.malformed("expected one value attribute, got " +
                          Twine(node.node.attributes.size()));
  StringRef attributeName = node.node.attributes.front().name;
  if (attributeName == "sparse_value" || attributeName == "value_string" ||
      attributeName == "value_strings")
    return node.unsupported("attribute '" + attributeName +
                            "' is not supported");
  if (node.node.outputs.front() == absentValue)
    return success();
  const ConstantTensor *constant = readConstant(node);
  if (!constant)
    return failure();
  node.setOutput(0, node.state.getTensor(*constant));
  return success();
}

//===----------------------------------------------------------------------===//
// ConstantOfShape
//===----------------------------------------------------------------------===//

/// The element that fills the result: attribute `value`, or a float 0.
static const ConstantTensor *readFillValue(NodeImporter &node) {
  const onnx::AttributeProto *value = node.findAttribute("value");
  if (!value)
    return node.state.getScalar(ElementType::Float32, 0).constant;
  const ConstantTensor *constant = node.state.findConstant(
      node.state.getFileTensor(value->t()), "", node.node.label);
  if (constant && constant->getNumElements() != 1) {
    (void)node.malformed("expected one element in attribute 'value', got " +
                         Twine(constant->getNumElements()));
    return nullptr;
  }
  return constant;
}

LogicalResult importer::importConstantOfShape(NodeImporter &node) {
  FailureOr<Shape> shape = node.getShapeInput(0);
  if (failed(shape))
    return failure();
  for (Size size : *shape)
    if (auto constant = findConstant(size); constant && *constant < 0)
      return node.malformed("expected sizes of at least 0, got " +
                            Twine(*constant));
  Size count = node.sizes.tryGetProduct(*shape);
  if (!count)
    return node.tooLarge();
  const ConstantTensor *constant = readFillValue(node);
  if (!constant)
    return failure();
  ImportedTensor value = node.state.getTensor(*constant);
  value.shape.clear();
  std::optional<int64_t> elements = findConstant(count);
  const SmallVector<Size> *integers = node.state.findIntegers(value);
  if (integers && elements && *elements <= maxKnownIntegers) {
    ImportedTensor result;
    result.elementType = value.elementType;
    result.shape = *shape;
    result.integers = SmallVector<Size>(*elements, integers->front());
    node.setOutput(0, result);
    return success();
  }
  node.setOutput(0, emitBroadcast(node, value, *shape));
  return success();
}
