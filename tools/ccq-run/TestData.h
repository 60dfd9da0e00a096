//===- TestData.h - data sets in ONNX backend layout ------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_RUN_TESTDATA_H
#define CCQ_TOOLS_CCQ_RUN_TESTDATA_H

#include "ModelRunner.h"
#include "Run.h"

namespace ccq::tool {

/// Runs every data set of options.testData: inputs `input_0.pb`, `input_1.pb`,
/// ... by their position in the model, outputs compared with `output_0.pb`, ...
/// Returns whether all agree. Fails with MalformedInput when there is no data
/// set or its files are not as many as the model's inputs and outputs.
Result<bool> runDataSets(ModelRunner &model, const RunOptions &options);

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_RUN_TESTDATA_H
