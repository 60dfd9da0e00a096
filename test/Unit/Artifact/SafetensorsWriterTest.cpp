//===- SafetensorsWriterTest.cpp - safetensors writing --------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/Safetensors.h"

#include "TemporaryDirectory.h"

#include <gtest/gtest.h>

using namespace ccq;
using namespace ccq::artifact;

static std::span<const std::byte> bytesOf(const std::string &text) {
  return std::as_bytes(std::span(text));
}

static const std::vector<TensorSpec> tensors = {{"small", DataType::U8, {3}},
                                                {"wide", DataType::F32, {1}},
                                                {"a", DataType::U8, {1}}};

static Result<SafetensorsWriter> create(const std::filesystem::path &path,
                                        std::vector<TensorSpec> specs,
                                        Metadata metadata = {}) {
  return SafetensorsWriter::tryCreate(path, std::move(specs), metadata,
                                      OverwritePolicy::Refuse);
}

TEST(SafetensorsWriterTest, LayoutIsBySizeThenName) {
  TemporaryDirectory directory;
  Result<SafetensorsWriter> writer =
      create(directory / "f", tensors, {{"key", "value"}});
  ASSERT_TRUE(writer) << writer.error().message;
  // Pieces in any order.
  ASSERT_TRUE(writer->write("small", 2, bytesOf("3")));
  ASSERT_TRUE(writer->write("a", 0, bytesOf("a")));
  ASSERT_TRUE(writer->write("small", 0, bytesOf("12")));
  ASSERT_TRUE(writer->write("wide", 0, bytesOf("wide")));
  ASSERT_TRUE(writer->commit());
  std::string text = readText(directory / "f");
  std::string json =
      R"({"__metadata__":{"key":"value"},)"
      R"("wide":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
      R"("a":{"dtype":"U8","shape":[1],"data_offsets":[4,5]},)"
      R"("small":{"dtype":"U8","shape":[3],"data_offsets":[5,8]}})";
  // 8 bytes of length, then blanks up to a multiple of 64.
  EXPECT_EQ(text.substr(8, json.size()), json);
  EXPECT_EQ(text.substr(text.size() - 8), "widea123");
  EXPECT_EQ((text.size() - 8) % 64, 0u);
}

TEST(SafetensorsWriterTest, TheReaderAcceptsIt) {
  TemporaryDirectory directory;
  Result<SafetensorsWriter> writer = create(directory / "f", tensors);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->write("small", 0, bytesOf("123")));
  ASSERT_TRUE(writer->write("a", 0, bytesOf("a")));
  ASSERT_TRUE(writer->write("wide", 0, bytesOf("wide")));
  ASSERT_TRUE(writer->commit());
  Result<SafetensorsFile> file = SafetensorsFile::tryOpen(directory / "f");
  ASSERT_TRUE(file) << file.error().message;
  for (const TensorSpec &spec : tensors) {
    std::optional<TensorView> tensor = file->findTensor(spec.name);
    ASSERT_TRUE(tensor);
    EXPECT_EQ(tensor->type, spec.type);
    EXPECT_EQ(tensor->dims, spec.dims);
  }
}

TEST(SafetensorsWriterTest, NothingAppearsWithoutCommit) {
  TemporaryDirectory directory;
  {
    Result<SafetensorsWriter> writer = create(directory / "f", tensors);
    ASSERT_TRUE(writer);
    Result<void> done = writer->commit();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message,
              "tensor 'a': expected 1 bytes to be written, got 0");
  }
  EXPECT_EQ(directory.countEntries(), 0u);
}

TEST(SafetensorsWriterTest, RefusesWritesThatWereNotDeclared) {
  TemporaryDirectory directory;
  Result<SafetensorsWriter> writer = create(directory / "f", tensors);
  ASSERT_TRUE(writer);
  EXPECT_EQ(writer->write("b", 0, {}).error().message,
            "tensor 'b' was not declared");
  EXPECT_EQ(writer->write("small", 2, bytesOf("12")).error().message,
            "tensor 'small': expected a range in 3 bytes, got 2 at 2");
  EXPECT_FALSE(writer->write("small", UINT64_MAX, bytesOf("1")));
}

TEST(SafetensorsWriterTest, RefusesNamesThatAFileCannotHold) {
  auto getMessage = [](std::vector<TensorSpec> specs, Metadata metadata) {
    TemporaryDirectory directory;
    Result<SafetensorsWriter> writer =
        create(directory / "f", std::move(specs), std::move(metadata));
    EXPECT_EQ(directory.countEntries(), 0u);
    return writer ? "valid" : writer.error().message;
  };
  EXPECT_EQ(
      getMessage({{"a", DataType::U8, {1}}, {"a", DataType::F32, {1}}}, {}),
      "tensor name 'a' occurs twice");
  EXPECT_EQ(getMessage({{"__metadata__", DataType::U8, {1}}}, {}),
            "tensor name '__metadata__' is reserved");
  EXPECT_EQ(getMessage({{"\xff", DataType::U8, {1}}}, {}),
            "expected tensor names in UTF-8, name 0 is not");
  EXPECT_EQ(getMessage({}, {{"key", "\xff"}}), "expected metadata in UTF-8");
  EXPECT_EQ(getMessage({{"a", DataType::U8, {-1}}}, {}),
            "tensor 'a': shape [-1] is too large");
}
