//===- TensorProto.cpp - reader of serialized ONNX tensors ----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Support/TensorProto.h"

#include "ccq/Support/ProtobufWire.h"

#include <charconv>

using namespace ccq;

namespace {

/// Field numbers of TensorProto and StringStringEntryProto (onnx.proto).
enum class TensorFieldNumber : uint32_t {
  Dims = 1,
  DataType = 2,
  Segment = 3,
  FloatData = 4,
  Int32Data = 5,
  StringData = 6,
  Int64Data = 7,
  Name = 8,
  RawData = 9,
  DoubleData = 10,
  UInt64Data = 11,
  ExternalData = 13,
  DataLocation = 14,
};
constexpr uint32_t entryKeyField = 1;
constexpr uint32_t entryValueField = 2;

/// Elements, and bytes, stay far below 2^63 so that products of a few such
/// numbers can be checked before they overflow.
constexpr uint64_t maxElements = uint64_t(1) << 60;
/// More dimensions than any operator has a use for; keeps hostile files small.
constexpr size_t maxRank = 64;

Error malformed(std::string message) {
  return {ErrorKind::MalformedInput, std::move(message)};
}

} // namespace

unsigned ccq::getElementBytes(TensorElementType type) {
  switch (type) {
  case TensorElementType::UInt8:
  case TensorElementType::Int8:
  case TensorElementType::Bool:
    return 1;
  case TensorElementType::UInt16:
  case TensorElementType::Int16:
  case TensorElementType::Float16:
  case TensorElementType::BFloat16:
    return 2;
  case TensorElementType::Float32:
  case TensorElementType::Int32:
  case TensorElementType::UInt32:
    return 4;
  case TensorElementType::Int64:
  case TensorElementType::Float64:
  case TensorElementType::UInt64:
  case TensorElementType::Complex64:
    return 8;
  case TensorElementType::Complex128:
    return 16;
  default:
    return 0;
  }
}

std::string ccq::getElementTypeName(TensorElementType type) {
  static constexpr const char *names[] = {
      "undefined",      "float32",    "uint8",
      "int8",           "uint16",     "int16",
      "int32",          "int64",      "string",
      "bool",           "float16",    "float64",
      "uint32",         "uint64",     "complex64",
      "complex128",     "bfloat16",   "float8e4m3fn",
      "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz",
      "uint4",          "int4",       "float4e2m1",
      "float8e8m0",     "uint2",      "int2"};
  auto number = int32_t(type);
  if (number >= 0 && size_t(number) < std::size(names))
    return names[number];
  return "element type " + std::to_string(number);
}

Result<uint64_t> ccq::tryGetElementCount(std::span<const int64_t> dims) {
  uint64_t count = 1;
  for (int64_t dim : dims)
    if (dim < 0)
      return malformed("expected dimensions of at least 0, got " +
                       std::to_string(dim));
  for (int64_t dim : dims)
    if (dim == 0)
      return uint64_t(0);
  for (int64_t dim : dims) {
    if (count > maxElements / uint64_t(dim))
      return malformed("expected at most 2^60 elements, the dimensions "
                       "multiply to more");
    count *= uint64_t(dim);
  }
  return count;
}

//===----------------------------------------------------------------------===//
// Description
//===----------------------------------------------------------------------===//

/// Storage that a data field stands for, or None for other fields.
static TensorStorage getStorage(const WireField &field) {
  switch (TensorFieldNumber(field.number)) {
  case TensorFieldNumber::FloatData:
    return TensorStorage::FloatData;
  case TensorFieldNumber::Int32Data:
    return TensorStorage::Int32Data;
  case TensorFieldNumber::StringData:
    return TensorStorage::StringData;
  case TensorFieldNumber::Int64Data:
    return TensorStorage::Int64Data;
  case TensorFieldNumber::RawData:
    return TensorStorage::RawData;
  case TensorFieldNumber::DoubleData:
    return TensorStorage::DoubleData;
  case TensorFieldNumber::UInt64Data:
    return TensorStorage::UInt64Data;
  default:
    return TensorStorage::None;
  }
}

/// Wire type of one element of a typed field when it is not packed.
static WireType getElementWireType(TensorStorage storage) {
  switch (storage) {
  case TensorStorage::FloatData:
    return WireType::Fixed32;
  case TensorStorage::DoubleData:
    return WireType::Fixed64;
  case TensorStorage::RawData:
  case TensorStorage::StringData:
    return WireType::Length;
  default:
    return WireType::Varint;
  }
}

/// Whether elements of `type` may lie in `storage` (onnx.proto, TensorProto).
static bool canHold(TensorStorage storage, TensorElementType type) {
  switch (storage) {
  case TensorStorage::FloatData:
    return type == TensorElementType::Float32;
  case TensorStorage::DoubleData:
    return type == TensorElementType::Float64;
  case TensorStorage::Int64Data:
    return type == TensorElementType::Int64;
  case TensorStorage::UInt64Data:
    return type == TensorElementType::UInt64 ||
           type == TensorElementType::UInt32;
  case TensorStorage::Int32Data:
    return type == TensorElementType::Int32 ||
           type == TensorElementType::Bool ||
           (getElementBytes(type) != 0 && getElementBytes(type) <= 2);
  case TensorStorage::StringData:
    return type == TensorElementType::String;
  default:
    return type != TensorElementType::String;
  }
}

static Result<void> readExternalEntry(const WireField &field,
                                      ExternalDataReference &external) {
  std::string_view key, value;
  WireReader reader(field.payload, field.payloadOffset);
  while (!reader.atEnd()) {
    Result<WireField> entry = reader.tryReadField();
    if (!entry)
      return entry.takeError();
    if (entry->type == WireType::Length && entry->number == entryKeyField)
      key = entry->text();
    if (entry->type == WireType::Length && entry->number == entryValueField)
      value = entry->text();
  }
  if (key == "location") {
    external.location = std::string(value);
    return {};
  }
  if (key != "offset" && key != "length")
    return {};
  uint64_t number = 0;
  auto [end, error] =
      std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size())
    return malformed("expected a 64-bit decimal " + std::string(key) +
                     " of external data, got '" + std::string(value) + "'");
  if (key == "offset")
    external.offset = number;
  else
    external.length = number;
  return {};
}

static Result<void> readDims(const WireField &field,
                             std::vector<int64_t> &dims) {
  if (field.type == WireType::Varint) {
    dims.push_back(int64_t(field.scalar));
  } else {
    WireReader packed(field.payload, field.payloadOffset);
    while (!packed.atEnd() && dims.size() <= maxRank) {
      Result<uint64_t> dim = packed.tryReadVarint();
      if (!dim)
        return dim.takeError();
      dims.push_back(int64_t(*dim));
    }
  }
  if (dims.size() > maxRank)
    return malformed("expected at most " + std::to_string(maxRank) +
                     " dimensions of a tensor");
  return {};
}

/// Reads the fields other than the data. `isExternal` is set when
/// data_location says so.
static Result<void> readTensorField(const WireField &field,
                                    TensorProtoView &tensor, bool &isExternal) {
  bool isLength = field.type == WireType::Length;
  bool isVarint = field.type == WireType::Varint;
  switch (TensorFieldNumber(field.number)) {
  case TensorFieldNumber::Dims:
    if (isVarint || isLength)
      return readDims(field, tensor.dims);
    break;
  case TensorFieldNumber::DataType:
    if (isVarint) {
      tensor.type = TensorElementType(int32_t(uint32_t(field.scalar)));
      return {};
    }
    break;
  case TensorFieldNumber::Segment:
    return Error{ErrorKind::Unsupported,
                 "tensors in segments are not supported"};
  case TensorFieldNumber::Name:
    if (isLength) {
      tensor.name = field.text();
      return {};
    }
    break;
  case TensorFieldNumber::ExternalData:
    if (isLength)
      return readExternalEntry(field, tensor.external);
    break;
  case TensorFieldNumber::DataLocation:
    if (isVarint) {
      isExternal = field.scalar == 1;
      return {};
    }
    break;
  default:
    return {};
  }
  return malformed("byte " + std::to_string(field.payloadOffset) +
                   ": expected another wire type for field " +
                   std::to_string(field.number) + " of a TensorProto");
}

/// Elements in one data field: 1 when it is not packed, else the length of the
/// packed run.
static Result<uint64_t> countElements(TensorStorage storage,
                                      const WireField &field) {
  if (field.type == getElementWireType(storage))
    return uint64_t(1);
  if (field.type != WireType::Length)
    return malformed("expected another wire type for field " +
                     std::to_string(field.number) + " of a TensorProto");
  if (storage == TensorStorage::FloatData ||
      storage == TensorStorage::DoubleData) {
    uint64_t size = storage == TensorStorage::FloatData ? 4 : 8;
    if (field.payload.size() % size != 0)
      return malformed("expected packed values of " + std::to_string(size) +
                       " bytes, got " + std::to_string(field.payload.size()) +
                       " bytes");
    return field.payload.size() / size;
  }
  // Every varint ends with a byte below 128.
  uint64_t count = 0;
  for (std::byte byte : field.payload)
    count += uint64_t(byte) < 0x80;
  return count;
}

/// Counts the values of one data field into `values` and notes where they are.
static Result<void> readDataField(const WireField &field, TensorStorage storage,
                                  TensorProtoView &tensor, uint64_t &values) {
  if (field.type == WireType::Length && field.payload.empty() &&
      storage != TensorStorage::StringData)
    return {};
  if (tensor.storage != TensorStorage::None &&
      (tensor.storage != storage || storage == TensorStorage::RawData))
    return malformed("expected one data field in a tensor, got several");
  bool isFirst = tensor.storage == TensorStorage::None;
  tensor.storage = storage;
  Result<uint64_t> count = countElements(storage, field);
  if (!count)
    return count.takeError();
  values += *count;
  tensor.contiguous.reset();
  bool isFixed = storage == TensorStorage::RawData ||
                 storage == TensorStorage::FloatData ||
                 storage == TensorStorage::DoubleData;
  if (isFirst && isFixed && field.type == WireType::Length)
    tensor.contiguous = ByteRange{field.payloadOffset, field.payload.size()};
  return {};
}

/// Checks element type and amount of data; `values` counts the elements of
/// typed fields.
static Result<void> checkData(const TensorProtoView &tensor, uint64_t values) {
  if (tensor.type == TensorElementType::Undefined)
    return malformed("expected an element type, got undefined");
  Result<uint64_t> count = tryGetElementCount(tensor.dims);
  if (!count)
    return count.takeError();
  if (tensor.storage == TensorStorage::External) {
    if (tensor.external.location.empty())
      return malformed("expected a location of external data, got none");
    return {};
  }
  if (!canHold(tensor.storage, tensor.type))
    return malformed("expected a data field that holds " +
                     getElementTypeName(tensor.type) + ", got another");
  unsigned elementBytes = getElementBytes(tensor.type);
  if (tensor.storage == TensorStorage::RawData) {
    if (elementBytes != 0 && tensor.contiguous->length != *count * elementBytes)
      return malformed("expected " + std::to_string(*count * elementBytes) +
                       " bytes of raw_data, got " +
                       std::to_string(tensor.contiguous->length));
    return {};
  }
  if (values != *count)
    return malformed("expected " + std::to_string(*count) +
                     " values for the dimensions, got " +
                     std::to_string(values));
  return {};
}

Result<TensorProtoView> ccq::readTensorProto(std::span<const std::byte> message,
                                             uint64_t messageOffset) {
  TensorProtoView tensor;
  tensor.message = message;
  tensor.messageOffset = messageOffset;
  bool isExternal = false;
  uint64_t values = 0;
  WireReader reader(message, messageOffset);
  while (!reader.atEnd()) {
    Result<WireField> field = reader.tryReadField();
    if (!field)
      return field.takeError();
    TensorStorage storage = getStorage(*field);
    Result<void> read = storage == TensorStorage::None
                            ? readTensorField(*field, tensor, isExternal)
                            : readDataField(*field, storage, tensor, values);
    if (!read)
      return read.takeError();
  }
  if (isExternal) {
    if (tensor.storage != TensorStorage::None)
      return malformed("expected external data only, got a data field too");
    tensor.storage = TensorStorage::External;
  }
  if (Result<void> checked = checkData(tensor, values); !checked)
    return checked.takeError();
  return tensor;
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

/// Whether `value`, as read from a varint of an int32_data or uint64_data
/// field, is a number of `type`. Float types of 16 bits are stored as bits.
static bool fits(TensorElementType type, uint64_t value) {
  auto number = int64_t(value);
  switch (type) {
  case TensorElementType::Bool:
    return value <= 1;
  case TensorElementType::UInt8:
    return value <= UINT8_MAX;
  case TensorElementType::Int8:
    return number >= INT8_MIN && number <= INT8_MAX;
  case TensorElementType::Int16:
    return number >= INT16_MIN && number <= INT16_MAX;
  case TensorElementType::UInt16:
  case TensorElementType::Float16:
  case TensorElementType::BFloat16:
    return value <= UINT16_MAX;
  case TensorElementType::Int32:
    return number >= INT32_MIN && number <= INT32_MAX;
  case TensorElementType::UInt32:
    return value <= UINT32_MAX;
  default:
    return true;
  }
}

/// Appends one integer in the width of `type`.
static Result<void> appendInteger(TensorElementType type, uint64_t value,
                                  std::vector<std::byte> &bytes) {
  // Negative 32-bit numbers may be written with five bytes or with ten.
  if (type == TensorElementType::Int32 && value <= UINT32_MAX)
    value = uint64_t(int64_t(int32_t(uint32_t(value))));
  if (!fits(type, value))
    return malformed("expected a value of " + getElementTypeName(type) +
                     ", got " + std::to_string(int64_t(value)));
  for (unsigned i = 0; i < getElementBytes(type); ++i)
    bytes.push_back(std::byte(value >> (8 * i)));
  return {};
}

/// Appends the elements of one data field.
static Result<void> appendField(const TensorProtoView &tensor,
                                const WireField &field,
                                std::vector<std::byte> &bytes) {
  if (tensor.storage == TensorStorage::RawData ||
      tensor.storage == TensorStorage::FloatData ||
      tensor.storage == TensorStorage::DoubleData) {
    // The fixed-width encodings end with the little-endian value.
    std::span<const std::byte> values = field.payload;
    if (field.type != WireType::Length)
      values = field.encoded.last(getElementBytes(tensor.type));
    bytes.insert(bytes.end(), values.begin(), values.end());
    return {};
  }
  if (field.type == WireType::Varint)
    return appendInteger(tensor.type, field.scalar, bytes);
  WireReader packed(field.payload, field.payloadOffset);
  while (!packed.atEnd()) {
    Result<uint64_t> value = packed.tryReadVarint();
    if (!value)
      return value.takeError();
    if (Result<void> done = appendInteger(tensor.type, *value, bytes); !done)
      return done;
  }
  return {};
}

Result<std::vector<std::byte>>
ccq::readTensorElements(const TensorProtoView &tensor) {
  unsigned elementBytes = getElementBytes(tensor.type);
  if (elementBytes == 0 || tensor.storage == TensorStorage::External)
    return Error{ErrorKind::Unsupported,
                 "expected a tensor of numbers inside the file, got " +
                     (elementBytes == 0 ? getElementTypeName(tensor.type)
                                        : std::string("external data"))};
  Result<uint64_t> count = tryGetElementCount(tensor.dims);
  if (!count)
    return count.takeError();
  std::vector<std::byte> bytes;
  bytes.reserve(*count * elementBytes);
  WireReader reader(tensor.message, tensor.messageOffset);
  while (!reader.atEnd()) {
    Result<WireField> field = reader.tryReadField();
    if (!field)
      return field.takeError();
    TensorStorage storage = getStorage(*field);
    if (storage == TensorStorage::None || storage != tensor.storage)
      continue;
    if (Result<void> done = appendField(tensor, *field, bytes); !done)
      return done.takeError();
  }
  return bytes;
}
