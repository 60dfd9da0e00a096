//===- Session.h - runs of a model ------------------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_RUNTIME_SESSION_H
#define CCQ_RUNTIME_SESSION_H

#include "ccq/Artifact/Tensor.h"
#include "ccq/Runtime/AlignedBuffer.h"
#include "ccq/Runtime/Model.h"
#include "ccq/Support/Result.h"
#include "ccq/Support/ThreadPool.h"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ccq::runtime {

/// An input of a run: the model's name for it and its content.
struct NamedTensor {
  std::string_view name;
  artifact::TensorView tensor;
};

/// An output of a run, owned by the caller.
struct OutputTensor {
  std::string name;
  artifact::DataType type = artifact::DataType::F32;
  std::vector<int64_t> dims;
  AlignedBuffer memory;

  artifact::TensorView view() const { return {type, dims, memory.bytes()}; }
};

/// A value that a run shows.
struct Observation {
  const artifact::ObserveStep &step;
  /// Valid during the call.
  artifact::TensorView tensor;
};

/// Called on the thread of Session::run at every observe step of the plan, in
/// their order.
using Observer = std::function<void(const Observation &)>;

/// Runs a model, one run at a time: holds the scratch memory and what the
/// symbolic dimensions of the last run led to. Runs of different sessions are
/// independent and may be concurrent. Movable.
class Session {
public:
  /// The pool may be shared with other sessions.
  Session(Model model, std::shared_ptr<ThreadPool> threads);
  Session(Session &&) noexcept;
  Session &operator=(Session &&) noexcept;
  ~Session();

  /// Runs the model on the inputs, in any order, and returns the outputs in
  /// the order of the model. Sizes of symbolic dimensions come from the shapes
  /// of the inputs. The inputs are only read, and need no alignment. Without an
  /// observer, observe steps cost nothing.
  ///
  /// Errors: Usage for an input that is missing, given twice or unknown;
  /// MalformedInput for a wrong element type, rank or extent, for a dimension
  /// with two sizes, and for sizes that do not fit into 64 bits; Budget when
  /// memory cannot be allocated.
  ///
  /// Numerics: the same bytes for any number of threads. Cost: memory is
  /// allocated before the first step, for the outputs and, when dimensions
  /// have grown, the scratch arena; steps allocate nothing.
  Result<std::vector<OutputTensor>> run(std::span<const NamedTensor> inputs,
                                        const Observer &observer = {});

  /// The first half of run: checks the inputs, fixes all sizes for them and
  /// makes room. The memory of the inputs stays in use until the last
  /// runPrepared with them; its content may change in between. Errors: those of
  /// run; after one there is nothing to run.
  Result<void> prepare(std::span<const NamedTensor> inputs);

  /// Of an output, by its position in the plan's outputs, for the inputs of the
  /// last prepare, which succeeded.
  std::span<const int64_t> getOutputDims(size_t output) const;
  uint64_t getOutputBytes(size_t output) const;

  /// The second half of run: reads the prepared inputs and writes the outputs
  /// to the caller's memory, one address per output of the plan, each a
  /// multiple of the size of its elements with getOutputBytes() to write.
  /// Outputs overlap neither each other nor inputs. Allocates nothing.
  void runPrepared(std::span<std::byte *const> outputs,
                   const Observer &observer = {});

private:
  struct State;
  std::unique_ptr<State> state;
};

} // namespace ccq::runtime

#endif // CCQ_RUNTIME_SESSION_H
