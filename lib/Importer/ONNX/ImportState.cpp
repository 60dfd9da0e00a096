//===- ImportState.cpp - values and IR of an import in progress -----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ImportState.h"

#include "SizeExtrema.h"
#include "ccq/Dialect/CCQ/IR/CCQOps.h"
#include "ccq/Support/Half.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace mlir::ccq;
using namespace mlir::ccq::importer;
namespace fs = std::filesystem;

/// The model's directory as seen from the directory of the written module.
static std::string getStoreRoot(const fs::path &modelPath,
                                const fs::path &outputDirectory) {
  if (outputDirectory.empty())
    return ".";
  std::error_code error;
  fs::path directory = fs::weakly_canonical(
      modelPath.has_parent_path() ? modelPath.parent_path() : ".", error);
  fs::path root = fs::relative(directory, outputDirectory, error);
  return root.empty() ? "." : root.generic_string();
}

ImportState::ImportState(const ModelFile &model, const fs::path &modelPath,
                         const ImportOptions &options, MLIRContext &context,
                         DiagnosticSink &sink)
    : sink(sink), sizes(context, options.dimensions), builder(&context),
      model(model), modelFile(modelPath.filename().generic_string()),
      storeRoot(getStoreRoot(modelPath, options.outputDirectory)),
      external(modelPath) {}

double importer::readFloat(const ConstantTensor &constant, int64_t index) {
  unsigned size = ::ccq::getElementBytes(constant.elementType);
  uint64_t bits = 0;
  for (unsigned i = 0; i < size; ++i)
    bits |= uint64_t(uint8_t(constant.bytes[index * size + i])) << (8 * i);
  switch (constant.elementType) {
  case ElementType::Float16:
    return ::ccq::halfToFloat(uint16_t(bits));
  case ElementType::BFloat16:
    return ::ccq::bfloat16ToFloat(uint16_t(bits));
  case ElementType::Float32:
    return llvm::bit_cast<float>(uint32_t(bits));
  default:
    return llvm::bit_cast<double>(bits);
  }
}

int64_t ConstantTensor::getNumElements() const {
  return bytes.size() / ::ccq::getElementBytes(elementType);
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

static ArrayRef<char> asChars(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

const ConstantTensor *ImportState::findConstant(const FileTensor &tensor,
                                                StringRef name,
                                                const std::string &part) {
  auto known = fileConstants.find(&tensor);
  if (known != fileConstants.end())
    return known->second;
  if (tensor.error) {
    sink.report(*tensor.error, part);
    return nullptr;
  }
  const ::ccq::TensorProtoView &view = tensor.view;
  if (!findBuiltinType(view.type, builder.getContext())) {
    sink.unsupported(part, "tensors of " +
                               ::ccq::getElementTypeName(view.type) +
                               " are not supported");
    return nullptr;
  }
  ConstantTensor constant;
  constant.name = name.str();
  constant.elementType = view.type;
  constant.shape.assign(view.dims.begin(), view.dims.end());
  if (view.storage == ::ccq::TensorStorage::External) {
    ::ccq::Result<ExternalData::Location> location = external.tryFind(view);
    if (!location) {
      sink.report(location.error(), part);
      return nullptr;
    }
    constant.path = location->path;
    constant.range = location->range;
    constant.bytes = asChars(location->file->bytes().subspan(
        location->range.offset, location->range.length));
  } else if (view.contiguous) {
    constant.path = modelFile;
    constant.range = *view.contiguous;
    constant.bytes = asChars(view.message.subspan(
        view.contiguous->offset - view.messageOffset, view.contiguous->length));
  } else {
    ::ccq::Result<std::vector<std::byte>> bytes =
        ::ccq::readTensorElements(view);
    if (!bytes) {
      sink.report(bytes.error(), part);
      return nullptr;
    }
    constant.owned = *std::move(bytes);
  }
  constants.push_back(std::move(constant));
  ConstantTensor &added = constants.back();
  if (added.path.empty())
    added.bytes = asChars(added.owned);
  return fileConstants[&tensor] = &added;
}

const ConstantTensor *ImportState::addConstant(StringRef name, ElementType type,
                                               ArrayRef<int64_t> shape,
                                               std::vector<std::byte> bytes) {
  ConstantTensor &constant = constants.emplace_back();
  constant.name = name.str();
  constant.elementType = type;
  constant.shape.assign(shape.begin(), shape.end());
  constant.owned = std::move(bytes);
  constant.bytes = asChars(constant.owned);
  return &constant;
}

const ConstantTensor *ImportState::addPart(const ConstantTensor &whole,
                                           ArrayRef<int64_t> shape,
                                           int64_t index) {
  ConstantTensor &part = constants.emplace_back();
  if (!whole.name.empty())
    part.name = whole.name + "." + std::to_string(index);
  part.elementType = whole.elementType;
  part.shape.assign(shape.begin() + 1, shape.end());
  size_t bytes = whole.bytes.size() / size_t(shape[0]);
  part.bytes = whole.bytes.slice(size_t(index) * bytes, bytes);
  part.path = whole.path;
  part.range = {whole.range.offset + uint64_t(index) * bytes, bytes};
  return &part;
}

ImportedTensor ImportState::getScalar(ElementType type, double value) {
  uint64_t bits = uint64_t(int64_t(value));
  if (type == ElementType::Float32)
    bits = llvm::bit_cast<uint32_t>(float(value));
  else if (type == ElementType::Float64)
    bits = llvm::bit_cast<uint64_t>(value);
  std::vector<std::byte> bytes;
  for (unsigned i = 0; i < ::ccq::getElementBytes(type); ++i)
    bytes.push_back(std::byte(bits >> (8 * i)));
  return getTensor(*addConstant("", type, {}, std::move(bytes)));
}

ImportedTensor ImportState::getTensor(const ConstantTensor &constant) {
  ImportedTensor tensor;
  tensor.elementType = constant.elementType;
  for (int64_t dim : constant.shape)
    tensor.shape.push_back(sizes.getConstant(dim));
  tensor.constant = &constant;
  return tensor;
}

/// The little-endian integer at `bytes`, extended as its type says.
static int64_t readInteger(ElementType type, const char *bytes) {
  unsigned size = ::ccq::getElementBytes(type);
  uint64_t value = 0;
  for (unsigned i = 0; i < size; ++i)
    value |= uint64_t(uint8_t(bytes[i])) << (8 * i);
  if (isSignedInteger(type) && size < 8 && value >> (8 * size - 1))
    value |= ~uint64_t(0) << (8 * size);
  return int64_t(value);
}

const SmallVector<Size> *ImportState::findIntegers(ImportedTensor &tensor) {
  if (tensor.integers)
    return &*tensor.integers;
  const ConstantTensor *constant = tensor.constant;
  bool isIntegral =
      isInteger(tensor.elementType) || tensor.elementType == ElementType::Bool;
  if (!constant || !isIntegral || tensor.isTransposed ||
      constant->getNumElements() > maxKnownIntegers)
    return nullptr;
  SmallVector<Size> integers;
  unsigned size = ::ccq::getElementBytes(constant->elementType);
  for (size_t at = 0; at < constant->bytes.size(); at += size)
    integers.push_back(sizes.getConstant(
        readInteger(constant->elementType, constant->bytes.data() + at)));
  tensor.integers = std::move(integers);
  return &*tensor.integers;
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

void ImportState::addCheck(SizeRelation relation, Size left, Size right,
                           StringRef place) {
  bool isKnown = llvm::any_of(checks, [&](const SizeCheck &check) {
    bool isSame = check.left == left && check.right == right;
    bool isSwapped = relation == SizeRelation::Equal && check.left == right &&
                     check.right == left;
    return check.relation == relation && (isSame || isSwapped);
  });
  if (!isKnown)
    checks.push_back({relation, left, right, place.str()});
}

bool ImportState::equate(Size a, Size b, StringRef place) {
  if (a == b)
    return true;
  // Null when the expressions get too large to compare: left to the run.
  Size difference = sizes.trySubtract(a, b);
  if (difference && importer::findConstant(difference))
    return isConstant(difference, 0);
  addCheck(SizeRelation::Equal, a, b, place);
  return true;
}

bool ImportState::limit(Size a, Size b, StringRef place) {
  Size room = sizes.trySubtract(b, a);
  if (room && isCertainlyNonNegative(room))
    return true;
  if (room && importer::findConstant(room))
    return false;
  addCheck(SizeRelation::AtMost, a, b, place);
  return true;
}

//===----------------------------------------------------------------------===//
// Emission
//===----------------------------------------------------------------------===//

RankedTensorType ImportState::getType(ElementType type, ArrayRef<Size> shape) {
  SmallVector<int64_t> dims;
  for (Size size : shape)
    dims.push_back(importer::findConstant(size).value_or(ShapedType::kDynamic));
  return RankedTensorType::get(dims,
                               findBuiltinType(type, builder.getContext()));
}

StringAttr ImportState::getLocationName(const Node &node) {
  return builder.getStringAttr(modelFile + ":" + node.label);
}

FlatSymbolRefAttr ImportState::getStore(const std::string &path) {
  FlatSymbolRefAttr &store = stores[path];
  if (store)
    return store;
  std::string name = path == modelFile ? "model" : "external";
  if (path != modelFile && stores.size() > 2)
    name += "_" + std::to_string(stores.size() - 2);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(&*std::prev(module->getBody()->end()));
  builder.create<StoreOp>(builder.getUnknownLoc(), name, path, storeRoot);
  store = FlatSymbolRefAttr::get(builder.getContext(), name);
  return store;
}

/// `bytes`, a row-major matrix of `rows` x `columns`, transposed.
static std::vector<char> transpose(ArrayRef<char> bytes, int64_t rows,
                                   int64_t columns, unsigned elementBytes) {
  std::vector<char> result(bytes.size());
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column)
      std::copy_n(bytes.data() + (row * columns + column) * elementBytes,
                  elementBytes,
                  result.data() + (column * rows + row) * elementBytes);
  return result;
}

DenseElementsAttr ImportState::getDenseAttr(const ConstantTensor &constant,
                                            ArrayRef<int64_t> shape,
                                            bool transposed) {
  auto type = RankedTensorType::get(
      shape, findBuiltinType(constant.elementType, builder.getContext()));
  unsigned elementBytes = ::ccq::getElementBytes(constant.elementType);
  std::vector<char> swapped;
  ArrayRef<char> bytes = constant.bytes;
  if (transposed) {
    swapped = transpose(bytes, shape[1], shape[0], elementBytes);
    bytes = swapped;
  }
  if (constant.elementType != ElementType::Bool)
    return DenseElementsAttr::getFromRawBuffer(type, bytes);
  SmallVector<bool> bits;
  for (char byte : bytes)
    bits.push_back(byte != 0);
  return DenseElementsAttr::get(type, bits);
}

Value ImportState::emitConstant(const ConstantTensor &constant,
                                ArrayRef<int64_t> shape, bool transposed,
                                Location loc) {
  Value &value = emittedConstants[{&constant, shape.vec(), transposed}];
  if (value)
    return value;
  bool isInline = constant.path.empty() ||
                  constant.getNumElements() <= maxInlineElements ||
                  constant.elementType == ElementType::Bool;
  if (isInline) {
    value = builder.create<arith::ConstantOp>(
        loc, getDenseAttr(constant, shape, transposed));
    return value;
  }
  auto type = RankedTensorType::get(
      shape, findBuiltinType(constant.elementType, builder.getContext()));
  value = builder.create<SourceOp>(
      loc, type, getStore(constant.path),
      builder.getI64IntegerAttr(int64_t(constant.range.offset)),
      builder.getI64IntegerAttr(int64_t(constant.range.length)),
      transposed ? builder.getUnitAttr() : UnitAttr(),
      constant.name.empty() ? StringAttr()
                            : builder.getStringAttr(constant.name));
  return value;
}

Value ImportState::emitIntegers(const ImportedTensor &tensor, Location loc) {
  RankedTensorType type = getType(tensor.elementType, tensor.shape);
  auto floating = dyn_cast<FloatType>(type.getElementType());
  if (auto constants = findConstants(*tensor.integers)) {
    if (floating) {
      SmallVector<Attribute> elements;
      for (int64_t value : *constants)
        elements.push_back(builder.getFloatAttr(floating, double(value)));
      return builder.create<arith::ConstantOp>(
          loc, DenseElementsAttr::get(type, elements));
    }
    unsigned bits = type.getElementTypeBitWidth();
    SmallVector<APInt> elements;
    for (int64_t value : *constants)
      elements.push_back(APInt(64, uint64_t(value)).trunc(bits));
    return builder.create<arith::ConstantOp>(
        loc, DenseElementsAttr::get(type, elements));
  }
  SmallVector<Value> elements;
  Type integerType = floating ? builder.getI64Type() : type.getElementType();
  for (Size size : *tensor.integers) {
    Value element = builder.create<arith::IndexCastOp>(loc, integerType,
                                                       emitIndex(size, loc));
    if (floating)
      element = builder.create<arith::SIToFPOp>(loc, floating, element);
    elements.push_back(element);
  }
  return builder.create<tensor::FromElementsOp>(loc, type, elements);
}

Value ImportState::emit(ImportedTensor &tensor, Location loc) {
  if (tensor.emitted)
    return tensor.emitted;
  if (tensor.constant)
    tensor.emitted =
        emitConstant(*tensor.constant, *findConstants(tensor.shape),
                     tensor.isTransposed, loc);
  else
    tensor.emitted = emitIntegers(tensor, loc);
  return tensor.emitted;
}

Value ImportState::emitIndex(Size size, Location loc) {
  Value &value = emittedSizes[size];
  if (value)
    return value;
  if (auto constant = importer::findConstant(size))
    return value = builder.create<arith::ConstantIndexOp>(loc, *constant);
  if (auto symbol = dyn_cast<AffineSymbolExpr>(size))
    return value = builder.create<DimOp>(
               loc, sizes.getNames()[symbol.getPosition()]);
  // Number the symbols that occur from 0.
  SmallVector<Value> symbols;
  llvm::DenseMap<AffineExpr, AffineExpr> renumbered;
  size.walk([&](AffineExpr part) {
    if (!isa<AffineSymbolExpr>(part) || renumbered.contains(part))
      return;
    renumbered[part] =
        getAffineSymbolExpr(symbols.size(), builder.getContext());
    symbols.push_back(emitIndex(part, loc));
  });
  AffineMap map = AffineMap::get(0, symbols.size(), size.replace(renumbered));
  return emittedSizes[size] =
             builder.create<affine::AffineApplyOp>(loc, map, symbols);
}

OpFoldResult ImportState::emitSize(Size size, Location loc) {
  if (auto constant = importer::findConstant(size))
    return builder.getIndexAttr(*constant);
  return emitIndex(size, loc);
}

SmallVector<OpFoldResult> ImportState::emitSizes(ArrayRef<Size> list,
                                                 Location loc) {
  SmallVector<OpFoldResult> result;
  for (Size size : list)
    result.push_back(emitSize(size, loc));
  return result;
}
