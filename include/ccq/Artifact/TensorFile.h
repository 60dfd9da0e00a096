//===- TensorFile.h - one tensor in an npy or pb file -----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_ARTIFACT_TENSORFILE_H
#define CCQ_ARTIFACT_TENSORFILE_H

#include "ccq/Artifact/Tensor.h"
#include "ccq/Support/MappedFile.h"
#include "ccq/Support/Result.h"

#include <cstddef>
#include <filesystem>
#include <vector>

namespace ccq::artifact {

/// A tensor from a file: `.npy` (NumPy) or `.pb` (a serialized ONNX
/// TensorProto). Movable; the tensor lives as long as the object.
class TensorFile {
public:
  /// Errors: Usage for another ending; MalformedInput for a missing file or
  /// broken content; Unsupported for element types without a DataType. Messages
  /// start with the path.
  static Result<TensorFile> tryOpen(const std::filesystem::path &path);

  const TensorView &tensor() const { return content; }

private:
  TensorFile(MappedFile file, TensorView content)
      : file(std::move(file)), content(std::move(content)) {}

  MappedFile file;
  /// Elements that the file does not hold in one piece.
  std::vector<std::byte> owned;
  TensorView content;
};

} // namespace ccq::artifact

#endif // CCQ_ARTIFACT_TENSORFILE_H
