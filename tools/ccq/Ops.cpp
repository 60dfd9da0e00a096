//===- Ops.cpp - ccq ops: which ONNX operators are imported ---------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verbs.h"

#include "ccq/Importer/ONNX/SupportedOps.h"

#include <cstdio>
#include <nlohmann/json.hpp>

using namespace ccq;
using mlir::ccq::SupportedOp;

static void printTable(const std::vector<SupportedOp> &ops) {
  for (const SupportedOp &op : ops)
    std::printf("%-12s %-24s opset %d to %d\n", std::string(op.domain).c_str(),
                std::string(op.name).c_str(), op.sinceOpset, op.untilOpset);
}

static void printJson(const std::vector<SupportedOp> &ops) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const SupportedOp &op : ops)
    list.push_back({{"domain", op.domain},
                    {"name", op.name},
                    {"since_opset", op.sinceOpset},
                    {"until_opset", op.untilOpset}});
  std::printf("%s\n", list.dump(2).c_str());
}

void tool::registerOps(CLI::App &app, Session &session) {
  CLI::App &verb =
      *app.add_subcommand("ops", "List the ONNX operators that are imported");
  auto json = std::make_shared<bool>(false);
  verb.add_flag("--json", *json, "Print JSON");
  setBody(verb, session, [json]() -> Result<void> {
    if (*json)
      printJson(mlir::ccq::getSupportedOps());
    else
      printTable(mlir::ccq::getSupportedOps());
    return {};
  });
}
