//===- NpyTest.cpp - tests of ccq/Artifact/Npy.h --------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/Npy.h"

#include "TemporaryDirectory.h"

#include <gtest/gtest.h>
#include <random>

using namespace ccq;
using namespace ccq::artifact;

/// An npy file of a version with this dictionary and data.
static std::string makeNpy(const std::string &dictionary,
                           const std::string &data, char version = 1) {
  std::string text = "\x93NUMPY";
  text += version;
  text += '\0';
  text += char(dictionary.size());
  text.append(version == 1 ? 1 : 3, '\0');
  return text + dictionary + data;
}

static Result<TensorView> parse(const std::string &text) {
  return parseNpy(std::as_bytes(std::span(text)));
}

static std::string getMessage(const std::string &text) {
  Result<TensorView> tensor = parse(text);
  return tensor ? "valid" : tensor.error().message;
}

static const std::string pair =
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }";

TEST(NpyTest, ReadsAllVersions) {
  for (char version : {1, 2, 3}) {
    std::string text = makeNpy(pair, "abcdefgh", version);
    Result<TensorView> tensor = parse(text);
    ASSERT_TRUE(tensor) << tensor.error().message;
    EXPECT_EQ(tensor->type, DataType::F32);
    EXPECT_EQ(tensor->dims, (std::vector<int64_t>{1, 2}));
    EXPECT_EQ(std::to_integer<char>(tensor->bytes[7]), 'h');
  }
}

TEST(NpyTest, AcceptsAnyOrderAndSpacing) {
  EXPECT_EQ(getMessage(makeNpy("{\"shape\":(2,),'fortran_order' :False,\n"
                               "'descr':\"<i2\"}  \n",
                               "abcd")),
            "valid");
  EXPECT_EQ(getMessage(makeNpy("{'descr': '<f2', 'fortran_order': False, "
                               "'shape': ()}",
                               "ab")),
            "valid");
}

TEST(NpyTest, FortranOrderOfAVectorIsCOrder) {
  EXPECT_EQ(getMessage(makeNpy("{'descr': '<f2', 'fortran_order': True, "
                               "'shape': (2,), }",
                               "abcd")),
            "valid");
}

TEST(NpyTest, SaysWhatIsUnsupportedAndWhatToDo) {
  EXPECT_EQ(getMessage(makeNpy("{'descr': '<f4', 'fortran_order': True, "
                               "'shape': (1, 2), }",
                               "abcdefgh")),
            "expected npy data in C order, got Fortran order; save "
            "numpy.ascontiguousarray(array)");
  EXPECT_EQ(getMessage(makeNpy("{'descr': '>f4', 'fortran_order': False, "
                               "'shape': (1,), }",
                               "abcd")),
            "expected little-endian npy data, got '>f4'; save "
            "array.astype('<f4')");
  EXPECT_EQ(getMessage(makeNpy("{'descr': '<c8', 'fortran_order': False, "
                               "'shape': (1,), }",
                               "abcdefgh")),
            "expected npy elements of a float, integer or boolean type, got "
            "'<c8'");
  EXPECT_EQ(getMessage(makeNpy(pair, "", 4)),
            "expected npy format version 1, 2 or 3, got 4");
}

TEST(NpyTest, BrokenHeadersAreLocated) {
  EXPECT_EQ(getMessage("text"),
            "expected an npy file, which starts with \\x93NUMPY");
  EXPECT_EQ(getMessage(makeNpy("{'descr': [('a', '<f4')]}", "")),
            "npy header: expected a string at byte 20");
  EXPECT_EQ(getMessage(makeNpy("{'descr': '<f4', 'descr': '<f4'}", "")),
            "npy header: expected descr, fortran_order and shape once each at "
            "byte 35");
  EXPECT_EQ(getMessage(makeNpy("{'descr': '<f4'}", "")),
            "npy header: expected the keys descr, fortran_order and shape at "
            "byte 26");
  EXPECT_EQ(getMessage(makeNpy("{'shape': (-1,)}", "")),
            "npy header: expected an extent from 0 to 2^63 - 1 at byte 21");
  EXPECT_EQ(getMessage(makeNpy("{'fortran_order': 1}", "")),
            "npy header: expected 'False' at byte 28");
  EXPECT_EQ(getMessage(makeNpy(pair + " x", "")),
            "npy header: expected nothing after the dictionary at byte 70");
}

TEST(NpyTest, SizesAreChecked) {
  EXPECT_EQ(getMessage(makeNpy(pair, "abcdefg")),
            "expected 8 bytes of npy data for shape [1, 2], got 7");
  EXPECT_EQ(getMessage(makeNpy("{'descr': '<f8', 'fortran_order': False, "
                               "'shape': (4611686018427387904, 4), }",
                               "")),
            "npy header: shape [4611686018427387904, 4] is too large");
}

TEST(NpyTest, EveryTruncationIsAnError) {
  std::string text = makeNpy(pair, "abcdefgh");
  for (size_t length = 0; length < text.size(); ++length)
    EXPECT_FALSE(parse(text.substr(0, length))) << length;
}

// Any answer will do, but no crash; sanitizer builds see reads outside.
TEST(NpyTest, SurvivesDamagedFiles) {
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    std::string text = makeNpy(pair, "abcdefgh");
    for (unsigned hits = random() % 4 + 1; hits != 0; --hits)
      text[random() % text.size()] = char(random());
    Result<TensorView> tensor = parse(text);
    if (tensor) {
      EXPECT_EQ(tensor->bytes.size(),
                computeSizeBytes(tensor->type, tensor->dims));
    }
  }
}

TEST(NpyTest, WritesWhatItReads) {
  TemporaryDirectory directory;
  std::vector<float> values = {1, 2, 3, 4, 5, 6};
  for (std::vector<int64_t> dims :
       {std::vector<int64_t>{6}, {2, 3}, {1, 2, 3}, {}}) {
    TensorView tensor{DataType::F32, dims, std::as_bytes(std::span(values))};
    if (dims.empty())
      tensor.bytes = tensor.bytes.first(4);
    Result<void> written =
        writeNpy(directory / "a.npy", tensor, OverwritePolicy::Replace);
    ASSERT_TRUE(written);
    Result<NpyFile> file = NpyFile::tryOpen(directory / "a.npy");
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->tensor().dims, dims);
    EXPECT_TRUE(std::equal(tensor.bytes.begin(), tensor.bytes.end(),
                           file->tensor().bytes.begin()));
  }
}

// The bytes that numpy.save writes for numpy.float32([[1, 2]]).
TEST(NpyTest, WritesNumPysBytes) {
  TemporaryDirectory directory;
  float values[] = {1, 2};
  ASSERT_TRUE(
      writeNpy(directory / "a.npy",
               {DataType::F32, {1, 2}, std::as_bytes(std::span(values))},
               OverwritePolicy::Refuse));
  std::string dictionary =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }";
  std::string expected = std::string("\x93NUMPY\x01\x00\x76\x00", 10) +
                         dictionary +
                         std::string(117 - dictionary.size(), ' ') + "\n" +
                         std::string("\x00\x00\x80\x3f\x00\x00\x00\x40", 8);
  EXPECT_EQ(readText(directory / "a.npy"), expected);
}

TEST(NpyTest, CannotHoldBfloat16) {
  Result<void> written =
      writeNpy("a.npy", {DataType::BF16, {0}, {}}, OverwritePolicy::Refuse);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message, "a.npy: npy has no element type BF16");
}
