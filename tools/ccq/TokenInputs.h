//===- TokenInputs.h - inputs of language models ----------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TOOLS_CCQ_TOKENINPUTS_H
#define CCQ_TOOLS_CCQ_TOKENINPUTS_H

#include "ccq/Artifact/Plan.h"
#include "ccq/Runtime/Session.h"
#include "ccq/Support/Result.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace ccq::tool {

/// Lists of token ids.
using TokenLists = std::vector<std::vector<int64_t>>;

/// Reads a JSON file that holds a list of lists of token ids. Fails with
/// MalformedInput, and says which list, on anything else.
Result<TokenLists> readTokenLists(const std::filesystem::path &path);

/// What an input or output of a model is known by.
struct TensorQuery {
  /// What the user calls it; empty for no preference.
  std::string name;
  /// What models usually call it.
  std::string_view usual;
  /// For messages.
  const char *what;
  /// Whether it may be this one if there is no other.
  bool (*fits)(artifact::DataType type);
};

/// The tensor called `name` if that is not empty, else the one called `usual`,
/// else the only one that `fits`. Fails with Usage, listing candidates.
Result<std::string> findTensor(const artifact::Plan &plan,
                               const std::vector<unsigned> &indices,
                               const TensorQuery &query);

/// The input that takes token ids: `name`, else `input_ids`, else the only
/// integer input. Fails with Usage when there is no single one, with
/// Unsupported when the model has inputs besides the ids, `attention_mask`,
/// `position_ids` and caches, whose names begin with `past`.
Result<std::string> findTokenInput(const artifact::Plan &plan,
                                   const std::string &name);

/// An integer tensor of one sequence, in the type and rank of an input.
struct TokenInput {
  std::string name;
  artifact::DataType type = artifact::DataType::I64;
  std::vector<int64_t> dims;
  std::vector<std::byte> bytes;

  runtime::NamedTensor view() const { return {name, {type, dims, bytes}}; }
};

/// All inputs for a list of tokens as a batch of one: the ids, a mask of ones,
/// positions from 0 on, and empty caches. Fails with Unsupported for a cache
/// without a symbolic length.
Result<std::vector<TokenInput>>
createTokenInputs(const artifact::Plan &plan, const std::string &ids,
                  std::span<const int64_t> tokens);

} // namespace ccq::tool

#endif // CCQ_TOOLS_CCQ_TOKENINPUTS_H
