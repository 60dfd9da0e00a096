//===- PlanCheck.cpp - the constraints on a plan --------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/Plan.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <set>

using namespace ccq;
using namespace ccq::artifact;

namespace {
/// Checks one plan. Every check returns false after recording the first
/// failure, so that later checks may rely on earlier ones.
class PlanChecker {
public:
  explicit PlanChecker(const Plan &plan) : plan(plan) {}

  Result<void> check() {
    if (checkNames() && checkBuffers() && checkInterface() && checkDims() &&
        checkSteps() && checkTargets() && checkChecks())
      return {};
    return Error{ErrorKind::MalformedInput, message};
  }

private:
  bool fail(std::string text) {
    message = std::move(text);
    return false;
  }

  bool checkNames();
  bool checkBuffers();
  bool checkBuffer(const PlanBuffer &buffer, const std::string &where);
  bool checkInterface();
  bool checkInterfaceList(const std::vector<unsigned> &list, BufferKind kind);
  bool checkDims();
  bool checkSteps();
  bool checkLaunch(const LaunchStep &launch, const std::string &where);
  bool checkObserve(const ObserveStep &observe,
                    std::set<std::string_view> &seen, const std::string &where);
  bool checkBufferIndex(unsigned buffer, const std::string &where);
  bool checkWritten(unsigned buffer, const std::string &where);
  bool checkTargets();
  bool checkChecks();
  bool checkCompiledKernel(const CompiledKernel &compiled,
                           const std::string &where);
  bool checkRowElements(const CompiledKernel &compiled,
                        const std::string &where);
  bool checkExpression(const Expression &expression, size_t symbolCount,
                       const std::string &where);
  bool checkName(std::string_view name, std::set<std::string_view> &seen,
                 const std::string &where);

  const Plan &plan;
  std::string message;
};
} // namespace

/// Longest name of anything; a bound for what messages and files repeat.
static constexpr size_t maxNameBytes = 4096;

/// Largest extents count of a buffer.
static constexpr size_t maxRank = 32;

static std::string indexed(const char *list, size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

static std::string quote(std::string_view text) {
  return "'" + std::string(text) + "'";
}

/// Whether JSON text can hold the string; JSON is UTF-8.
static bool isUtf8(std::string_view text) {
  using Json = nlohmann::json;
  std::string dumped =
      Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  Json parsed = Json::parse(dumped, nullptr, /*allow_exceptions=*/false);
  return parsed.is_string() && parsed.get_ref<const std::string &>() == text;
}

bool PlanChecker::checkName(std::string_view name,
                            std::set<std::string_view> &seen,
                            const std::string &where) {
  if (name.empty() || name.size() > maxNameBytes)
    return fail("artifact_c2: " + where + ": expected a name of 1 to " +
                std::to_string(maxNameBytes) + " bytes, got " +
                std::to_string(name.size()));
  if (!isUtf8(name))
    return fail("artifact_c2: " + where + ": expected a name in UTF-8");
  if (!seen.insert(name).second)
    return fail("artifact_c2: " + where + ": name " + quote(name) +
                " occurs twice");
  return true;
}

bool PlanChecker::checkExpression(const Expression &expression,
                                  size_t symbolCount,
                                  const std::string &where) {
  if (!expression.isWithinLimits())
    return fail("artifact_c3: " + where + ": expected an expression of depth " +
                std::to_string(Expression::maxDepth) + " and " +
                std::to_string(Expression::maxNodes) + " nodes at most");
  if (expression.symbolCount() > symbolCount)
    return fail("artifact_c3: " + where + ": expected a symbol below " +
                std::to_string(symbolCount) + ", got " +
                std::to_string(expression.symbolCount() - 1));
  return true;
}

bool PlanChecker::checkNames() {
  std::set<std::string_view> dims, kernels, targets;
  for (size_t i = 0; i < plan.dims.size(); ++i)
    if (!checkName(plan.dims[i], dims, indexed("dims", i)))
      return false;
  for (size_t i = 0; i < plan.kernels.size(); ++i) {
    const PlanKernel &kernel = plan.kernels[i];
    if (!checkName(kernel.name, kernels, indexed("kernels", i)))
      return false;
    if (kernel.scalarCount > maxKernelScalars)
      return fail("artifact_c8: " + indexed("kernels", i) +
                  ": expected at most " + std::to_string(maxKernelScalars) +
                  " scalars, got " + std::to_string(kernel.scalarCount));
  }
  for (size_t i = 0; i < plan.targets.size(); ++i)
    if (!checkName(plan.targets[i].name, targets, indexed("targets", i)))
      return false;
  return true;
}

bool PlanChecker::checkBuffer(const PlanBuffer &buffer,
                              const std::string &where) {
  if (buffer.shape.size() > maxRank)
    return fail("artifact_c3: " + where + ": expected at most " +
                std::to_string(maxRank) + " extents, got " +
                std::to_string(buffer.shape.size()));
  for (size_t i = 0; i < buffer.shape.size(); ++i)
    if (!checkExpression(buffer.shape[i], plan.dims.size(),
                         where + "." + indexed("shape", i)))
      return false;
  bool isScratch = buffer.kind == BufferKind::Scratch;
  if (isScratch != buffer.offsetBytes.has_value())
    return fail("artifact_c6: " + where + ": expected an offset for scratch " +
                "and for nothing else, got kind " +
                std::string(getBufferKindName(buffer.kind)));
  if (isScratch && !buffer.name.empty())
    return fail("artifact_c6: " + where + ": expected no name, got " +
                quote(buffer.name));
  return !isScratch || checkExpression(*buffer.offsetBytes, plan.dims.size(),
                                       where + ".offset");
}

bool PlanChecker::checkBuffers() {
  std::set<std::string_view> names[4];
  for (size_t i = 0; i < plan.buffers.size(); ++i) {
    const PlanBuffer &buffer = plan.buffers[i];
    std::string where = indexed("buffers", i);
    if (!checkBuffer(buffer, where))
      return false;
    if (buffer.kind != BufferKind::Scratch &&
        !checkName(buffer.name, names[size_t(buffer.kind)], where))
      return false;
    if (buffer.kind != BufferKind::Weight)
      continue;
    std::vector<int64_t> extents;
    for (const Expression &extent : buffer.shape)
      extents.push_back(extent.findConstant().value_or(-1));
    if (!computeSizeBytes(buffer.type, extents))
      return fail("artifact_c5: " + where +
                  ": expected constant extents with a size below 2^63 bytes, " +
                  "got " + printShape(plan, buffer.shape));
  }
  return checkExpression(plan.arenaBytes, plan.dims.size(), "arena_bytes");
}

bool PlanChecker::checkInterfaceList(const std::vector<unsigned> &list,
                                     BufferKind kind) {
  std::string name = std::string(getBufferKindName(kind)) + "s";
  std::set<unsigned> seen;
  for (size_t i = 0; i < list.size(); ++i) {
    std::string where = indexed(name.c_str(), i);
    if (list[i] >= plan.buffers.size() || plan.buffers[list[i]].kind != kind)
      return fail("artifact_c7: " + where + ": expected the index of an " +
                  std::string(getBufferKindName(kind)) + " buffer, got " +
                  std::to_string(list[i]));
    if (!seen.insert(list[i]).second)
      return fail("artifact_c7: " + where + ": buffer " +
                  std::to_string(list[i]) + " occurs twice");
  }
  for (size_t i = 0; i < plan.buffers.size(); ++i)
    if (plan.buffers[i].kind == kind && !seen.count(unsigned(i)))
      return fail("artifact_c7: " + indexed("buffers", i) +
                  ": expected its index in '" + name + "'");
  return true;
}

bool PlanChecker::checkInterface() {
  return checkInterfaceList(plan.inputs, BufferKind::Input) &&
         checkInterfaceList(plan.outputs, BufferKind::Output);
}

bool PlanChecker::checkDims() {
  std::set<unsigned> bound;
  for (unsigned input : plan.inputs) {
    const PlanBuffer &buffer = plan.buffers[input];
    for (const Expression &extent : buffer.shape) {
      std::optional<unsigned> dim = extent.findSymbol();
      if (!dim && extent.findConstant().value_or(-1) < 0)
        return fail("artifact_c4: input " + quote(buffer.name) +
                    ": expected extents that are numbers or dimension names, " +
                    "got " + printShape(plan, buffer.shape));
      if (dim)
        bound.insert(*dim);
    }
  }
  for (size_t i = 0; i < plan.dims.size(); ++i)
    if (!bound.count(unsigned(i)))
      return fail("artifact_c4: dimension " + quote(plan.dims[i]) +
                  ": expected it in the shape of an input");
  return true;
}

bool PlanChecker::checkWritten(unsigned buffer, const std::string &where) {
  BufferKind kind = plan.buffers[buffer].kind;
  if (kind == BufferKind::Output || kind == BufferKind::Scratch)
    return true;
  return fail("artifact_c9: " + where +
              ": expected an output or scratch buffer to write, got buffer " +
              std::to_string(buffer) + " of kind " +
              std::string(getBufferKindName(kind)));
}

bool PlanChecker::checkLaunch(const LaunchStep &launch,
                              const std::string &where) {
  if (launch.kernel >= plan.kernels.size())
    return fail("artifact_c3: " + where + ": expected a kernel below " +
                std::to_string(plan.kernels.size()) + ", got " +
                std::to_string(launch.kernel));
  const PlanKernel &kernel = plan.kernels[launch.kernel];
  uint64_t bufferCount = uint64_t(kernel.inputCount) + kernel.outputCount;
  if (launch.buffers.size() != bufferCount ||
      launch.scalars.size() != kernel.scalarCount)
    return fail("artifact_c8: " + where + ": kernel " + quote(kernel.name) +
                ": expected " + std::to_string(bufferCount) + " buffers and " +
                std::to_string(kernel.scalarCount) + " scalars, got " +
                std::to_string(launch.buffers.size()) + " and " +
                std::to_string(launch.scalars.size()));
  for (size_t i = 0; i < launch.buffers.size(); ++i) {
    if (!checkBufferIndex(launch.buffers[i], where))
      return false;
    if (i >= kernel.inputCount && !checkWritten(launch.buffers[i], where))
      return false;
  }
  for (size_t i = 0; i < launch.scalars.size(); ++i)
    if (!checkExpression(launch.scalars[i], plan.dims.size(),
                         where + "." + indexed("scalars", i)))
      return false;
  return true;
}

bool PlanChecker::checkBufferIndex(unsigned buffer, const std::string &where) {
  return buffer < plan.buffers.size() ||
         fail("artifact_c3: " + where + ": expected a buffer below " +
              std::to_string(plan.buffers.size()) + ", got " +
              std::to_string(buffer));
}

bool PlanChecker::checkObserve(const ObserveStep &observe,
                               std::set<std::string_view> &seen,
                               const std::string &where) {
  if (!checkBufferIndex(observe.buffer, where) ||
      !checkName(observe.name, seen, where))
    return false;
  std::set<std::string_view> weights;
  for (const std::string &weight : observe.weights)
    if (!checkName(weight, weights, where + ".weights"))
      return false;
  return true;
}

bool PlanChecker::checkSteps() {
  std::set<unsigned> written;
  std::set<std::string_view> observations;
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    std::string where = indexed("steps", i);
    if (const auto *launch = std::get_if<LaunchStep>(&plan.steps[i])) {
      if (!checkLaunch(*launch, where))
        return false;
      unsigned inputCount = plan.kernels[launch->kernel].inputCount;
      written.insert(launch->buffers.begin() + inputCount,
                     launch->buffers.end());
    } else if (const auto *copy = std::get_if<CopyStep>(&plan.steps[i])) {
      if (!checkBufferIndex(copy->source, where) ||
          !checkBufferIndex(copy->destination, where) ||
          !checkWritten(copy->destination, where))
        return false;
      written.insert(copy->destination);
    } else if (!checkObserve(std::get<ObserveStep>(plan.steps[i]), observations,
                             where)) {
      return false;
    }
  }
  for (unsigned output : plan.outputs)
    if (!written.count(output))
      return fail("artifact_c10: output " + quote(plan.buffers[output].name) +
                  ": expected a step that writes it");
  return true;
}

/// Whether a path is `kernels/<folder>/<file>` of harmless characters.
static bool isKernelPath(std::string_view path) {
  constexpr std::string_view prefix = "kernels/";
  if (!path.starts_with(prefix) || path.size() > maxNameBytes)
    return false;
  path.remove_prefix(prefix.size());
  if (std::count(path.begin(), path.end(), '/') != 1)
    return false;
  size_t slash = path.find('/');
  for (std::string_view part : {path.substr(0, slash), path.substr(slash + 1)})
    if (part.empty() || part[0] == '.' ||
        !std::all_of(part.begin(), part.end(), [](unsigned char c) {
          return (c < 128 && std::isalnum(c)) ||
                 std::string_view("._:+-").find(char(c)) !=
                     std::string_view::npos;
        }))
      return false;
  return true;
}

static bool isSha256(std::string_view text) {
  return text.size() == 64 &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool PlanChecker::checkRowElements(const CompiledKernel &compiled,
                                   const std::string &where) {
  if (compiled.rowElements.empty())
    return true;
  const PlanKernel &kernel = plan.kernels[compiled.kernel];
  size_t bufferCount = size_t(kernel.inputCount) + kernel.outputCount;
  if (compiled.rowElements.size() != bufferCount)
    return fail("artifact_c13: " + where + ": expected " +
                std::to_string(bufferCount) + " row lengths, got " +
                std::to_string(compiled.rowElements.size()));
  for (const PlanStep &step : plan.steps) {
    const auto *launch = std::get_if<LaunchStep>(&step);
    if (!launch || launch->kernel != compiled.kernel)
      continue;
    for (size_t i = 0; i < bufferCount; ++i) {
      int64_t elements = compiled.rowElements[i];
      if (elements == 0)
        continue;
      const PlanBuffer &buffer = plan.buffers[launch->buffers[i]];
      std::vector<int64_t> extents;
      for (const Expression &extent : buffer.shape)
        extents.push_back(extent.findConstant().value_or(-1));
      bool fits = buffer.kind == BufferKind::Weight && !extents.empty() &&
                  elements >= extents.back();
      if (fits) {
        extents.back() = elements;
        fits = computeSizeBytes(buffer.type, extents).has_value();
      }
      if (!fits)
        return fail("artifact_c13: " + where + ": expected row length 0, or " +
                    "at least the last extent of a weight, got " +
                    std::to_string(elements) + " for buffer " +
                    std::to_string(launch->buffers[i]));
    }
  }
  return true;
}

bool PlanChecker::checkCompiledKernel(const CompiledKernel &compiled,
                                      const std::string &where) {
  if (compiled.kernel >= plan.kernels.size())
    return fail("artifact_c3: " + where + ": expected a kernel below " +
                std::to_string(plan.kernels.size()) + ", got " +
                std::to_string(compiled.kernel));
  if (!isKernelPath(compiled.file))
    return fail("artifact_c11: " + where + ": expected a file " +
                "kernels/<target>/<name>, got " + quote(compiled.file));
  if (!isSha256(compiled.sha256))
    return fail("artifact_c11: " + where + ": expected a SHA-256 of 64 " +
                "hexadecimal digits, got " + quote(compiled.sha256));
  if (compiled.entry.empty() || compiled.entry.size() > maxNameBytes ||
      !std::all_of(compiled.entry.begin(), compiled.entry.end(),
                   [](unsigned char c) { return c > ' ' && c < 127; }))
    return fail("artifact_c11: " + where + ": expected a symbol name");
  bool isGpu = compiled.format != KernelFormat::SharedObject;
  size_t gridSize = isGpu ? 3 : 1;
  if (compiled.grid.size() != gridSize || compiled.block.has_value() != isGpu)
    return fail("artifact_c12: " + where + ": expected " +
                std::to_string(gridSize) + " grid extents and " +
                (isGpu ? "a block" : "no block") + " for format " +
                std::string(getKernelFormatName(compiled.format)));
  if (compiled.block)
    for (int64_t extent : *compiled.block)
      if (extent < 1 || extent > 1024)
        return fail("artifact_c12: " + where +
                    ": expected block extents from 1 to 1024, got " +
                    std::to_string(extent));
  unsigned scalarCount = plan.kernels[compiled.kernel].scalarCount;
  for (size_t i = 0; i < compiled.grid.size(); ++i)
    if (!checkExpression(compiled.grid[i], scalarCount,
                         where + "." + indexed("grid", i)))
      return false;
  return checkRowElements(compiled, where);
}

bool PlanChecker::checkTargets() {
  for (size_t i = 0; i < plan.targets.size(); ++i) {
    const PlanTarget &target = plan.targets[i];
    bool isCpu = target.name.starts_with("cpu:");
    std::set<unsigned> seen;
    for (size_t j = 0; j < target.kernels.size(); ++j) {
      const CompiledKernel &compiled = target.kernels[j];
      std::string where = indexed("targets", i) + "." + indexed("kernels", j);
      if (!checkCompiledKernel(compiled, where))
        return false;
      if (isCpu != (compiled.format == KernelFormat::SharedObject))
        return fail("artifact_c12: " + where + ": format " +
                    std::string(getKernelFormatName(compiled.format)) +
                    " does not run on target " + quote(target.name));
      if (!seen.insert(compiled.kernel).second)
        return fail("artifact_c2: " + where + ": kernel " +
                    quote(plan.kernels[compiled.kernel].name) +
                    " occurs twice");
    }
  }
  return true;
}

bool PlanChecker::checkChecks() {
  for (size_t i = 0; i < plan.checks.size(); ++i) {
    const SizeCheck &check = plan.checks[i];
    std::string where = indexed("checks", i);
    if (check.place.size() > maxNameBytes || !isUtf8(check.place))
      return fail("artifact_c2: " + where + ": expected a place of at most " +
                  std::to_string(maxNameBytes) + " bytes of UTF-8");
    if (!checkExpression(check.left, plan.dims.size(), where) ||
        !checkExpression(check.right, plan.dims.size(), where))
      return false;
  }
  return true;
}

Result<void> artifact::checkPlan(const Plan &plan) {
  return PlanChecker(plan).check();
}
