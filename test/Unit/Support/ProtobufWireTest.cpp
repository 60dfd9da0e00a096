//===- ProtobufWireTest.cpp - tests of ccq/Support/ProtobufWire.h ---------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Support/ProtobufWire.h"

#include <gtest/gtest.h>

using namespace ccq;

static std::span<const std::byte> asBytes(const std::string &text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

TEST(ProtobufWireTest, ReadsEveryWireType) {
  // Field 1 = 300, field 2 = 8 bytes, field 3 = "abc", field 4 = 4 bytes.
  std::string message("\x08\xAC\x02"
                      "\x11\x01\x02\x03\x04\x05\x06\x07\x08"
                      "\x1A\x03"
                      "abc"
                      "\x25\x01\x00\x00\x80",
                      22);
  WireReader reader(asBytes(message), 100);
  Result<WireField> field = reader.tryReadField();
  ASSERT_TRUE(bool(field));
  EXPECT_EQ(field->number, 1u);
  EXPECT_EQ(field->type, WireType::Varint);
  EXPECT_EQ(field->scalar, 300u);
  EXPECT_EQ(field->encoded.size(), 3u);
  field = reader.tryReadField();
  ASSERT_TRUE(bool(field));
  EXPECT_EQ(field->type, WireType::Fixed64);
  EXPECT_EQ(field->scalar, 0x0807060504030201u);
  field = reader.tryReadField();
  ASSERT_TRUE(bool(field));
  EXPECT_EQ(field->type, WireType::Length);
  EXPECT_EQ(field->text(), "abc");
  EXPECT_EQ(field->payloadOffset, 114u);
  field = reader.tryReadField();
  ASSERT_TRUE(bool(field));
  EXPECT_EQ(field->type, WireType::Fixed32);
  EXPECT_EQ(field->scalar, 0x80000001u);
  EXPECT_TRUE(reader.atEnd());
  EXPECT_EQ(reader.offset(), 122u);
}

TEST(ProtobufWireTest, VarintsMirrorTheWriter) {
  for (uint64_t value : {uint64_t(0), uint64_t(127), uint64_t(128),
                         uint64_t(1) << 35, UINT64_MAX}) {
    std::string text;
    appendVarint(text, value);
    WireReader reader(asBytes(text));
    Result<uint64_t> back = reader.tryReadVarint();
    ASSERT_TRUE(bool(back));
    EXPECT_EQ(*back, value);
    EXPECT_TRUE(reader.atEnd());
  }
}

TEST(ProtobufWireTest, LengthFieldsMirrorTheWriter) {
  std::string text;
  appendLengthField(text, 25, "weights");
  WireReader reader(asBytes(text));
  Result<WireField> field = reader.tryReadField();
  ASSERT_TRUE(bool(field));
  EXPECT_EQ(field->number, 25u);
  EXPECT_EQ(field->text(), "weights");
}

/// The message of the error that the first field of `message` gives.
static std::string readError(const std::string &message) {
  Result<WireField> field = WireReader(asBytes(message)).tryReadField();
  if (field)
    return "no error";
  EXPECT_EQ(field.error().kind, ErrorKind::MalformedInput);
  return field.error().message;
}

TEST(ProtobufWireTest, RefusesBrokenEncodings) {
  EXPECT_EQ(readError("\x08"),
            "byte 1: expected a protobuf varint, the message ends");
  EXPECT_EQ(readError("\x08" + std::string(10, '\xFF')),
            "byte 1: expected a protobuf varint of at most 10 bytes");
  EXPECT_EQ(readError("\x1A\x05"
                      "abc"),
            "byte 0: expected 5 bytes in field 3, got 3");
  EXPECT_EQ(readError("\x25"
                      "abc"),
            "byte 1: expected 4 bytes of a protobuf value, got 3");
  EXPECT_EQ(readError("\x0B"),
            "byte 0: expected a protobuf field, got wire type 3");
  EXPECT_EQ(readError("\x02"), "byte 0: expected a protobuf field, got tag 2");
}

TEST(ProtobufWireTest, RefusesALengthOfAlmost64Bits) {
  std::string message = "\x1A";
  appendVarint(message, UINT64_MAX);
  EXPECT_EQ(readError(message),
            "byte 0: expected 18446744073709551615 bytes in field 3, got 0");
}
