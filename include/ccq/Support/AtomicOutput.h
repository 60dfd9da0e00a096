//===- AtomicOutput.h - outputs that appear whole or never ------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_SUPPORT_ATOMICOUTPUT_H
#define CCQ_SUPPORT_ATOMICOUTPUT_H

#include "ccq/Support/Result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace ccq {

/// What to do when the output path exists already.
enum class OverwritePolicy {
  /// Fail with ErrorKind::Output and leave the existing output alone.
  Refuse,
  /// Put the new output in its place in one step.
  Replace,
};

/// Whether a file may be written to `path` now; the check that tryCreate makes,
/// for programs that want to fail before long work. Errors: ErrorKind::Output.
Result<void> checkOutputPath(const std::filesystem::path &path,
                             OverwritePolicy policy);

/// A file that is written aside, in the directory of its final path, and takes
/// its name only in commit(). Until then, and when the object is destroyed
/// without commit(), the final path is untouched and the side file is removed.
///
/// A path that exists is refused early, in tryCreate, and again in commit(),
/// so a file that appears in between is not overwritten either. Only regular
/// files are ever replaced; a symbolic link is followed and its target
/// replaced. Errors are ErrorKind::Output and name the path.
class AtomicFile {
public:
  static Result<AtomicFile> tryCreate(const std::filesystem::path &path,
                                      OverwritePolicy policy);

  AtomicFile(AtomicFile &&other) noexcept;
  AtomicFile &operator=(AtomicFile &&other) noexcept;
  ~AtomicFile();

  /// Sets the length; bytes not yet written read as zero.
  Result<void> resize(uint64_t sizeBytes);

  /// Writes at an offset from the start. Calls for disjoint ranges may run
  /// concurrently.
  Result<void> writeAt(uint64_t offsetBytes, std::span<const std::byte> bytes);

  /// Flushes to the disk and renames to the final path.
  Result<void> commit();

private:
  AtomicFile() = default;
  void discard();

  /// As the caller wrote it, for messages; finalPath is absolute.
  std::filesystem::path namedPath;
  std::filesystem::path finalPath;
  std::filesystem::path sidePath;
  OverwritePolicy policy = OverwritePolicy::Refuse;
  int descriptor = -1;
};

/// Writes `bytes` as the whole of `path` through an AtomicFile.
Result<void> writeFileAtomically(const std::filesystem::path &path,
                                 std::span<const std::byte> bytes,
                                 OverwritePolicy policy);

/// A directory that is filled aside and takes its name only in commit(), with
/// the guarantees of AtomicFile. Replacing exchanges the two directories in
/// one rename where the file system can, and moves the old one aside first
/// where it cannot; then the old one is deleted.
///
/// Replacing deletes a directory tree, so it is done only when the existing
/// directory is empty or holds the file `markerName`, which says that this
/// program made it.
class AtomicDirectory {
public:
  static Result<AtomicDirectory> tryCreate(const std::filesystem::path &path,
                                           OverwritePolicy policy,
                                           std::string markerName);

  AtomicDirectory(AtomicDirectory &&other) noexcept;
  AtomicDirectory &operator=(AtomicDirectory &&other) noexcept;
  ~AtomicDirectory();

  /// The directory to fill. Files in it may be written in any way.
  const std::filesystem::path &stagingPath() const { return sidePath; }

  /// Flushes every file to the disk and renames to the final path.
  Result<void> commit();

private:
  AtomicDirectory() = default;
  void discard();

  /// As the caller wrote it, for messages; finalPath is absolute.
  std::filesystem::path namedPath;
  std::filesystem::path finalPath;
  std::filesystem::path sidePath;
  OverwritePolicy policy = OverwritePolicy::Refuse;
  std::string markerName;
};

} // namespace ccq

#endif // CCQ_SUPPORT_ATOMICOUTPUT_H
