//===- AlignedBuffer.cpp - memory for tensors -----------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Runtime/AlignedBuffer.h"

#include <algorithm>
#include <limits>

using namespace ccq;
using namespace ccq::runtime;

Result<AlignedBuffer> AlignedBuffer::tryAllocate(uint64_t sizeBytes) {
  AlignedBuffer buffer;
  void *pointer = nullptr;
  bool fits = sizeBytes <= uint64_t(std::numeric_limits<ptrdiff_t>::max());
  if (!fits || ::posix_memalign(&pointer, alignmentBytes,
                                std::max<size_t>(sizeBytes, 1)) != 0)
    return Error{ErrorKind::Budget, "cannot allocate " +
                                        std::to_string(sizeBytes) +
                                        " bytes of memory"};
  buffer.memory.reset(static_cast<std::byte *>(pointer));
  buffer.size = sizeBytes;
  return buffer;
}
