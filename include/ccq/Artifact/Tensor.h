//===- Tensor.h - typed multi-dimensional data in memory --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_ARTIFACT_TENSOR_H
#define CCQ_ARTIFACT_TENSOR_H

#include "ccq/Codec/CodedMatrix.h"
#include "ccq/Support/Result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ccq::artifact {

/// Element types of the file formats that CCQ reads and writes.
enum class DataType {
  Bool,
  I8,
  U8,
  I16,
  U16,
  I32,
  U32,
  I64,
  U64,
  F16,
  BF16,
  F32,
  F64,
};

/// Size of one element: 1, 2, 4 or 8.
unsigned getDataTypeBytes(DataType type);

/// Name in safetensors headers, for example `F32`.
std::string_view getSafetensorsName(DataType type);
std::optional<DataType> findSafetensorsType(std::string_view name);

/// Type descriptor in npy headers, for example `<f4`; empty for BF16, which
/// npy cannot hold.
std::string_view getNpyDescriptor(DataType type);
std::optional<DataType> findNpyType(std::string_view descriptor);

/// The file type of a component tensor.
DataType getDataType(codec::ElementType type);

/// Bytes of a dense tensor; no value when an extent is negative or the size
/// does not fit into 63 bits.
std::optional<uint64_t> computeSizeBytes(DataType type,
                                         std::span<const int64_t> dims);

/// `[4096, 1024]`
std::string printDims(std::span<const int64_t> dims);

/// Non-owning dense tensor, little endian, last dimension fastest. The bytes
/// need no alignment.
struct TensorView {
  DataType type = DataType::F32;
  std::vector<int64_t> dims;
  std::span<const std::byte> bytes;
};

/// The elements of an F16, BF16, F32 or F64 tensor as float32. F64 is rounded
/// to nearest even and becomes infinite beyond the float32 range, the others
/// are exact. Fails with Unsupported on integers.
Result<std::vector<float>> tryConvertToFloat32(const TensorView &tensor);

} // namespace ccq::artifact

#endif // CCQ_ARTIFACT_TENSOR_H
