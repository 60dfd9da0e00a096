//===- ModelData.h - data to run a model on ---------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_MODELDATA_H
#define CCQ_TOOLS_CCQ_MODELDATA_H

#include "TokenInputs.h"
#include "ccq/Artifact/Npz.h"
#include "ccq/Artifact/Plan.h"
#include "ccq/Artifact/TensorFile.h"
#include "ccq/Runtime/Session.h"
#include "ccq/Support/Result.h"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ccq::tool {

/// Where data comes from: the options of verbs that run a model on data.
struct DataOptions {
  /// Files and directories; see ModelData.
  std::vector<std::string> paths;
  /// `NAME=FILE` each: inputs of one run.
  std::vector<std::string> inputs;
  /// Input that takes token ids; empty for the usual one.
  std::string ids;
};

/// The inputs of one run with what holds them.
class DataItem {
public:
  /// For messages: a file, and which part of it.
  const std::string &name() const { return itemName; }
  const std::vector<runtime::NamedTensor> &inputs() const { return tensors; }

  /// SHA-256 over names, types, shapes and elements of the inputs, sorted by
  /// name, in hexadecimal digits.
  std::string computeDigest() const;

private:
  friend class ModelData;
  void add(std::string_view name, const artifact::TensorView &tensor) {
    tensors.push_back({name, tensor});
  }

  std::string itemName;
  std::vector<TokenInput> tokens;
  std::vector<artifact::TensorFile> files;
  std::optional<artifact::NpzFile> archive;
  std::vector<runtime::NamedTensor> tensors;
};

/// Everything to run a model on, item by item. Files are opened when their item
/// is loaded, but for token lists.
///
/// A path is a file `.json` of token-id lists (one item per list of at least
/// two tokens, without its last), a file `.npz` with an array per input, a file
/// `.npy` or `.pb` for the only input, a directory of `test_data_set_*`, one
/// of these, or a directory of such files, which are taken by name.
class ModelData {
public:
  /// Errors: Usage for endings and for options that do not go with the model;
  /// MalformedInput for missing files, empty directories and broken token
  /// lists; those of findTokenInput.
  static Result<ModelData> tryOpen(const artifact::Plan &plan,
                                   const DataOptions &options);

  size_t size() const { return sources.size(); }

  /// Errors: those of TensorFile, NpzFile and createTokenInputs.
  Result<DataItem> load(size_t index) const;

private:
  /// One list of a file of token ids.
  struct TokenSource {
    std::string file;
    size_t list = 0;
    std::vector<int64_t> tokens;
  };
  /// A file per input.
  struct FileSource {
    std::string name;
    std::vector<std::pair<std::string, std::filesystem::path>> files;
  };
  struct ArchiveSource {
    std::filesystem::path file;
  };

  explicit ModelData(const artifact::Plan &plan) : plan(&plan) {}
  Result<void> addPath(const std::filesystem::path &path);
  Result<void> addDirectory(const std::filesystem::path &path);
  Result<void> addDataSet(const std::filesystem::path &path);
  Result<void> addTokens(const std::filesystem::path &path);
  Result<void> addSingleInput(const std::filesystem::path &path);
  Result<void> addNamedFiles(const std::vector<std::string> &texts);
  Result<DataItem> loadTokens(const TokenSource &source) const;
  Result<DataItem> loadFiles(const FileSource &source) const;
  Result<DataItem> loadArchive(const ArchiveSource &source) const;

  const artifact::Plan *plan;
  std::string ids;
  std::vector<std::variant<TokenSource, FileSource, ArchiveSource>> sources;
};

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_MODELDATA_H
