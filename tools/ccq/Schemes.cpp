//===- Schemes.cpp - ccq schemes: the formats a weight can be coded in ----===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verbs.h"

#include <cstdio>
#include <nlohmann/json.hpp>

using namespace ccq;

static void printTable() {
  std::printf("%-11s %15s %17s  %s\n", "scheme", "bits per weight",
              "bits per channel", "what it is");
  for (const codec::NamedScheme &entry : codec::getNamedSchemes()) {
    if (!entry.scheme) {
      std::printf("%-11s %15s %17s  %s\n", entry.name.data(), "-", "-",
                  entry.summary.data());
      continue;
    }
    std::printf("%-11s %15.4g %17u  %s\n", entry.name.data(),
                codec::getBitsPerWeight(*entry.scheme),
                codec::getBitsPerChannel(*entry.scheme), entry.summary.data());
  }
  std::printf(
      "\nt<bits> goes from 2 to 3 in steps of 0.0625, t<bits>:code=hash from 1 "
      "to 4.\nOptions of t<bits>, after a colon and separated by commas:\n"
      "  code=lanes|hash                 along words, or hashed windows of "
      "bits\n"
      "  L=12|16|20 (hash: 12|14|16)     bits that a weight depends on\n"
      "  levels=64|256                   with code=hash\n"
      "  start=linked|zero               what the chains of a block begin "
      "with\n"
      "  rotate=none|POWER OF TWO        rows of k that are rotated together\n"
      "  scale=channel|channel4|tensor   bfloat16 or 4 bits per channel, or "
      "one\n"
      "  tile=32..4096, seed=NUMBER      rows of a tile, signs of the "
      "rotation\n");
}

static void printJson() {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const codec::NamedScheme &entry : codec::getNamedSchemes()) {
    Json item = {{"name", entry.name}, {"summary", entry.summary}};
    if (entry.scheme) {
      item["bits_per_weight"] = codec::getBitsPerWeight(*entry.scheme);
      item["bits_per_channel"] = codec::getBitsPerChannel(*entry.scheme);
      item["attribute"] = codec::printScheme(*entry.scheme);
    }
    list.push_back(std::move(item));
  }
  std::printf("%s\n", list.dump(2).c_str());
}

void tool::registerSchemes(CLI::App &app, Session &session) {
  CLI::App &verb = *app.add_subcommand("schemes", "List the coding schemes");
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
