//===- TensorTest.cpp - tests of ccq/Artifact/Tensor.h --------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/Tensor.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace ccq;
using namespace ccq::artifact;

static const DataType allTypes[] = {
    DataType::Bool, DataType::I8,  DataType::U8,  DataType::I16, DataType::U16,
    DataType::I32,  DataType::U32, DataType::I64, DataType::U64, DataType::F16,
    DataType::BF16, DataType::F32, DataType::F64};

TEST(TensorTest, NamesLeadBackToTheType) {
  for (DataType type : allTypes) {
    EXPECT_EQ(findSafetensorsType(getSafetensorsName(type)), type);
    if (type != DataType::BF16) {
      EXPECT_EQ(findNpyType(getNpyDescriptor(type)), type);
    }
  }
  EXPECT_EQ(findSafetensorsType("F8_E4M3"), std::nullopt);
  EXPECT_EQ(findNpyType(""), std::nullopt);
}

TEST(TensorTest, ComponentTypesKeepTheirSize) {
  using codec::ElementType;
  for (ElementType type : {ElementType::I8, ElementType::U8, ElementType::U16,
                           ElementType::F16, ElementType::F32})
    EXPECT_EQ(getDataTypeBytes(getDataType(type)),
              codec::getElementBytes(type));
}

TEST(TensorTest, SizesThatDoNotFitAreNoSizes) {
  auto size = [](std::vector<int64_t> dims) {
    return computeSizeBytes(DataType::F32, dims);
  };
  EXPECT_EQ(size({}), 4u);
  EXPECT_EQ(size({3, 5}), 60u);
  EXPECT_EQ(size({0, 5}), 0u);
  EXPECT_EQ(size({-1}), std::nullopt);
  EXPECT_EQ(size({int64_t(1) << 61}), std::nullopt);
  // Also when another extent is zero.
  EXPECT_EQ(size({0, INT64_MAX, INT64_MAX}), std::nullopt);
}

/// The float32 values of elements of one type.
template <typename T>
static std::vector<float> convert(DataType type, std::vector<T> elements) {
  Result<std::vector<float>> values = tryConvertToFloat32(
      {type, {int64_t(elements.size())}, std::as_bytes(std::span(elements))});
  return values ? *values : std::vector<float>();
}

TEST(TensorTest, FloatsBecomeFloat32) {
  EXPECT_EQ(convert<uint16_t>(DataType::F16, {0x3C00, 0xC000}),
            (std::vector<float>{1, -2}));
  EXPECT_EQ(convert<uint16_t>(DataType::BF16, {0x3F80}),
            (std::vector<float>{1}));
  EXPECT_EQ(convert<float>(DataType::F32, {0.1f}), (std::vector<float>{0.1f}));
  EXPECT_EQ(convert<double>(DataType::F64, {0.1, 1e300}),
            (std::vector<float>{0.1f, INFINITY}));
}

TEST(TensorTest, IntegersAreNotWeights) {
  int32_t element = 1;
  Result<std::vector<float>> values = tryConvertToFloat32(
      {DataType::I32, {1}, std::as_bytes(std::span(&element, 1))});
  ASSERT_FALSE(values);
  EXPECT_EQ(values.error().message,
            "expected elements of type F16, BF16, F32 or F64, got I32");
}
