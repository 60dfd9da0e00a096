//===- SafetensorsReader.cpp - checks and views of safetensors files ------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/Safetensors.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

using namespace ccq;
using namespace ccq::artifact;
using Json = nlohmann::json;

/// Limit of the reference implementation on the length of the header.
static constexpr uint64_t largestHeaderBytes = 100'000'000;
/// The header holds objects in one object, with lists in them.
static constexpr int deepestNesting = 3;
static constexpr std::string_view metadataKey = "__metadata__";

static Error makeMalformed(const std::string &message) {
  return {ErrorKind::MalformedInput, "safetensors header: " + message};
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

namespace {
/// Watches the parser: remembers the first key that occurs twice in one object
/// and whether nesting is deeper than any header needs.
class KeyWatcher {
public:
  bool operator()(int depth, Json::parse_event_t event, Json &parsed) {
    using Event = Json::parse_event_t;
    bool opens = event == Event::object_start || event == Event::array_start;
    if (opens && depth >= deepestNesting) {
      tooDeep = true;
      return false;
    }
    if (event == Event::object_start)
      keys[depth + 1].clear();
    if (event == Event::key && depth <= deepestNesting) {
      const auto &key = parsed.get_ref<const std::string &>();
      if (!keys[depth].insert(key).second && !duplicate)
        duplicate = key;
    }
    return true;
  }

  std::optional<std::string> duplicate;
  bool tooDeep = false;

private:
  /// Keys of the object that is open at each depth.
  std::set<std::string> keys[deepestNesting + 2];
};
} // namespace

static Result<Json> parseJson(std::string_view text) {
  KeyWatcher watcher;
  Json json = Json::parse(text, std::ref(watcher), /*allow_exceptions=*/false);
  if (watcher.tooDeep)
    return makeMalformed("expected at most " + std::to_string(deepestNesting) +
                         " levels of nesting");
  if (json.is_discarded())
    return makeMalformed("expected valid JSON");
  if (watcher.duplicate)
    return makeMalformed("key '" + *watcher.duplicate + "' occurs twice");
  if (!json.is_object())
    return makeMalformed("expected a JSON object");
  return json;
}

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

static Error makeEntryError(const std::string &name,
                            const std::string &message) {
  return makeMalformed("tensor '" + name + "': " + message);
}

/// A list of integers from 0 to 2^63 - 1.
static std::optional<std::vector<int64_t>> findIntegers(const Json &entry,
                                                        const char *key) {
  auto found = entry.find(key);
  if (found == entry.end() || !found->is_array())
    return std::nullopt;
  std::vector<int64_t> values;
  for (const Json &item : *found) {
    if (!item.is_number_unsigned() ||
        item.get<uint64_t>() > uint64_t(INT64_MAX))
      return std::nullopt;
    values.push_back(item.get<int64_t>());
  }
  return values;
}

static Result<DataType> readType(const std::string &name, const Json &entry) {
  auto found = entry.find("dtype");
  if (found == entry.end() || !found->is_string())
    return makeEntryError(name, "expected a dtype string");
  const auto &text = found->get_ref<const std::string &>();
  std::optional<DataType> type = findSafetensorsType(text);
  if (!type)
    return makeEntryError(name, "unknown dtype '" + text + "'");
  return *type;
}

static Result<TensorEntry> readEntry(const std::string &name,
                                     const Json &entry) {
  if (!entry.is_object() || entry.size() != 3)
    return makeEntryError(name, "expected dtype, shape and data_offsets");
  Result<DataType> type = readType(name, entry);
  if (!type)
    return type.takeError();
  std::optional<std::vector<int64_t>> dims = findIntegers(entry, "shape");
  if (!dims)
    return makeEntryError(name, "expected a shape of integers from 0 on");
  std::optional<std::vector<int64_t>> range =
      findIntegers(entry, "data_offsets");
  if (!range || range->size() != 2 || (*range)[0] > (*range)[1])
    return makeEntryError(name, "expected data_offsets [begin, end]");
  uint64_t begin = uint64_t((*range)[0]);
  uint64_t end = uint64_t((*range)[1]);
  std::optional<uint64_t> size = computeSizeBytes(*type, *dims);
  if (!size)
    return makeEntryError(name, "shape " + printDims(*dims) + " is too large");
  if (*size != end - begin)
    return makeEntryError(
        name, "expected " + std::to_string(*size) + " bytes for " +
                  std::string(getSafetensorsName(*type)) + printDims(*dims) +
                  ", got " + std::to_string(end - begin));
  return TensorEntry{{name, *type, std::move(*dims)}, begin, end};
}

static Result<Metadata> readMetadata(const Json &json) {
  Metadata metadata;
  if (!json.is_object())
    return makeMalformed("expected __metadata__ to be an object");
  for (const auto &[key, value] : json.items()) {
    if (!value.is_string())
      return makeMalformed("expected metadata '" + key + "' to be a string");
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

/// Sorts by position and checks that the tensors cover `dataBytes` exactly.
static Result<void> checkCoverage(std::vector<TensorEntry> &tensors,
                                  uint64_t dataBytes) {
  auto isBefore = [](const TensorEntry &a, const TensorEntry &b) {
    return std::tie(a.beginBytes, a.endBytes, a.spec.name) <
           std::tie(b.beginBytes, b.endBytes, b.spec.name);
  };
  std::sort(tensors.begin(), tensors.end(), isBefore);
  uint64_t end = 0;
  for (const TensorEntry &tensor : tensors) {
    if (tensor.beginBytes != end)
      return makeEntryError(tensor.spec.name,
                            "expected its data to begin at " +
                                std::to_string(end) + ", got " +
                                std::to_string(tensor.beginBytes));
    end = tensor.endBytes;
  }
  if (end != dataBytes)
    return makeMalformed("expected " + std::to_string(end) +
                         " bytes of data, the file has " +
                         std::to_string(dataBytes));
  return {};
}

Result<SafetensorsHeader>
artifact::parseSafetensorsHeader(std::span<const std::byte> content) {
  uint64_t length = 0;
  if (content.size() < sizeof(length))
    return makeMalformed("expected a length of 8 bytes, the file has " +
                         std::to_string(content.size()));
  std::memcpy(&length, content.data(), sizeof(length));
  uint64_t rest = content.size() - sizeof(length);
  if (length > largestHeaderBytes)
    return makeMalformed("expected at most " +
                         std::to_string(largestHeaderBytes) + " bytes, got " +
                         std::to_string(length));
  if (length > rest)
    return makeMalformed("expected " + std::to_string(length) +
                         " bytes, the file has " + std::to_string(rest) +
                         " more");
  std::string_view text(
      reinterpret_cast<const char *>(content.data() + sizeof(length)), length);
  if (!text.starts_with('{'))
    return makeMalformed("expected '{' at byte 8");
  Result<Json> json = parseJson(text);
  if (!json)
    return json.takeError();

  SafetensorsHeader header;
  header.dataOffsetBytes = sizeof(length) + length;
  for (const auto &[name, value] : json->items()) {
    if (name == metadataKey) {
      Result<Metadata> metadata = readMetadata(value);
      if (!metadata)
        return metadata.takeError();
      header.metadata = *std::move(metadata);
      continue;
    }
    Result<TensorEntry> entry = readEntry(name, value);
    if (!entry)
      return entry.takeError();
    header.tensors.push_back(*std::move(entry));
  }
  Result<void> covered = checkCoverage(header.tensors, rest - length);
  if (!covered)
    return covered.takeError();
  return header;
}

//===----------------------------------------------------------------------===//
// SafetensorsFile
//===----------------------------------------------------------------------===//

SafetensorsFile::SafetensorsFile(MappedFile mapped, SafetensorsHeader checked)
    : file(std::move(mapped)), header(std::move(checked)) {
  for (size_t i = 0; i < header.tensors.size(); ++i)
    indexOfName.emplace(header.tensors[i].spec.name, i);
}

Result<SafetensorsFile>
SafetensorsFile::tryOpen(const std::filesystem::path &path) {
  Result<MappedFile> file = MappedFile::tryOpen(path);
  if (!file)
    return file.takeError();
  Result<SafetensorsHeader> header = parseSafetensorsHeader(file->bytes());
  if (!header)
    return Error{header.error().kind,
                 path.string() + ": " + header.error().message};
  return SafetensorsFile(*std::move(file), *std::move(header));
}

std::optional<TensorView>
SafetensorsFile::findTensor(std::string_view name) const {
  auto found = indexOfName.find(name);
  if (found == indexOfName.end())
    return std::nullopt;
  const TensorEntry &entry = header.tensors[found->second];
  return TensorView{
      entry.spec.type, entry.spec.dims,
      file.bytes().subspan(header.dataOffsetBytes + entry.beginBytes,
                           entry.endBytes - entry.beginBytes)};
}

std::optional<std::string_view>
SafetensorsFile::findMetadata(std::string_view key) const {
  auto found = header.metadata.find(std::string(key));
  if (found == header.metadata.end())
    return std::nullopt;
  return found->second;
}
