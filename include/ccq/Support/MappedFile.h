//===- MappedFile.h - read-only memory-mapped file --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_SUPPORT_MAPPEDFILE_H
#define CCQ_SUPPORT_MAPPEDFILE_H

#include "ccq/Support/Result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace ccq {

/// A whole file mapped read-only. Movable; unmaps on destruction, so spans
/// handed out live as long as the object that gave them.
///
/// Only regular files are mapped. The pages are shared with the page cache:
/// mapping a file larger than memory costs address space only. Another process
/// that truncates the file while it is mapped makes reads fault.
class MappedFile {
public:
  /// Maps `path`. Fails with MalformedInput when the file is missing, is not a
  /// regular file or cannot be read.
  static Result<MappedFile> tryOpen(const std::filesystem::path &path);

  MappedFile(MappedFile &&other) noexcept;
  MappedFile &operator=(MappedFile &&other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return {data, sizeBytes}; }
  const std::filesystem::path &path() const { return filePath; }

  /// Bytes [offsetBytes, offsetBytes + lengthBytes). Fails with MalformedInput
  /// when the range leaves the file; both numbers may be any 64-bit value.
  Result<std::span<const std::byte>> tryGetRange(uint64_t offsetBytes,
                                                 uint64_t lengthBytes) const;

private:
  MappedFile(std::filesystem::path path, const std::byte *data,
             size_t sizeBytes)
      : filePath(std::move(path)), data(data), sizeBytes(sizeBytes) {}
  void unmap();

  std::filesystem::path filePath;
  const std::byte *data = nullptr;
  size_t sizeBytes = 0;
};

} // namespace ccq

#endif // CCQ_SUPPORT_MAPPEDFILE_H
