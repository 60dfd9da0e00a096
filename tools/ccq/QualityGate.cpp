//===- QualityGate.cpp - limits that a result has to keep -----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QualityGate.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

using namespace ccq;
using namespace ccq::tool;

namespace {
/// `METRIC` `>` or `<`, with `=` if equality counts, `NUMBER`.
struct Gate {
  std::string metric;
  char relation = '>';
  bool includesEqual = false;
  double limit = 0;

  bool isMetBy(double value) const {
    if (std::isnan(value) || (includesEqual && value == limit))
      return true;
    return relation == '>' ? value > limit : value < limit;
  }
};
} // namespace

static std::optional<Gate> parseGate(std::string text) {
  std::erase(text, ' ');
  size_t relation = text.find_first_of("<>");
  if (relation == 0 || relation == std::string::npos)
    return std::nullopt;
  Gate gate{text.substr(0, relation), text[relation], false, 0};
  size_t number = relation + 1;
  gate.includesEqual = number < text.size() && text[number] == '=';
  number += gate.includesEqual;
  const char *end = text.data() + text.size();
  auto [stop, code] = std::from_chars(text.data() + number, end, gate.limit);
  if (code != std::errc() || stop != end || !std::isfinite(gate.limit))
    return std::nullopt;
  return gate;
}

void tool::addGateOption(CLI::App &verb, std::vector<std::string> &gates,
                         const std::string &metrics) {
  verb.add_option("--fail-if", gates,
                  "Exit with 6 if this holds, for example 'perplexity>5'; "
                  "repeatable; metrics: " +
                      metrics)
      ->type_name("METRIC>NUMBER")
      ->allow_extra_args(false);
}

Result<void> tool::checkGates(const std::vector<std::string> &gates,
                              const std::vector<std::string> &names) {
  for (const std::string &text : gates) {
    std::optional<Gate> gate = parseGate(text);
    if (!gate)
      return Error{ErrorKind::Usage,
                   "expected --fail-if METRIC>NUMBER, got '" + text + "'"};
    if (std::find(names.begin(), names.end(), gate->metric) != names.end())
      continue;
    std::string list;
    for (const std::string &name : names)
      list += (list.empty() ? "" : ", ") + name;
    return Error{ErrorKind::Usage, "unknown metric '" + gate->metric +
                                       "', expected one of " + list};
  }
  return {};
}

static std::string printNumber(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.6g", value);
  return text;
}

Result<void> tool::applyGates(const std::vector<std::string> &gates,
                              const Metrics &metrics) {
  for (const std::string &text : gates) {
    std::optional<Gate> gate = parseGate(text);
    for (const auto &[name, value] : metrics)
      if (gate && name == gate->metric && gate->isMetBy(value))
        return Error{ErrorKind::QualityGate, "quality gate '" + text +
                                                 "' is met: " + name + " is " +
                                                 printNumber(value)};
  }
  return {};
}
