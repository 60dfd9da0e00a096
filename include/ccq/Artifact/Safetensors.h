//===- Safetensors.h - safetensors files ------------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_ARTIFACT_SAFETENSORS_H
#define CCQ_ARTIFACT_SAFETENSORS_H

#include "ccq/Artifact/Tensor.h"
#include "ccq/Support/AtomicOutput.h"
#include "ccq/Support/MappedFile.h"
#include "ccq/Support/Result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ccq::artifact {

/// Free-form text entries of a file, `__metadata__` in the header.
using Metadata = std::map<std::string, std::string>;

/// Name, type and extents of a tensor in a file.
struct TensorSpec {
  std::string name;
  DataType type = DataType::F32;
  std::vector<int64_t> dims;
};

/// A tensor and where its bytes lie, counted from the end of the header.
struct TensorEntry {
  TensorSpec spec;
  uint64_t beginBytes = 0;
  uint64_t endBytes = 0;
};

/// A checked header. Entries are in the order of their data and cover it from
/// the first byte to the last without gap or overlap.
struct SafetensorsHeader {
  std::vector<TensorEntry> tensors;
  Metadata metadata;
  /// Offset of the data in the file.
  uint64_t dataOffsetBytes = 0;
};

/// Reads and checks the header of a whole file: its length against the file
/// and the limit of 100 MB, JSON without duplicate keys, known types, sizes
/// that match the shapes, and offsets without overlap, gap or rest. Fails with
/// MalformedInput, naming the tensor.
/// Source: the format section of the safetensors README.
Result<SafetensorsHeader>
parseSafetensorsHeader(std::span<const std::byte> content);

/// A safetensors file kept mapped. Movable; views live as long as the object.
class SafetensorsFile {
public:
  /// Errors: those of MappedFile::tryOpen and parseSafetensorsHeader, with the
  /// path in front.
  static Result<SafetensorsFile> tryOpen(const std::filesystem::path &path);

  const std::vector<TensorEntry> &tensors() const { return header.tensors; }
  const Metadata &metadata() const { return header.metadata; }
  const std::filesystem::path &path() const { return file.path(); }

  std::optional<TensorView> findTensor(std::string_view name) const;
  std::optional<std::string_view> findMetadata(std::string_view key) const;

private:
  SafetensorsFile(MappedFile file, SafetensorsHeader header);

  MappedFile file;
  SafetensorsHeader header;
  std::map<std::string, size_t, std::less<>> indexOfName;
};

/// Writes a safetensors file piece by piece, in any order, with nothing but
/// the piece in memory. The file appears whole in commit() or not at all.
///
/// The bytes depend on the tensors and metadata only: tensors are laid out by
/// falling element size, then by name, so that each starts at a multiple of
/// its element size; the data starts at a multiple of 64 bytes.
class SafetensorsWriter {
public:
  /// Fixes the layout and writes the header. Errors: ErrorKind::Output for the
  /// path; CompileError for a name or metadata that occurs twice, is reserved
  /// or is not UTF-8; MalformedInput for extents without a size.
  static Result<SafetensorsWriter> tryCreate(const std::filesystem::path &path,
                                             std::vector<TensorSpec> tensors,
                                             const Metadata &metadata,
                                             OverwritePolicy policy);

  SafetensorsWriter(SafetensorsWriter &&) noexcept;
  SafetensorsWriter &operator=(SafetensorsWriter &&) noexcept;
  ~SafetensorsWriter();

  /// Writes bytes of one tensor from `offsetBytes` on. Each byte is written
  /// exactly once. Calls may run concurrently. Fails with Internal for a name
  /// that was not declared or a range that leaves the tensor.
  Result<void> write(std::string_view name, uint64_t offsetBytes,
                     std::span<const std::byte> bytes);

  /// Completes the file. Fails with Internal when a tensor has not been
  /// written in full.
  Result<void> commit();

private:
  struct State;
  explicit SafetensorsWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state;
};

} // namespace ccq::artifact

#endif // CCQ_ARTIFACT_SAFETENSORS_H
