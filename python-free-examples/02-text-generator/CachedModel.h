//===- CachedModel.h - a language model that remembers ----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_EXAMPLES_TEXTGENERATOR_CACHEDMODEL_H
#define CCQ_EXAMPLES_TEXTGENERATOR_CACHEDMODEL_H

#include "ccq/Runtime/Model.h"
#include "ccq/Runtime/Session.h"
#include "ccq/Support/Result.h"

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace ccq::example {

/// A build of a language model with key and value caches: the input input_ids
/// [batch, sequence], the output logits [batch, sequence, vocabulary], and
/// inputs past_key_values.* whose next values are the outputs present.*. One
/// sequence at a time.
class CachedModel {
public:
  /// Loads a build. Errors: those of runtime::Model; Unsupported for a model
  /// with other inputs, and for a cache without an output for its next value.
  static Result<CachedModel> tryLoad(const std::filesystem::path &path,
                                     unsigned threads);

  /// Appends tokens to the sequence and returns the logits after the last one,
  /// which stay valid until the next call. `tokens` is not empty. Errors: those
  /// of Session::run; MalformedInput for logits of another shape or type.
  Result<std::span<const float>> append(std::span<const int64_t> tokens);

  /// Forgets the sequence.
  void clear();

private:
  /// A cache between two runs; it starts with a length of 0.
  struct Cache {
    std::string input;
    std::string output;
    artifact::DataType type = artifact::DataType::F32;
    std::vector<int64_t> emptyDims;
    /// The output of the last run; without dimensions when there was none.
    runtime::OutputTensor value;
  };

  CachedModel(runtime::Model model, unsigned threads);
  Result<void> findCaches();
  void keepCache(runtime::OutputTensor output);
  Result<void> readLastRow(const artifact::TensorView &view, size_t tokenCount);

  runtime::Model model;
  runtime::Session session;
  std::vector<Cache> caches;
  std::vector<float> logits;
};

} // namespace ccq::example

#endif // CCQ_EXAMPLES_TEXTGENERATOR_CACHEDMODEL_H
