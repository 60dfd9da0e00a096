//===- Npy.h - NumPy array files --------------------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_ARTIFACT_NPY_H
#define CCQ_ARTIFACT_NPY_H

#include "ccq/Artifact/Tensor.h"
#include "ccq/Support/AtomicOutput.h"
#include "ccq/Support/MappedFile.h"
#include "ccq/Support/Result.h"

#include <cstddef>
#include <filesystem>
#include <span>

namespace ccq::artifact {

/// Reads the content of an npy file of format version 1.0, 2.0 or 3.0, C order,
/// little endian. The result refers to `content`.
///
/// Errors: MalformedInput with the byte offset for a broken header or a data
/// size that does not match the shape; Unsupported, with the remedy, for
/// Fortran order, big endian and other element types.
/// Source: numpy.lib.format, "Format Version 1.0" to "3.0".
Result<TensorView> parseNpy(std::span<const std::byte> content);

/// An npy file kept mapped. Movable; the tensor lives as long as the object.
class NpyFile {
public:
  /// Errors: those of MappedFile::tryOpen and parseNpy, with the path in front.
  static Result<NpyFile> tryOpen(const std::filesystem::path &path);

  const TensorView &tensor() const { return content; }

private:
  NpyFile(MappedFile file, TensorView content)
      : file(std::move(file)), content(std::move(content)) {}

  MappedFile file;
  TensorView content;
};

/// Writes a tensor as npy 1.0, with the data at a multiple of 64 bytes, as
/// NumPy does. Errors: ErrorKind::Output; Unsupported for BF16.
Result<void> writeNpy(const std::filesystem::path &path,
                      const TensorView &tensor, OverwritePolicy policy);

} // namespace ccq::artifact

#endif // CCQ_ARTIFACT_NPY_H
