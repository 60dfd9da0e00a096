//===- AlignedBuffer.h - memory for tensors ---------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_RUNTIME_ALIGNEDBUFFER_H
#define CCQ_RUNTIME_ALIGNEDBUFFER_H

#include "ccq/Support/Result.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>

namespace ccq::runtime {

/// Uninitialised memory that starts at a multiple of 64 bytes, a cache line and
/// the widest vector register. Movable.
class AlignedBuffer {
public:
  static constexpr size_t alignmentBytes = 64;

  AlignedBuffer() = default;

  /// Allocates; a size of 0 gives a valid pointer too. Fails with Budget when
  /// the system refuses.
  static Result<AlignedBuffer> tryAllocate(uint64_t sizeBytes);

  std::byte *data() const { return memory.get(); }
  uint64_t sizeBytes() const { return size; }
  std::span<std::byte> bytes() const { return {memory.get(), size}; }

private:
  struct Free {
    void operator()(std::byte *pointer) const { std::free(pointer); }
  };

  std::unique_ptr<std::byte[], Free> memory;
  uint64_t size = 0;
};

} // namespace ccq::runtime

#endif // CCQ_RUNTIME_ALIGNEDBUFFER_H
