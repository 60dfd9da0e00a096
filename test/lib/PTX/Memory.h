//===- Memory.h - Device memory with checks ---------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_PTX_MEMORY_H
#define CCQ_TEST_PTX_MEMORY_H

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ccq::ptx {

/// What kernels may do with a buffer.
enum class Access : uint8_t { ReadOnly, ReadWrite };

/// Which way an access goes.
enum class AccessKind : uint8_t { Read, Write, Atomic };

/// An address range of device memory, as a kernel parameter needs it.
struct DeviceBuffer {
  uint64_t address = 0;
  uint64_t bytes = 0;
};

/// One contiguous piece of memory.
class Region {
public:
  /// All bytes are zero; they count as written unless `tracksWrites`.
  Region(std::string name, uint64_t base, uint64_t bytes, bool tracksWrites);

  const std::string &getName() const { return name; }
  uint64_t getBase() const { return base; }
  std::span<std::byte> getBytes() { return data; }
  std::span<const std::byte> getBytes() const { return data; }
  void setAccess(Access newAccess) { access = newAccess; }

  /// Whether every byte of [offset, offset + bytes) has been written.
  bool isWritten(uint64_t offset, uint64_t bytes) const;
  std::optional<uint64_t> findUnwrittenByte() const;
  void markWritten(uint64_t offset, uint64_t bytes);
  void markUnwritten(uint64_t offset, uint64_t bytes);

  /// The bytes of [address, address + bytes), or null with the reason in
  /// `fault`: outside the region, written to although read-only, or read
  /// before anything was written there. A write marks the bytes as written.
  std::byte *tryAccess(uint64_t address, uint64_t bytes, AccessKind kind,
                       std::string &fault);

private:
  std::string name;
  uint64_t base;
  std::vector<std::byte> data;
  /// One flag per byte; empty when all bytes count as written.
  std::vector<uint8_t> written;
  Access access = Access::ReadWrite;
};

/// Which part of the global address space a Memory hands out.
enum class MemoryKind : uint8_t {
  /// Buffers of the host program.
  Buffers,
  /// The .global and .const variables of a module.
  Variables,
};

/// Global memory. Buffers lie far apart, so that an access past the end of one
/// never falls into another, and above 2^32, so that truncated pointers fault.
class Memory {
public:
  explicit Memory(MemoryKind kind = MemoryKind::Buffers) : kind(kind) {}

  /// Contents are undefined: reading a byte that nothing wrote is a fault.
  DeviceBuffer allocateUninitialized(uint64_t bytes);
  DeviceBuffer allocateZeroed(uint64_t bytes);
  DeviceBuffer allocateCopy(std::span<const std::byte> contents,
                            Access access = Access::ReadWrite);
  template <typename T>
  DeviceBuffer allocateCopy(const std::vector<T> &contents,
                            Access access = Access::ReadWrite) {
    return allocateCopy(std::as_bytes(std::span(contents)), access);
  }

  /// The bytes of a buffer made by this memory.
  std::span<std::byte> getBytes(DeviceBuffer buffer);
  /// The contents of a buffer as values of T; the last bytes that do not fill
  /// a value are left out.
  template <typename T> std::vector<T> read(DeviceBuffer buffer) {
    std::span<const std::byte> bytes = getBytes(buffer);
    std::vector<T> values(bytes.size() / sizeof(T));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
    return values;
  }
  /// Offset of the first byte of a buffer from allocateUninitialized that no
  /// kernel has written.
  std::optional<uint64_t> findUnwrittenByte(DeviceBuffer buffer);

  /// The region whose address range `address` belongs to, or null. The address
  /// may still be past the region's end.
  Region *findRegion(uint64_t address);

private:
  Region &createRegion(uint64_t bytes, bool tracksWrites);

  MemoryKind kind;
  std::vector<std::unique_ptr<Region>> regions;
};

} // namespace ccq::ptx

#endif // CCQ_TEST_PTX_MEMORY_H
