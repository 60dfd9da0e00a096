//===- AtomicOutputTest.cpp - tests of ccq/Support/AtomicOutput.h ---------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Support/AtomicOutput.h"

#include "TemporaryDirectory.h"

#include <gtest/gtest.h>

using namespace ccq;
namespace fs = std::filesystem;

static std::span<const std::byte> bytesOf(const std::string &text) {
  return std::as_bytes(std::span(text));
}

static Result<void> writeFile(const fs::path &path, const std::string &text,
                              OverwritePolicy policy) {
  return writeFileAtomically(path, bytesOf(text), policy);
}

TEST(AtomicFileTest, AppearsOnlyAtCommit) {
  TemporaryDirectory directory;
  fs::path path = directory / "out";
  Result<AtomicFile> file =
      AtomicFile::tryCreate(path, OverwritePolicy::Refuse);
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->writeAt(2, bytesOf("cd")));
  ASSERT_TRUE(file->writeAt(0, bytesOf("ab")));
  EXPECT_FALSE(fs::exists(path));
  ASSERT_TRUE(file->commit());
  EXPECT_EQ(readText(path), "abcd");
  EXPECT_EQ(directory.countEntries(), 1u);
}

TEST(AtomicFileTest, LeavesNothingWithoutCommit) {
  TemporaryDirectory directory;
  {
    Result<AtomicFile> file =
        AtomicFile::tryCreate(directory / "out", OverwritePolicy::Refuse);
    ASSERT_TRUE(file);
    AtomicFile moved = *std::move(file);
    ASSERT_TRUE(moved.writeAt(0, bytesOf("ab")));
  }
  EXPECT_EQ(directory.countEntries(), 0u);
}

TEST(AtomicFileTest, RefusesAnExistingFile) {
  TemporaryDirectory directory;
  fs::path path = directory / "out";
  writeText(path, "old");
  Result<void> written = writeFile(path, "new", OverwritePolicy::Refuse);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::Output);
  EXPECT_EQ(written.error().message,
            path.string() + ": output exists, pass --force to replace it");
  EXPECT_EQ(readText(path), "old");
  EXPECT_EQ(directory.countEntries(), 1u);
}

TEST(AtomicFileTest, RefusesAFileThatAppearsBeforeCommit) {
  TemporaryDirectory directory;
  fs::path path = directory / "out";
  Result<AtomicFile> file =
      AtomicFile::tryCreate(path, OverwritePolicy::Refuse);
  ASSERT_TRUE(file);
  writeText(path, "other");
  EXPECT_FALSE(file->commit());
  EXPECT_EQ(readText(path), "other");
}

TEST(AtomicFileTest, ReplacesWhenAsked) {
  TemporaryDirectory directory;
  fs::path path = directory / "out";
  writeText(path, "a longer old text");
  ASSERT_TRUE(writeFile(path, "new", OverwritePolicy::Replace));
  EXPECT_EQ(readText(path), "new");
  EXPECT_EQ(directory.countEntries(), 1u);
}

TEST(AtomicFileTest, ReplacesTheTargetOfALink) {
  TemporaryDirectory directory;
  writeText(directory / "target", "old");
  fs::create_symlink("target", directory / "link");
  ASSERT_TRUE(writeFile(directory / "link", "new", OverwritePolicy::Replace));
  EXPECT_TRUE(fs::is_symlink(directory / "link"));
  EXPECT_EQ(readText(directory / "target"), "new");
}

TEST(AtomicFileTest, ReplacesRegularFilesOnly) {
  TemporaryDirectory directory;
  Result<void> device = writeFile("/dev/null", "x", OverwritePolicy::Replace);
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().message,
            "/dev/null: output exists and is not a regular file");
  Result<void> folder =
      writeFile(directory.path(), "x", OverwritePolicy::Replace);
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().message,
            directory.path().string() +
                ": expected a file name, this is a directory");
  EXPECT_FALSE(writeFile("", "x", OverwritePolicy::Replace));
  EXPECT_FALSE(writeFile(directory.path() / "", "x", OverwritePolicy::Replace));
}

TEST(AtomicFileTest, SaysWhyItCannotWrite) {
  TemporaryDirectory directory;
  fs::path path = directory / "none" / "out";
  Result<void> written = writeFile(path, "x", OverwritePolicy::Refuse);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message,
            path.string() + ": cannot write: No such file or directory");
}

/// Fills a directory output with one file.
static Result<void> writeDirectory(const fs::path &path,
                                   const std::string &text,
                                   OverwritePolicy policy) {
  Result<AtomicDirectory> output =
      AtomicDirectory::tryCreate(path, policy, "marker");
  if (!output)
    return output.takeError();
  fs::create_directory(output->stagingPath() / "inner");
  writeText(output->stagingPath() / "inner" / "file", text);
  writeText(output->stagingPath() / "marker", "");
  return output->commit();
}

TEST(AtomicDirectoryTest, AppearsWholeAtCommit) {
  TemporaryDirectory directory;
  // A trailing slash names the same directory.
  ASSERT_TRUE(writeDirectory((directory / "out").string() + "/", "text",
                             OverwritePolicy::Refuse));
  EXPECT_EQ(readText(directory / "out" / "inner" / "file"), "text");
  EXPECT_EQ(directory.countEntries(), 1u);
}

TEST(AtomicDirectoryTest, LeavesNothingWithoutCommit) {
  TemporaryDirectory directory;
  {
    Result<AtomicDirectory> output = AtomicDirectory::tryCreate(
        directory / "out", OverwritePolicy::Refuse, "marker");
    ASSERT_TRUE(output);
    writeText(output->stagingPath() / "file", "text");
  }
  EXPECT_EQ(directory.countEntries(), 0u);
}

TEST(AtomicDirectoryTest, RefusesAnExistingDirectory) {
  TemporaryDirectory directory;
  fs::path path = directory / "out";
  ASSERT_TRUE(writeDirectory(path, "old", OverwritePolicy::Refuse));
  Result<void> written = writeDirectory(path, "new", OverwritePolicy::Refuse);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message,
            path.string() + ": output exists, pass --force to replace it");
  EXPECT_EQ(readText(path / "inner" / "file"), "old");
}

TEST(AtomicDirectoryTest, ReplacesItsOwnKind) {
  TemporaryDirectory directory;
  fs::path path = directory / "out";
  ASSERT_TRUE(writeDirectory(path, "old", OverwritePolicy::Refuse));
  ASSERT_TRUE(writeDirectory(path, "new", OverwritePolicy::Replace));
  EXPECT_EQ(readText(path / "inner" / "file"), "new");
  EXPECT_EQ(directory.countEntries(), 1u);
}

TEST(AtomicDirectoryTest, ReplacesAnEmptyDirectory) {
  TemporaryDirectory directory;
  fs::create_directory(directory / "out");
  EXPECT_TRUE(
      writeDirectory(directory / "out", "new", OverwritePolicy::Replace));
}

TEST(AtomicDirectoryTest, DeletesNoForeignDirectory) {
  TemporaryDirectory directory;
  fs::path path = directory / "home";
  fs::create_directory(path);
  writeText(path / "letters", "precious");
  Result<void> written = writeDirectory(path, "new", OverwritePolicy::Replace);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message,
            path.string() + ": expected a directory that is empty or holds "
                            "marker, refusing to delete another one");
  EXPECT_EQ(readText(path / "letters"), "precious");
}

TEST(AtomicDirectoryTest, DoesNotReplaceAFile) {
  TemporaryDirectory directory;
  writeText(directory / "out", "file");
  Result<void> written =
      writeDirectory(directory / "out", "new", OverwritePolicy::Replace);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message,
            (directory / "out").string() +
                ": output exists and is not a directory");
}
