//===- MappedFileTest.cpp - tests of ccq/Support/MappedFile.h -------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Support/MappedFile.h"

#include "TemporaryDirectory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

using namespace ccq;

TEST(MappedFileTest, ShowsTheBytes) {
  TemporaryDirectory directory;
  writeText(directory / "file", "abcdef");
  Result<MappedFile> file = MappedFile::tryOpen(directory / "file");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->bytes().size(), 6u);
  Result<std::span<const std::byte>> range = file->tryGetRange(2, 3);
  ASSERT_TRUE(range);
  EXPECT_EQ(std::to_integer<char>((*range)[0]), 'c');
}

TEST(MappedFileTest, SurvivesAMove) {
  TemporaryDirectory directory;
  writeText(directory / "file", "abc");
  Result<MappedFile> file = MappedFile::tryOpen(directory / "file");
  ASSERT_TRUE(file);
  MappedFile moved = *std::move(file);
  EXPECT_EQ(std::to_integer<char>(moved.bytes()[2]), 'c');
}

TEST(MappedFileTest, RefusesRangesThatLeaveTheFile) {
  TemporaryDirectory directory;
  writeText(directory / "file", "abc");
  Result<MappedFile> file = MappedFile::tryOpen(directory / "file");
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->tryGetRange(3, 0));
  EXPECT_FALSE(file->tryGetRange(4, 0));
  // The sum of these wraps around.
  EXPECT_FALSE(file->tryGetRange(2, UINT64_MAX));
  Result<std::span<const std::byte>> range = file->tryGetRange(2, 2);
  ASSERT_FALSE(range);
  EXPECT_EQ(range.error().kind, ErrorKind::MalformedInput);
  EXPECT_EQ(range.error().message,
            (directory / "file").string() +
                ": expected 2 bytes at offset 2, the file has 3");
}

TEST(MappedFileTest, AcceptsAnEmptyFile) {
  TemporaryDirectory directory;
  writeText(directory / "file", "");
  Result<MappedFile> file = MappedFile::tryOpen(directory / "file");
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->bytes().empty());
}

TEST(MappedFileTest, SaysWhyAFileCannotBeOpened) {
  TemporaryDirectory directory;
  Result<MappedFile> missing = MappedFile::tryOpen(directory / "none");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::MalformedInput);
  EXPECT_EQ(missing.error().message,
            (directory / "none").string() +
                ": cannot open: No such file or directory");
  Result<MappedFile> folder = MappedFile::tryOpen(directory.path());
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().message,
            directory.path().string() + ": expected a regular file");
}

// A pipe without a writer must not block.
TEST(MappedFileTest, RefusesANamedPipe) {
  TemporaryDirectory directory;
  ASSERT_EQ(::mkfifo((directory / "pipe").c_str(), 0600), 0);
  EXPECT_FALSE(MappedFile::tryOpen(directory / "pipe"));
}
