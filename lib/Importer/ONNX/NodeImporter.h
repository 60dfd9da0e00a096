//===- NodeImporter.h - what an operator's handler works with ---*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_NODEIMPORTER_H
#define CCQ_LIB_IMPORTER_ONNX_NODEIMPORTER_H

#include "ImportState.h"

#include "llvm/ADT/Twine.h"

namespace mlir::ccq::importer {

/// One node during its import: checked access to inputs and attributes, errors
/// that carry the node's label, and the place for its results.
///
/// The operator table has checked the number of inputs and outputs and the
/// names and types of the attributes before a handler runs, so the accessors of
/// attributes cannot fail.
class NodeImporter {
public:
  NodeImporter(ImportState &state, const Node &node);

  ImportState &state;
  const Node &node;
  Location loc;
  OpBuilder &builder;
  SizeContext &sizes;

  size_t getNumInputs() const { return node.inputs.size(); }
  size_t getNumOutputs() const { return node.outputs.size(); }
  /// Whether input `index` is there and not left out.
  bool hasInput(size_t index) const;
  ImportedTensor &getInput(size_t index);
  /// All inputs; none may be left out.
  SmallVector<ImportedTensor *> getInputs();
  Value emit(ImportedTensor &tensor) { return state.emit(tensor, loc); }

  const onnx::AttributeProto *findAttribute(StringRef name) const;
  std::optional<int64_t> findInt(StringRef name) const;
  std::optional<SmallVector<int64_t>> findInts(StringRef name) const;
  int64_t getInt(StringRef name, int64_t byDefault) const;
  double getFloat(StringRef name, double byDefault) const;
  std::string getString(StringRef name, StringRef byDefault) const;

  /// The integers of an input that have to be constants in this import. Reports
  /// and fails when they are not known or not of an integer type.
  FailureOr<SmallVector<int64_t>> getConstantIntegers(size_t input,
                                                      StringRef meaning);
  /// The shape that an input spells out: constants (negative ones too) and
  /// sizes over symbolic dimensions. Reports and fails unless it is a known
  /// vector of int64.
  FailureOr<Shape> getShapeInput(size_t input);
  /// A boolean input of one element that has to be a constant.
  FailureOr<bool> getConstantFlag(size_t input, StringRef meaning);
  /// `axis` counted from the front. Reports and fails unless it is in
  /// -rank .. rank - 1.
  FailureOr<int64_t> getAxis(int64_t axis, int64_t rank);

  /// ImportState::equate and limit at this node.
  bool equate(Size a, Size b) { return state.equate(a, b, node.label); }
  /// Whether shapes have one rank and dimensions that equate.
  bool equateShapes(ArrayRef<Size> a, ArrayRef<Size> b);
  bool limit(Size a, Size b) { return state.limit(a, b, node.label); }

  LogicalResult malformed(const Twine &message);
  LogicalResult unsupported(const Twine &message, const Twine &note = "");
  /// A size whose computation overflows.
  LogicalResult tooLarge();

  /// Gives output `index` its value; outputs that are left out are ignored.
  void setOutput(size_t index, ImportedTensor tensor);
  /// A tensor that an operation has computed.
  ImportedTensor getResult(ElementType type, Shape shape, Value value) const;

  /// `10x?`-like text of a shape, with the names of the dimensions.
  std::string print(ArrayRef<Size> shape) const;
  /// `float32[10, batch]`-like text of a tensor's type.
  std::string print(const ImportedTensor &tensor) const;
};

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_NODEIMPORTER_H
