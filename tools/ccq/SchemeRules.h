//===- SchemeRules.h - which weight gets which scheme -----------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_SCHEMERULES_H
#define CCQ_TOOLS_CCQ_SCHEMERULES_H

#include "ccq/Codec/Scheme.h"
#include "ccq/Support/Result.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <regex.h>

namespace ccq::tool {

/// What --scheme and --tensor of ccq build say, for a verb that codes weights
/// itself.
class SchemeRules {
public:
  /// `rules` are `REGEX=SCHEME` with POSIX extended regular expressions; the
  /// last that matches a name decides, `scheme` where none does. Fails with
  /// Usage.
  static Result<SchemeRules> tryParse(const std::string &scheme,
                                      const std::vector<std::string> &rules);

  /// No value keeps the weight as it is.
  codec::SchemeChoice choose(const std::string &weight) const;
  /// The name of the scheme that a rule gives a weight; nothing where none
  /// does.
  std::optional<std::string> findName(const std::string &weight) const;

private:
  struct Rule {
    std::shared_ptr<regex_t> expression;
    std::string name;
    codec::SchemeChoice scheme;
  };

  const Rule *find(const std::string &weight) const;
  static Result<Rule> tryParseRule(const std::string &text);

  codec::SchemeChoice everything;
  std::vector<Rule> rules;
};

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_SCHEMERULES_H
