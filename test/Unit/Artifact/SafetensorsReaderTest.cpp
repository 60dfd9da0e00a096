//===- SafetensorsReaderTest.cpp - safetensors reading --------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/Safetensors.h"

#include "TemporaryDirectory.h"

#include <cstring>
#include <gtest/gtest.h>
#include <random>

using namespace ccq;
using namespace ccq::artifact;

/// A file with this header text and data.
static std::string makeFile(const std::string &header,
                            const std::string &data = "") {
  uint64_t length = header.size();
  std::string text(sizeof(length), '\0');
  std::memcpy(text.data(), &length, sizeof(length));
  return text + header + data;
}

static Result<SafetensorsHeader> parse(const std::string &text) {
  return parseSafetensorsHeader(std::as_bytes(std::span(text)));
}

/// The message for a header, without its common start.
static std::string getMessage(const std::string &header,
                              const std::string &data = "") {
  Result<SafetensorsHeader> parsed = parse(makeFile(header, data));
  if (parsed)
    return "valid";
  EXPECT_EQ(parsed.error().kind, ErrorKind::MalformedInput);
  std::string start = "safetensors header: ";
  EXPECT_TRUE(parsed.error().message.starts_with(start));
  return parsed.error().message.substr(start.size());
}

/// `"name":{...}` of a U8 vector.
static std::string makeEntry(const std::string &name, int begin, int end) {
  return "\"" + name + R"(":{"dtype":"U8","shape":[)" +
         std::to_string(end - begin) + R"(],"data_offsets":[)" +
         std::to_string(begin) + "," + std::to_string(end) + "]}";
}

TEST(SafetensorsReaderTest, ReadsTensorsAndMetadata) {
  std::string text =
      makeFile(R"({"__metadata__":{"a":"1"},"b":{"dtype":"F16","shape":[1,2],)"
               R"("data_offsets":[2,6]},)" +
                   makeEntry("a", 0, 2) + "}  ",
               "abcdef");
  Result<SafetensorsHeader> header = parse(text);
  ASSERT_TRUE(header) << header.error().message;
  ASSERT_EQ(header->tensors.size(), 2u);
  EXPECT_EQ(header->tensors[0].spec.name, "a");
  EXPECT_EQ(header->tensors[1].spec.dims, (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(header->tensors[1].spec.type, DataType::F16);
  EXPECT_EQ(header->metadata, (Metadata{{"a", "1"}}));
  EXPECT_EQ(text.substr(header->dataOffsetBytes), "abcdef");
}

TEST(SafetensorsReaderTest, AcceptsEmptyTensorsAndScalars) {
  EXPECT_EQ(getMessage("{}"), "valid");
  EXPECT_EQ(
      getMessage("{" + makeEntry("b", 0, 0) + "," + makeEntry("a", 0, 0) + "}"),
      "valid");
  EXPECT_EQ(
      getMessage(R"({"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})",
                 "abcd"),
      "valid");
}

TEST(SafetensorsReaderTest, ChecksTheLength) {
  EXPECT_EQ(parse("abc").error().message,
            "safetensors header: expected a length of 8 bytes, the file has 3");
  EXPECT_EQ(parse(std::string("\x03\0\0\0\0\0\0\0{}", 10)).error().message,
            "safetensors header: expected 3 bytes, the file has 2 more");
  EXPECT_EQ(parse(std::string("\0\0\0\0\0\0\0\x80{}", 10)).error().message,
            "safetensors header: expected at most 100000000 bytes, got "
            "9223372036854775808");
}

TEST(SafetensorsReaderTest, ChecksTheJson) {
  EXPECT_EQ(getMessage(""), "expected '{' at byte 8");
  EXPECT_EQ(getMessage("[]"), "expected '{' at byte 8");
  EXPECT_EQ(getMessage("{"), "expected valid JSON");
  EXPECT_EQ(getMessage("{\"\xff\":1}"), "expected valid JSON");
  EXPECT_EQ(
      getMessage("{" + makeEntry("a", 0, 1) + "," + makeEntry("a", 1, 2) + "}",
                 "ab"),
      "key 'a' occurs twice");
  EXPECT_EQ(getMessage(R"({"a":{"dtype":"U8","dtype":"U8","shape":[0],)"
                       R"("data_offsets":[0,0]}})"),
            "key 'dtype' occurs twice");
  EXPECT_EQ(getMessage("{\"a\":" + std::string(100000, '[')),
            "expected at most 3 levels of nesting");
  EXPECT_EQ(getMessage(R"({"__metadata__":[]})"),
            "expected __metadata__ to be an object");
  EXPECT_EQ(getMessage(R"({"__metadata__":{"a":1}})"),
            "expected metadata 'a' to be a string");
}

/// The message for one tensor with these fields.
static std::string getEntryMessage(const std::string &fields) {
  std::string message = getMessage("{\"t\":{" + fields + "}}", "abcd");
  std::string start = "tensor 't': ";
  return message.starts_with(start) ? message.substr(start.size()) : message;
}

TEST(SafetensorsReaderTest, ChecksTheFieldsOfATensor) {
  EXPECT_EQ(
      getEntryMessage(R"("dtype":"F32","shape":[1],"data_offsets":[0,4])"),
      "valid");
  EXPECT_EQ(getEntryMessage(R"("dtype":"F32","shape":[1])"),
            "expected dtype, shape and data_offsets");
  EXPECT_EQ(
      getEntryMessage(R"("dtype":"F99","shape":[1],"data_offsets":[0,4])"),
      "unknown dtype 'F99'");
  EXPECT_EQ(getEntryMessage(R"("dtype":5,"shape":[1],"data_offsets":[0,4])"),
            "expected a dtype string");
  EXPECT_EQ(
      getEntryMessage(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])"),
      "expected a shape of integers from 0 on");
  EXPECT_EQ(
      getEntryMessage(R"("dtype":"F32","shape":[1.0],"data_offsets":[0,4])"),
      "expected a shape of integers from 0 on");
  EXPECT_EQ(
      getEntryMessage(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])"),
      "expected data_offsets [begin, end]");
  EXPECT_EQ(getEntryMessage(R"("dtype":"F32","shape":[1],"data_offsets":[0])"),
            "expected data_offsets [begin, end]");
  EXPECT_EQ(
      getEntryMessage(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"),
      "expected 8 bytes for F32[2], got 4");
  EXPECT_EQ(getEntryMessage(R"("dtype":"F32","shape":[4294967296,4294967296],)"
                            R"("data_offsets":[0,4])"),
            "shape [4294967296, 4294967296] is too large");
}

TEST(SafetensorsReaderTest, ChecksThatTensorsCoverTheData) {
  auto getPairMessage = [](std::string a, std::string b) {
    return getMessage("{" + a + "," + b + "}", "abcd");
  };
  EXPECT_EQ(getPairMessage(makeEntry("a", 0, 2), makeEntry("b", 2, 4)),
            "valid");
  EXPECT_EQ(getPairMessage(makeEntry("a", 0, 2), makeEntry("b", 1, 4)),
            "tensor 'b': expected its data to begin at 2, got 1");
  EXPECT_EQ(getPairMessage(makeEntry("a", 0, 2), makeEntry("b", 3, 4)),
            "tensor 'b': expected its data to begin at 2, got 3");
  EXPECT_EQ(getPairMessage(makeEntry("a", 0, 2), makeEntry("b", 2, 3)),
            "expected 3 bytes of data, the file has 4");
  EXPECT_EQ(getPairMessage(makeEntry("a", 0, 2), makeEntry("b", 2, 5)),
            "expected 5 bytes of data, the file has 4");
}

TEST(SafetensorsReaderTest, EveryTruncationIsAnError) {
  std::string text = makeFile("{" + makeEntry("a", 0, 4) + "}", "abcd");
  for (size_t length = 0; length < text.size(); ++length)
    EXPECT_FALSE(parse(text.substr(0, length))) << length;
}

// Any answer will do, but no crash; sanitizer builds see reads outside.
TEST(SafetensorsReaderTest, SurvivesDamagedHeaders) {
  std::string whole = makeFile(
      R"({"__metadata__":{"a":"1"},)" + makeEntry("a", 0, 4) + "}", "abcd");
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    std::string text = whole;
    for (unsigned hits = random() % 4 + 1; hits != 0; --hits)
      text[random() % text.size()] = char(random());
    Result<SafetensorsHeader> header = parse(text);
    if (header && !header->tensors.empty()) {
      EXPECT_EQ(header->dataOffsetBytes + header->tensors.back().endBytes,
                text.size());
    }
  }
}

TEST(SafetensorsReaderTest, FilesAnswerByName) {
  TemporaryDirectory directory;
  writeText(directory / "f",
            makeFile("{" + makeEntry("a", 0, 1) + "," + makeEntry("b", 1, 4) +
                         R"(,"__metadata__":{"k":"v"}})",
                     "abcd"));
  Result<SafetensorsFile> file = SafetensorsFile::tryOpen(directory / "f");
  ASSERT_TRUE(file);
  SafetensorsFile moved = *std::move(file);
  std::optional<TensorView> tensor = moved.findTensor("b");
  ASSERT_TRUE(tensor);
  EXPECT_EQ(std::to_integer<char>(tensor->bytes[0]), 'b');
  EXPECT_EQ(moved.findTensor("c"), std::nullopt);
  EXPECT_EQ(moved.findMetadata("k"), "v");
  EXPECT_EQ(moved.findMetadata("none"), std::nullopt);
}

TEST(SafetensorsReaderTest, FileErrorsNameThePath) {
  TemporaryDirectory directory;
  writeText(directory / "f", "abc");
  Result<SafetensorsFile> file = SafetensorsFile::tryOpen(directory / "f");
  ASSERT_FALSE(file);
  EXPECT_TRUE(file.error().message.starts_with((directory / "f").string() +
                                               ": safetensors header: "));
}
