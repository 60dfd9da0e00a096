//===- TensorFile.cpp - one tensor in an npy or pb file -------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/TensorFile.h"

#include "ccq/Artifact/Npy.h"
#include "ccq/Support/TensorProto.h"

#include <optional>

using namespace ccq;
using namespace ccq::artifact;

static std::optional<DataType> findDataType(TensorElementType type) {
  switch (type) {
  case TensorElementType::Bool:
    return DataType::Bool;
  case TensorElementType::Int8:
    return DataType::I8;
  case TensorElementType::UInt8:
    return DataType::U8;
  case TensorElementType::Int16:
    return DataType::I16;
  case TensorElementType::UInt16:
    return DataType::U16;
  case TensorElementType::Int32:
    return DataType::I32;
  case TensorElementType::UInt32:
    return DataType::U32;
  case TensorElementType::Int64:
    return DataType::I64;
  case TensorElementType::UInt64:
    return DataType::U64;
  case TensorElementType::Float16:
    return DataType::F16;
  case TensorElementType::BFloat16:
    return DataType::BF16;
  case TensorElementType::Float32:
    return DataType::F32;
  case TensorElementType::Float64:
    return DataType::F64;
  default:
    return std::nullopt;
  }
}

/// Describes a TensorProto; elements that do not lie in one piece go to
/// `owned`.
static Result<TensorView> parseProto(std::span<const std::byte> content,
                                     std::vector<std::byte> &owned) {
  Result<TensorProtoView> proto = readTensorProto(content);
  if (!proto)
    return proto.takeError();
  std::optional<DataType> type = findDataType(proto->type);
  if (!type)
    return Error{ErrorKind::Unsupported,
                 "expected numbers of 8 to 64 bits or booleans, got " +
                     getElementTypeName(proto->type)};
  TensorView view{*type, proto->dims, {}};
  if (proto->contiguous) {
    view.bytes =
        content.subspan(proto->contiguous->offset, proto->contiguous->length);
    return view;
  }
  Result<std::vector<std::byte>> elements = readTensorElements(*proto);
  if (!elements)
    return elements.takeError();
  owned = *std::move(elements);
  view.bytes = owned;
  return view;
}

Result<TensorFile> TensorFile::tryOpen(const std::filesystem::path &path) {
  bool isNpy = path.extension() == ".npy";
  if (!isNpy && path.extension() != ".pb")
    return Error{ErrorKind::Usage,
                 path.string() +
                     ": expected a file name that ends in .npy or .pb"};
  Result<MappedFile> mapped = MappedFile::tryOpen(path);
  if (!mapped)
    return mapped.takeError();
  TensorFile file(*std::move(mapped), {});
  Result<TensorView> content = isNpy
                                   ? parseNpy(file.file.bytes())
                                   : parseProto(file.file.bytes(), file.owned);
  if (!content)
    return Error{content.error().kind,
                 path.string() + ": " + content.error().message};
  file.content = *std::move(content);
  return file;
}
