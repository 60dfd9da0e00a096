//===- ModelRunner.cpp - a model behind the C interface -------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelRunner.h"

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::tool;

/// The error of the call that just returned this status.
static Error takeLastError(ccq_status_t status) {
  for (ErrorKind kind :
       {ErrorKind::CompileError, ErrorKind::Usage, ErrorKind::MalformedInput,
        ErrorKind::Unsupported, ErrorKind::Budget, ErrorKind::QualityGate,
        ErrorKind::Mismatch, ErrorKind::MissingTool, ErrorKind::Output})
    if (getExitCode(kind) == int(status))
      return {kind, ccq_get_last_error()};
  return {ErrorKind::Internal, ccq_get_last_error()};
}

Result<ModelRunner> ModelRunner::tryLoad(const std::string &path,
                                         unsigned threads) {
  ModelRunner runner;
  ccq_module_t *module = nullptr;
  ccq_status_t status = ccq_module_load(path.c_str(), nullptr, &module);
  if (status != CCQ_STATUS_OK)
    return takeLastError(status);
  runner.module.reset(module);
  ccq_pool_t *pool = nullptr;
  status = ccq_pool_create(threads, &pool);
  if (status != CCQ_STATUS_OK)
    return takeLastError(status);
  runner.pool.reset(pool);
  ccq_session_t *session = nullptr;
  status = ccq_session_create(module, pool, &session);
  if (status != CCQ_STATUS_OK)
    return takeLastError(status);
  runner.session.reset(session);
  return runner;
}

std::vector<std::string> ModelRunner::getInputNames() const {
  std::vector<std::string> names;
  for (size_t i = 0; i < ccq_module_get_input_count(module.get()); ++i)
    names.push_back(ccq_module_get_input(module.get(), i)->name);
  return names;
}

std::vector<std::string> ModelRunner::getOutputNames() const {
  std::vector<std::string> names;
  for (size_t i = 0; i < ccq_module_get_output_count(module.get()); ++i)
    names.push_back(ccq_module_get_output(module.get(), i)->name);
  return names;
}

Result<void> ModelRunner::bindInput(const NamedTensorFile &input,
                                    std::vector<bool> &isBound) {
  size_t index = 0;
  ccq_status_t status =
      ccq_module_find_input(module.get(), input.name.c_str(), &index);
  if (status != CCQ_STATUS_OK)
    return takeLastError(status);
  if (isBound[index])
    return Error{ErrorKind::Usage, "input '" + input.name + "': given twice"};
  isBound[index] = true;
  const TensorView &tensor = input.file.tensor();
  status = ccq_session_bind_input(
      session.get(), index, ccq_element_type_t(tensor.type),
      tensor.bytes.data(), tensor.dims.data(), tensor.dims.size());
  if (status != CCQ_STATUS_OK)
    return takeLastError(status);
  return {};
}

Result<std::vector<ModelOutput>>
ModelRunner::run(const std::vector<NamedTensorFile> &files) {
  std::vector<bool> isBound(ccq_module_get_input_count(module.get()));
  for (const NamedTensorFile &input : files)
    if (Result<void> bound = bindInput(input, isBound); !bound)
      return bound.takeError();
  ccq_status_t status = ccq_session_run(session.get());
  if (status != CCQ_STATUS_OK)
    return takeLastError(status);
  std::vector<ModelOutput> outputs;
  for (const std::string &name : getOutputNames()) {
    ccq_tensor_t tensor;
    status = ccq_session_get_output(session.get(), outputs.size(), &tensor);
    if (status != CCQ_STATUS_OK)
      return takeLastError(status);
    outputs.push_back(
        {name,
         {DataType(tensor.type),
          {tensor.extents, tensor.extents + tensor.rank},
          {static_cast<const std::byte *>(tensor.data), tensor.size_bytes}}});
  }
  return outputs;
}
