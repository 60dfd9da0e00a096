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

/// Names of the CUDA architectures; the text lives as long as the program.
static std::vector<std::string_view> listCudaChips() {
  std::vector<std::string_view> chips;
  for (llvm::StringRef chip : mlir::ccq::getPTXChips())
    chips.emplace_back(chip.data(), chip.size());
  return chips;
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
  for (std::string_view chip : listCudaChips()) {
    std::printf("cuda:%-11s %-10s cubins for %s, made by ptxas\n", chip.data(),
                "", chip.data());
    std::printf("ptx:%-12s %-10s PTX for %s and later\n", chip.data(), "",
                chip.data());
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
  for (std::string_view chip : listCudaChips())
    for (std::string_view kind : {"cuda", "ptx"})
      list.push_back({{"name", std::string(kind) + ":" + std::string(chip)},
                      {"summary", kind == "ptx" ? "PTX text" : "cubins"},
                      {"needs_ptxas", kind == "cuda"}});
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
