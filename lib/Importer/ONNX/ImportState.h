//===- ImportState.h - values and IR of an import in progress ---*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_IMPORTSTATE_H
#define CCQ_LIB_IMPORTER_ONNX_IMPORTSTATE_H

#include "ElementType.h"
#include "ExternalData.h"
#include "Graph.h"
#include "SizeContext.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"

#include <deque>
#include <map>

namespace mlir::ccq::importer {

/// Values of at most this many integers are evaluated during import.
inline constexpr int64_t maxKnownIntegers = 1024;
/// Constants of at most this many elements are written into the module; larger
/// ones stay in their file.
inline constexpr int64_t maxInlineElements = 16;

/// A tensor whose elements are known: an initializer, a Constant node, a scalar
/// attribute.
struct ConstantTensor {
  std::string name;
  ElementType elementType = ElementType::Undefined;
  SmallVector<int64_t> shape;
  /// Little endian, row-major.
  ArrayRef<char> bytes;
  /// Where `bytes` lie when they are in a file: path relative to the model's
  /// directory, and position. An empty path means that they are in `owned`.
  std::string path;
  ::ccq::ByteRange range;
  std::vector<std::byte> owned;

  int64_t getNumElements() const;
};

/// Element `index` of a constant of a float type, exact.
double readFloat(const ConstantTensor &constant, int64_t index);

/// How two sizes relate in every run of the model.
enum class SizeRelation { Equal, AtMost };

/// What the import took to be true of two sizes; every run checks it.
struct SizeCheck {
  SizeRelation relation = SizeRelation::Equal;
  Size left, right;
  /// Label of the node that relies on it, or a part of the model.
  std::string place;
};

/// What the importer knows about a value of the graph. Exactly the knowledge
/// that is there is set; `emitted` is made on demand from the rest.
struct ImportedTensor {
  ElementType elementType = ElementType::Undefined;
  Shape shape;
  /// The value in the module.
  Value emitted;
  /// The elements, row-major, when they follow from constants and symbolic
  /// dimensions: integers, booleans, and floats that are sizes converted.
  std::optional<SmallVector<Size>> integers;
  /// The constant that this value is, reinterpreted as `shape` and, when
  /// `isTransposed`, with its two dimensions swapped.
  const ConstantTensor *constant = nullptr;
  bool isTransposed = false;
  /// Integers that are at least 0 are below this; null when nothing is known.
  Size elementLimit;

  int64_t getRank() const { return int64_t(shape.size()); }
  /// False after an error in the node that defines it.
  bool isValid() const { return elementType != ElementType::Undefined; }
};

/// The module under construction, and what is known about each value.
class ImportState {
public:
  ImportState(const ModelFile &model, const std::filesystem::path &modelPath,
              const ImportOptions &options, MLIRContext &context,
              DiagnosticSink &sink);

  ImportedTensor &value(ValueId id) { return values[id]; }
  /// The name of a value in the file.
  StringRef getName(ValueId id) const { return graph->valueNames[id]; }
  /// The tensor behind one that was elided from the parsed model.
  const FileTensor &getFileTensor(const onnx::TensorProto &elided) const {
    return model.tensor(elided);
  }
  void setGraph(const Graph &graph) {
    this->graph = &graph;
    values.resize(graph.valueNames.size());
  }

  /// The constant in `tensor`, called `name`. Reports at `part` and returns
  /// null when its data or type cannot be used.
  const ConstantTensor *findConstant(const FileTensor &tensor, StringRef name,
                                     const std::string &part);
  /// A constant that no file holds.
  const ConstantTensor *addConstant(StringRef name, ElementType type,
                                    ArrayRef<int64_t> shape,
                                    std::vector<std::byte> bytes);
  /// whole[index], where `whole` is reinterpreted as `shape`: a constant with
  /// the bytes of `whole`, called `<name>.<index>`.
  const ConstantTensor *addPart(const ConstantTensor &whole,
                                ArrayRef<int64_t> shape, int64_t index);
  /// The number `value` as a constant of rank 0 of Float32, Float64 or an
  /// integer type.
  ImportedTensor getScalar(ElementType type, double value);
  /// A value that is `constant`; its integers are known if there are few.
  ImportedTensor getTensor(const ConstantTensor &constant);

  /// The integers of `tensor`, evaluated from its constant on first use; null
  /// when they are not known.
  const SmallVector<Size> *findIntegers(ImportedTensor &tensor);

  /// Whether two sizes are one: equal expressions, or expressions that may be
  /// equal, which every run then checks. False when they differ by a constant.
  bool equate(Size a, Size b, StringRef place);
  /// Whether `a` is at most `b`: known, or checked by every run. False when a
  /// constant difference says otherwise.
  bool limit(Size a, Size b, StringRef place);
  /// In the order in which they came up, each once.
  ArrayRef<SizeCheck> getChecks() const { return checks; }

  /// The value in the module, emitted at the builder's place on first use.
  Value emit(ImportedTensor &tensor, Location loc);
  /// `constant` as a tensor of `shape`; `transposed` says that its file holds
  /// the transpose.
  Value emitConstant(const ConstantTensor &constant, ArrayRef<int64_t> shape,
                     bool transposed, Location loc);
  /// A size as attribute or as value of type index.
  OpFoldResult emitSize(Size size, Location loc);
  SmallVector<OpFoldResult> emitSizes(ArrayRef<Size> sizes, Location loc);
  Value emitIndex(Size size, Location loc);

  RankedTensorType getType(ElementType type, ArrayRef<Size> shape);
  /// `model.onnx:/fc1/MatMul [#3 MatMul, opset 17]`, without directories.
  StringAttr getLocationName(const Node &node);

  /// How often a node of a body has been imported.
  size_t bodyNodes = 0;

  DiagnosticSink &sink;
  SizeContext sizes;
  OpBuilder builder;
  OwningOpRef<ModuleOp> module;

private:
  const ModelFile &model;
  const Graph *graph = nullptr;

  FlatSymbolRefAttr getStore(const std::string &path);
  DenseElementsAttr getDenseAttr(const ConstantTensor &constant,
                                 ArrayRef<int64_t> shape, bool transposed);
  Value emitIntegers(const ImportedTensor &tensor, Location loc);

  void addCheck(SizeRelation relation, Size left, Size right, StringRef place);

  std::vector<SizeCheck> checks;
  std::string modelFile;
  std::string storeRoot;
  ExternalData external;
  std::deque<ConstantTensor> constants;
  std::map<const FileTensor *, const ConstantTensor *> fileConstants;
  std::deque<ImportedTensor> values;
  /// Emitted constants by identity, shape and transposition.
  std::map<std::tuple<const ConstantTensor *, std::vector<int64_t>, bool>,
           Value>
      emittedConstants;
  llvm::DenseMap<Size, Value> emittedSizes;
  llvm::StringMap<FlatSymbolRefAttr> stores;
};

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_IMPORTSTATE_H
