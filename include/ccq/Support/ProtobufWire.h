//===- ProtobufWire.h - bounds-checked protobuf wire format -----*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_SUPPORT_PROTOBUFWIRE_H
#define CCQ_SUPPORT_PROTOBUFWIRE_H

#include "ccq/Support/Result.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ccq {

/// How a field's value is written. The two group types of early protobuf are
/// refused. Source: protobuf documentation, "Encoding".
enum class WireType : uint8_t {
  Varint = 0,
  Fixed64 = 1,
  Length = 2,
  Fixed32 = 5
};

/// One field of a message. Spans point into the message that was read.
struct WireField {
  /// 1 .. 2^29 - 1.
  uint32_t number = 0;
  WireType type = WireType::Varint;
  /// The value of a Varint, Fixed64 or Fixed32 field.
  uint64_t scalar = 0;
  /// The bytes of a Length field.
  std::span<const std::byte> payload;
  /// Position of the payload, counted like WireReader::offset.
  uint64_t payloadOffset = 0;
  /// Tag and value as written.
  std::span<const std::byte> encoded;

  /// The payload as text (not necessarily UTF-8, may hold NULs).
  std::string_view text() const {
    return {reinterpret_cast<const char *>(payload.data()), payload.size()};
  }
};

/// Reads the fields of one message in order, without recursion and without
/// copying. Every length is checked against the message; no input makes it read
/// outside. Cost: constant per field.
class WireReader {
public:
  /// Reads `message`, whose first byte is at `startOffset` of the file; that
  /// number only serves offset() and error messages.
  explicit WireReader(std::span<const std::byte> message,
                      uint64_t startOffset = 0)
      : message(message), startOffset(startOffset) {}

  bool atEnd() const { return position == message.size(); }
  /// Position of the next unread byte in the file.
  uint64_t offset() const { return startOffset + position; }

  /// The next field. Fails with MalformedInput on a truncated or over-long
  /// value, field number 0 and group types; the message names the offset.
  Result<WireField> tryReadField();

  /// The next varint, for packed payloads. Fails with MalformedInput when it is
  /// truncated or longer than ten bytes.
  Result<uint64_t> tryReadVarint();

private:
  Error describe(uint64_t at, const std::string &what) const;
  Result<uint64_t> tryReadFixed(unsigned sizeBytes);

  std::span<const std::byte> message;
  uint64_t startOffset;
  size_t position = 0;
};

/// Appends `value` as a varint.
void appendVarint(std::string &out, uint64_t value);

/// Appends a field of type Length.
void appendLengthField(std::string &out, uint32_t number,
                       std::string_view payload);

} // namespace ccq

#endif // CCQ_SUPPORT_PROTOBUFWIRE_H
