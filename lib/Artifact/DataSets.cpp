//===- DataSets.cpp - data sets in ONNX backend layout --------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/DataSets.h"

#include <algorithm>

using namespace ccq;
using namespace ccq::artifact;
namespace fs = std::filesystem;

/// `prefix`0.pb, `prefix`1.pb, ... up to the first that is not there.
static std::vector<fs::path> findNumbered(const fs::path &directory,
                                          const std::string &prefix) {
  std::vector<fs::path> files;
  std::error_code code;
  for (;;) {
    fs::path file = directory / (prefix + std::to_string(files.size()) + ".pb");
    if (!fs::exists(file, code))
      return files;
    files.push_back(std::move(file));
  }
}

DataSet artifact::readDataSet(const fs::path &directory) {
  return {directory.filename(), findNumbered(directory, "input_"),
          findNumbered(directory, "output_")};
}

Result<std::vector<DataSet>>
artifact::findDataSets(const std::filesystem::path &directory) {
  std::vector<DataSet> sets;
  std::error_code code;
  fs::directory_iterator entry(directory, code);
  for (; !code && entry != fs::directory_iterator(); entry.increment(code)) {
    std::string name = entry->path().filename();
    if (name.starts_with("test_data_set_"))
      sets.push_back(readDataSet(entry->path()));
  }
  if (code)
    return Error{ErrorKind::MalformedInput,
                 directory.string() + ": cannot list: " + code.message()};
  if (sets.empty())
    return Error{ErrorKind::MalformedInput,
                 directory.string() + ": expected folders test_data_set_*"};
  std::sort(sets.begin(), sets.end(), [](const DataSet &a, const DataSet &b) {
    // Of two numbers the longer one is larger.
    return std::pair(a.name.size(), a.name) < std::pair(b.name.size(), b.name);
  });
  return sets;
}
