//===- CodedMatrixTest.cpp - tests of ccq/Codec/CodedMatrix.h -------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Codec/CodedMatrix.h"

#include <gtest/gtest.h>

using namespace ccq;
using namespace ccq::codec;

static Scheme getScheme(const char *name) { return **parseSchemeName(name); }

// docs/Format.md, "Component tensors"; K = 65 makes two groups.
TEST(CodedMatrixTest, ComponentsAreTheDocumentedOnes) {
  using Role = ComponentRole;
  using Type = ElementType;
  using Specs = std::vector<ComponentSpec>;
  MatrixShape shape = {65, 3};
  EXPECT_EQ(getComponentSpecs(getScheme("w2.5"), shape),
            (Specs{{Role::Codes, Type::U16, {20, 3}},
                   {Role::SuperScale, Type::F32, {3}}}));
  EXPECT_EQ(getComponentSpecs(getScheme("w2.75"), shape),
            (Specs{{Role::Codes, Type::U8, {44, 3}},
                   {Role::SuperScale, Type::F32, {3}}}));
  EXPECT_EQ(getComponentSpecs(getScheme("i8"), shape),
            (Specs{{Role::Codes, Type::I8, {65, 3}},
                   {Role::LocalScales, Type::F16, {2, 3}}}));
  EXPECT_EQ(getComponentSpecs(getScheme("i8:channel"), shape),
            (Specs{{Role::Codes, Type::I8, {65, 3}},
                   {Role::SuperScale, Type::F16, {3}}}));
}

TEST(CodedMatrixTest, SuffixesAreTheDocumentedOnes) {
  EXPECT_EQ(getComponentSuffix(ComponentRole::Codes), "codes");
  EXPECT_EQ(getComponentSuffix(ComponentRole::LocalScales), "local_scales");
  EXPECT_EQ(getComponentSuffix(ComponentRole::SuperScale), "super_scale");
}

TEST(CodedMatrixTest, EmptyMatricesHaveEmptyComponents) {
  for (MatrixShape shape : {MatrixShape{0, 3}, MatrixShape{3, 0}}) {
    CodedMatrix matrix = CodedMatrix::createZeroed(getScheme("w2.5"), shape);
    EXPECT_EQ(matrix.findComponent(ComponentRole::Codes)->bytes.size(), 0u);
    EXPECT_EQ(matrix.view().shape(), shape);
  }
}

TEST(CodedMatrixTest, RefusesShapesWithoutASize) {
  Result<void> negative = checkShape(getScheme("i8"), {-1, 2});
  ASSERT_FALSE(negative);
  EXPECT_EQ(negative.error().message,
            "expected extents of at least 0, got [-1, 2]");
  int64_t most = INT64_MAX;
  for (MatrixShape shape : {MatrixShape{most, 1}, MatrixShape{1, most},
                            MatrixShape{most, most}, MatrixShape{0, most},
                            MatrixShape{int64_t(1) << 29, int64_t(1) << 30}}) {
    Result<void> valid = checkShape(getScheme("w2.75"), shape);
    ASSERT_FALSE(valid);
    EXPECT_EQ(valid.error().kind, ErrorKind::MalformedInput);
    EXPECT_EQ(valid.error().message, "expected fewer than 2^58 weights, got [" +
                                         std::to_string(shape.k) + ", " +
                                         std::to_string(shape.n) + "]");
  }
  EXPECT_TRUE(checkShape(getScheme("w2.75"), {int64_t(1) << 28, 1 << 28}));
}

/// The message of tryCreate for i8 [1, 2] with buffers of these sizes.
static std::string getMessage(std::vector<size_t> sizes) {
  std::byte storage[16] = {};
  std::vector<std::span<const std::byte>> buffers;
  for (size_t size : sizes)
    buffers.push_back({storage, size});
  Result<CodedMatrixView> view =
      CodedMatrixView::tryCreate(getScheme("i8"), {1, 2}, buffers);
  return view ? "valid" : view.error().message;
}

TEST(CodedMatrixTest, ViewsCheckTheBuffers) {
  EXPECT_EQ(getMessage({2, 4}), "valid");
  EXPECT_EQ(getMessage({2}), "expected 2 components, got 1");
  EXPECT_EQ(getMessage({1, 4}), "expected 2 bytes of codes, got 1");
  EXPECT_EQ(getMessage({2, 5}), "expected 4 bytes of local_scales, got 5");
}

TEST(CodedMatrixTest, ViewsCheckSchemeAndShape) {
  EXPECT_FALSE(CodedMatrixView::tryCreate(ScalarScheme{3, 1}, {1, 1}, {}));
  EXPECT_FALSE(CodedMatrixView::tryCreate(getScheme("i8"), {-1, 1}, {}));
}

TEST(CodedMatrixTest, SizeIsTheSumOfTheComponents) {
  // 10 words of 2 bytes and 4 bytes per channel.
  CodedMatrix matrix = CodedMatrix::createZeroed(getScheme("w2.5"), {64, 2});
  EXPECT_EQ(matrix.sizeBytes(), 48u);
  EXPECT_EQ(matrix.findComponent(ComponentRole::LocalScales), nullptr);
}
