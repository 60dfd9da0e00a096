//===- DataSets.h - data sets in ONNX backend layout ------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_ARTIFACT_DATASETS_H
#define CCQ_ARTIFACT_DATASETS_H

#include "ccq/Support/Result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ccq::artifact {

/// One `test_data_set_*`: files of the inputs and outputs by their position in
/// the model, `input_0.pb`, `input_1.pb`, ... and `output_0.pb`, ...
struct DataSet {
  std::string name;
  std::vector<std::filesystem::path> inputs;
  std::vector<std::filesystem::path> outputs;
};

/// The files of one data set; none where there are none.
DataSet readDataSet(const std::filesystem::path &directory);

/// The data sets `test_data_set_*` of a directory, by name, numbers in their
/// order. Fails with MalformedInput when there is none.
Result<std::vector<DataSet>>
findDataSets(const std::filesystem::path &directory);

} // namespace ccq::artifact

#endif // CCQ_ARTIFACT_DATASETS_H
