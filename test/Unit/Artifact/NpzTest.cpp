//===- NpzTest.cpp - tests of ccq/Artifact/Npz.h --------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Artifact/Npz.h"

#include <gtest/gtest.h>

using namespace ccq;
using namespace ccq::artifact;

static std::string number(uint64_t value, unsigned bytes) {
  std::string text;
  for (unsigned i = 0; i < bytes; ++i)
    text += char(value >> (8 * i));
  return text;
}

/// An npy file with one float32 array of this many zeros.
static std::string makeNpy(unsigned count) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" +
                       std::to_string(count) + ",), }\n";
  return std::string("\x93NUMPY\1\0", 8) + number(header.size(), 2) + header +
         std::string(count * 4, '\0');
}

namespace {
struct Member {
  std::string name;
  std::string content;
  unsigned method = 0;
  unsigned flags = 0;
  /// Sizes and offset in the extra field, as for files above 4 GB.
  bool isLarge = false;
};
} // namespace

/// A zip archive, without the checksums, which are not read.
static std::string makeZip(const std::vector<Member> &members) {
  std::string archive, directory;
  for (const Member &member : members) {
    uint64_t offset = archive.size();
    std::string sizes = number(member.content.size(), 4);
    archive += "PK\3\4" + number(20, 2) + number(member.flags, 2) +
               number(member.method, 2) + number(0, 8) + sizes + sizes +
               number(member.name.size(), 2) + number(0, 2) + member.name +
               member.content;
    std::string extra;
    if (member.isLarge) {
      sizes = number(0xffffffff, 4);
      extra = number(1, 2) + number(24, 2) + number(member.content.size(), 8) +
              number(member.content.size(), 8) + number(offset, 8);
      offset = 0xffffffff;
    }
    directory += "PK\1\2" + number(20, 2) + number(20, 2) +
                 number(member.flags, 2) + number(member.method, 2) +
                 number(0, 8) + sizes + sizes + number(member.name.size(), 2) +
                 number(extra.size(), 2) + number(0, 2) + number(0, 8) +
                 number(offset, 4) + member.name + extra;
  }
  return archive + directory + "PK\5\6" + number(0, 4) +
         number(members.size(), 2) + number(members.size(), 2) +
         number(directory.size(), 4) + number(archive.size(), 4) + number(0, 2);
}

static Result<NpzContent> parse(const std::string &text) {
  return parseNpz(std::as_bytes(std::span(text)));
}

static std::string getMessage(const std::string &text) {
  Result<NpzContent> content = parse(text);
  return content ? "valid" : content.error().message;
}

TEST(Npz, ReadsMembersByName) {
  for (bool isLarge : {false, true}) {
    std::string archive = makeZip({{"x.npy", makeNpy(2), 0, 0, isLarge},
                                   {"y.npy", makeNpy(3), 0, 0, isLarge}});
    Result<NpzContent> content = parse(archive);
    ASSERT_TRUE(content) << content.error().message;
    ASSERT_EQ(content->size(), 2u);
    EXPECT_EQ(content->at("x").dims, (std::vector<int64_t>{2}));
    EXPECT_EQ(content->at("y").dims, (std::vector<int64_t>{3}));
    EXPECT_EQ(content->at("y").type, DataType::F32);
  }
}

TEST(Npz, ReadsAnEmptyArchiveAndOneWithAComment) {
  EXPECT_EQ(getMessage(makeZip({})), "valid");
  std::string archive = makeZip({{"x.npy", makeNpy(1)}});
  archive[archive.size() - 2] = 3;
  EXPECT_EQ(getMessage(archive + "abc"), "valid");
}

TEST(Npz, SaysWhatItCannotRead) {
  EXPECT_EQ(getMessage(makeZip({{"x.npy", makeNpy(1), 8}})),
            "'x.npy' is compressed; write the file with numpy.savez");
  EXPECT_EQ(getMessage(makeZip({{"x.npy", makeNpy(1), 0, 1}})),
            "'x.npy' is encrypted");
  EXPECT_EQ(getMessage(makeZip({{"x.npy", makeNpy(1)}, {"x.npy", makeNpy(1)}})),
            "'x.npy' occurs twice");
  EXPECT_EQ(getMessage(""), "expected a zip archive");
  EXPECT_TRUE(
      getMessage(makeZip({{"x.npy", "text"}})).starts_with("'x.npy': "));
}

TEST(Npz, RefusesBrokenArchives) {
  std::string archive = makeZip({{"x.npy", makeNpy(1)}, {"y.npy", makeNpy(2)}});
  // Cut anywhere, or with any byte of the lists changed: an error or another
  // content, never a read outside.
  for (size_t size = 0; size < archive.size(); ++size)
    EXPECT_NE(getMessage(archive.substr(0, size)), "valid");
  for (size_t i = archive.size() - 150; i < archive.size(); ++i)
    for (unsigned value : {0u, 1u, 127u, 255u}) {
      std::string changed = archive;
      changed[i] = char(value);
      EXPECT_FALSE(getMessage(changed).empty());
    }
}
