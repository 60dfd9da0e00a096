//===- Targets.cpp - ccq targets: what kernels can be compiled for --------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verbs.h"

#include "ccq/Artifact/CpuTargets.h"

#include <cstdio>
#include <nlohmann/json.hpp>

using namespace ccq;
using namespace ccq::artifact;

static void printTable() {
  const CpuTarget *native = findNativeCpuTarget();
  for (const CpuTarget &target : getCpuTargets())
    std::printf("%-16s %-10s %s\n", target.name.data(),
                isSupportedHere(target) ? "runs here" : "",
                target.summary.data());
  std::printf("%-16s %-10s %s\n", "cpu:native", native ? "runs here" : "",
              native ? (std::string("here ") + native->name.data()).c_str()
                     : "no target of this table");
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
