//===- Memory.cpp - Device memory with checks -------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PTX/Memory.h"

#include <algorithm>
#include <cstdio>

using namespace ccq::ptx;

/// log2 of the distance between the starts of two buffers.
static constexpr unsigned strideBits = 34;

/// Address of the first buffer.
static uint64_t getBase(MemoryKind kind) {
  return kind == MemoryKind::Buffers ? 0x700000000000 : 0x7c0000000000;
}

static std::string getPrefix(MemoryKind kind) {
  return kind == MemoryKind::Buffers ? "buffer " : "variable ";
}

static std::string formatAddress(uint64_t address) {
  char text[32];
  std::snprintf(text, sizeof(text), "0x%llx",
                static_cast<unsigned long long>(address));
  return text;
}

Region::Region(std::string name, uint64_t base, uint64_t bytes,
               bool tracksWrites)
    : name(std::move(name)), base(base), data(bytes),
      written(tracksWrites ? bytes : 0) {}

bool Region::isWritten(uint64_t offset, uint64_t bytes) const {
  if (written.empty())
    return true;
  auto begin = written.begin() + static_cast<ptrdiff_t>(offset);
  return std::find(begin, begin + static_cast<ptrdiff_t>(bytes), 0) ==
         begin + static_cast<ptrdiff_t>(bytes);
}

std::optional<uint64_t> Region::findUnwrittenByte() const {
  auto it = std::find(written.begin(), written.end(), 0);
  if (it == written.end())
    return std::nullopt;
  return static_cast<uint64_t>(it - written.begin());
}

void Region::markWritten(uint64_t offset, uint64_t bytes) {
  if (!written.empty())
    std::memset(written.data() + offset, 1, bytes);
}

void Region::markUnwritten(uint64_t offset, uint64_t bytes) {
  if (!written.empty())
    std::memset(written.data() + offset, 0, bytes);
}

std::byte *Region::tryAccess(uint64_t address, uint64_t bytes, AccessKind kind,
                             std::string &fault) {
  uint64_t offset = address - base;
  if (address < base || offset > data.size() || data.size() - offset < bytes) {
    fault = "address " + formatAddress(address) + " is outside " + name +
            ", which has " + std::to_string(data.size()) + " bytes from " +
            formatAddress(base);
    return nullptr;
  }
  if (kind != AccessKind::Write && !isWritten(offset, bytes)) {
    fault = "address " + formatAddress(address) + " in " + name +
            " is read before it is written";
    return nullptr;
  }
  if (kind != AccessKind::Read) {
    if (access == Access::ReadOnly) {
      fault = "address " + formatAddress(address) + " in " + name +
              " is written, but the buffer is read-only";
      return nullptr;
    }
    markWritten(offset, bytes);
  }
  return data.data() + offset;
}

Region &Memory::createRegion(uint64_t bytes, bool tracksWrites) {
  uint64_t index = regions.size();
  regions.push_back(std::make_unique<Region>(
      getPrefix(kind) + std::to_string(index),
      getBase(kind) + (index << strideBits), bytes, tracksWrites));
  return *regions.back();
}

DeviceBuffer Memory::allocateUninitialized(uint64_t bytes) {
  return {createRegion(bytes, true).getBase(), bytes};
}

DeviceBuffer Memory::allocateZeroed(uint64_t bytes) {
  return {createRegion(bytes, false).getBase(), bytes};
}

DeviceBuffer Memory::allocateCopy(std::span<const std::byte> contents,
                                  Access access) {
  Region &region = createRegion(contents.size(), false);
  std::copy(contents.begin(), contents.end(), region.getBytes().begin());
  region.setAccess(access);
  return {region.getBase(), contents.size()};
}

Region *Memory::findRegion(uint64_t address) {
  uint64_t base = getBase(kind);
  uint64_t index = (address - base) >> strideBits;
  return address >= base && index < regions.size() ? regions[index].get()
                                                   : nullptr;
}

std::span<std::byte> Memory::getBytes(DeviceBuffer buffer) {
  return findRegion(buffer.address)->getBytes();
}

std::optional<uint64_t> Memory::findUnwrittenByte(DeviceBuffer buffer) {
  return findRegion(buffer.address)->findUnwrittenByte();
}
