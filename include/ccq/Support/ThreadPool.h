//===- ThreadPool.h - fixed set of threads for parallel loops ---*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_SUPPORT_THREADPOOL_H
#define CCQ_SUPPORT_THREADPOOL_H

#include <cstdint>
#include <functional>
#include <memory>

namespace ccq {

/// A fixed number of threads that run parallel loops. The calling thread takes
/// part, so a pool of one thread starts none.
///
/// Several threads may share a pool: their loops run one after another. A loop
/// started from inside a loop body of the same pool runs on the calling thread
/// alone. The body must not throw.
class ThreadPool {
public:
  /// Body of a loop; called with disjoint ranges [begin, end).
  using Body = std::function<void(int64_t begin, int64_t end)>;

  /// Starts `threadCount` - 1 threads; 0 means getUsableThreadCount(). If the
  /// system refuses threads, the pool is smaller than asked.
  explicit ThreadPool(unsigned threadCount = 0);
  ~ThreadPool();

  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;

  /// Threads that take part in a loop, the caller included; at least 1.
  unsigned threadCount() const;

  /// Runs `body` over [0, count) in chunks of `grain` iterations. The chunks
  /// are [0, grain), [grain, 2 * grain), ... for every number of threads, so a
  /// body whose chunks are independent gives the same result everywhere; which
  /// thread runs which chunk is not fixed. Returns when all chunks are done.
  /// `grain` is at least 1.
  void parallelFor(int64_t count, int64_t grain, const Body &body);

  /// As above with one chunk of about equal size per thread.
  void parallelFor(int64_t count, const Body &body);

private:
  struct State;
  std::unique_ptr<State> state;
};

/// Number of processors this process may run on, at least 1.
unsigned getUsableThreadCount();

} // namespace ccq

#endif // CCQ_SUPPORT_THREADPOOL_H
