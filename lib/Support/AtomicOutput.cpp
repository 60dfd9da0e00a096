//===- AtomicOutput.cpp - outputs that appear whole or never --------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Support/AtomicOutput.h"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

using namespace ccq;
namespace fs = std::filesystem;

static Error makeOutputError(const fs::path &path, const std::string &what) {
  return {ErrorKind::Output, path.string() + ": " + what};
}

static Error makeSystemError(const fs::path &path, const std::string &what) {
  return makeOutputError(path, what + ": " + std::strerror(errno));
}

static Error makeExistsError(const fs::path &path) {
  return makeOutputError(path, "output exists, pass --force to replace it");
}

/// A name in the same directory that no other output of this or another
/// process uses.
static fs::path makeSidePath(const fs::path &finalPath) {
  static std::atomic<unsigned> counter{0};
  std::string name = ".ccq-" + std::to_string(::getpid()) + "-" +
                     std::to_string(counter.fetch_add(1)) + ".part";
  return finalPath.parent_path() / name;
}

/// The path with links followed and made absolute, so that a later change of
/// the working directory does not matter.
static fs::path resolve(const fs::path &path) {
  std::error_code code;
  fs::path full = fs::absolute(path, code);
  // "out/" names the directory out.
  if (!full.has_filename())
    full = full.parent_path();
  fs::path followed = fs::weakly_canonical(full, code);
  return code ? full : followed;
}

static Result<void> syncPath(const fs::path &path, int flags) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  if (descriptor < 0)
    return makeSystemError(path, "cannot open to flush");
  int status = ::fsync(descriptor);
  int savedError = errno;
  ::close(descriptor);
  errno = savedError;
  // Some file systems cannot flush a directory and say EINVAL.
  if (status != 0 && errno != EINVAL)
    return makeSystemError(path, "cannot flush");
  return {};
}

/// renameat2 with flags. A file system without them says EINVAL.
static int renameWithFlags(const fs::path &from, const fs::path &to,
                           unsigned flags) {
  return ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags);
}

/// Renames to a path that must not exist; `named` is its name for messages.
static Result<void> renameToNew(const fs::path &from, const fs::path &to,
                                const fs::path &named) {
  if (renameWithFlags(from, to, RENAME_NOREPLACE) == 0)
    return {};
  if (errno == EEXIST)
    return makeExistsError(named);
  if (errno != EINVAL && errno != ENOSYS)
    return makeSystemError(named, "cannot rename to it");
  struct stat info;
  if (::lstat(to.c_str(), &info) == 0)
    return makeExistsError(named);
  if (::rename(from.c_str(), to.c_str()) != 0)
    return makeSystemError(named, "cannot rename to it");
  return {};
}

//===----------------------------------------------------------------------===//
// AtomicFile
//===----------------------------------------------------------------------===//

/// Whether a file may take this path now. Follows links, but not one that
/// leads nowhere: a file may not take its place.
static Result<void> checkFilePath(const fs::path &path, const fs::path &named,
                                  OverwritePolicy policy) {
  struct stat info;
  if (::stat(path.c_str(), &info) != 0 && ::lstat(path.c_str(), &info) != 0)
    return {};
  if (!S_ISREG(info.st_mode))
    return makeOutputError(named,
                           S_ISDIR(info.st_mode)
                               ? "expected a file name, this is a directory"
                               : "output exists and is not a regular file");
  if (policy == OverwritePolicy::Refuse)
    return makeExistsError(named);
  return {};
}

Result<void> ccq::checkOutputPath(const fs::path &path,
                                  OverwritePolicy policy) {
  if (path.empty() || !path.has_filename())
    return makeOutputError(path, "expected a file name");
  fs::path finalPath = resolve(path);
  if (::access(finalPath.parent_path().c_str(), W_OK) != 0)
    return makeSystemError(path, "cannot write");
  return checkFilePath(finalPath, path, policy);
}

Result<AtomicFile> AtomicFile::tryCreate(const fs::path &path,
                                         OverwritePolicy policy) {
  if (Result<void> free = checkOutputPath(path, policy); !free)
    return free.takeError();
  AtomicFile file;
  file.namedPath = path;
  file.finalPath = resolve(path);
  file.policy = policy;
  fs::path side = makeSidePath(file.finalPath);
  file.descriptor =
      ::open(side.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file.descriptor < 0)
    return makeSystemError(path, "cannot write");
  file.sidePath = std::move(side);
  return file;
}

AtomicFile::AtomicFile(AtomicFile &&other) noexcept
    : namedPath(std::move(other.namedPath)),
      finalPath(std::move(other.finalPath)),
      sidePath(std::exchange(other.sidePath, {})), policy(other.policy),
      descriptor(std::exchange(other.descriptor, -1)) {}

AtomicFile &AtomicFile::operator=(AtomicFile &&other) noexcept {
  if (this == &other)
    return *this;
  discard();
  namedPath = std::move(other.namedPath);
  finalPath = std::move(other.finalPath);
  sidePath = std::exchange(other.sidePath, {});
  policy = other.policy;
  descriptor = std::exchange(other.descriptor, -1);
  return *this;
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::discard() {
  if (descriptor >= 0)
    ::close(std::exchange(descriptor, -1));
  if (!sidePath.empty())
    ::unlink(sidePath.c_str());
  sidePath.clear();
}

Result<void> AtomicFile::resize(uint64_t sizeBytes) {
  if (::ftruncate(descriptor, off_t(sizeBytes)) != 0)
    return makeSystemError(namedPath, "cannot set its size to " +
                                          std::to_string(sizeBytes) + " bytes");
  return {};
}

Result<void> AtomicFile::writeAt(uint64_t offsetBytes,
                                 std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    ssize_t written =
        ::pwrite(descriptor, bytes.data(), bytes.size(), off_t(offsetBytes));
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return makeSystemError(namedPath, "cannot write");
    bytes = bytes.subspan(size_t(written));
    offsetBytes += uint64_t(written);
  }
  return {};
}

Result<void> AtomicFile::commit() {
  if (::fsync(descriptor) != 0)
    return makeSystemError(namedPath, "cannot flush");
  if (::close(std::exchange(descriptor, -1)) != 0)
    return makeSystemError(namedPath, "cannot close");
  if (Result<void> free = checkFilePath(finalPath, namedPath, policy); !free)
    return free;
  if (policy == OverwritePolicy::Refuse) {
    if (Result<void> renamed = renameToNew(sidePath, finalPath, namedPath);
        !renamed)
      return renamed;
  } else if (::rename(sidePath.c_str(), finalPath.c_str()) != 0) {
    return makeSystemError(namedPath, "cannot rename to it");
  }
  sidePath.clear();
  return syncPath(finalPath.parent_path(), O_DIRECTORY);
}

Result<void> ccq::writeFileAtomically(const fs::path &path,
                                      std::span<const std::byte> bytes,
                                      OverwritePolicy policy) {
  Result<AtomicFile> file = AtomicFile::tryCreate(path, policy);
  if (!file)
    return file.takeError();
  if (Result<void> written = file->writeAt(0, bytes); !written)
    return written;
  return file->commit();
}

//===----------------------------------------------------------------------===//
// AtomicDirectory
//===----------------------------------------------------------------------===//

/// Whether a directory may take this path now.
static Result<void> checkDirectoryPath(const fs::path &path,
                                       const fs::path &named,
                                       OverwritePolicy policy,
                                       const std::string &markerName) {
  struct stat info;
  if (::lstat(path.c_str(), &info) != 0)
    return {};
  if (policy == OverwritePolicy::Refuse)
    return makeExistsError(named);
  if (!S_ISDIR(info.st_mode))
    return makeOutputError(named, "output exists and is not a directory");
  std::error_code code;
  bool isOurs =
      fs::is_empty(path, code) || fs::is_regular_file(path / markerName, code);
  if (!isOurs)
    return makeOutputError(named,
                           "expected a directory that is empty or holds " +
                               markerName + ", refusing to delete another one");
  return {};
}

Result<AtomicDirectory> AtomicDirectory::tryCreate(const fs::path &path,
                                                   OverwritePolicy policy,
                                                   std::string markerName) {
  AtomicDirectory directory;
  if (path.empty())
    return makeOutputError(path, "expected a directory name");
  directory.namedPath = path;
  directory.finalPath = resolve(path);
  directory.policy = policy;
  directory.markerName = std::move(markerName);
  Result<void> free = checkDirectoryPath(directory.finalPath, path, policy,
                                         directory.markerName);
  if (!free)
    return free.takeError();
  fs::path side = makeSidePath(directory.finalPath);
  if (::mkdir(side.c_str(), 0777) != 0)
    return makeSystemError(path, "cannot write");
  directory.sidePath = std::move(side);
  return directory;
}

AtomicDirectory::AtomicDirectory(AtomicDirectory &&other) noexcept
    : namedPath(std::move(other.namedPath)),
      finalPath(std::move(other.finalPath)),
      sidePath(std::exchange(other.sidePath, {})), policy(other.policy),
      markerName(std::move(other.markerName)) {}

AtomicDirectory &AtomicDirectory::operator=(AtomicDirectory &&other) noexcept {
  if (this == &other)
    return *this;
  discard();
  namedPath = std::move(other.namedPath);
  finalPath = std::move(other.finalPath);
  sidePath = std::exchange(other.sidePath, {});
  policy = other.policy;
  markerName = std::move(other.markerName);
  return *this;
}

AtomicDirectory::~AtomicDirectory() { discard(); }

void AtomicDirectory::discard() {
  std::error_code code;
  if (!sidePath.empty())
    fs::remove_all(sidePath, code);
  sidePath.clear();
}

/// Flushes a tree, files before the directories that name them.
static Result<void> syncTree(const fs::path &root) {
  std::error_code code;
  fs::directory_iterator entry(root, code);
  for (; !code && entry != fs::directory_iterator(); entry.increment(code)) {
    fs::file_status status = entry->symlink_status(code);
    Result<void> synced;
    if (fs::is_directory(status))
      synced = syncTree(entry->path());
    else if (fs::is_regular_file(status))
      synced = syncPath(entry->path(), 0);
    if (!synced)
      return synced;
  }
  if (code)
    return makeOutputError(root, "cannot list: " + code.message());
  return syncPath(root, O_DIRECTORY);
}

/// Puts `side` in the place of the directory `path`; afterwards `side` names
/// the old directory.
static Result<void> exchangeDirectories(const fs::path &side,
                                        const fs::path &path) {
  if (renameWithFlags(side, path, RENAME_EXCHANGE) == 0)
    return {};
  if (errno != EINVAL && errno != ENOSYS)
    return makeSystemError(path, "cannot replace it");
  fs::path old = makeSidePath(path);
  if (::rename(path.c_str(), old.c_str()) != 0)
    return makeSystemError(path, "cannot move it aside");
  if (::rename(side.c_str(), path.c_str()) != 0) {
    Error error = makeSystemError(path, "cannot replace it");
    ::rename(old.c_str(), path.c_str());
    return error;
  }
  if (::rename(old.c_str(), side.c_str()) != 0)
    return makeSystemError(old, "cannot delete the replaced directory");
  return {};
}

Result<void> AtomicDirectory::commit() {
  if (Result<void> synced = syncTree(sidePath); !synced)
    return synced;
  Result<void> free =
      checkDirectoryPath(finalPath, namedPath, policy, markerName);
  if (!free)
    return free;
  struct stat info;
  if (::lstat(finalPath.c_str(), &info) != 0) {
    if (Result<void> renamed = renameToNew(sidePath, finalPath, namedPath);
        !renamed)
      return renamed;
    sidePath.clear();
  } else {
    Result<void> exchanged = exchangeDirectories(sidePath, finalPath);
    if (!exchanged)
      return exchanged;
    discard();
  }
  return syncPath(finalPath.parent_path(), O_DIRECTORY);
}
