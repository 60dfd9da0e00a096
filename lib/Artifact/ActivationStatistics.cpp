//===- ActivationStatistics.cpp - what calibration has seen ---------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/ActivationStatistics.h"

#include "JsonCursor.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>

using namespace ccq;
using namespace ccq::artifact;

static constexpr std::string_view versionKey = "ccq.statistics_version";
static constexpr std::string_view modelKey = "ccq.model_sha256";
static constexpr std::string_view dataKey = "ccq.data_sha256";
static constexpr std::string_view inputsKey = "ccq.inputs";
static constexpr std::string_view momentSuffix = ".second_moment";
static constexpr std::string_view sumSuffix = ".sum";

/// Largest number of channels: the triangle has less than 2^61 elements.
static constexpr int64_t maxChannels = int64_t(1) << 30;

static int64_t countTriangle(int64_t channels) {
  return channels * (channels + 1) / 2;
}

static std::vector<TensorSpec> getTensors(const ObservedInput &input) {
  return {
      {input.name + std::string(momentSuffix),
       DataType::F64,
       {countTriangle(input.channels)}},
      {input.name + std::string(sumSuffix), DataType::F64, {input.channels}}};
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static ObservedInput readInput(const JsonCursor &cursor) {
  cursor.allowOnly({"name", "channels", "rows", "weights"});
  ObservedInput input;
  input.name = cursor.member("name").asString();
  input.channels = cursor.member("channels").asInteger(0, maxChannels);
  input.rows = uint64_t(
      cursor.member("rows").asInteger(0, std::numeric_limits<int64_t>::max()));
  for (const JsonCursor &weight : cursor.member("weights").elements())
    input.weights.push_back(weight.asString());
  return input;
}

Result<void> StatisticsFile::readMetadata() {
  auto fail = [&](const std::string &message,
                  ErrorKind kind = ErrorKind::MalformedInput) {
    return Error{kind, path().string() + ": " + message};
  };
  std::optional<std::string_view> version = file.findMetadata(versionKey);
  std::optional<std::string_view> inputs = file.findMetadata(inputsKey);
  if (!version || !inputs)
    return fail("expected activation statistics, as ccq calibrate writes them");
  if (*version != std::to_string(statisticsVersion))
    return fail("expected statistics of version " +
                    std::to_string(statisticsVersion) + ", got " +
                    std::string(*version),
                ErrorKind::Unsupported);
  modelDigest = file.findMetadata(modelKey).value_or("");
  std::istringstream data{std::string(file.findMetadata(dataKey).value_or(""))};
  for (std::string digest; data >> digest;)
    dataDigests.push_back(digest);
  JsonDocument document{path().string() + ": " + std::string(inputsKey),
                        *inputs};
  if (!document.error())
    for (const JsonCursor &input : JsonCursor(document).elements())
      list.push_back(readInput(input));
  if (document.error())
    return *document.error();
  std::set<std::string_view> names;
  for (const ObservedInput &input : list)
    if (!names.insert(input.name).second)
      return fail("input '" + input.name + "' occurs twice");
  return {};
}

Result<void> StatisticsFile::checkTensors() const {
  for (const ObservedInput &input : list)
    for (const TensorSpec &spec : getTensors(input)) {
      std::optional<TensorView> tensor = file.findTensor(spec.name);
      if (!tensor || tensor->type != spec.type || tensor->dims != spec.dims)
        return Error{ErrorKind::MalformedInput,
                     path().string() + ": expected tensor '" + spec.name +
                         "' of F64" + printDims(spec.dims)};
    }
  return {};
}

Result<StatisticsFile>
StatisticsFile::tryOpen(const std::filesystem::path &path) {
  Result<SafetensorsFile> opened = SafetensorsFile::tryOpen(path);
  if (!opened)
    return opened.takeError();
  StatisticsFile result(*std::move(opened));
  Result<void> read = result.readMetadata();
  if (read)
    read = result.checkTensors();
  if (!read)
    return read.takeError();
  return result;
}

TensorView StatisticsFile::getTensor(const ObservedInput &input,
                                     std::string_view suffix) const {
  return *file.findTensor(input.name + std::string(suffix));
}

static bool hasWeight(const ObservedInput &input, std::string_view weight) {
  return std::find(input.weights.begin(), input.weights.end(), weight) !=
         input.weights.end();
}

Result<void> StatisticsFile::check(std::string_view weight,
                                   int64_t channels) const {
  std::optional<int64_t> other;
  bool isSeen = false;
  uint64_t rows = 0;
  for (const ObservedInput &input : list) {
    if (!hasWeight(input, weight))
      continue;
    if (input.channels != channels) {
      other = input.channels;
      continue;
    }
    isSeen = true;
    rows += input.rows;
  }
  if (rows > 0)
    return {};
  std::string message = path().string() + ": expected statistics of weight '" +
                        std::string(weight) + "'";
  if (!isSeen && other)
    return Error{ErrorKind::Mismatch,
                 message + " over " + std::to_string(channels) +
                     " channels, got " + std::to_string(*other)};
  return Error{ErrorKind::CompileError,
               message +
                   (isSeen ? ", got none: no data reached it" : ", got none")};
}

/// Element `index` of a float64 tensor at any address.
static double readDouble(const TensorView &tensor, size_t index) {
  double value = 0;
  std::memcpy(&value, tensor.bytes.data() + index * sizeof(value),
              sizeof(value));
  return value;
}

Result<WeightStatistics> StatisticsFile::tryGet(std::string_view weight,
                                                int64_t channels) const {
  if (Result<void> checked = check(weight, channels); !checked)
    return checked.takeError();
  auto depth = size_t(channels);
  WeightStatistics result;
  result.hessian.resize(depth * depth);
  for (const ObservedInput &input : list) {
    if (!hasWeight(input, weight) || input.channels != channels)
      continue;
    result.rows += input.rows;
    TensorView moment = getTensor(input, momentSuffix);
    size_t next = 0;
    for (size_t i = 0; i < depth; ++i)
      for (size_t j = i; j < depth; ++j)
        result.hessian[i * depth + j] += readDouble(moment, next++);
  }
  auto rows = double(result.rows);
  for (size_t i = 0; i < depth; ++i)
    for (size_t j = i; j < depth; ++j) {
      double value = result.hessian[i * depth + j] / rows;
      if (!std::isfinite(value))
        return Error{ErrorKind::MalformedInput, path().string() + ": weight '" +
                                                    std::string(weight) +
                                                    "': expected finite sums"};
      result.hessian[i * depth + j] = result.hessian[j * depth + i] = value;
    }
  return result;
}

static std::vector<double> readDoubles(const TensorView &tensor) {
  std::vector<double> values(tensor.bytes.size() / sizeof(double));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

Result<ActivationStatistics> StatisticsFile::tryRead() const {
  ActivationStatistics result{modelDigest, dataDigests, {}};
  for (const ObservedInput &input : list)
    result.inputs.push_back({input, readDoubles(getTensor(input, momentSuffix)),
                             readDoubles(getTensor(input, sumSuffix))});
  return result;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static Metadata makeMetadata(const ActivationStatistics &statistics) {
  auto inputs = nlohmann::ordered_json::array();
  for (const InputStatistics &entry : statistics.inputs)
    inputs.push_back({{"name", entry.input.name},
                      {"channels", entry.input.channels},
                      {"rows", entry.input.rows},
                      {"weights", entry.input.weights}});
  std::string data;
  for (const std::string &digest : statistics.data)
    data += (data.empty() ? "" : " ") + digest;
  return {{std::string(versionKey), std::to_string(statisticsVersion)},
          {std::string(modelKey), statistics.model},
          {std::string(dataKey), data},
          {std::string(inputsKey), inputs.dump()}};
}

Result<void> artifact::writeStatistics(const std::filesystem::path &path,
                                       const ActivationStatistics &statistics,
                                       OverwritePolicy policy) {
  std::vector<TensorSpec> tensors;
  for (const InputStatistics &entry : statistics.inputs)
    for (TensorSpec &spec : getTensors(entry.input))
      tensors.push_back(std::move(spec));
  Result<SafetensorsWriter> writer = SafetensorsWriter::tryCreate(
      path, std::move(tensors), makeMetadata(statistics), policy);
  if (!writer)
    return writer.takeError();
  for (const InputStatistics &entry : statistics.inputs) {
    std::vector<TensorSpec> specs = getTensors(entry.input);
    Result<void> written = writer->write(
        specs[0].name, 0, std::as_bytes(std::span(entry.secondMoment)));
    if (written)
      written =
          writer->write(specs[1].name, 0, std::as_bytes(std::span(entry.sum)));
    if (!written)
      return written;
  }
  return writer->commit();
}

//===----------------------------------------------------------------------===//
// Merging
//===----------------------------------------------------------------------===//

static void addTo(std::vector<double> &to, const std::vector<double> &from) {
  for (size_t i = 0; i < to.size(); ++i)
    to[i] += from[i];
}

static Error makeMergeError(const std::string &message) {
  return {ErrorKind::Mismatch, "cannot merge statistics: " + message};
}

Result<void> artifact::mergeStatistics(ActivationStatistics &to,
                                       const ActivationStatistics &from) {
  if (to.model != from.model)
    return makeMergeError("expected those of one model, got models " +
                          to.model + " and " + from.model);
  for (const InputStatistics &entry : from.inputs) {
    auto known = std::find_if(to.inputs.begin(), to.inputs.end(),
                              [&](const InputStatistics &candidate) {
                                return candidate.input.name == entry.input.name;
                              });
    if (known == to.inputs.end()) {
      to.inputs.push_back(entry);
      continue;
    }
    if (known->input.channels != entry.input.channels ||
        known->input.weights != entry.input.weights)
      return makeMergeError("expected input '" + entry.input.name +
                            "' with the same channels and weights");
    known->input.rows += entry.input.rows;
    addTo(known->secondMoment, entry.secondMoment);
    addTo(known->sum, entry.sum);
  }
  to.data.insert(to.data.end(), from.data.begin(), from.data.end());
  return {};
}
