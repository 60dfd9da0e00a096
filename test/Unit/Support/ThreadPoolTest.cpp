//===- ThreadPoolTest.cpp - tests of ccq/Support/ThreadPool.h -------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ccq/Support/ThreadPool.h"

#include <algorithm>
#include <atomic>
#include <gtest/gtest.h>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

using namespace ccq;

using Ranges = std::vector<std::pair<int64_t, int64_t>>;

/// The chunks of a loop, sorted.
static Ranges collectRanges(ThreadPool &pool, int64_t count, int64_t grain) {
  std::mutex mutex;
  Ranges ranges;
  pool.parallelFor(count, grain, [&](int64_t begin, int64_t end) {
    std::lock_guard lock(mutex);
    ranges.emplace_back(begin, end);
  });
  std::sort(ranges.begin(), ranges.end());
  return ranges;
}

TEST(ThreadPoolTest, ChunksDoNotDependOnTheNumberOfThreads) {
  Ranges expected = {{0, 3}, {3, 6}, {6, 9}, {9, 10}};
  for (unsigned threads : {2u, 3u, 8u}) {
    ThreadPool pool(threads);
    EXPECT_EQ(collectRanges(pool, 10, 3), expected);
  }
}

TEST(ThreadPoolTest, EveryIterationRunsOnce) {
  for (unsigned threads : {1u, 2u, 5u}) {
    ThreadPool pool(threads);
    for (int64_t count : {0, 1, 7, 1000}) {
      std::vector<std::atomic<int>> runs(static_cast<size_t>(count));
      pool.parallelFor(count, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
          ++runs[size_t(i)];
      });
      for (const std::atomic<int> &run : runs)
        EXPECT_EQ(run, 1);
    }
  }
}

TEST(ThreadPoolTest, NestedLoopsRunOnTheCallingThread) {
  ThreadPool pool(3);
  std::atomic<int> inner = 0;
  pool.parallelFor(4, 1, [&](int64_t, int64_t) {
    std::thread::id caller = std::this_thread::get_id();
    pool.parallelFor(5, 1, [&](int64_t begin, int64_t end) {
      EXPECT_EQ(std::this_thread::get_id(), caller);
      inner += int(end - begin);
    });
  });
  EXPECT_EQ(inner, 20);
}

TEST(ThreadPoolTest, ThreadsMayShareAPool) {
  ThreadPool pool(2);
  std::atomic<int> sum = 0;
  auto loop = [&] {
    for (int i = 0; i < 50; ++i)
      pool.parallelFor(
          10, 1, [&](int64_t begin, int64_t end) { sum += int(end - begin); });
  };
  std::thread other(loop);
  loop();
  other.join();
  EXPECT_EQ(sum, 1000);
}

TEST(ThreadPoolTest, CountsTheCaller) {
  EXPECT_EQ(ThreadPool(1).threadCount(), 1u);
  EXPECT_EQ(ThreadPool(3).threadCount(), 3u);
  EXPECT_EQ(ThreadPool(0).threadCount(), getUsableThreadCount());
}
