//===- ProtobufWire.cpp - bounds-checked protobuf wire format -------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Support/ProtobufWire.h"

using namespace ccq;

/// A varint carries 7 bits per byte, so 64 bits need ten.
static constexpr unsigned maxVarintBytes = 10;

Error WireReader::describe(uint64_t at, const std::string &what) const {
  return {ErrorKind::MalformedInput,
          "byte " + std::to_string(at) + ": " + what};
}

Result<uint64_t> WireReader::tryReadVarint() {
  uint64_t start = offset();
  uint64_t value = 0;
  for (unsigned i = 0; i < maxVarintBytes; ++i) {
    if (atEnd())
      return describe(start, "expected a protobuf varint, the message ends");
    uint64_t byte = uint64_t(message[position++]);
    value |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80)
      return value;
  }
  return describe(start, "expected a protobuf varint of at most 10 bytes");
}

Result<uint64_t> WireReader::tryReadFixed(unsigned sizeBytes) {
  size_t left = message.size() - position;
  if (left < sizeBytes)
    return describe(offset(), "expected " + std::to_string(sizeBytes) +
                                  " bytes of a protobuf value, got " +
                                  std::to_string(left));
  uint64_t value = 0;
  for (unsigned i = 0; i < sizeBytes; ++i)
    value |= uint64_t(message[position++]) << (8 * i);
  return value;
}

Result<WireField> WireReader::tryReadField() {
  size_t begin = position;
  uint64_t start = offset();
  Result<uint64_t> tag = tryReadVarint();
  if (!tag)
    return tag.takeError();
  WireField field;
  // Tags are 32-bit numbers: 29 bits of field number, 3 of type.
  if (*tag > UINT32_MAX || *tag >> 3 == 0)
    return describe(start, "expected a protobuf field, got tag " +
                               std::to_string(*tag));
  field.number = uint32_t(*tag >> 3);
  field.type = WireType(*tag & 7);
  Result<uint64_t> value = uint64_t(0);
  switch (field.type) {
  case WireType::Varint:
  case WireType::Length:
    value = tryReadVarint();
    break;
  case WireType::Fixed64:
    value = tryReadFixed(8);
    break;
  case WireType::Fixed32:
    value = tryReadFixed(4);
    break;
  default:
    return describe(start, "expected a protobuf field, got wire type " +
                               std::to_string(*tag & 7));
  }
  if (!value)
    return value.takeError();
  if (field.type == WireType::Length) {
    size_t left = message.size() - position;
    if (*value > left)
      return describe(start, "expected " + std::to_string(*value) +
                                 " bytes in field " +
                                 std::to_string(field.number) + ", got " +
                                 std::to_string(left));
    field.payload = message.subspan(position, *value);
    field.payloadOffset = offset();
    position += *value;
  } else {
    field.scalar = *value;
  }
  field.encoded = message.subspan(begin, position - begin);
  return field;
}

void ccq::appendVarint(std::string &out, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out.push_back(char(value | 0x80));
  out.push_back(char(value));
}

void ccq::appendLengthField(std::string &out, uint32_t number,
                            std::string_view payload) {
  appendVarint(out, uint64_t(number) << 3 | uint64_t(WireType::Length));
  appendVarint(out, payload.size());
  out.append(payload);
}
