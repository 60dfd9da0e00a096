//===- ModelRunner.h - a model behind the C interface -----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_RUN_MODELRUNNER_H
#define CCQ_TOOLS_CCQ_RUN_MODELRUNNER_H

#include "ccq-c/Runtime.h"
#include "ccq/Artifact/TensorFile.h"
#include "ccq/Support/Result.h"

#include <memory>
#include <string>
#include <vector>

namespace ccq::tool {

/// A tensor of a file under the model's name for it.
struct NamedTensorFile {
  std::string name;
  artifact::TensorFile file;
};

/// An output of a run; the tensor is valid until the next one.
struct ModelOutput {
  std::string name;
  artifact::TensorView tensor;
};

/// A loaded artifact and a session on it. Uses libccq_runtime through its C
/// interface only. Movable.
class ModelRunner {
public:
  /// Errors: those of ccq_module_load. 0 threads are one per processor.
  static Result<ModelRunner> tryLoad(const std::string &path, unsigned threads);

  /// In the order of the model.
  std::vector<std::string> getInputNames() const;
  std::vector<std::string> getOutputNames() const;

  /// Runs the model on tensors of files, which become its only inputs. Errors:
  /// Usage for an input that is unknown, missing or given twice; otherwise
  /// those of ccq_session_run.
  Result<std::vector<ModelOutput>>
  run(const std::vector<NamedTensorFile> &files);

private:
  struct Destroy {
    void operator()(ccq_pool_t *pool) const { ccq_pool_destroy(pool); }
    void operator()(ccq_module_t *module) const { ccq_module_destroy(module); }
    void operator()(ccq_session_t *session) const {
      ccq_session_destroy(session);
    }
  };

  Result<void> bindInput(const NamedTensorFile &input,
                         std::vector<bool> &isBound);

  std::unique_ptr<ccq_pool_t, Destroy> pool;
  std::unique_ptr<ccq_module_t, Destroy> module;
  std::unique_ptr<ccq_session_t, Destroy> session;
};

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_RUN_MODELRUNNER_H
