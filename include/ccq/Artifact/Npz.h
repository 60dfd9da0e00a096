//===- Npz.h - archives of NumPy arrays -------------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_ARTIFACT_NPZ_H
#define CCQ_ARTIFACT_NPZ_H

#include "ccq/Artifact/Tensor.h"
#include "ccq/Support/MappedFile.h"
#include "ccq/Support/Result.h"

#include <filesystem>
#include <map>
#include <string>

namespace ccq::artifact {

/// Arrays by their names, which are those of the members without `.npy`.
using NpzContent = std::map<std::string, TensorView>;

/// Reads the content of an npz file, a zip archive of npy files that are
/// stored as they are, as numpy.savez writes it. The tensors refer to
/// `content`.
///
/// Errors: MalformedInput for a broken archive and those of parseNpy, with the
/// member; Unsupported, with the remedy, for compressed and encrypted members
/// and archives in parts.
/// Source: APPNOTE.TXT 6.3.9 of PKWARE, 4.3.7, 4.3.12, 4.3.16 and 4.5.3.
Result<NpzContent> parseNpz(std::span<const std::byte> content);

/// An npz file kept mapped. Movable; the tensors live as long as the object.
class NpzFile {
public:
  /// Errors: those of MappedFile::tryOpen and parseNpz, with the path in front.
  static Result<NpzFile> tryOpen(const std::filesystem::path &path);

  const NpzContent &tensors() const { return content; }

private:
  NpzFile(MappedFile file, NpzContent content)
      : file(std::move(file)), content(std::move(content)) {}

  MappedFile file;
  NpzContent content;
};

} // namespace ccq::artifact

#endif // CCQ_ARTIFACT_NPZ_H
