//===- ArtifactRun.h - whole artifacts in the PTX interpreter ---*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_UNIT_CUDA_ARTIFACTRUN_H
#define CCQ_TEST_UNIT_CUDA_ARTIFACTRUN_H

#include "PTX/Interpreter.h"
#include "ccq/Artifact/ArtifactDirectory.h"
#include "ccq/Runtime/Session.h"

#include <map>
#include <string>
#include <vector>

namespace ccq::cuda_test {

/// One run of an artifact as an engine for a GPU would do it, written against
/// docs/Artifact.md: the launches of a `ptx:` target run in the interpreter,
/// those of kernels that it lacks on the CPU, all of them on device memory.
class ArtifactRun {
public:
  /// `cpu` is the same artifact, loaded for a CPU target. Both outlive the run.
  ArtifactRun(const artifact::ArtifactDirectory &directory,
              const artifact::PlanTarget &target, const runtime::Model &cpu)
      : directory(directory), target(target), cpu(cpu) {}

  /// Runs all steps. Errors are those of the interpreter, of kernels' files and
  /// of expressions. Use a run once.
  Result<void> run(const std::vector<runtime::NamedTensor> &inputs);

  /// The elements of output `number` of the model.
  std::vector<float> readOutput(unsigned number);
  /// Whether some byte of an output was not written.
  bool hasUnwrittenOutput();

  unsigned getPtxLaunches() const { return ptxLaunches; }
  unsigned getCpuLaunches() const { return cpuLaunches; }

private:
  Result<void> bindInputs(const std::vector<runtime::NamedTensor> &inputs);
  Result<void> allocateBuffers();
  Result<void> launch(size_t step, const artifact::LaunchStep &launch);
  Result<void> launchOnCpu(size_t step, const artifact::LaunchStep &launch);
  Result<void> copy(const artifact::CopyStep &copy);
  /// Memory of a launch's argument, with rows padded as the kernel wants them.
  ptx::DeviceBuffer getArgument(const artifact::CompiledKernel &kernel,
                                const artifact::LaunchStep &launch,
                                size_t number);
  Result<std::vector<int64_t>>
  evaluate(const std::vector<artifact::Expression> &list,
           const std::vector<int64_t> &symbols) const;
  /// The bytes of a device buffer for an access by the host.
  Result<std::byte *> access(ptx::DeviceBuffer buffer, ptx::AccessKind kind);

  const artifact::ArtifactDirectory &directory;
  const artifact::PlanTarget &target;
  const runtime::Model &cpu;
  ptx::Memory memory;
  std::vector<int64_t> dims;
  /// Parallel to the plan's buffers.
  std::vector<ptx::DeviceBuffer> buffers;
  /// Padded weights by buffer and elements per row.
  std::map<std::pair<unsigned, int64_t>, ptx::DeviceBuffer> padded;
  /// Parsed kernels by file.
  std::map<std::string, ptx::Module> modules;
  unsigned ptxLaunches = 0, cpuLaunches = 0;
};

} // namespace ccq::cuda_test

#endif // CCQ_TEST_UNIT_CUDA_ARTIFACTRUN_H
