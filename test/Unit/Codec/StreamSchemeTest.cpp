//===- StreamSchemeTest.cpp - tests of ccq/Codec/StreamScheme.h -----------===//
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

static StreamScheme getStream(const std::string &name) {
  Result<SchemeChoice> choice = parseSchemeName(name);
  EXPECT_TRUE(choice) << choice.error().message;
  return std::get<StreamScheme>(**choice);
}

TEST(StreamSchemeTest, EverySixteenthHasAName) {
  for (unsigned sixteenths = 32; sixteenths <= 48; ++sixteenths)
    for (unsigned memory : {2u, 3u, 4u}) {
      StreamScheme scheme =
          createStreamScheme({.sixteenths = sixteenths, .memory = memory});
      EXPECT_TRUE(checkScheme(scheme));
      std::optional<std::string> name = findSchemeName(scheme);
      ASSERT_TRUE(name);
      EXPECT_EQ(getStream(*name), scheme) << *name;
      Result<Scheme> parsed = parseScheme(printScheme(scheme));
      ASSERT_TRUE(parsed) << parsed.error().message;
      EXPECT_EQ(*parsed, Scheme(scheme));
    }
}

TEST(StreamSchemeTest, OptionsAreDataOfTheScheme) {
  StreamScheme scheme = getStream(
      "t2.0625:code=lanes,L=12,rotate=none,tile=64,seed=7,scale=tensor");
  EXPECT_EQ(scheme.sixteenths, 33u);
  EXPECT_EQ(scheme.memory, 2u);
  EXPECT_EQ(scheme.rotation, std::nullopt);
  EXPECT_EQ(scheme.tileRows, 64u);
  EXPECT_EQ(scheme.seed, 7u);
  EXPECT_EQ(scheme.scale, StreamScale::Tensor);
  EXPECT_EQ(findSchemeName(scheme),
            "t2.0625:L=12,rotate=none,tile=64,seed=7,scale=tensor");
  EXPECT_EQ(getStream("t2.5:rotate=256,L=16"), getStream("t2.5"));
  EXPECT_EQ(findSchemeName(getStream("t3:scale=channel4")),
            "t3:scale=channel4");
}

TEST(StreamSchemeTest, SchemesWithOtherTablesHaveNoName) {
  StreamScheme scheme = getStream("t2.5");
  scheme.odd.tables[3] ^= 1;
  EXPECT_TRUE(checkScheme(scheme));
  EXPECT_EQ(findSchemeName(scheme), std::nullopt);
}

TEST(StreamSchemeTest, ExtraBitsFollowTheRate) {
  auto count = [](const char *name) {
    StreamScheme scheme = getStream(name);
    return std::pair(scheme.oddExtraBits(), scheme.evenExtraBits());
  };
  EXPECT_EQ(count("t2"), std::pair(0u, 0u));
  EXPECT_EQ(count("t2.0625"), std::pair(1u, 0u));
  EXPECT_EQ(count("t2.5"), std::pair(8u, 0u));
  EXPECT_EQ(count("t2.75"), std::pair(8u, 4u));
  EXPECT_EQ(count("t3"), std::pair(8u, 8u));
}

TEST(StreamSchemeTest, WrongNamesSayWhatIsKnown) {
  auto getMessage = [](const char *name) {
    Result<SchemeChoice> choice = parseSchemeName(name);
    EXPECT_FALSE(choice) << name;
    EXPECT_EQ(choice.error().kind, ErrorKind::Usage);
    return choice.error().message;
  };
  for (const char *name : {"t", "t1.5", "t2.1", "t2.50", "t3.0625", "t02"})
    EXPECT_EQ(getMessage(name), "expected a rate of 2 to 3 in steps of 0.0625 "
                                "after t, got '" +
                                    std::string(name) + "'");
  EXPECT_EQ(getMessage("t4.0625:code=hash"),
            "expected a rate of 1 to 4 in steps of 0.0625 after t, got "
            "'t4.0625:code=hash'");
  for (const char *option :
       {"", "L=13", "L", "rotate=100", "rotate=8192", "tile=16", "seed=-1",
        "scale=f16", "code=words", "levels=256", "L=14", "start=stored"})
    EXPECT_EQ(getMessage(("t2.5:seed=1," + std::string(option)).c_str()),
              "expected code=lanes|hash, L=12|16|20, start=linked|zero, "
              "rotate=none|POWER OF TWO, tile=32..4096, seed=NUMBER or "
              "scale=channel|channel4|tensor, got '" +
                  std::string(option) + "'");
  for (const char *option :
       {"L=20", "levels=128", "code=lanes", "start=stored"})
    EXPECT_EQ(getMessage(("t2.5:code=hash," + std::string(option)).c_str()),
              "expected L=12|14|16, levels=64|256, start=linked|zero, "
              "rotate=none|POWER OF TWO, tile=32..4096, seed=NUMBER or "
              "scale=channel|channel4|tensor, got '" +
                  std::string(option) + "'");
}

TEST(StreamSchemeTest, ConstraintsHaveLabels) {
  auto getMessage = [](const std::function<void(StreamScheme &)> &change) {
    StreamScheme scheme = getStream("t2.5");
    change(scheme);
    Result<void> valid = checkScheme(scheme);
    return valid ? "valid" : valid.error().message;
  };
  EXPECT_EQ(getMessage([](StreamScheme &s) { s.memory = 5; }),
            "stream_layout_c1: expected a memory of 1 to 4 words, got 5");
  EXPECT_EQ(getMessage([](StreamScheme &s) { s.sixteenths = 49; }),
            "stream_layout_c2: expected 32 to 48 sixteenths of a bit per "
            "weight, got 49");
  EXPECT_EQ(getMessage([](StreamScheme &s) { s.even.tapsN = 16; }),
            "stream_layout_c3: expected taps of n from 1 to 15, got 16");
  EXPECT_EQ(getMessage([](StreamScheme &s) { s.odd.tapsY = 11; }),
            "stream_layout_c3: expected taps of y that differ in one word from "
            "11, got 11");
  EXPECT_EQ(getMessage([](StreamScheme &s) { s.even.extraN = 16; }),
            "stream_layout_c4: expected at most 15 for bits of n, got 16");
  EXPECT_EQ(getMessage([](StreamScheme &s) { s.even.extraY = 8; }),
            "stream_layout_c4: expected at most 7 for bits of y, got 8");
  EXPECT_EQ(getMessage([](StreamScheme &s) { s.tileRows = 96; }),
            "stream_layout_c5: expected a tile of 32 to 4096 rows, a power of "
            "two, got 96");
  EXPECT_EQ(getMessage([](StreamScheme &s) { s.rotation = 3; }),
            "stream_layout_c6: expected a rotation of 1 to 4096 rows, a power "
            "of two, got 3");
}

TEST(StreamSchemeTest, TablesAreHexadecimal) {
  std::string text = printScheme(getStream("t2.5"));
  size_t at = text.find("de43");
  text[at] = 'x';
  Result<Scheme> parsed = parseScheme(text);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().message.substr(0, 33),
            "expected 16 bytes in hexadecimal ");
}
