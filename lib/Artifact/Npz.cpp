//===- Npz.cpp - archives of NumPy arrays ---------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/Npz.h"

#include "ccq/Artifact/Npy.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

using namespace ccq;
using namespace ccq::artifact;

namespace {
using Bytes = std::span<const std::byte>;

/// Where the list of members lies.
struct Directory {
  uint64_t offset = 0;
  uint64_t count = 0;
};

/// One member of the list.
struct Member {
  std::string name;
  uint64_t sizeBytes = 0;
  /// Of its local header.
  uint64_t offset = 0;
};
} // namespace

static constexpr uint32_t endSignature = 0x06054b50;
static constexpr uint32_t end64Signature = 0x06064b50;
static constexpr uint32_t locator64Signature = 0x07064b50;
static constexpr uint32_t memberSignature = 0x02014b50;
static constexpr uint32_t localSignature = 0x04034b50;
static constexpr size_t endBytes = 22, locatorBytes = 20, end64Bytes = 56;
static constexpr size_t memberBytes = 46, localBytes = 30;
/// What a field holds when its value is in the 64-bit record instead.
static constexpr uint64_t saturated16 = 0xffff, saturated32 = 0xffffffff;
static constexpr uint16_t extra64 = 1;

static Error makeError(const std::string &message,
                       ErrorKind kind = ErrorKind::MalformedInput) {
  return {kind, message};
}

/// A little-endian number; the range has been checked.
template <typename T> static uint64_t read(Bytes bytes, size_t offset) {
  T value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

static bool holds(Bytes bytes, uint64_t offset, uint64_t length) {
  return offset <= bytes.size() && length <= bytes.size() - offset;
}

/// Offset of the end record: the last one that reaches the end of the file
/// with its comment.
static std::optional<size_t> findEnd(Bytes bytes) {
  if (bytes.size() < endBytes)
    return std::nullopt;
  size_t last = bytes.size() - endBytes;
  for (size_t back = 0; back <= std::min<size_t>(last, saturated16); ++back) {
    size_t offset = last - back;
    if (read<uint32_t>(bytes, offset) == endSignature &&
        read<uint16_t>(bytes, offset + 20) == back)
      return offset;
  }
  return std::nullopt;
}

static Result<Directory> findDirectory(Bytes bytes) {
  std::optional<size_t> end = findEnd(bytes);
  if (!end)
    return makeError("expected a zip archive");
  Directory directory{read<uint32_t>(bytes, *end + 16),
                      read<uint16_t>(bytes, *end + 10)};
  if (read<uint16_t>(bytes, *end + 4) != 0 &&
      read<uint16_t>(bytes, *end + 4) != saturated16)
    return makeError("expected an archive in one file", ErrorKind::Unsupported);
  if (directory.offset != saturated32 && directory.count != saturated16)
    return directory;
  if (*end < locatorBytes ||
      read<uint32_t>(bytes, *end - locatorBytes) != locator64Signature)
    return directory;
  uint64_t end64 = read<uint64_t>(bytes, *end - locatorBytes + 8);
  if (!holds(bytes, end64, end64Bytes) ||
      read<uint32_t>(bytes, end64) != end64Signature)
    return makeError("expected a 64-bit end record at offset " +
                     std::to_string(end64));
  return Directory{read<uint64_t>(bytes, end64 + 48),
                   read<uint64_t>(bytes, end64 + 32)};
}

/// Puts 64-bit values of the extra field where the member has saturated ones.
static void readExtra(Bytes extra, Member &member) {
  bool hasSize = member.sizeBytes == saturated32;
  while (extra.size() >= 4) {
    uint64_t tag = read<uint16_t>(extra, 0), length = read<uint16_t>(extra, 2);
    if (length > extra.size() - 4)
      return;
    Bytes field = extra.subspan(4, length);
    extra = extra.subspan(4 + length);
    if (tag != extra64)
      continue;
    // Both sizes are there when they are saturated; stored ones are equal.
    size_t position = 0;
    if (hasSize && field.size() >= 16) {
      member.sizeBytes = read<uint64_t>(field, 0);
      position = 16;
    }
    if (member.offset == saturated32 && field.size() >= position + 8)
      member.offset = read<uint64_t>(field, position);
  }
}

/// Reads a member of the list and moves `offset` to the next one.
static Result<Member> readMember(Bytes bytes, uint64_t &offset) {
  if (!holds(bytes, offset, memberBytes) ||
      read<uint32_t>(bytes, offset) != memberSignature)
    return makeError("expected a member of the archive at offset " +
                     std::to_string(offset));
  uint64_t nameBytes = read<uint16_t>(bytes, offset + 28);
  uint64_t extraBytes = read<uint16_t>(bytes, offset + 30);
  uint64_t commentBytes = read<uint16_t>(bytes, offset + 32);
  if (!holds(bytes, offset + memberBytes,
             nameBytes + extraBytes + commentBytes))
    return makeError("the archive ends inside its list of members");
  const auto *name =
      reinterpret_cast<const char *>(bytes.data()) + offset + memberBytes;
  Member member{{name, size_t(nameBytes)},
                read<uint32_t>(bytes, offset + 24),
                read<uint32_t>(bytes, offset + 42)};
  if (read<uint16_t>(bytes, offset + 8) & 1)
    return makeError("'" + member.name + "' is encrypted",
                     ErrorKind::Unsupported);
  if (read<uint16_t>(bytes, offset + 10) != 0)
    return makeError("'" + member.name +
                         "' is compressed; write the file with numpy.savez",
                     ErrorKind::Unsupported);
  readExtra(bytes.subspan(offset + memberBytes + nameBytes, extraBytes),
            member);
  offset += memberBytes + nameBytes + extraBytes + commentBytes;
  return member;
}

/// The content of a member.
static Result<Bytes> getContent(Bytes bytes, const Member &member) {
  if (holds(bytes, member.offset, localBytes) &&
      read<uint32_t>(bytes, member.offset) == localSignature) {
    uint64_t begin = member.offset + localBytes +
                     read<uint16_t>(bytes, member.offset + 26) +
                     read<uint16_t>(bytes, member.offset + 28);
    if (holds(bytes, begin, member.sizeBytes))
      return bytes.subspan(begin, member.sizeBytes);
  }
  return makeError("'" + member.name + "' lies outside the archive");
}

Result<NpzContent> artifact::parseNpz(std::span<const std::byte> content) {
  Result<Directory> directory = findDirectory(content);
  if (!directory)
    return directory.takeError();
  NpzContent tensors;
  uint64_t offset = directory->offset;
  for (uint64_t i = 0; i < directory->count; ++i) {
    Result<Member> member = readMember(content, offset);
    if (!member)
      return member.takeError();
    Result<Bytes> bytes = getContent(content, *member);
    if (!bytes)
      return bytes.takeError();
    Result<TensorView> tensor = parseNpy(*bytes);
    if (!tensor)
      return makeError("'" + member->name + "': " + tensor.error().message,
                       tensor.error().kind);
    std::string name = member->name;
    if (name.ends_with(".npy"))
      name.resize(name.size() - 4);
    if (!tensors.emplace(name, *std::move(tensor)).second)
      return makeError("'" + member->name + "' occurs twice");
  }
  return tensors;
}

Result<NpzFile> NpzFile::tryOpen(const std::filesystem::path &path) {
  Result<MappedFile> file = MappedFile::tryOpen(path);
  if (!file)
    return file.takeError();
  Result<NpzContent> content = parseNpz(file->bytes());
  if (!content)
    return makeError(path.string() + ": " + content.error().message,
                     content.error().kind);
  return NpzFile(*std::move(file), *std::move(content));
}
