//===- TensorProtoTest.cpp - tests of ccq/Support/TensorProto.h -----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Support/TensorProto.h"

#include "ccq/Support/ProtobufWire.h"

#include <cstring>
#include <gtest/gtest.h>

using namespace ccq;

namespace {

/// Writes a TensorProto field by field.
struct Message {
  std::string text;

  Message &varint(uint32_t number, uint64_t value) {
    appendVarint(text, uint64_t(number) << 3);
    appendVarint(text, value);
    return *this;
  }
  Message &bytes(uint32_t number, std::string_view value) {
    appendLengthField(text, number, value);
    return *this;
  }
  Message &packed(uint32_t number, std::initializer_list<uint64_t> values) {
    std::string payload;
    for (uint64_t value : values)
      appendVarint(payload, value);
    return bytes(number, payload);
  }
  Message &fixed32(uint32_t number, uint32_t value) {
    appendVarint(text, uint64_t(number) << 3 | 5);
    for (int i = 0; i < 4; ++i)
      text.push_back(char(value >> (8 * i)));
    return *this;
  }
  Message &entry(std::string_view key, std::string_view value) {
    Message pair;
    pair.bytes(1, key).bytes(2, value);
    return bytes(13, pair.text);
  }
  std::span<const std::byte> span() const {
    return std::as_bytes(std::span(text.data(), text.size()));
  }
};

/// A message with dimensions and element type.
Message tensorOf(std::initializer_list<uint64_t> dims, TensorElementType type) {
  return Message().packed(1, dims).varint(2, uint64_t(type));
}

template <typename Number>
std::vector<Number> readNumbers(const Message &message) {
  Result<TensorProtoView> tensor = readTensorProto(message.span());
  if (!tensor) {
    ADD_FAILURE() << tensor.error().message;
    return {};
  }
  Result<std::vector<std::byte>> bytes = readTensorElements(*tensor);
  if (!bytes) {
    ADD_FAILURE() << bytes.error().message;
    return {};
  }
  std::vector<Number> numbers(bytes->size() / sizeof(Number));
  std::memcpy(numbers.data(), bytes->data(), bytes->size());
  return numbers;
}

std::string readError(const Message &message) {
  Result<TensorProtoView> tensor = readTensorProto(message.span());
  if (!tensor)
    return tensor.error().message;
  Result<std::vector<std::byte>> bytes = readTensorElements(*tensor);
  return bytes ? "no error" : bytes.error().message;
}

} // namespace

TEST(TensorProtoTest, DescribesRawDataWithoutCopying) {
  Message message = tensorOf({2, 3}, TensorElementType::Float32);
  message.bytes(8, "fc.weight").bytes(9, std::string(24, '\x01'));
  Result<TensorProtoView> tensor = readTensorProto(message.span(), 1000);
  ASSERT_TRUE(bool(tensor));
  EXPECT_EQ(tensor->name, "fc.weight");
  EXPECT_EQ(tensor->dims, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(tensor->storage, TensorStorage::RawData);
  EXPECT_EQ(tensor->contiguous,
            (ByteRange{1000 + message.text.size() - 24, 24}));
}

TEST(TensorProtoTest, ReadsPackedAndUnpackedFloats) {
  Message packed = tensorOf({2}, TensorElementType::Float32);
  packed.bytes(4, std::string_view("\x00\x00\x80\x3F\x00\x00\x00\x40", 8));
  EXPECT_EQ(readNumbers<float>(packed), (std::vector<float>{1, 2}));
  EXPECT_TRUE(readTensorProto(packed.span())->contiguous.has_value());

  Message unpacked = tensorOf({2}, TensorElementType::Float32);
  unpacked.fixed32(4, 0x3F800000).fixed32(4, 0x40000000);
  EXPECT_EQ(readNumbers<float>(unpacked), (std::vector<float>{1, 2}));
  EXPECT_FALSE(readTensorProto(unpacked.span())->contiguous.has_value());
}

TEST(TensorProtoTest, ReadsIntegersOfEveryWidth) {
  Message i8 = tensorOf({2}, TensorElementType::Int8);
  i8.packed(5, {uint64_t(-128), 127});
  EXPECT_EQ(readNumbers<int8_t>(i8), (std::vector<int8_t>{-128, 127}));
  Message u16 = tensorOf({1}, TensorElementType::UInt16);
  u16.varint(5, 65535);
  EXPECT_EQ(readNumbers<uint16_t>(u16), (std::vector<uint16_t>{65535}));
  // A negative int32 in five bytes and in ten.
  Message i32 = tensorOf({2}, TensorElementType::Int32);
  i32.packed(5, {0xFFFFFFFFu, uint64_t(-2)});
  EXPECT_EQ(readNumbers<int32_t>(i32), (std::vector<int32_t>{-1, -2}));
  Message i64 = tensorOf({2}, TensorElementType::Int64);
  i64.packed(7, {uint64_t(-1), uint64_t(1) << 62});
  EXPECT_EQ(readNumbers<int64_t>(i64),
            (std::vector<int64_t>{-1, int64_t(1) << 62}));
  Message u32 = tensorOf({1}, TensorElementType::UInt32);
  u32.packed(11, {0xFFFFFFFFu});
  EXPECT_EQ(readNumbers<uint32_t>(u32), (std::vector<uint32_t>{0xFFFFFFFFu}));
}

TEST(TensorProtoTest, ReadsHalvesStoredAsIntegers) {
  Message message = tensorOf({2}, TensorElementType::Float16);
  message.packed(5, {0x3C00, 0xC000});
  EXPECT_EQ(readNumbers<uint16_t>(message),
            (std::vector<uint16_t>{0x3C00, 0xC000}));
}

TEST(TensorProtoTest, ReadsScalarsAndEmptyTensors) {
  Message scalar = Message().varint(2, 11);
  scalar.bytes(10, std::string_view("\0\0\0\0\0\0\xF0\x3F", 8));
  EXPECT_EQ(readNumbers<double>(scalar), (std::vector<double>{1}));
  EXPECT_TRUE(
      readNumbers<float>(tensorOf({0, 7}, TensorElementType::Float32)).empty());
}

TEST(TensorProtoTest, DescribesExternalData) {
  Message message = tensorOf({4}, TensorElementType::Float32);
  message.varint(14, 1).entry("location", "w.bin").entry("offset", "64");
  Result<TensorProtoView> tensor = readTensorProto(message.span());
  ASSERT_TRUE(bool(tensor));
  EXPECT_EQ(tensor->storage, TensorStorage::External);
  EXPECT_EQ(tensor->external.location, "w.bin");
  EXPECT_EQ(tensor->external.offset, 64u);
  EXPECT_FALSE(tensor->external.length.has_value());
  EXPECT_EQ(readError(message),
            "expected a tensor of numbers inside the file, got external data");
}

TEST(TensorProtoTest, RefusesWhatDoesNotFit) {
  auto f32 = TensorElementType::Float32;
  EXPECT_EQ(readError(tensorOf({2}, f32).bytes(9, "abcd")),
            "expected 8 bytes of raw_data, got 4");
  EXPECT_EQ(readError(tensorOf({2}, f32).fixed32(4, 0)),
            "expected 2 values for the dimensions, got 1");
  EXPECT_EQ(readError(tensorOf({1}, f32).bytes(4, "abc")),
            "expected packed values of 4 bytes, got 3 bytes");
  EXPECT_EQ(readError(tensorOf({1}, f32).varint(5, 1)),
            "expected a data field that holds float32, got another");
  EXPECT_EQ(readError(tensorOf({1}, f32).bytes(9, "abcd").fixed32(4, 0)),
            "expected one data field in a tensor, got several");
  EXPECT_EQ(readError(tensorOf({1}, TensorElementType::Undefined)),
            "expected an element type, got undefined");
  EXPECT_EQ(readError(tensorOf({uint64_t(-4)}, f32)),
            "expected dimensions of at least 0, got -4");
  EXPECT_EQ(readError(tensorOf({uint64_t(1) << 62, 8}, f32)),
            "expected at most 2^60 elements, the dimensions multiply to more");
  EXPECT_EQ(readError(tensorOf({1}, TensorElementType::UInt8).varint(5, 256)),
            "expected a value of uint8, got 256");
  EXPECT_EQ(readError(tensorOf({1}, TensorElementType(99)).bytes(9, "a")),
            "expected a tensor of numbers inside the file, got element type "
            "99");
  EXPECT_EQ(readError(Message().bytes(3, "")),
            "tensors in segments are not supported");
  EXPECT_EQ(readError(Message().bytes(1, std::string(65, '\x01'))),
            "expected at most 64 dimensions of a tensor");
  EXPECT_EQ(readError(Message().bytes(2, "a")),
            "byte 2: expected another wire type for field 2 of a TensorProto");
  EXPECT_EQ(readError(tensorOf({1}, f32).varint(14, 1)),
            "expected a location of external data, got none");
  EXPECT_EQ(readError(tensorOf({1}, f32).entry("offset", "1x")),
            "expected a 64-bit decimal offset of external data, got '1x'");
}
