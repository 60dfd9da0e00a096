//===- Tokenizer.cpp - text to token ids and back -------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tokenizer.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

using namespace ccq;
using namespace ccq::example;

namespace {
/// What the characters of a piece have in common.
enum class CharacterClass { Letter, Digit, Newline, Space, Other };
} // namespace

/// The ASCII classes; unlike those of <cctype> they know no locale.
static CharacterClass classify(char c) {
  if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
    return CharacterClass::Letter;
  if (c >= '0' && c <= '9')
    return CharacterClass::Digit;
  if (c == '\n')
    return CharacterClass::Newline;
  return c == ' ' ? CharacterClass::Space : CharacterClass::Other;
}

/// Length of the piece that `text`, which is not empty, begins with: one space
/// belongs to the word, number or run of other characters behind it.
static size_t findPieceEnd(std::string_view text) {
  CharacterClass first = classify(text[0]);
  size_t start = 0;
  if (first == CharacterClass::Space && text.size() > 1) {
    CharacterClass second = classify(text[1]);
    if (second != CharacterClass::Space && second != CharacterClass::Newline) {
      first = second;
      start = 1;
    }
  }
  size_t length = start;
  while (length < text.size() && classify(text[length]) == first)
    ++length;
  return length;
}

static Error malformed(const std::string &what) {
  return {ErrorKind::MalformedInput, what};
}

static std::optional<std::vector<std::string>>
readStrings(const nlohmann::json &list) {
  std::vector<std::string> strings;
  if (!list.is_array())
    return std::nullopt;
  for (const nlohmann::json &entry : list) {
    if (!entry.is_string())
      return std::nullopt;
    strings.push_back(entry.get<std::string>());
  }
  return strings;
}

Result<void> Tokenizer::addMerge(size_t index, int64_t left, int64_t right,
                                 size_t firstMerged) {
  size_t result = firstMerged + index;
  bool isEarlier = left >= 0 && right >= 0 && size_t(left) < result &&
                   size_t(right) < result;
  if (!isEarlier ||
      tokens[size_t(left)] + tokens[size_t(right)] != tokens[result])
    return malformed("merge " + std::to_string(index) +
                     ": expected two earlier tokens that make token " +
                     std::to_string(result) + ", got " + std::to_string(left) +
                     " and " + std::to_string(right));
  merges.emplace(std::pair(left, right), int64_t(result));
  return {};
}

Result<Tokenizer> Tokenizer::tryLoad(const std::filesystem::path &path) {
  std::ifstream stream(path);
  if (!stream)
    return malformed(path.string() + ": cannot open: " + std::strerror(errno));
  auto json =
      nlohmann::json::parse(stream, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("tokens") ||
      !json.contains("merges") || !json["merges"].is_array())
    return malformed(path.string() +
                     ": expected a JSON object with tokens and merges");
  Tokenizer result;
  auto strings = readStrings(json["tokens"]);
  if (!strings || json["merges"].size() >= strings->size())
    return malformed(path.string() +
                     ": expected a list of strings that is longer than that "
                     "of the merges as tokens");
  result.tokens = std::move(*strings);
  size_t firstMerged = result.tokens.size() - json["merges"].size();
  for (size_t id = 0; id < firstMerged; ++id)
    if (result.tokens[id].size() == 1)
      result.characters[result.tokens[id][0]] = int64_t(id);
  result.end = json.value("end", int64_t(0));
  size_t index = 0;
  for (const nlohmann::json &pair : json["merges"]) {
    bool isPair = pair.is_array() && pair.size() == 2 &&
                  pair[0].is_number_integer() && pair[1].is_number_integer();
    Result<void> added =
        result.addMerge(index++, isPair ? pair[0].get<int64_t>() : -1,
                        isPair ? pair[1].get<int64_t>() : -1, firstMerged);
    if (!added)
      return malformed(path.string() + ": " + added.error().message);
  }
  return result;
}

void Tokenizer::joinPairs(std::vector<int64_t> &ids) const {
  while (true) {
    auto first = merges.end();
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      auto merge = merges.find({ids[i], ids[i + 1]});
      if (merge != merges.end() &&
          (first == merges.end() || merge->second < first->second))
        first = merge;
    }
    if (first == merges.end())
      return;
    size_t kept = 0;
    for (size_t i = 0; i < ids.size(); ++i) {
      bool isPair =
          i + 1 < ids.size() && std::pair(ids[i], ids[i + 1]) == first->first;
      ids[kept++] = isPair ? first->second : ids[i];
      i += isPair;
    }
    ids.resize(kept);
  }
}

Result<std::vector<int64_t>> Tokenizer::encode(std::string_view text) const {
  std::vector<int64_t> ids;
  for (size_t start = 0; start < text.size();) {
    size_t length = findPieceEnd(text.substr(start));
    std::vector<int64_t> piece;
    for (char c : text.substr(start, length)) {
      auto character = characters.find(c);
      if (character == characters.end())
        return malformed("expected newlines and printable ASCII, got byte " +
                         std::to_string(static_cast<unsigned char>(c)));
      piece.push_back(character->second);
    }
    joinPairs(piece);
    ids.insert(ids.end(), piece.begin(), piece.end());
    start += length;
  }
  return ids;
}
