//===- Targets.cpp - ccq targets: what kernels can be compiled for --------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verbs.h"

#include "ccq/Artifact/CpuTargets.h"
#include "ccq/Target/PTX/EmitPTX.h"

#include <cstdio>
#include <nlohmann/json.hpp>

using namespace ccq;
using namespace ccq::artifact;

/// Name of a CUDA architecture.
static std::string_view toView(llvm::StringRef chip) {
  return {chip.data(), chip.size()};
}

/// Where PTX for a chip runs: the driver compiles it for the chip and later
/// ones, but architecture-specific PTX (`sm_90a`) for that chip only.
/// Source: CUDA C++ Programming Guide, "Feature Set Compiler Targets".
static std::string describePTX(llvm::StringRef chip) {
  return "PTX for " + chip.str() +
         (mlir::ccq::isArchitectureSpecific(chip) ? " only" : " and later");
}

static std::string describeCubins(llvm::StringRef chip) {
  return "cubins for " + chip.str() + ", made by ptxas";
}

static void printTable() {
  const CpuTarget *native = findNativeCpuTarget();
  for (const CpuTarget &target : getCpuTargets())
    std::printf("%-16s %-10s %s\n", target.name.data(),
                isSupportedHere(target) ? "runs here" : "",
                target.summary.data());
  std::printf("%-16s %-10s %s\n", "cpu:native", native ? "runs here" : "",
              native ? (std::string("here ") + native->name.data()).c_str()
                     : "no target of this table");
  for (llvm::StringRef chip : mlir::ccq::getPTXChips()) {
    std::printf("cuda:%-11s %-10s %s\n", chip.data(), "",
                describeCubins(chip).c_str());
    std::printf("ptx:%-12s %-10s %s\n", chip.data(), "",
                describePTX(chip).c_str());
  }
}

static void printJson() {
  using Json = nlohmann::ordered_json;
  const CpuTarget *native = findNativeCpuTarget();
  Json list = Json::array();
  for (const CpuTarget &target : getCpuTargets())
    list.push_back({{"name", target.name},
                    {"summary", target.summary},
                    {"runs_here", isSupportedHere(target)},
                    {"native", &target == native}});
  for (llvm::StringRef chip : mlir::ccq::getPTXChips()) {
    list.push_back({{"name", "cuda:" + chip.str()},
                    {"summary", describeCubins(chip)},
                    {"chip", toView(chip)},
                    {"format", "cubin"},
                    {"needs_ptxas", true}});
    list.push_back(
        {{"name", "ptx:" + chip.str()},
         {"summary", describePTX(chip)},
         {"chip", toView(chip)},
         {"format", "ptx"},
         {"runs_on_later_chips", !mlir::ccq::isArchitectureSpecific(chip)},
         {"needs_ptxas", false}});
  }
  std::printf("%s\n", list.dump(2).c_str());
}

void tool::registerTargets(CLI::App &app, Session &session) {
  CLI::App &verb =
      *app.add_subcommand("targets", "List what kernels can be compiled for");
  auto json = std::make_shared<bool>(false);
  verb.add_flag("--json", *json, "Print JSON");
  setBody(verb, session, [json]() -> Result<void> {
    if (*json)
      printJson();
    else
      printTable();
    return {};
  });
}
