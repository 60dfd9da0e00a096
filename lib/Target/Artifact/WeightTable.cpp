//===- WeightTable.cpp - the weights of a plan as jobs --------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WeightTable.h"

#include "ccq/Artifact/CodedTensors.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinTypes.h"

#include <algorithm>

using namespace mlir;
using namespace mlir::ccq;
using ::ccq::Error;
using ::ccq::ErrorKind;
using ::ccq::MatrixShape;
using ::ccq::Result;
namespace artifact = ::ccq::artifact;
namespace codec = ::ccq::codec;

std::optional<artifact::DataType> mlir::ccq::findDataType(Type elementType) {
  using artifact::DataType;
  if (elementType.isF16())
    return DataType::F16;
  if (elementType.isBF16())
    return DataType::BF16;
  if (elementType.isF32())
    return DataType::F32;
  if (elementType.isF64())
    return DataType::F64;
  if (elementType.isInteger(1))
    return DataType::Bool;
  auto integer = dyn_cast<IntegerType>(elementType);
  if (!integer)
    return std::nullopt;
  bool isUnsigned = integer.isUnsigned();
  switch (integer.getWidth()) {
  case 8:
    return isUnsigned ? DataType::U8 : DataType::I8;
  case 16:
    return isUnsigned ? DataType::U16 : DataType::I16;
  case 32:
    return isUnsigned ? DataType::U32 : DataType::I32;
  case 64:
    return isUnsigned ? DataType::U64 : DataType::I64;
  default:
    return std::nullopt;
  }
}

template <typename T> static std::string print(const T &value) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << value;
  return text;
}

/// Text that two sources share exactly if they mean the same bits.
static std::string getSourceKey(Operation *op) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (auto blocks = dyn_cast<DequantizeOp>(op)) {
    stream << "blocks " << blocks.getBits() << ' ' << blocks.getBlock() << ' '
           << blocks.getType();
    for (Value part : op->getOperands())
      stream << " (" << getSourceKey(part.getDefiningOp()) << ')';
  } else if (auto source = dyn_cast<SourceOp>(op))
    stream << source.getStore() << '[' << source.getOffset() << ','
           << source.getBytes() << ']' << source.getTransposed() << ':'
           << source.getType();
  else
    stream << cast<arith::ConstantOp>(op).getValue().getAsOpaquePointer();
  return text;
}

static std::string getJobKey(const WeightJob &job) {
  std::string key = std::to_string(int(job.kind)) + getSourceKey(job.source);
  if (!job.scheme)
    return key;
  key += codec::printScheme(*job.scheme);
  // Other statistics lead to other codes.
  EncodeOp encode = job.encode;
  if (StringAttr store = encode.getStatsAttr())
    key += "@" + store.str() + ":" + encode.getName()->str();
  return key;
}

static StringRef getNameOf(Operation *op) {
  if (auto source = dyn_cast<SourceOp>(op))
    return source.getName().value_or("");
  if (auto blocks = dyn_cast<DequantizeOp>(op))
    return blocks.getName().value_or("");
  if (auto name = op->getAttrOfType<StringAttr>(CCQDialect::kNameAttr))
    return name.getValue();
  if (auto encode = dyn_cast<EncodeOp>(op)) {
    if (std::optional<StringRef> name = encode.getName())
      return *name;
    if (Operation *source = encode.getSource().getDefiningOp())
      return getNameOf(source);
  }
  if (auto decode = dyn_cast<DecodeOp>(op))
    if (Operation *encode = decode.getSource().getDefiningOp())
      return getNameOf(encode);
  return "";
}

/// Whether the elements of `op` follow from files and constants alone.
static bool isHeldByFile(Operation *op) {
  auto blocks = dyn_cast_if_present<DequantizeOp>(op);
  if (!blocks)
    return isa_and_present<SourceOp, arith::ConstantOp>(op);
  return llvm::all_of(blocks->getOperands(), [](Value part) {
    return isa_and_present<SourceOp, arith::ConstantOp>(part.getDefiningOp());
  });
}

Result<WeightJob> WeightTable::describe(Value weight) {
  WeightJob job;
  job.origin = weight.getDefiningOp();
  Operation *op = job.origin;
  auto decode = dyn_cast_if_present<DecodeOp>(op);
  if (decode && decode.getMaterialized())
    op = decode.getSource().getDefiningOp();
  if (auto encode = dyn_cast_if_present<EncodeOp>(op)) {
    job.kind = decode ? WeightJobKind::Materialize : WeightJobKind::Encode;
    job.scheme = encode.getType().getScheme().getScheme();
    job.encode = encode;
    op = encode.getSource().getDefiningOp();
  } else if (decode) {
    op = nullptr;
  }
  if (!isHeldByFile(op))
    return Error{ErrorKind::CompileError,
                 "expected a weight: a ccq.source, ccq.dequantize or constant, "
                 "a ccq.encode of "
                 "one, or a materialized ccq.decode of that, got " +
                     (job.origin ? job.origin->getName().getStringRef().str()
                                 : std::string("an argument"))};
  job.source = op;
  return job;
}

/// Type and extents of the tensors of a job, with empty names.
static Result<std::vector<artifact::TensorSpec>>
describeTensors(const WeightJob &job) {
  auto type = cast<RankedTensorType>(job.source->getResult(0).getType());
  std::vector<int64_t> dims(type.getShape().begin(), type.getShape().end());
  if (job.kind == WeightJobKind::Materialize)
    return std::vector<artifact::TensorSpec>{
        {"", artifact::DataType::F32, dims}};
  if (job.kind == WeightJobKind::Encode) {
    MatrixShape shape{dims[0], dims[1]};
    if (Result<void> checked = codec::checkShape(*job.scheme, shape); !checked)
      return checked.takeError();
    return artifact::getComponentTensors("", *job.scheme, shape);
  }
  std::optional<artifact::DataType> dataType =
      findDataType(type.getElementType());
  if (!dataType)
    return Error{ErrorKind::Unsupported,
                 "expected a weight of 8- to 64-bit numbers or booleans, got " +
                     print(type)};
  return std::vector<artifact::TensorSpec>{{"", *dataType, dims}};
}

void WeightTable::name(WeightJob &job, StringRef wanted) {
  std::string base = wanted.empty()
                         ? "constant_" + std::to_string(unnamedCount++)
                         : wanted.str();
  // The suffixes of components lead to names that another weight may have.
  std::vector<std::string> suffixes;
  for (const artifact::TensorSpec &tensor : job.tensors)
    suffixes.push_back(tensor.name);
  auto isFree = [&](const std::string &name) {
    return name != "__metadata__" &&
           llvm::none_of(suffixes, [&](const std::string &suffix) {
             return tensorNames.count(name + suffix);
           });
  };
  job.name = base;
  for (unsigned i = 1; !isFree(job.name); ++i)
    job.name = base + "_" + std::to_string(i);
  for (size_t i = 0; i < job.tensors.size(); ++i) {
    job.tensors[i].name = job.name + suffixes[i];
    tensorNames.insert(job.tensors[i].name);
  }
}

Result<size_t> WeightTable::add(Value weight) {
  Result<WeightJob> job = describe(weight);
  if (!job)
    return job.takeError();
  std::string key = getJobKey(*job);
  if (auto known = indexOfKey.find(key); known != indexOfKey.end())
    return known->second;
  Result<std::vector<artifact::TensorSpec>> tensors = describeTensors(*job);
  if (!tensors)
    return tensors.takeError();
  job->tensors = *std::move(tensors);
  name(*job, getNameOf(job->origin));
  indexOfKey.emplace(std::move(key), list.size());
  list.push_back(*std::move(job));
  return list.size() - 1;
}
