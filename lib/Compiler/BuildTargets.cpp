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

Result<BuildTargets>
mlir::ccq::parseTargets(const std::vector<std::string> &names) {
  BuildTargets targets;
  for (const std::string &name : names) {
    Result<std::string> resolved = resolveCpuTarget(name);
    if (!resolved)
      return resolved.takeError();
    if (!llvm::is_contained(targets.cpu, *resolved))
      targets.cpu.push_back(*resolved);
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
}
