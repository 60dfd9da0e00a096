//===- Plan.h - what an artifact does when it runs --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_ARTIFACT_PLAN_H
#define CCQ_ARTIFACT_PLAN_H

#include "ccq/Artifact/Expression.h"
#include "ccq/Artifact/Tensor.h"
#include "ccq/Support/Result.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ccq::artifact {

// The plan is the contract between the compiler and whatever runs its output:
// a flat list of steps over buffers whose sizes are expressions in the model's
// symbolic dimensions, and per target the compiled kernels. Format, meaning and
// the constraints `artifact_c1` to `artifact_c14`: docs/Artifact.md.

/// The newest `version` of plan.json that this library reads. It writes the
/// oldest that has what the plan needs: checks came with 2, observations
/// with 3.
inline constexpr int64_t planVersion = 3;

/// Names of the files of an artifact directory.
inline constexpr std::string_view planFileName = "plan.json";
inline constexpr std::string_view weightsFileName = "weights.safetensors";
inline constexpr std::string_view reportFileName = "report.json";

/// Scratch buffers start at multiples of this many bytes.
inline constexpr uint64_t scratchAlignmentBytes = 64;

/// Most scalar arguments of a kernel.
inline constexpr unsigned maxKernelScalars = 256;

/// Who owns the memory of a buffer.
enum class BufferKind {
  /// The caller; read only.
  Input,
  /// The caller; written by a step.
  Output,
  /// The run's arena, at an offset.
  Scratch,
  /// A tensor of weights.safetensors; read only.
  Weight,
};

/// `input`, `output`, `scratch` or `weight`.
std::string_view getBufferKindName(BufferKind kind);

/// A dense tensor in memory, last dimension fastest.
struct PlanBuffer {
  BufferKind kind = BufferKind::Scratch;
  /// Input and Output: the model's name. Weight: the tensor's name in
  /// weights.safetensors. Scratch: empty.
  std::string name;
  DataType type = DataType::F32;
  /// Extents over the plan's dimensions; constants for Weight.
  std::vector<Expression> shape;
  /// Scratch: first byte in the arena, a multiple of scratchAlignmentBytes.
  std::optional<Expression> offsetBytes;

  bool operator==(const PlanBuffer &) const = default;
};

/// What a kernel takes, whatever it is compiled for: pointers to the inputs and
/// then the outputs, then 64-bit scalars.
struct PlanKernel {
  std::string name;
  unsigned inputCount = 0;
  unsigned outputCount = 0;
  unsigned scalarCount = 0;

  bool operator==(const PlanKernel &) const = default;
};

/// Runs a kernel.
struct LaunchStep {
  /// Index into Plan::kernels.
  unsigned kernel = 0;
  /// Indices into Plan::buffers: the kernel's inputs, then its outputs.
  std::vector<unsigned> buffers;
  /// Over the plan's dimensions.
  std::vector<Expression> scalars;

  bool operator==(const LaunchStep &) const = default;
};

/// Copies the bytes of one buffer to another of the same size.
struct CopyStep {
  unsigned source = 0;
  unsigned destination = 0;

  bool operator==(const CopyStep &) const = default;
};

/// Shows a buffer to the observer of a run; without one it does nothing.
struct ObserveStep {
  unsigned buffer = 0;
  std::string name;
  /// Weights that the value is multiplied with, where that was asked for.
  std::vector<std::string> weights;

  bool operator==(const ObserveStep &) const = default;
};

using PlanStep = std::variant<LaunchStep, CopyStep, ObserveStep>;

/// Container of compiled code.
enum class KernelFormat { SharedObject, Ptx, Cubin };

/// `so`, `ptx` or `cubin`: the name in plan.json and the ending of the file.
std::string_view getKernelFormatName(KernelFormat format);
std::optional<KernelFormat> findKernelFormat(std::string_view name);

/// Threads of a GPU block along x, y, z.
using BlockShape = std::array<int64_t, 3>;

/// A kernel compiled for one target.
struct CompiledKernel {
  /// Index into Plan::kernels.
  unsigned kernel = 0;
  KernelFormat format = KernelFormat::SharedObject;
  /// `kernels/<target>/<name>`, relative to the artifact.
  std::string file;
  /// Of the file: 64 lower-case hexadecimal digits.
  std::string sha256;
  /// Symbol of the kernel in the file.
  std::string entry;
  /// Over the kernel's scalars. SharedObject: one count of independent work
  /// items. Ptx, Cubin: blocks along x, y, z.
  std::vector<Expression> grid;
  /// Ptx and Cubin only.
  std::optional<BlockShape> block;
  /// Ptx and Cubin: dynamic shared memory of a block.
  uint64_t sharedBytes = 0;
  /// Empty, or one entry per buffer argument: 0 for a dense buffer, else the
  /// elements per row that the kernel expects; the rows of the weight are
  /// padded with zeros to that length before the first launch.
  std::vector<int64_t> rowElements;

  bool operator==(const CompiledKernel &) const = default;
};

/// Code for one target. A target need not hold every kernel; only one that
/// does can run the plan alone.
struct PlanTarget {
  /// For example `cpu:x86-64-v3`, `cuda:sm_90a`, `ptx:sm_80`.
  std::string name;
  std::vector<CompiledKernel> kernels;

  bool operator==(const PlanTarget &) const = default;
};

/// How two sizes of a run relate.
enum class SizeRelation { Equal, AtMost };

/// `equal` or `at_most`, as in plan.json.
std::string_view getSizeRelationName(SizeRelation relation);

/// What the plan takes to be true of the sizes of a run. The runtime refuses
/// inputs for which it is not.
struct SizeCheck {
  SizeRelation relation = SizeRelation::Equal;
  /// Over the plan's dimensions.
  Expression left;
  Expression right;
  /// Where in the model it comes from, for people.
  std::string place;

  bool operator==(const SizeCheck &) const = default;
};

/// A whole plan.
struct Plan {
  /// Names of the symbolic dimensions; the symbols of all expressions but the
  /// grids.
  std::vector<std::string> dims;
  std::vector<PlanBuffer> buffers;
  /// Buffers of kind Input and Output, in the order of the model.
  std::vector<unsigned> inputs;
  std::vector<unsigned> outputs;
  std::vector<PlanKernel> kernels;
  /// In execution order.
  std::vector<PlanStep> steps;
  /// Size of the arena.
  Expression arenaBytes;
  std::vector<PlanTarget> targets;
  std::vector<SizeCheck> checks;

  bool operator==(const Plan &) const = default;
};

/// Checks what docs/Artifact.md demands of a plan on its own: indices, names,
/// counts, expressions, file names. The message of the MalformedInput error
/// starts with the label of the broken constraint. Whatever passes can be
/// printed, and resolved for any sizes without undefined behaviour.
Result<void> checkPlan(const Plan &plan);

/// Reads plan.json and checks it. Errors: MalformedInput with the place, for
/// example `plan.json: buffers[3].shape[0]: ...`; Unsupported for a newer
/// version.
Result<Plan> parsePlan(std::string_view json);

/// Writes plan.json: the same plan gives the same bytes. The plan must pass
/// checkPlan; parsePlan gives it back.
std::string printPlan(const Plan &plan);

/// The target of a name, or null.
const PlanTarget *findTarget(const Plan &plan, std::string_view name);

/// The object of a kernel in a target, or null.
const CompiledKernel *findCompiledKernel(const PlanTarget &target,
                                         unsigned kernel);

/// Text of a shape for people, for example `[batch, 784]`.
std::string printShape(const Plan &plan, std::span<const Expression> shape);

} // namespace ccq::artifact

#endif // CCQ_ARTIFACT_PLAN_H
