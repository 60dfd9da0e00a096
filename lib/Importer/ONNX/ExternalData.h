//===- ExternalData.h - tensors in files beside the model -------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_EXTERNALDATA_H
#define CCQ_LIB_IMPORTER_ONNX_EXTERNALDATA_H

#include "ccq/Support/MappedFile.h"
#include "ccq/Support/TensorProto.h"

#include <map>
#include <string>

namespace mlir::ccq::importer {

/// The files that a model's tensors refer to. They are opened only inside the
/// model's directory: absolute paths, `..`, links that leave the directory and
/// anything but regular files are refused.
class ExternalData {
public:
  explicit ExternalData(const std::filesystem::path &modelPath);

  /// Elements of a tensor in another file.
  struct Location {
    /// Path relative to the model's directory, in normal form.
    std::string path;
    ::ccq::ByteRange range;
    const ::ccq::MappedFile *file = nullptr;
  };

  /// Finds the elements of `tensor`, whose storage is External, and checks that
  /// the file has them. Fails with MalformedInput.
  ::ccq::Result<Location> tryFind(const ::ccq::TensorProtoView &tensor);

private:
  ::ccq::Result<const ::ccq::MappedFile *>
  tryOpen(const std::filesystem::path &relative);

  std::filesystem::path directory;
  std::map<std::string, ::ccq::MappedFile> files;
};

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_EXTERNALDATA_H
