//===- SafetensorsWriter.cpp - piecewise writing of safetensors files -----===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/Safetensors.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <nlohmann/json.hpp>

using namespace ccq;
using namespace ccq::artifact;
using Json = nlohmann::ordered_json;

/// The data starts at a multiple of this: a cache line and the widest vector.
static constexpr uint64_t dataAlignmentBytes = 64;
static constexpr std::string_view metadataKey = "__metadata__";

struct SafetensorsWriter::State {
  /// A declared tensor and how much of it has been written.
  struct Slot {
    uint64_t offsetBytes = 0;
    uint64_t sizeBytes = 0;
    std::atomic<uint64_t> writtenBytes = 0;
  };

  explicit State(AtomicFile file) : file(std::move(file)) {}

  AtomicFile file;
  std::map<std::string, Slot, std::less<>> slots;
};

SafetensorsWriter::SafetensorsWriter(std::unique_ptr<State> state)
    : state(std::move(state)) {}
SafetensorsWriter::SafetensorsWriter(SafetensorsWriter &&) noexcept = default;
SafetensorsWriter &
SafetensorsWriter::operator=(SafetensorsWriter &&) noexcept = default;
SafetensorsWriter::~SafetensorsWriter() = default;

/// Whether JSON text can hold the string; JSON is UTF-8.
static bool isUtf8(const std::string &text) {
  std::string dumped =
      Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  Json parsed = Json::parse(dumped, nullptr, /*allow_exceptions=*/false);
  return parsed.is_string() && parsed.get_ref<const std::string &>() == text;
}

static Error makeNameError(const std::string &name, const char *problem) {
  return {ErrorKind::CompileError, "tensor name '" + name + "' " + problem};
}

static Result<void> checkNames(const std::vector<TensorSpec> &sorted,
                               const Metadata &metadata) {
  std::vector<std::string_view> names;
  for (const TensorSpec &tensor : sorted) {
    if (!isUtf8(tensor.name))
      return Error{ErrorKind::CompileError,
                   "expected tensor names in UTF-8, name " +
                       std::to_string(names.size()) + " is not"};
    if (tensor.name == metadataKey)
      return makeNameError(tensor.name, "is reserved");
    names.push_back(tensor.name);
  }
  std::sort(names.begin(), names.end());
  auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end())
    return makeNameError(std::string(*twice), "occurs twice");
  for (const auto &[key, value] : metadata)
    if (!isUtf8(key) || !isUtf8(value))
      return Error{ErrorKind::CompileError, "expected metadata in UTF-8"};
  return {};
}

/// Larger elements first, so that every tensor starts at a multiple of its
/// element size; the reference implementation does the same.
static bool isLaidOutBefore(const TensorSpec &a, const TensorSpec &b) {
  unsigned aBytes = getDataTypeBytes(a.type), bBytes = getDataTypeBytes(b.type);
  return aBytes != bBytes ? aBytes > bBytes : a.name < b.name;
}

/// Length, JSON and padding. Fills in the positions, counted from the end of
/// the header.
static Result<std::string> makeHeader(const std::vector<TensorSpec> &sorted,
                                      const Metadata &metadata,
                                      std::vector<TensorEntry> &entries) {
  Json json = Json::object();
  if (!metadata.empty())
    json[std::string(metadataKey)] = metadata;
  uint64_t end = 0;
  for (const TensorSpec &tensor : sorted) {
    std::optional<uint64_t> size = computeSizeBytes(tensor.type, tensor.dims);
    if (!size || *size > uint64_t(INT64_MAX) / 2 - end)
      return Error{ErrorKind::MalformedInput,
                   "tensor '" + tensor.name + "': shape " +
                       printDims(tensor.dims) + " is too large"};
    json[tensor.name] = {{"dtype", getSafetensorsName(tensor.type)},
                         {"shape", tensor.dims},
                         {"data_offsets", {end, end + *size}}};
    entries.push_back({tensor, end, end + *size});
    end += *size;
  }
  std::string text = json.dump();
  uint64_t length = text.size();
  uint64_t rest = (sizeof(length) + length) % dataAlignmentBytes;
  length += rest == 0 ? 0 : dataAlignmentBytes - rest;
  text.resize(length, ' ');
  std::string header(sizeof(length), '\0');
  std::memcpy(header.data(), &length, sizeof(length));
  return header + text;
}

Result<SafetensorsWriter>
SafetensorsWriter::tryCreate(const std::filesystem::path &path,
                             std::vector<TensorSpec> tensors,
                             const Metadata &metadata, OverwritePolicy policy) {
  std::sort(tensors.begin(), tensors.end(), isLaidOutBefore);
  if (Result<void> valid = checkNames(tensors, metadata); !valid)
    return valid.takeError();
  std::vector<TensorEntry> entries;
  Result<std::string> header = makeHeader(tensors, metadata, entries);
  if (!header)
    return header.takeError();
  Result<AtomicFile> file = AtomicFile::tryCreate(path, policy);
  if (!file)
    return file.takeError();
  auto state = std::make_unique<State>(*std::move(file));
  uint64_t end = 0;
  for (const TensorEntry &entry : entries) {
    State::Slot &slot = state->slots[entry.spec.name];
    slot.offsetBytes = header->size() + entry.beginBytes;
    slot.sizeBytes = entry.endBytes - entry.beginBytes;
    end = entry.endBytes;
  }
  if (Result<void> sized = state->file.resize(header->size() + end); !sized)
    return sized.takeError();
  Result<void> written =
      state->file.writeAt(0, std::as_bytes(std::span(*header)));
  if (!written)
    return written.takeError();
  return SafetensorsWriter(std::move(state));
}

Result<void> SafetensorsWriter::write(std::string_view name,
                                      uint64_t offsetBytes,
                                      std::span<const std::byte> bytes) {
  auto found = state->slots.find(name);
  if (found == state->slots.end())
    return Error{ErrorKind::Internal,
                 "tensor '" + std::string(name) + "' was not declared"};
  State::Slot &slot = found->second;
  if (offsetBytes > slot.sizeBytes ||
      bytes.size() > slot.sizeBytes - offsetBytes)
    return Error{ErrorKind::Internal,
                 "tensor '" + std::string(name) + "': expected a range in " +
                     std::to_string(slot.sizeBytes) + " bytes, got " +
                     std::to_string(bytes.size()) + " at " +
                     std::to_string(offsetBytes)};
  slot.writtenBytes += bytes.size();
  return state->file.writeAt(slot.offsetBytes + offsetBytes, bytes);
}

Result<void> SafetensorsWriter::commit() {
  for (const auto &[name, slot] : state->slots)
    if (slot.writtenBytes != slot.sizeBytes)
      return Error{ErrorKind::Internal, "tensor '" + name + "': expected " +
                                            std::to_string(slot.sizeBytes) +
                                            " bytes to be written, got " +
                                            std::to_string(slot.writtenBytes)};
  return state->file.commit();
}
