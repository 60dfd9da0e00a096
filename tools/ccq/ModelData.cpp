//===- ModelData.cpp - data to run a model on -----------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelData.h"

#include "ccq/Artifact/DataSets.h"
#include "ccq/Support/Sha256.h"

#include <algorithm>

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::tool;
namespace fs = std::filesystem;

//===----------------------------------------------------------------------===//
// Finding
//===----------------------------------------------------------------------===//

static Error makeDataError(const fs::path &path, const std::string &message,
                           ErrorKind kind = ErrorKind::MalformedInput) {
  return {kind, path.string() + ": " + message};
}

/// Whether the ending of a file says that it holds data.
static bool isDataFile(const fs::path &path) {
  constexpr std::string_view endings[] = {".json", ".npz", ".npy", ".pb"};
  return std::find(std::begin(endings), std::end(endings), path.extension()) !=
         std::end(endings);
}

Result<void> ModelData::addTokens(const fs::path &path) {
  Result<std::string> input = findTokenInput(*plan, ids);
  if (!input)
    return makeDataError(path, input.error().message, input.error().kind);
  ids = *input;
  Result<TokenLists> lists = readTokenLists(path);
  if (!lists)
    return lists.takeError();
  for (size_t i = 0; i < lists->size(); ++i)
    if ((*lists)[i].size() >= 2)
      sources.push_back(TokenSource{path.string(), i, std::move((*lists)[i])});
  return {};
}

Result<void> ModelData::addSingleInput(const fs::path &path) {
  if (plan->inputs.size() != 1)
    return makeDataError(path,
                         "expected --input NAME=FILE for each of the " +
                             std::to_string(plan->inputs.size()) +
                             " inputs of the model",
                         ErrorKind::Usage);
  sources.push_back(FileSource{
      path.string(), {{plan->buffers[plan->inputs.front()].name, path}}});
  return {};
}

Result<void> ModelData::addDataSet(const fs::path &path) {
  DataSet set = readDataSet(path);
  if (set.inputs.size() != plan->inputs.size())
    return makeDataError(
        path, "expected " + std::to_string(plan->inputs.size()) +
                  " inputs, got " + std::to_string(set.inputs.size()));
  FileSource source{path.string(), {}};
  for (size_t i = 0; i < set.inputs.size(); ++i)
    source.files.emplace_back(plan->buffers[plan->inputs[i]].name,
                              set.inputs[i]);
  sources.push_back(std::move(source));
  return {};
}

Result<void> ModelData::addDirectory(const fs::path &path) {
  std::error_code code;
  if (fs::exists(path / "input_0.pb", code))
    return addDataSet(path);
  std::vector<fs::path> files;
  bool hasDataSets = false;
  fs::directory_iterator entry(path, code);
  for (; !code && entry != fs::directory_iterator(); entry.increment(code)) {
    hasDataSets |=
        entry->path().filename().string().starts_with("test_data_set_");
    if (isDataFile(entry->path()))
      files.push_back(entry->path());
  }
  if (code)
    return makeDataError(path, "cannot list: " + code.message());
  if (hasDataSets) {
    Result<std::vector<DataSet>> sets = findDataSets(path);
    if (!sets)
      return sets.takeError();
    for (const DataSet &set : *sets)
      if (Result<void> added = addDataSet(path / set.name); !added)
        return added;
    return {};
  }
  if (files.empty())
    return makeDataError(path, "expected folders test_data_set_* or files "
                               "that end in .json, .npz, .npy or .pb");
  std::sort(files.begin(), files.end());
  for (const fs::path &file : files)
    if (Result<void> added = addPath(file); !added)
      return added;
  return {};
}

Result<void> ModelData::addPath(const fs::path &path) {
  std::error_code code;
  if (fs::is_directory(path, code))
    return addDirectory(path);
  if (path.extension() == ".json")
    return addTokens(path);
  if (path.extension() == ".npz") {
    sources.push_back(ArchiveSource{path});
    return {};
  }
  if (isDataFile(path))
    return addSingleInput(path);
  return makeDataError(path,
                       "expected a directory or a file name that ends in "
                       ".json, .npz, .npy or .pb",
                       ErrorKind::Usage);
}

Result<void> ModelData::addNamedFiles(const std::vector<std::string> &texts) {
  FileSource source;
  for (const std::string &text : texts) {
    size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == text.size())
      return Error{ErrorKind::Usage,
                   "expected --input NAME=FILE, got '" + text + "'"};
    source.files.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    source.name += (source.name.empty() ? "" : ", ") + text.substr(equals + 1);
  }
  if (!source.files.empty())
    sources.push_back(std::move(source));
  return {};
}

Result<ModelData> ModelData::tryOpen(const Plan &plan,
                                     const DataOptions &options) {
  ModelData data(plan);
  data.ids = options.ids;
  if (Result<void> added = data.addNamedFiles(options.inputs); !added)
    return added.takeError();
  for (const std::string &path : options.paths)
    if (Result<void> added = data.addPath(path); !added)
      return added.takeError();
  return data;
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

Result<DataItem> ModelData::loadTokens(const TokenSource &source) const {
  DataItem item;
  item.itemName = source.file + ": list " + std::to_string(source.list);
  Result<std::vector<TokenInput>> inputs = createTokenInputs(
      *plan, ids, std::span(source.tokens).first(source.tokens.size() - 1));
  if (!inputs)
    return makeDataError(item.itemName, inputs.error().message,
                         inputs.error().kind);
  item.tokens = *std::move(inputs);
  for (const TokenInput &input : item.tokens)
    item.add(input.name, input.view().tensor);
  return item;
}

Result<DataItem> ModelData::loadFiles(const FileSource &source) const {
  DataItem item;
  item.itemName = source.name;
  for (const auto &[name, path] : source.files) {
    Result<TensorFile> file = TensorFile::tryOpen(path);
    if (!file)
      return file.takeError();
    item.files.push_back(*std::move(file));
  }
  for (size_t i = 0; i < item.files.size(); ++i)
    item.add(source.files[i].first, item.files[i].tensor());
  return item;
}

Result<DataItem> ModelData::loadArchive(const ArchiveSource &source) const {
  Result<NpzFile> archive = NpzFile::tryOpen(source.file);
  if (!archive)
    return archive.takeError();
  DataItem item;
  item.itemName = source.file.string();
  item.archive.emplace(*std::move(archive));
  for (const auto &[name, tensor] : item.archive->tensors())
    item.add(name, tensor);
  return item;
}

Result<DataItem> ModelData::load(size_t index) const {
  const auto &source = sources[index];
  if (const auto *tokens = std::get_if<TokenSource>(&source))
    return loadTokens(*tokens);
  if (const auto *files = std::get_if<FileSource>(&source))
    return loadFiles(*files);
  return loadArchive(std::get<ArchiveSource>(source));
}

std::string DataItem::computeDigest() const {
  std::vector<const runtime::NamedTensor *> sorted;
  for (const runtime::NamedTensor &tensor : tensors)
    sorted.push_back(&tensor);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto *a, const auto *b) { return a->name < b->name; });
  Sha256 hash;
  for (const runtime::NamedTensor *input : sorted) {
    // Names of types have no spaces and shapes end in a bracket: no two inputs
    // have one text.
    std::string header = std::string(getSafetensorsName(input->tensor.type)) +
                         " " + printDims(input->tensor.dims) +
                         std::to_string(input->name.size()) + " " +
                         std::string(input->name);
    hash.update(std::as_bytes(std::span(header)));
    hash.update(input->tensor.bytes);
  }
  return formatHex(hash.finish());
}
