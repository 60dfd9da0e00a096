//===- TensorProto.h - reader of serialized ONNX tensors --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_SUPPORT_TENSORPROTO_H
#define CCQ_SUPPORT_TENSORPROTO_H

#include "ccq/Support/Result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ccq {

/// Element types of ONNX tensors, with the numbers of TensorProto.DataType.
/// Files may hold numbers that are not listed.
enum class TensorElementType : int32_t {
  Undefined = 0,
  Float32 = 1,
  UInt8 = 2,
  Int8 = 3,
  UInt16 = 4,
  Int16 = 5,
  Int32 = 6,
  Int64 = 7,
  String = 8,
  Bool = 9,
  Float16 = 10,
  Float64 = 11,
  UInt32 = 12,
  UInt64 = 13,
  Complex64 = 14,
  Complex128 = 15,
  BFloat16 = 16,
};

/// Bytes of one element in raw_data, or 0 for strings, types of less than a
/// byte and unknown numbers. A Bool takes one byte.
unsigned getElementBytes(TensorElementType type);

/// Name for messages, e.g. "float32"; "element type 99" for unknown numbers.
std::string getElementTypeName(TensorElementType type);

/// The product of `dims`. Fails with MalformedInput when a dimension is
/// negative or the product exceeds 2^60.
Result<uint64_t> tryGetElementCount(std::span<const int64_t> dims);

/// Bytes of a file.
struct ByteRange {
  uint64_t offset = 0;
  uint64_t length = 0;

  bool operator==(const ByteRange &) const = default;
};

/// Where the elements of a TensorProto are.
enum class TensorStorage {
  /// No data field (correct for an empty tensor only).
  None,
  RawData,
  FloatData,
  Int32Data,
  Int64Data,
  DoubleData,
  UInt64Data,
  StringData,
  /// In another file; see TensorProtoView::external.
  External,
};

/// The external_data entries of a TensorProto.
struct ExternalDataReference {
  /// Path relative to the model's directory, as written.
  std::string location;
  uint64_t offset = 0;
  /// Absent means as many bytes as the elements take.
  std::optional<uint64_t> length;
};

/// A serialized TensorProto, described without copying its elements. Spans
/// point into the bytes that were read.
struct TensorProtoView {
  std::string_view name;
  std::vector<int64_t> dims;
  TensorElementType type = TensorElementType::Undefined;
  TensorStorage storage = TensorStorage::None;
  /// Position in the file of the elements as little-endian, row-major bytes,
  /// when they lie there in one piece: raw_data, and one packed float_data or
  /// double_data.
  std::optional<ByteRange> contiguous;
  ExternalDataReference external;
  /// The serialized message.
  std::span<const std::byte> message;
  uint64_t messageOffset = 0;
};

/// Describes the TensorProto in `message`, whose first byte is at
/// `messageOffset` of the file, and checks that the number of elements is
/// what the dimensions say. Fails with MalformedInput on broken encodings,
/// negative or overflowing dimensions, several data fields, an undefined
/// element type, and data of the wrong size; with Unsupported on segments.
/// The external file itself is not looked at.
Result<TensorProtoView> readTensorProto(std::span<const std::byte> message,
                                        uint64_t messageOffset = 0);

/// The elements as little-endian, row-major bytes, whichever field holds them.
/// Fails with Unsupported for strings, external data and element types without
/// a size in bytes; with MalformedInput when a value does not fit its type.
Result<std::vector<std::byte>>
readTensorElements(const TensorProtoView &tensor);

} // namespace ccq

#endif // CCQ_SUPPORT_TENSORPROTO_H
