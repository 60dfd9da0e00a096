//===- Sensitivities.cpp - what coding each weight costs ------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Sensitivities.h"

#include "ccq/Support/MappedFile.h"

#include <algorithm>
#include <nlohmann/json.hpp>

using namespace ccq;
using namespace ccq::tool;
using Json = nlohmann::ordered_json;

static constexpr int fileVersion = 1;

const WeightSensitivity *Sensitivities::find(std::string_view name) const {
  auto found =
      std::find_if(weights.begin(), weights.end(),
                   [&](const WeightSensitivity &w) { return w.name == name; });
  return found == weights.end() ? nullptr : &*found;
}

static WeightSensitivity parseWeight(const Json &json) {
  WeightSensitivity weight;
  weight.name = json.at("name").get<std::string>();
  weight.shape = {json.at("shape").at(0).get<int64_t>(),
                  json.at("shape").at(1).get<int64_t>()};
  weight.scheme = json.at("scheme").get<std::string>();
  weight.loss = json.at("loss").get<double>();
  for (const Json &tried : json.at("tried"))
    weight.tried.push_back({tried.at("scheme").get<std::string>(),
                            tried.at("relative_error").get<double>(),
                            tried.at("bits").get<double>()});
  return weight;
}

Result<Sensitivities>
tool::readSensitivities(const std::filesystem::path &path) {
  Result<MappedFile> file = MappedFile::tryOpen(path);
  if (!file)
    return file.takeError();
  std::string_view text(reinterpret_cast<const char *>(file->bytes().data()),
                        file->bytes().size());
  // The library reports missing members and wrong types by throwing.
  try {
    Json json = Json::parse(text);
    if (json.at("version").get<int>() != fileVersion)
      return Error{ErrorKind::Unsupported,
                   path.string() + ": expected version " +
                       std::to_string(fileVersion) + " of sensitivities, got " +
                       json.at("version").dump()};
    Sensitivities result;
    result.model = json.at("model_sha256").get<std::string>();
    result.measure = json.at("measure").get<std::string>();
    result.rows = json.at("rows").get<uint64_t>();
    result.isCalibrated = json.at("calibrated").get<bool>();
    for (const Json &weight : json.at("weights"))
      result.weights.push_back(parseWeight(weight));
    return result;
  } catch (const Json::exception &) {
    return Error{ErrorKind::MalformedInput,
                 path.string() +
                     ": expected sensitivities, as ccq sensitivity writes "
                     "them"};
  }
}

Result<void> tool::writeSensitivities(const std::filesystem::path &path,
                                      const Sensitivities &sensitivities,
                                      OverwritePolicy policy) {
  Json weights = Json::array();
  for (const WeightSensitivity &weight : sensitivities.weights) {
    Json tried = Json::array();
    for (const TriedScheme &attempt : weight.tried)
      tried.push_back({{"scheme", attempt.scheme},
                       {"relative_error", attempt.relativeError},
                       {"bits", attempt.bits}});
    weights.push_back({{"name", weight.name},
                       {"shape", {weight.shape.k, weight.shape.n}},
                       {"scheme", weight.scheme},
                       {"loss", weight.loss},
                       {"tried", tried}});
  }
  Json json = {{"version", fileVersion},
               {"model_sha256", sensitivities.model},
               {"measure", sensitivities.measure},
               {"rows", sensitivities.rows},
               {"calibrated", sensitivities.isCalibrated},
               {"weights", weights}};
  std::string text =
      json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  return writeFileAtomically(path, std::as_bytes(std::span(text)), policy);
}
