//===- SchemeTest.cpp - tests of ccq/Codec/Scheme.h -----------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Codec/Scheme.h"

#include <functional>
#include <gtest/gtest.h>

using namespace ccq;
using namespace ccq::codec;

static WordScheme getWordScheme(const char *name) {
  return std::get<WordScheme>(**parseSchemeName(name));
}

TEST(SchemeTest, NamedSchemesAreValidAndFoundByName) {
  for (const NamedScheme &entry : getNamedSchemes()) {
    Result<SchemeChoice> choice = parseSchemeName(entry.name);
    ASSERT_TRUE(choice) << entry.name;
    EXPECT_EQ(*choice, entry.scheme);
    if (!entry.scheme)
      continue;
    EXPECT_TRUE(checkScheme(*entry.scheme)) << entry.name;
    EXPECT_EQ(findSchemeName(*entry.scheme), entry.name);
  }
}

TEST(SchemeTest, UnknownNamesListTheKnownOnes) {
  Result<SchemeChoice> choice = parseSchemeName("w3");
  ASSERT_FALSE(choice);
  EXPECT_EQ(choice.error().kind, ErrorKind::Usage);
  EXPECT_EQ(choice.error().message,
            "expected a scheme of w2, w2.5, w2.75, t2, t2.25, t2.5, t2.75, t3, "
            "i4, i4:channel, i8, i8:channel, keep, got 'w3'");
}

TEST(SchemeTest, SchemesWithoutANameHaveNone) {
  EXPECT_EQ(findSchemeName(ScalarScheme{8, 32}), std::nullopt);
}

TEST(SchemeTest, ReleasedSchemesHaveGroupsOf64) {
  EXPECT_EQ(getWordScheme("w2.5").groupSize(), 64u);
  EXPECT_EQ(getWordScheme("w2.5").bias(), 4);
  EXPECT_EQ(getWordScheme("w2.75").groupSize(), 64u);
  EXPECT_EQ(getWordScheme("w2.75").bias(), 8);
}

TEST(SchemeTest, CountsBits) {
  auto bits = [](const char *name) {
    Scheme scheme = **parseSchemeName(name);
    return std::pair(getBitsPerWeight(scheme), getBitsPerChannel(scheme));
  };
  EXPECT_EQ(bits("w2.5"), std::pair(2.5, 32u));
  EXPECT_EQ(bits("w2.75"), std::pair(2.75, 32u));
  EXPECT_EQ(bits("w2"), std::pair(2.0625, 96u));
  EXPECT_EQ(bits("t2.5"), std::pair(2.5, 16u));
  EXPECT_EQ(bits("t2.0625:scale=channel4"), std::pair(2.0625, 4u));
  EXPECT_EQ(bits("t3:scale=tensor"), std::pair(3.0, 0u));
  EXPECT_EQ(bits("i4"), std::pair(4.25, 0u));
  EXPECT_EQ(bits("i4:channel"), std::pair(4.0, 16u));
  EXPECT_EQ(bits("i8"), std::pair(8.25, 0u));
  EXPECT_EQ(bits("i8:channel"), std::pair(8.0, 16u));
}

// The text is an interface: files and MLIR modules contain it.
TEST(SchemeTest, PrintsTheDocumentedText) {
  auto print = [](const char *name) {
    return printScheme(**parseSchemeName(name));
  };
  EXPECT_EQ(print("w2.5"),
            "#ccq.words<u16, words = 10, window = 3, shifts = [13, 11, 9, 6, "
            "4, 2, 0], tail_shift = 13, scale_bits = 13>");
  EXPECT_EQ(print("w2.75"), "#ccq.words<u8, words = 22, window = 4, shifts = "
                            "[4, 2, 0], tail_shift = 4, scale_bits = 4>");
  EXPECT_EQ(print("w2"), "#ccq.cluster<window = 6, shifts = [9, 6, 3, 0], "
                         "group = 64, scales = high_first>");
  EXPECT_EQ(print("t2.5"),
            "#ccq.stream<lanes, memory = 3, sixteenths = 40, "
            "even = [13, 9, 1, 1], "
            "even_tables = \"de435df54be984051bebc7332ad9f90c\", "
            "odd = [11, 15, 1, 0], "
            "odd_tables = \"5cf907d2830c49f733e742e625e1e835\", "
            "tile = 256, rotation = 256, seed = 0, scale = channel, "
            "start = linked>");
  EXPECT_EQ(print("i4"), "#ccq.scalar<bits = 4, group = 64>");
  EXPECT_EQ(print("i8"), "#ccq.scalar<bits = 8, group = 64>");
  EXPECT_EQ(print("i8:channel"), "#ccq.scalar<bits = 8, group = channel>");
}

TEST(SchemeTest, ParsesWhatItPrints) {
  for (const NamedScheme &entry : getNamedSchemes()) {
    if (!entry.scheme)
      continue;
    Result<Scheme> parsed = parseScheme(printScheme(*entry.scheme));
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(*parsed, *entry.scheme);
  }
}

TEST(SchemeTest, BlanksBetweenTokensDoNotMatter) {
  Result<Scheme> parsed = parseScheme(" #ccq.scalar< bits=8 ,group = 64 > ");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, Scheme(ScalarScheme{8, 64}));
}

TEST(SchemeTest, SyntaxErrorsSayWhere) {
  auto getMessage = [](const char *text) {
    Result<Scheme> parsed = parseScheme(text);
    EXPECT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().kind, ErrorKind::MalformedInput);
    return parsed.error().message;
  };
  EXPECT_EQ(
      getMessage("#ccq.other<>"),
      "expected '#ccq.words<', '#ccq.scalar<', '#ccq.cluster<', "
      "'#ccq.stream<' or '#ccq.hash<' at character 0 of scheme '#ccq.other<>'");
  EXPECT_EQ(getMessage("#ccq.scalar<bits 8>"),
            "expected '=' at character 17 of scheme '#ccq.scalar<bits 8>'");
  EXPECT_EQ(getMessage("#ccq.scalar<bits = 99999999999>"),
            "expected a number below 2^32 at character 19 of scheme "
            "'#ccq.scalar<bits = 99999999999>'");
  EXPECT_EQ(getMessage("#ccq.scalar<bits = 8, group = 64>x"),
            "expected the end of the scheme at character 33 of scheme "
            "'#ccq.scalar<bits = 8, group = 64>x'");
}

// Every prefix of a valid text is an error, never a crash.
TEST(SchemeTest, EveryTruncationIsAnError) {
  for (const char *name : {"w2", "w2.5", "t2.5", "i4"}) {
    std::string text = printScheme(**parseSchemeName(name));
    for (size_t length = 0; length < text.size(); ++length)
      EXPECT_FALSE(parseScheme(text.substr(0, length))) << length;
  }
}

/// The message for w2.5 after one change.
static std::string
getWordsMessage(const std::function<void(WordScheme &)> &change) {
  WordScheme scheme = getWordScheme("w2.5");
  change(scheme);
  Result<void> valid = checkScheme(scheme);
  return valid ? "valid" : valid.error().message;
}

TEST(SchemeTest, WordConstraintsHaveLabels) {
  EXPECT_EQ(getWordsMessage([](WordScheme &s) { s.wordBits = 12; }),
            "word_layout_c1: expected words of 8 or 16 bits, got 12");
  EXPECT_EQ(getWordsMessage([](WordScheme &s) { s.wordsPerGroup = 1; }),
            "word_layout_c2: expected 2 to 1024 words, got 1");
  EXPECT_EQ(getWordsMessage([](WordScheme &s) { s.windowBits = 9; }),
            "word_layout_c3: expected a window of 1 to 8 bits, got 9");
  EXPECT_EQ(getWordsMessage([](WordScheme &s) { s.shifts.clear(); }),
            "word_layout_c4: expected 1 to 16 shifts, got 0");
  EXPECT_EQ(
      getWordsMessage([](WordScheme &s) { s.shifts[3] = 9; }),
      "word_layout_c4: expected shifts in descending order, after 9, got 9");
  EXPECT_EQ(getWordsMessage([](WordScheme &s) { s.shifts[0] = 14; }),
            "word_layout_c5: expected a first shift of at most 13, got 14");
  EXPECT_EQ(
      getWordsMessage([](WordScheme &s) { s.tailShift = UINT_MAX; }),
      "word_layout_c6: expected a tail shift of at most 13, got 4294967295");
  EXPECT_EQ(
      getWordsMessage([](WordScheme &s) { s.scaleBits = 14; }),
      "word_layout_c7: expected 1 to 13 scale bits below the tail window, "
      "got 14");
  EXPECT_EQ(
      getWordsMessage([](WordScheme &s) { s.scaleBits = 0; }),
      "word_layout_c7: expected 1 to 13 scale bits below the tail window, "
      "got 0");
}

TEST(SchemeTest, ScalarConstraintsHaveLabels) {
  Result<void> bits = checkScheme(ScalarScheme{5, 64});
  ASSERT_FALSE(bits);
  EXPECT_EQ(bits.error().message,
            "scalar_layout_c1: expected codes of 4 or 8 bits, got 5");
  Result<void> group = checkScheme(ScalarScheme{8, 0});
  ASSERT_FALSE(group);
  EXPECT_EQ(group.error().message,
            "scalar_layout_c2: expected a group of 1 to 65536 weights, got 0");
}

TEST(SchemeTest, ParsingChecksConstraints) {
  Result<Scheme> parsed = parseScheme("#ccq.scalar<bits = 7, group = 64>");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().message,
            "scalar_layout_c1: expected codes of 4 or 8 bits, got 7");
}

TEST(SchemeTest, ClusterConstraintsHaveLabels) {
  auto getMessage = [](const std::function<void(ClusterScheme &)> &change) {
    auto scheme = std::get<ClusterScheme>(**parseSchemeName("w2"));
    change(scheme);
    Result<void> valid = checkScheme(scheme);
    return valid ? "valid" : valid.error().message;
  };
  EXPECT_EQ(getMessage([](ClusterScheme &s) { s.windowBits = 9; }),
            "cluster_layout_c1: expected a window of 1 to 8 bits, got 9");
  EXPECT_EQ(getMessage([](ClusterScheme &s) { s.shifts.pop_back(); }),
            "cluster_layout_c2: expected 4 shifts, got 3");
  EXPECT_EQ(getMessage([](ClusterScheme &s) { s.shifts[1] = 9; }),
            "cluster_layout_c2: expected shifts in descending order, after 9, "
            "got 9");
  EXPECT_EQ(getMessage([](ClusterScheme &s) { s.shifts[0] = 26; }),
            "cluster_layout_c3: expected a first shift of at most 25, got 26");
  EXPECT_EQ(getMessage([](ClusterScheme &s) { s.groupSize = 6; }),
            "cluster_layout_c4: expected a group of 4 to 65536 weights, a "
            "multiple of 4, got 6");
}
