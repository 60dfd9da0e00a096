//===- ExternalData.cpp - tensors in files beside the model ---------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExternalData.h"

#include <algorithm>

using namespace mlir::ccq;
using namespace mlir::ccq::importer;
using ::ccq::Error;
using ::ccq::ErrorKind;
using ::ccq::MappedFile;
using ::ccq::Result;
namespace fs = std::filesystem;

static Error malformed(std::string message) {
  return {ErrorKind::MalformedInput, std::move(message)};
}

ExternalData::ExternalData(const fs::path &modelPath)
    : directory(modelPath.has_parent_path() ? modelPath.parent_path()
                                            : fs::path(".")) {}

/// Checks the path as text, before anything is opened.
static Result<fs::path> checkLocation(const std::string &location) {
  std::string quoted = "'" + location + "'";
  if (location.find('\0') != std::string::npos)
    return malformed("expected a path of external data, got one with a NUL");
  fs::path path(location);
  if (path.is_absolute())
    return malformed("expected external data inside the model's directory, "
                     "got the absolute path " +
                     quoted);
  if (std::find(path.begin(), path.end(), "..") != path.end())
    return malformed("expected external data inside the model's directory, "
                     "got '..' in " +
                     quoted);
  return path.lexically_normal();
}

Result<const MappedFile *> ExternalData::tryOpen(const fs::path &relative) {
  auto known = files.find(relative.string());
  if (known != files.end())
    return &known->second;
  std::string quoted = "'" + relative.string() + "'";
  std::error_code error;
  fs::path root = fs::canonical(directory, error);
  if (error)
    return malformed("cannot resolve the model's directory: " +
                     error.message());
  fs::path target = fs::canonical(directory / relative, error);
  if (error)
    return malformed("cannot open external data " + quoted + ": " +
                     error.message());
  auto [rootEnd, targetPart] =
      std::mismatch(root.begin(), root.end(), target.begin(), target.end());
  if (rootEnd != root.end() || targetPart == target.end())
    return malformed("expected external data inside the model's directory, " +
                     quoted + " is a link out of it");
  // Device files and the like: asked before opening, which could block.
  if (!fs::is_regular_file(target, error))
    return malformed("expected external data " + quoted +
                     " to be a regular file");
  Result<MappedFile> file = MappedFile::tryOpen(target);
  if (!file)
    return malformed("cannot open external data " + quoted);
  return &files.emplace(relative.string(), *std::move(file)).first->second;
}

Result<ExternalData::Location>
ExternalData::tryFind(const ::ccq::TensorProtoView &tensor) {
  Result<fs::path> path = checkLocation(tensor.external.location);
  if (!path)
    return path.takeError();
  Result<uint64_t> count = ::ccq::tryGetElementCount(tensor.dims);
  if (!count)
    return count.takeError();
  // At most 2^60 elements of at most 16 bytes: checked against overflow.
  uint64_t elementBytes = ::ccq::getElementBytes(tensor.type);
  if (elementBytes != 0 && *count > (uint64_t(1) << 62) / elementBytes)
    return malformed("expected fewer than 2^62 bytes of external data");
  uint64_t expected = *count * elementBytes;
  uint64_t length = tensor.external.length.value_or(expected);
  if (elementBytes != 0 && length != expected)
    return malformed("expected " + std::to_string(expected) +
                     " bytes of external data, got " + std::to_string(length));
  Result<const MappedFile *> file = tryOpen(*path);
  if (!file)
    return file.takeError();
  uint64_t fileBytes = (*file)->bytes().size();
  uint64_t offset = tensor.external.offset;
  if (offset > fileBytes || length > fileBytes - offset)
    return malformed("expected " + std::to_string(length) +
                     " bytes at offset " + std::to_string(offset) + " of '" +
                     path->string() + "', the file has " +
                     std::to_string(fileBytes));
  return Location{path->generic_string(), {offset, length}, *file};
}
