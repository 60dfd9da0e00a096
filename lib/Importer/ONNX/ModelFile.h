//===- ModelFile.h - an ONNX file, weights left in place --------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_LIB_IMPORTER_ONNX_MODELFILE_H
#define CCQ_LIB_IMPORTER_ONNX_MODELFILE_H

#include "ccq/Support/MappedFile.h"
#include "ccq/Support/TensorProto.h"

#include <onnx/onnx_pb.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace mlir::ccq::importer {

/// A tensor of the file, or why it cannot be read.
struct FileTensor {
  /// The tensor's name even when the rest of it is broken.
  std::string name;
  ::ccq::TensorProtoView view;
  std::optional<::ccq::Error> error;
};

/// A mapped ONNX file and its parsed graph. Weights stay in the file: in
/// `proto` every TensorProto holds nothing but `data_type`, which is its index
/// in `tensors`.
struct ModelFile {
  explicit ModelFile(::ccq::MappedFile file) : file(std::move(file)) {}

  /// The tensor that stands behind an elided TensorProto.
  const FileTensor &tensor(const onnx::TensorProto &elided) const {
    return tensors[elided.data_type()];
  }

  ::ccq::MappedFile file;
  onnx::ModelProto proto;
  std::deque<FileTensor> tensors;
  /// Attribute defaults of each function (FunctionProto.attribute_proto, newer
  /// than the protos of libonnx 1.12), in the order of proto.functions().
  std::deque<std::deque<onnx::AttributeProto>> functionDefaults;
};

/// Maps `path`, scans the wire format for tensors and parses the rest. Nesting,
/// number of fields and size of the rest are bounded, so that no file makes it
/// use much more memory than a model of that many nodes needs. Fails with
/// MalformedInput; the message names byte offsets.
::ccq::Result<std::unique_ptr<ModelFile>>
readModelFile(const std::filesystem::path &path);

} // namespace mlir::ccq::importer

#endif // CCQ_LIB_IMPORTER_ONNX_MODELFILE_H
