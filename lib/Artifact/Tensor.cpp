//===- Tensor.cpp - typed multi-dimensional data in memory ----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/Tensor.h"

#include "ccq/Support/Half.h"

#include <cstring>
#include <limits>

using namespace ccq;
using namespace ccq::artifact;

namespace {
/// How the file formats name an element type.
struct DataTypeInfo {
  DataType type;
  unsigned bytes;
  std::string_view safetensorsName;
  std::string_view npyDescriptor;
};
} // namespace

// One row per enumerator, in their order.
static constexpr DataTypeInfo dataTypes[] = {
    {DataType::Bool, 1, "BOOL", "|b1"}, {DataType::I8, 1, "I8", "|i1"},
    {DataType::U8, 1, "U8", "|u1"},     {DataType::I16, 2, "I16", "<i2"},
    {DataType::U16, 2, "U16", "<u2"},   {DataType::I32, 4, "I32", "<i4"},
    {DataType::U32, 4, "U32", "<u4"},   {DataType::I64, 8, "I64", "<i8"},
    {DataType::U64, 8, "U64", "<u8"},   {DataType::F16, 2, "F16", "<f2"},
    {DataType::BF16, 2, "BF16", ""},    {DataType::F32, 4, "F32", "<f4"},
    {DataType::F64, 8, "F64", "<f8"},
};

static constexpr bool isInEnumOrder() {
  for (size_t i = 0; i < std::size(dataTypes); ++i)
    if (size_t(dataTypes[i].type) != i)
      return false;
  return true;
}
static_assert(isInEnumOrder(), "dataTypes is indexed by DataType");

unsigned artifact::getDataTypeBytes(DataType type) {
  return dataTypes[size_t(type)].bytes;
}

std::string_view artifact::getSafetensorsName(DataType type) {
  return dataTypes[size_t(type)].safetensorsName;
}

std::optional<DataType> artifact::findSafetensorsType(std::string_view name) {
  for (const DataTypeInfo &info : dataTypes)
    if (info.safetensorsName == name)
      return info.type;
  return std::nullopt;
}

std::string_view artifact::getNpyDescriptor(DataType type) {
  return dataTypes[size_t(type)].npyDescriptor;
}

std::optional<DataType> artifact::findNpyType(std::string_view descriptor) {
  for (const DataTypeInfo &info : dataTypes)
    if (!descriptor.empty() && info.npyDescriptor == descriptor)
      return info.type;
  return std::nullopt;
}

DataType artifact::getDataType(codec::ElementType type) {
  switch (type) {
  case codec::ElementType::I8:
    return DataType::I8;
  case codec::ElementType::U8:
    return DataType::U8;
  case codec::ElementType::U16:
    return DataType::U16;
  case codec::ElementType::F16:
    return DataType::F16;
  case codec::ElementType::F32:
    return DataType::F32;
  case codec::ElementType::U32:
    return DataType::U32;
  case codec::ElementType::BF16:
    return DataType::BF16;
  }
  return DataType::U8;
}

std::optional<uint64_t>
artifact::computeSizeBytes(DataType type, std::span<const int64_t> dims) {
  constexpr uint64_t limit = std::numeric_limits<int64_t>::max();
  bool isEmpty = false;
  uint64_t size = getDataTypeBytes(type);
  for (int64_t dim : dims) {
    if (dim < 0)
      return std::nullopt;
    isEmpty |= dim == 0;
    if (dim != 0 && size > limit / uint64_t(dim))
      return std::nullopt;
    size *= dim == 0 ? 1 : uint64_t(dim);
  }
  return isEmpty ? 0 : size;
}

std::string artifact::printDims(std::span<const int64_t> dims) {
  std::string text = "[";
  for (size_t i = 0; i < dims.size(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(dims[i]);
  return text + "]";
}

template <typename T, typename Convert>
static std::vector<float> convertAll(std::span<const std::byte> bytes,
                                     Convert convert) {
  std::vector<float> values(bytes.size() / sizeof(T));
  for (size_t i = 0; i < values.size(); ++i) {
    T element;
    std::memcpy(&element, bytes.data() + i * sizeof(T), sizeof(T));
    values[i] = convert(element);
  }
  return values;
}

Result<std::vector<float>>
artifact::tryConvertToFloat32(const TensorView &tensor) {
  switch (tensor.type) {
  case DataType::F16:
    return convertAll<uint16_t>(tensor.bytes, halfToFloat);
  case DataType::BF16:
    return convertAll<uint16_t>(tensor.bytes, bfloat16ToFloat);
  case DataType::F32:
    return convertAll<float>(tensor.bytes, [](float x) { return x; });
  case DataType::F64:
    return convertAll<double>(tensor.bytes, [](double x) { return float(x); });
  default:
    return Error{ErrorKind::Unsupported,
                 "expected elements of type F16, BF16, F32 or F64, got " +
                     std::string(getSafetensorsName(tensor.type))};
  }
}
