//===- SchemeRules.cpp - which weight gets which scheme -------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SchemeRules.h"

using namespace ccq;
using namespace ccq::tool;

Result<SchemeRules::Rule> SchemeRules::tryParseRule(const std::string &text) {
  size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos)
    return Error{ErrorKind::Usage,
                 "expected --tensor REGEX=SCHEME, got '" + text + "'"};
  Result<codec::SchemeChoice> scheme =
      codec::parseSchemeName(text.substr(equals + 1));
  if (!scheme)
    return scheme.takeError();
  auto expression = std::make_unique<regex_t>();
  std::string pattern = text.substr(0, equals);
  if (::regcomp(expression.get(), pattern.c_str(), REG_EXTENDED | REG_NOSUB))
    return Error{ErrorKind::Usage,
                 "expected a regular expression, got '" + pattern + "'"};
  auto release = [](regex_t *compiled) {
    ::regfree(compiled);
    delete compiled;
  };
  return Rule{
      {expression.release(), release}, text.substr(equals + 1), *scheme};
}

Result<SchemeRules>
SchemeRules::tryParse(const std::string &scheme,
                      const std::vector<std::string> &rules) {
  Result<codec::SchemeChoice> everything = codec::parseSchemeName(scheme);
  if (!everything)
    return everything.takeError();
  SchemeRules parsed;
  parsed.everything = *everything;
  for (const std::string &text : rules) {
    Result<Rule> rule = tryParseRule(text);
    if (!rule)
      return rule.takeError();
    parsed.rules.push_back(*std::move(rule));
  }
  return parsed;
}

const SchemeRules::Rule *SchemeRules::find(const std::string &weight) const {
  for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule)
    if (::regexec(rule->expression.get(), weight.c_str(), 0, nullptr, 0) == 0)
      return &*rule;
  return nullptr;
}

codec::SchemeChoice SchemeRules::choose(const std::string &weight) const {
  const Rule *rule = find(weight);
  return rule ? rule->scheme : everything;
}

std::optional<std::string>
SchemeRules::findName(const std::string &weight) const {
  const Rule *rule = find(weight);
  return rule ? std::optional(rule->name) : std::nullopt;
}
