//===- BuildTargets.cpp - names of targets on the command line ------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Compiler/BuildTargets.h"

#include "ccq/Artifact/CpuTargets.h"
#include "ccq/Pipelines/CpuPipeline.h"
#include "ccq/Pipelines/CudaPipeline.h"
#include "ccq/Target/Cubin/AssemblePTX.h"
#include "ccq/Target/Cubin/CompileKernels.h"
#include "ccq/Target/PTX/EmitPTX.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace mlir::ccq;
using ::ccq::Error;
using ::ccq::ErrorKind;
using ::ccq::Result;
namespace artifact = ::ccq::artifact;

static Error makeUnknownTarget(const std::string &name) {
  std::string known = "cpu:native";
  for (const artifact::CpuTarget &target : artifact::getCpuTargets())
    known += ", " + std::string(target.name);
  for (StringRef chip : getPTXChips())
    known += (", cuda:" + chip + ", ptx:" + chip).str();
  return {ErrorKind::Usage,
          "unknown target '" + name + "', expected one of " + known};
}

static Result<std::string> resolveCpuTarget(const std::string &name) {
  if (artifact::findCpuTarget(name))
    return name;
  if (name != "cpu:native")
    return makeUnknownTarget(name);
  if (const artifact::CpuTarget *native = artifact::findNativeCpuTarget())
    return std::string(native->name);
  return Error{ErrorKind::MissingTool,
               "cpu:native: expected a 64-bit x86 processor"};
}

/// Adds a target whose name starts with `cuda:` or `ptx:`.
static void addCudaTarget(StringRef name, std::vector<CudaBuildTarget> &list) {
  StringRef chip = getCudaChip(name);
  auto entry = llvm::find_if(
      list, [&](const CudaBuildTarget &known) { return known.chip == chip; });
  if (entry == list.end())
    entry = list.insert(list.end(), {chip.str(), false, false});
  (name.starts_with("cuda:") ? entry->hasCubin : entry->hasPtx) = true;
}

Result<BuildTargets>
mlir::ccq::parseTargets(const std::vector<std::string> &names,
                        const std::string &cudaPath) {
  BuildTargets targets;
  for (const std::string &name : names) {
    if (isPTXChip(getCudaChip(name))) {
      addCudaTarget(name, targets.cuda);
      continue;
    }
    Result<std::string> resolved = resolveCpuTarget(name);
    if (!resolved)
      return resolved.takeError();
    if (!llvm::is_contained(targets.cpu, *resolved))
      targets.cpu.push_back(*resolved);
  }
  if (llvm::any_of(targets.cuda, [](const CudaBuildTarget &target) {
        return target.hasCubin;
      })) {
    Result<std::string> ptxas = findPtxas(cudaPath);
    if (!ptxas)
      return ptxas.takeError();
    targets.ptxas = *std::move(ptxas);
  }
  return targets;
}

void mlir::ccq::buildTargetPipelines(OpPassManager &passes,
                                     const BuildTargets &targets) {
  for (const std::string &name : targets.cpu) {
    CpuPipelineOptions options;
    options.target = name;
    buildCpuPipeline(passes, options);
  }
  for (const CudaBuildTarget &target : targets.cuda) {
    CudaPipelineOptions options;
    options.chip = target.chip;
    if (target.hasCubin)
      options.formats.push_back("cubin");
    if (target.hasPtx)
      options.formats.push_back("ptx");
    options.cudaPath = targets.ptxas;
    buildCudaPipeline(passes, options);
  }
}
