//===- ThreadPool.cpp - fixed set of threads for parallel loops -----------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Support/ThreadPool.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <pthread.h>
#include <sched.h>
#include <vector>

using namespace ccq;

unsigned ccq::getUsableThreadCount() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof(set), &set) != 0)
    return 1;
  return unsigned(std::max(1, CPU_COUNT(&set)));
}

namespace {
/// One parallel loop. Chunks are taken from `nextChunk` until none is left.
struct Loop {
  const ThreadPool::Body &body;
  int64_t count;
  int64_t grain;
  std::atomic<int64_t> nextChunk{0};

  void runChunks() {
    int64_t chunkCount = count / grain + (count % grain != 0);
    for (;;) {
      int64_t chunk = nextChunk.fetch_add(1, std::memory_order_relaxed);
      if (chunk >= chunkCount)
        return;
      int64_t begin = chunk * grain;
      body(begin, begin + std::min(grain, count - begin));
    }
  }
};
} // namespace

struct ThreadPool::State {
  std::vector<pthread_t> threads;
  /// Serialises loops of different callers.
  std::mutex callers;

  std::mutex mutex;
  std::condition_variable workArrived;
  std::condition_variable workersIdle;
  Loop *loop = nullptr;
  uint64_t loopNumber = 0;
  size_t busyWorkers = 0;
  bool stopping = false;

  void runWorker();
};

/// The pool whose loop the current thread is inside of.
static thread_local const void *currentPool = nullptr;

void ThreadPool::State::runWorker() {
  currentPool = this;
  uint64_t lastLoop = 0;
  std::unique_lock lock(mutex);
  for (;;) {
    workArrived.wait(lock, [&] { return stopping || loopNumber != lastLoop; });
    if (stopping)
      return;
    lastLoop = loopNumber;
    Loop *mine = loop;
    lock.unlock();
    mine->runChunks();
    lock.lock();
    if (--busyWorkers == 0)
      workersIdle.notify_one();
  }
}

ThreadPool::ThreadPool(unsigned threadCount)
    : state(std::make_unique<State>()) {
  if (threadCount == 0)
    threadCount = getUsableThreadCount();
  // pthread_create reports failure by value; std::thread would throw.
  auto entry = [](void *pool) -> void * {
    static_cast<State *>(pool)->runWorker();
    return nullptr;
  };
  for (unsigned i = 1; i < threadCount; ++i) {
    pthread_t thread;
    if (::pthread_create(&thread, nullptr, entry, state.get()) != 0)
      return;
    state->threads.push_back(thread);
  }
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(state->mutex);
    state->stopping = true;
  }
  state->workArrived.notify_all();
  for (pthread_t thread : state->threads)
    ::pthread_join(thread, nullptr);
}

unsigned ThreadPool::threadCount() const {
  return unsigned(state->threads.size()) + 1;
}

void ThreadPool::parallelFor(int64_t count, int64_t grain, const Body &body) {
  if (count <= 0)
    return;
  Loop loop{body, count, grain};
  if (state->threads.empty() || count <= grain || currentPool == state.get()) {
    loop.runChunks();
    return;
  }
  std::lock_guard caller(state->callers);
  const void *outerPool = currentPool;
  currentPool = state.get();
  {
    std::lock_guard lock(state->mutex);
    state->loop = &loop;
    state->busyWorkers = state->threads.size();
    ++state->loopNumber;
  }
  state->workArrived.notify_all();
  loop.runChunks();
  std::unique_lock lock(state->mutex);
  state->workersIdle.wait(lock, [&] { return state->busyWorkers == 0; });
  currentPool = outerPool;
}

void ThreadPool::parallelFor(int64_t count, const Body &body) {
  int64_t threads = threadCount();
  parallelFor(count, std::max<int64_t>(1, (count + threads - 1) / threads),
              body);
}
