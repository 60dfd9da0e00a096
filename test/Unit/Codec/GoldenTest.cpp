//===- GoldenTest.cpp - worked examples and golden vectors ----------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Codec/Decode.h"

#include "TemporaryDirectory.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <map>
#include <sstream>

using namespace ccq;
using namespace ccq::codec;
namespace fs = std::filesystem;

/// Fields of a golden block: a key word and the words up to the next key.
using Fields = std::map<std::string, std::vector<std::string>>;

static Fields parseFields(const std::string &text) {
  static const char *const keys[] = {
      "scheme",     "shape",   "codes", "local_scales", "super_scale",
      "code_scale", "code_zp", "extra", "weights"};
  Fields fields;
  std::string key, word;
  std::istringstream words(text);
  while (words >> word) {
    if (std::find(std::begin(keys), std::end(keys), word) != std::end(keys))
      key = word;
    else
      fields[key].push_back(word);
  }
  return fields;
}

/// The blocks between ```golden and ``` of a page.
static std::vector<Fields> readPage(const fs::path &path) {
  std::vector<Fields> blocks;
  std::string text = readText(path);
  const std::string opening = "```golden\n", closing = "```\n";
  for (size_t at = 0; (at = text.find(opening, at)) != std::string::npos;) {
    at += opening.size();
    blocks.push_back(parseFields(text.substr(at, text.find(closing, at) - at)));
  }
  return blocks;
}

/// Bytes of a component as the numbers of a field: bit patterns, but float32
/// in decimal.
static std::vector<std::byte> packNumbers(const std::vector<std::string> &words,
                                          ElementType type) {
  std::vector<std::byte> bytes;
  for (std::string word : words) {
    // `3*0` is `0 0 0`.
    size_t star = word.find('*');
    size_t times = star == word.npos ? 1 : std::stoul(word.substr(0, star));
    word.erase(0, star + 1);
    uint32_t bits =
        type == ElementType::F32
            ? std::bit_cast<uint32_t>(std::strtof(word.c_str(), nullptr))
            : uint32_t(std::stoul(word, nullptr, 0));
    for (unsigned i = 0; i < times * getElementBytes(type); ++i)
      bytes.push_back(std::byte(bits >> (8 * (i % getElementBytes(type)))));
  }
  return bytes;
}

static void expectGolden(Fields &fields) {
  ASSERT_EQ(fields["scheme"].size(), 1u);
  Result<SchemeChoice> scheme = parseSchemeName(fields["scheme"][0]);
  ASSERT_TRUE(scheme && *scheme);
  MatrixShape shape;
  ASSERT_EQ(
      std::sscanf(fields["shape"].at(0).c_str(), "%ldx%ld", &shape.k, &shape.n),
      2);
  std::vector<std::vector<std::byte>> buffers;
  for (const ComponentSpec &spec : getComponentSpecs(**scheme, shape))
    buffers.push_back(packNumbers(
        fields[std::string(getComponentSuffix(spec.role))], spec.type));
  Result<CodedMatrixView> view = CodedMatrixView::tryCreate(
      **scheme, shape,
      std::vector<std::span<const std::byte>>(buffers.begin(), buffers.end()));
  ASSERT_TRUE(view) << view.error().message;
  std::vector<float> weights = decodeMatrix(*view);
  ASSERT_EQ(fields["weights"].size(), weights.size());
  for (size_t i = 0; i < weights.size(); ++i) {
    float expected = std::strtof(fields["weights"][i].c_str(), nullptr);
    EXPECT_EQ(std::bit_cast<uint32_t>(weights[i]),
              std::bit_cast<uint32_t>(expected))
        << "weight " << i << ": expected " << expected << ", got "
        << weights[i];
  }
}

TEST(GoldenTest, ExamplesOfTheFormatPageDecodeAsPrinted) {
  std::vector<Fields> blocks =
      readPage(fs::path(CCQ_SOURCE_DIR) / "docs" / "Format.md");
  EXPECT_EQ(blocks.size(), 9u);
  for (Fields &fields : blocks)
    expectGolden(fields);
}

TEST(GoldenTest, VectorsOfTheSecondImplementationDecode) {
  size_t files = 0;
  for (const auto &entry :
       fs::directory_iterator(fs::path(CCQ_SOURCE_DIR) / "test" / "Golden")) {
    if (entry.path().extension() != ".golden")
      continue;
    SCOPED_TRACE(entry.path().filename().string());
    Fields fields = parseFields(readText(entry.path()));
    expectGolden(fields);
    ++files;
  }
  EXPECT_EQ(files, 26u);
}
