//===- Session.cpp - runs in the C interface ------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Handles.h"

#include <optional>

using namespace ccq;
using namespace ccq::artifact;
using namespace ccq::runtime;

namespace {
/// Memory that the caller bound to an output; the session's without data.
struct BoundOutput {
  void *data = nullptr;
  size_t sizeBytes = 0;
};
} // namespace

struct ccq_session {
  ccq_session(const Model &model, std::shared_ptr<ThreadPool> threads)
      : model(model), session(model, std::move(threads)),
        inputs(model.plan().inputs.size()),
        outputs(model.plan().outputs.size()), memory(outputs.size()) {}

  const PlanBuffer &input(size_t index) const {
    return model.plan().buffers[model.plan().inputs[index]];
  }
  const PlanBuffer &output(size_t index) const {
    return model.plan().buffers[model.plan().outputs[index]];
  }

  Result<void> prepare();
  Result<void> fixSizes();
  Result<void> placeOutput(size_t index);

  Model model;
  Session session;
  /// No value: not bound.
  std::vector<std::optional<TensorView>> inputs;
  std::vector<BoundOutput> outputs;
  /// Of outputs that are not bound.
  std::vector<AlignedBuffer> memory;
  /// Where runs write; complete once arePlaced.
  std::vector<std::byte *> addresses;
  /// Whether the session knows the sizes for the bound inputs.
  bool haveSizes = false;
  bool arePlaced = false;
};

/// Whether two ranges of memory share a byte.
static bool overlaps(std::span<const std::byte> a,
                     std::span<const std::byte> b) {
  return !a.empty() && !b.empty() && a.data() < b.data() + b.size() &&
         b.data() < a.data() + a.size();
}

Result<void> ccq_session::fixSizes() {
  if (haveSizes)
    return {};
  std::vector<NamedTensor> tensors;
  for (size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i])
      tensors.push_back({input(i).name, *inputs[i]});
  Result<void> prepared = session.prepare(tensors);
  haveSizes = bool(prepared);
  return prepared;
}

/// Chooses the memory of an output, and checks it against that of the inputs
/// and of the outputs before it.
Result<void> ccq_session::placeOutput(size_t index) {
  const BoundOutput &bound = outputs[index];
  const std::string place = "output '" + output(index).name + "': ";
  uint64_t sizeBytes = session.getOutputBytes(index);
  if (!bound.data) {
    if (!memory[index].data() || memory[index].sizeBytes() < sizeBytes) {
      Result<AlignedBuffer> buffer = AlignedBuffer::tryAllocate(sizeBytes);
      if (!buffer)
        return Error{buffer.error().kind, place + buffer.error().message};
      memory[index] = *std::move(buffer);
    }
    addresses.push_back(memory[index].data());
    return {};
  }
  if (bound.sizeBytes < sizeBytes)
    return Error{ErrorKind::Usage,
                 place + "expected memory for " + std::to_string(sizeBytes) +
                     " bytes, got " + std::to_string(bound.sizeBytes)};
  auto *data = static_cast<std::byte *>(bound.data);
  std::span<const std::byte> bytes(data, sizeBytes);
  for (size_t i = 0; i < inputs.size(); ++i)
    if (overlaps(bytes, inputs[i]->bytes))
      return Error{ErrorKind::Usage,
                   place + "expected memory of its own, it overlaps input '" +
                       input(i).name + "'"};
  for (size_t i = 0; i < index; ++i)
    if (overlaps(bytes, {addresses[i], session.getOutputBytes(i)}))
      return Error{ErrorKind::Usage,
                   place + "expected memory of its own, it overlaps output '" +
                       output(i).name + "'"};
  addresses.push_back(data);
  return {};
}

Result<void> ccq_session::prepare() {
  if (Result<void> fixed = fixSizes(); !fixed)
    return fixed;
  if (arePlaced)
    return {};
  addresses.clear();
  for (size_t i = 0; i < outputs.size(); ++i)
    if (Result<void> placed = placeOutput(i); !placed)
      return placed;
  arePlaced = true;
  return {};
}

ccq_status_t ccq_session_create(const ccq_module_t *module, ccq_pool_t *pool,
                                ccq_session_t **session) {
  if (!module || !session)
    return capi::failUsage(
        "expected a module and a place for the session, got NULL");
  *session = new ccq_session(
      module->model, pool ? pool->threads : std::make_shared<ThreadPool>(1));
  return CCQ_STATUS_OK;
}

void ccq_session_destroy(ccq_session_t *session) { delete session; }

static ccq_status_t failIndex(const char *kind, size_t count, size_t index) {
  return capi::failUsage(std::string("expected an ") + kind + " below " +
                         std::to_string(count) + ", got " +
                         std::to_string(index));
}

ccq_status_t ccq_session_bind_input(ccq_session_t *session, size_t input,
                                    ccq_element_type_t type, const void *data,
                                    const int64_t *extents, size_t rank) {
  if (input >= session->inputs.size())
    return failIndex("input", session->inputs.size(), input);
  const PlanBuffer &buffer = session->input(input);
  const std::string place = "input '" + buffer.name + "': ";
  if (ccq_get_element_bytes(type) == 0)
    return capi::failUsage(place + "expected an element type, got " +
                           std::to_string(int(type)));
  if (rank > 0 && !extents)
    return capi::failUsage(place + "expected extents, got NULL");
  std::vector<int64_t> dims(extents, extents + rank);
  std::optional<uint64_t> size = computeSizeBytes(DataType(type), dims);
  if (!size)
    return capi::fail(
        {ErrorKind::MalformedInput,
         place +
             "expected extents from 0 on with a size below 2^63 bytes, "
             "got " +
             printDims(dims)});
  if (!data && *size > 0)
    return capi::failUsage(place + "expected " + std::to_string(*size) +
                           " bytes, got NULL");
  session->inputs[input] =
      TensorView{DataType(type),
                 std::move(dims),
                 {static_cast<const std::byte *>(data), size_t(*size)}};
  session->haveSizes = session->arePlaced = false;
  return CCQ_STATUS_OK;
}

ccq_status_t ccq_session_bind_output(ccq_session_t *session, size_t output,
                                     void *data, size_t size_bytes) {
  if (output >= session->outputs.size())
    return failIndex("output", session->outputs.size(), output);
  const PlanBuffer &buffer = session->output(output);
  unsigned elementBytes = getDataTypeBytes(buffer.type);
  uintptr_t offset = reinterpret_cast<uintptr_t>(data) % elementBytes;
  if (offset != 0)
    return capi::failUsage("output '" + buffer.name +
                           "': expected an address that is a multiple of " +
                           std::to_string(elementBytes) + ", got one " +
                           std::to_string(offset) + " beyond");
  session->outputs[output] = {data, size_bytes};
  session->arePlaced = false;
  return CCQ_STATUS_OK;
}

ccq_status_t ccq_session_prepare(ccq_session_t *session) {
  Result<void> prepared = session->prepare();
  return prepared ? CCQ_STATUS_OK : capi::fail(prepared.error());
}

ccq_status_t ccq_session_run(ccq_session_t *session) {
  if (ccq_status_t status = ccq_session_prepare(session);
      status != CCQ_STATUS_OK)
    return status;
  session->session.runPrepared(session->addresses);
  return CCQ_STATUS_OK;
}

ccq_status_t ccq_session_get_output(const ccq_session_t *session, size_t output,
                                    ccq_tensor_t *tensor) {
  if (output >= session->outputs.size())
    return failIndex("output", session->outputs.size(), output);
  if (!tensor)
    return capi::failUsage("expected a place for the output, got NULL");
  if (!session->haveSizes)
    return capi::failUsage("output '" + session->output(output).name +
                           "': expected ccq_session_prepare or "
                           "ccq_session_run before");
  std::span<const int64_t> dims = session->session.getOutputDims(output);
  *tensor = {ccq_element_type_t(session->output(output).type), dims.size(),
             dims.data(),
             session->arePlaced ? session->addresses[output] : nullptr,
             size_t(session->session.getOutputBytes(output))};
  return CCQ_STATUS_OK;
}
