//===- MappedFile.cpp - read-only memory-mapped file ----------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Support/MappedFile.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

using namespace ccq;

static Error describe(const std::filesystem::path &path, const char *what) {
  return {ErrorKind::MalformedInput,
          path.string() + ": " + what + ": " + std::strerror(errno)};
}

Result<MappedFile> MappedFile::tryOpen(const std::filesystem::path &path) {
  // O_NONBLOCK keeps a named pipe from blocking before it is refused.
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return describe(path, "cannot open");
  struct stat info;
  if (::fstat(descriptor, &info) != 0) {
    Error error = describe(path, "cannot read its size");
    ::close(descriptor);
    return error;
  }
  if (!S_ISREG(info.st_mode)) {
    ::close(descriptor);
    return Error{ErrorKind::MalformedInput,
                 path.string() + ": expected a regular file"};
  }
  size_t sizeBytes = size_t(info.st_size);
  void *data = nullptr;
  // A mapping of zero bytes is an error to mmap; an empty file is not to us.
  if (sizeBytes != 0)
    data = ::mmap(nullptr, sizeBytes, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (data == MAP_FAILED) {
    Error error = describe(path, "cannot map");
    ::close(descriptor);
    return error;
  }
  ::close(descriptor);
  return MappedFile(path, static_cast<const std::byte *>(data), sizeBytes);
}

MappedFile::MappedFile(MappedFile &&other) noexcept
    : filePath(std::move(other.filePath)),
      data(std::exchange(other.data, nullptr)),
      sizeBytes(std::exchange(other.sizeBytes, 0)) {}

MappedFile &MappedFile::operator=(MappedFile &&other) noexcept {
  if (this == &other)
    return *this;
  unmap();
  filePath = std::move(other.filePath);
  data = std::exchange(other.data, nullptr);
  sizeBytes = std::exchange(other.sizeBytes, 0);
  return *this;
}

MappedFile::~MappedFile() { unmap(); }

void MappedFile::unmap() {
  if (data)
    ::munmap(const_cast<std::byte *>(data), sizeBytes);
}

Result<std::span<const std::byte>>
MappedFile::tryGetRange(uint64_t offsetBytes, uint64_t lengthBytes) const {
  if (offsetBytes > sizeBytes || lengthBytes > sizeBytes - offsetBytes)
    return Error{ErrorKind::MalformedInput,
                 filePath.string() + ": expected " +
                     std::to_string(lengthBytes) + " bytes at offset " +
                     std::to_string(offsetBytes) + ", the file has " +
                     std::to_string(sizeBytes)};
  return bytes().subspan(offsetBytes, lengthBytes);
}
