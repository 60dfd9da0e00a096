//===- CodedTensorsTest.cpp - coded matrices in files ---------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/CodedTensors.h"

#include "TemporaryDirectory.h"

#include <gtest/gtest.h>

using namespace ccq;
using namespace ccq::artifact;

static codec::Scheme getScheme(const char *name) {
  return **codec::parseSchemeName(name);
}

/// Writes tensors of zeros with this metadata and opens the file.
static Result<SafetensorsFile> writeZeros(const std::filesystem::path &path,
                                          std::vector<TensorSpec> tensors,
                                          const Metadata &metadata) {
  Result<SafetensorsWriter> writer = SafetensorsWriter::tryCreate(
      path, tensors, metadata, OverwritePolicy::Refuse);
  EXPECT_TRUE(writer);
  for (const TensorSpec &tensor : tensors) {
    std::vector<std::byte> zeros(*computeSizeBytes(tensor.type, tensor.dims));
    EXPECT_TRUE(writer->write(tensor.name, 0, zeros));
  }
  EXPECT_TRUE(writer->commit());
  return SafetensorsFile::tryOpen(path);
}

TEST(CodedTensorsTest, ReadsWhatItWrites) {
  TemporaryDirectory directory;
  for (const char *name : {"w2.5", "w2.75", "i8", "i8:channel"}) {
    codec::CodedMatrix matrix =
        codec::CodedMatrix::createZeroed(getScheme(name), {65, 3});
    matrix.components[0].bytes[5] = std::byte(42);
    ASSERT_TRUE(writeCodedMatrix(directory / "f", "some.name", matrix,
                                 OverwritePolicy::Replace));
    Result<SafetensorsFile> file = SafetensorsFile::tryOpen(directory / "f");
    ASSERT_TRUE(file);
    EXPECT_EQ(getCodedNames(*file), std::vector<std::string>{"some.name"});
    Result<codec::CodedMatrixView> view = tryGetCodedMatrix(*file, "some.name");
    ASSERT_TRUE(view) << view.error().message;
    EXPECT_EQ(view->scheme(), matrix.scheme);
    EXPECT_EQ(view->shape(), matrix.shape);
    EXPECT_EQ(view->bytes(codec::ComponentRole::Codes)[5], std::byte(42));
  }
}

// The names of docs/Format.md, "Files".
TEST(CodedTensorsTest, NamesAreTheDocumentedOnes) {
  std::vector<TensorSpec> tensors =
      getComponentTensors("w", getScheme("i8"), {65, 3});
  ASSERT_EQ(tensors.size(), 2u);
  EXPECT_EQ(tensors[0].name, "w.codes");
  EXPECT_EQ(tensors[1].name, "w.local_scales");
  Metadata metadata;
  addCodedMetadata("w", getScheme("i8"), {65, 3}, metadata);
  EXPECT_EQ(metadata,
            (Metadata{{"ccq.format_version", "1"},
                      {"ccq.w.scheme", "#ccq.scalar<bits = 8, group = 64>"},
                      {"ccq.w.shape", "65x3"}}));
}

/// The message for an i8 [2, 1] file after one change, without the path.
static std::string getMessage(const std::string &key,
                              const std::string &value) {
  TemporaryDirectory directory;
  codec::Scheme scheme = getScheme("i8");
  Metadata metadata;
  addCodedMetadata("w", scheme, {2, 1}, metadata);
  if (value.empty())
    metadata.erase(key);
  else
    metadata[key] = value;
  Result<SafetensorsFile> file = writeZeros(
      directory / "f", getComponentTensors("w", scheme, {2, 1}), metadata);
  EXPECT_TRUE(file);
  Result<codec::CodedMatrixView> view = tryGetCodedMatrix(*file, "w");
  std::string start = (directory / "f").string() + ": ";
  return view ? "valid" : view.error().message.substr(start.size());
}

TEST(CodedTensorsTest, MetadataIsChecked) {
  EXPECT_EQ(getMessage("other", "entry"), "valid");
  EXPECT_EQ(getMessage("ccq.format_version", ""),
            "expected metadata ccq.format_version");
  EXPECT_EQ(getMessage("ccq.format_version", "2"),
            "expected format version 1, got '2'");
  EXPECT_EQ(getMessage("ccq.w.scheme", ""),
            "coded matrix 'w': expected metadata ccq.w.scheme and ccq.w.shape");
  EXPECT_EQ(getMessage("ccq.w.shape", ""),
            "coded matrix 'w': expected metadata ccq.w.scheme and ccq.w.shape");
  EXPECT_EQ(getMessage("ccq.w.scheme", "#ccq.scalar<bits = 9, group = 1>"),
            "coded matrix 'w': scalar_layout_c1: expected codes of 4 or 8 "
            "bits, got 9");
  for (std::string shape : {"2", "2x", "x1", "2x1x1", "2 x1", "ax1"})
    EXPECT_EQ(getMessage("ccq.w.shape", shape),
              "coded matrix 'w': expected a shape like 64x8, got '" + shape +
                  "'");
  EXPECT_EQ(getMessage("ccq.w.shape", "-2x1"),
            "coded matrix 'w': expected extents of at least 0, got [-2, 1]");
}

TEST(CodedTensorsTest, TensorsAreCheckedAgainstTheMetadata) {
  EXPECT_EQ(getMessage("ccq.w.shape", "3x1"),
            "coded matrix 'w': tensor 'w.codes': expected I8[3, 1], got "
            "I8[2, 1]");
  EXPECT_EQ(getMessage("ccq.w.scheme", "#ccq.scalar<bits = 8, group = "
                                       "channel>"),
            "coded matrix 'w': tensor 'w.super_scale' is missing");
}
