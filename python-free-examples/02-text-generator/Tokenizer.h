//===- Tokenizer.h - text to token ids and back -----------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_EXAMPLES_TEXTGENERATOR_TOKENIZER_H
#define CCQ_EXAMPLES_TEXTGENERATOR_TOKENIZER_H

#include "ccq/Support/Result.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ccq::example {

/// Byte pair encoding with the tokens and merges of a tokenizer.json, whose
/// layout the example's README states. Immutable; may be shared by threads.
class Tokenizer {
public:
  /// Reads a tokenizer file. Fails with MalformedInput when it is missing, is
  /// no JSON, or when a merge does not join two earlier tokens into its own.
  static Result<Tokenizer> tryLoad(const std::filesystem::path &path);

  /// The token that stands before and after every document.
  int64_t endOfDocument() const { return end; }

  size_t size() const { return tokens.size(); }

  /// The text of a token; 0 <= id < size().
  std::string_view getText(int64_t id) const { return tokens[size_t(id)]; }

  /// Ids of a text: newlines and printable ASCII. Cuts it into pieces (words
  /// and numbers with the space before them, runs of other characters, of
  /// newlines, of spaces) and joins, in each piece, the pair that comes first
  /// among the merges until none is left. Fails with MalformedInput for other
  /// characters.
  Result<std::vector<int64_t>> encode(std::string_view text) const;

private:
  Tokenizer() = default;

  Result<void> addMerge(size_t index, int64_t left, int64_t right,
                        size_t firstMerged);
  void joinPairs(std::vector<int64_t> &ids) const;

  int64_t end = 0;
  std::vector<std::string> tokens;
  /// Ids of the tokens that are one character.
  std::map<char, int64_t> characters;
  /// Token that a pair becomes. Earlier merges make smaller ids.
  std::map<std::pair<int64_t, int64_t>, int64_t> merges;
};

} // namespace ccq::example

#endif // CCQ_EXAMPLES_TEXTGENERATOR_TOKENIZER_H
