//===- CodedTensors.cpp - coded matrices in safetensors files -------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/CodedTensors.h"

#include <charconv>
#include <span>

using namespace ccq;
using namespace ccq::artifact;

static constexpr std::string_view versionKey = "ccq.format_version";
static constexpr std::string_view keyPrefix = "ccq.";
static constexpr std::string_view schemeSuffix = ".scheme";
static constexpr std::string_view shapeSuffix = ".shape";

static std::string makeKey(std::string_view name, std::string_view suffix) {
  return std::string(keyPrefix) + std::string(name) + std::string(suffix);
}

std::string artifact::getComponentName(std::string_view name,
                                       codec::ComponentRole role) {
  return std::string(name) + "." + std::string(getComponentSuffix(role));
}

std::vector<TensorSpec>
artifact::getComponentTensors(std::string_view name,
                              const codec::Scheme &scheme, MatrixShape shape) {
  std::vector<TensorSpec> tensors;
  for (codec::ComponentSpec &spec : getComponentSpecs(scheme, shape))
    tensors.push_back({getComponentName(name, spec.role),
                       getDataType(spec.type), std::move(spec.dims)});
  return tensors;
}

void artifact::addCodedMetadata(std::string_view name,
                                const codec::Scheme &scheme, MatrixShape shape,
                                Metadata &metadata) {
  metadata[std::string(versionKey)] = formatVersion;
  metadata[makeKey(name, schemeSuffix)] = printScheme(scheme);
  metadata[makeKey(name, shapeSuffix)] =
      std::to_string(shape.k) + "x" + std::to_string(shape.n);
}

std::vector<std::string> artifact::getCodedNames(const SafetensorsFile &file) {
  std::vector<std::string> names;
  for (const auto &[key, value] : file.metadata())
    if (key.starts_with(keyPrefix) && key.ends_with(schemeSuffix) &&
        key.size() > keyPrefix.size() + schemeSuffix.size())
      names.push_back(
          key.substr(keyPrefix.size(),
                     key.size() - keyPrefix.size() - schemeSuffix.size()));
  return names;
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static Error makeCodedError(const SafetensorsFile &file, std::string_view name,
                            const std::string &message) {
  return {ErrorKind::MalformedInput, file.path().string() + ": coded matrix '" +
                                         std::string(name) + "': " + message};
}

static Result<void> checkVersion(const SafetensorsFile &file) {
  std::optional<std::string_view> version = file.findMetadata(versionKey);
  std::string where = file.path().string() + ": ";
  if (!version)
    return Error{ErrorKind::MalformedInput,
                 where + "expected metadata " + std::string(versionKey)};
  if (*version != formatVersion)
    return Error{ErrorKind::Unsupported, where + "expected format version " +
                                             std::string(formatVersion) +
                                             ", got '" + std::string(*version) +
                                             "'"};
  return {};
}

/// Two decimal numbers with an `x` between them.
static std::optional<MatrixShape> parseShape(std::string_view text) {
  MatrixShape shape;
  const char *end = text.data() + text.size();
  auto [kEnd, kCode] = std::from_chars(text.data(), end, shape.k);
  if (kCode != std::errc() || kEnd == end || *kEnd != 'x')
    return std::nullopt;
  auto [nEnd, nCode] = std::from_chars(kEnd + 1, end, shape.n);
  if (nCode != std::errc() || nEnd != end)
    return std::nullopt;
  return shape;
}

/// The bytes of one component, after checking type and extents.
static Result<std::span<const std::byte>>
findComponent(const SafetensorsFile &file, const TensorSpec &spec) {
  std::optional<TensorView> tensor = file.findTensor(spec.name);
  if (!tensor)
    return Error{ErrorKind::MalformedInput,
                 "tensor '" + spec.name + "' is missing"};
  if (tensor->type != spec.type || tensor->dims != spec.dims)
    return Error{ErrorKind::MalformedInput,
                 "tensor '" + spec.name + "': expected " +
                     std::string(getSafetensorsName(spec.type)) +
                     printDims(spec.dims) + ", got " +
                     std::string(getSafetensorsName(tensor->type)) +
                     printDims(tensor->dims)};
  return tensor->bytes;
}

Result<codec::CodedMatrixView>
artifact::tryGetCodedMatrix(const SafetensorsFile &file,
                            std::string_view name) {
  if (Result<void> version = checkVersion(file); !version)
    return version.takeError();
  std::string schemeKey = makeKey(name, schemeSuffix);
  std::string shapeKey = makeKey(name, shapeSuffix);
  std::optional<std::string_view> schemeText = file.findMetadata(schemeKey);
  std::optional<std::string_view> shapeText = file.findMetadata(shapeKey);
  if (!schemeText || !shapeText)
    return makeCodedError(
        file, name, "expected metadata " + schemeKey + " and " + shapeKey);
  Result<codec::Scheme> scheme = codec::parseScheme(*schemeText);
  if (!scheme)
    return makeCodedError(file, name, scheme.error().message);
  std::optional<MatrixShape> shape = parseShape(*shapeText);
  if (!shape)
    return makeCodedError(file, name,
                          "expected a shape like 64x8, got '" +
                              std::string(*shapeText) + "'");
  if (Result<void> valid = codec::checkShape(*scheme, *shape); !valid)
    return makeCodedError(file, name, valid.error().message);
  std::vector<std::span<const std::byte>> components;
  for (const TensorSpec &spec : getComponentTensors(name, *scheme, *shape)) {
    Result<std::span<const std::byte>> bytes = findComponent(file, spec);
    if (!bytes)
      return makeCodedError(file, name, bytes.error().message);
    components.push_back(*bytes);
  }
  return codec::CodedMatrixView::tryCreate(*scheme, *shape, components);
}

Result<void> artifact::writeCodedMatrix(const std::filesystem::path &path,
                                        std::string_view name,
                                        const codec::CodedMatrix &matrix,
                                        OverwritePolicy policy) {
  Metadata metadata;
  addCodedMetadata(name, matrix.scheme, matrix.shape, metadata);
  Result<SafetensorsWriter> writer = SafetensorsWriter::tryCreate(
      path, getComponentTensors(name, matrix.scheme, matrix.shape), metadata,
      policy);
  if (!writer)
    return writer.takeError();
  for (const codec::Component &component : matrix.components) {
    Result<void> written = writer->write(
        getComponentName(name, component.spec.role), 0, component.bytes);
    if (!written)
      return written;
  }
  return writer->commit();
}
