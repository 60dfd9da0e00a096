//===- MatmulBench.cpp - products to measure ------------------------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MatmulBench.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <random>

using namespace ccq;
using namespace ccq::tool;
namespace fs = std::filesystem;

/// As in lib/Runtime/Session.cpp.
static constexpr int64_t rangesPerThread = 4;

/// A grain that gives every thread some ranges of `count` items.
static int64_t getGrain(int64_t count, const ThreadPool &threads) {
  int64_t ranges = int64_t(threads.threadCount()) * rangesPerThread;
  return std::max<int64_t>(1, (count - 1) / ranges + 1);
}

Result<LoadedMatmul>
LoadedMatmul::tryCreate(const mlir::ccq::MatmulProblem &problem) {
  Result<mlir::ccq::MatmulKernel> kernel = mlir::ccq::compileMatmul(problem);
  if (!kernel)
    return kernel.takeError();
  std::error_code code;
  std::string directory = fs::temp_directory_path(code) / "ccq-XXXXXX";
  if (code || !::mkdtemp(directory.data()))
    return Error{ErrorKind::Output, directory + ": cannot create a directory"};
  fs::path path = fs::path(directory) / "kernel.so";
  std::ofstream(path, std::ios::binary) << kernel->object;
  void *library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  // The mapping stays.
  fs::remove_all(directory, code);
  if (!library)
    return Error{ErrorKind::Internal, ::dlerror()};
  LoadedMatmul matmul;
  matmul.library = {library, [](void *handle) { ::dlclose(handle); }};
  matmul.function = reinterpret_cast<runtime::KernelFunction>(
      ::dlsym(library, kernel->entry.c_str()));
  if (!matmul.function)
    return Error{ErrorKind::Internal, "no function " + kernel->entry};
  matmul.workItems = kernel->workItems;
  matmul.rows = problem.rows;
  return matmul;
}

void LoadedMatmul::run(ThreadPool &threads, std::vector<void *> buffers) const {
  threads.parallelFor(workItems, getGrain(workItems, threads),
                      [&](int64_t begin, int64_t end) {
                        function(buffers.data(), &rows, begin, end);
                      });
}

BlasProduct tool::loadBlas(unsigned threads) {
  using Sgemm = void (*)(int, int, int, int, int, int, float, const float *,
                         int, const float *, int, float, float *, int);
  using SetThreads = void (*)(int);
  void *library = ::dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return {};
  auto sgemm = reinterpret_cast<Sgemm>(::dlsym(library, "cblas_sgemm"));
  if (!sgemm)
    return {};
  if (auto set = reinterpret_cast<SetThreads>(
          ::dlsym(library, "openblas_set_num_threads")))
    set(int(threads));
  return [sgemm](int64_t rows, MatrixShape shape, const float *x,
                 const float *w, float *y) {
    constexpr int rowMajor = 101, noTranspose = 111;
    int m = int(rows), n = int(shape.n), k = int(shape.k);
    sgemm(rowMajor, noTranspose, noTranspose, m, n, k, 1.0f, x, k, w, n, 0.0f,
          y, n);
  };
}

/// A positive number around 1/1024 in the format of a component.
static uint32_t drawScale(codec::ElementType type, std::mt19937_64 &random) {
  if (type == codec::ElementType::F32)
    return (127 - 10) << 23 | (random() & 0x7fffff);
  if (type == codec::ElementType::BF16)
    return (127 - 10) << 7 | (random() & 0x7f);
  if (type == codec::ElementType::F16)
    return (15 - 10) << 10 | (random() & 0x3ff);
  return uint32_t(random());
}

codec::CodedMatrix tool::drawCodes(const codec::Scheme &scheme,
                                   MatrixShape shape, uint64_t seed) {
  codec::CodedMatrix matrix = codec::CodedMatrix::createZeroed(scheme, shape);
  std::mt19937_64 random(seed);
  for (codec::Component &component : matrix.components) {
    bool isBits = component.spec.role == codec::ComponentRole::Codes ||
                  component.spec.role == codec::ComponentRole::Extra;
    size_t size = isBits ? 1 : codec::getElementBytes(component.spec.type);
    for (size_t i = 0; i < component.bytes.size(); i += size) {
      uint32_t value = isBits ? uint32_t(random() >> 32)
                              : drawScale(component.spec.type, random);
      std::memcpy(component.bytes.data() + i, &value, size);
    }
  }
  return matrix;
}

void tool::readComponents(ThreadPool &threads,
                          const codec::CodedMatrix &matrix) {
  static std::atomic<uint64_t> sink;
  for (const codec::Component &component : matrix.components) {
    int64_t words = int64_t(component.bytes.size() / sizeof(uint64_t));
    threads.parallelFor(
        words, getGrain(words, threads), [&](int64_t begin, int64_t end) {
          const std::byte *data = component.bytes.data();
          uint64_t sum = 0;
          for (int64_t i = begin; i < end; ++i) {
            uint64_t word;
            std::memcpy(&word, data + i * sizeof word, sizeof word);
            sum += word;
          }
          sink += sum;
        });
  }
}

static double takeMedian(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  size_t half = values.size() / 2;
  return values.size() % 2 ? values[half]
                           : (values[half - 1] + values[half]) / 2;
}

std::vector<Timing>
tool::measureInTurn(const std::vector<std::function<void()>> &calls,
                    unsigned rounds) {
  std::vector<std::vector<double>> wall(calls.size()), processor(calls.size());
  for (unsigned round = 0; round <= rounds; ++round)
    for (size_t i = 0; i < calls.size(); ++i) {
      auto start = std::chrono::steady_clock::now();
      std::clock_t cpuStart = std::clock();
      calls[i]();
      std::chrono::duration<double> seconds =
          std::chrono::steady_clock::now() - start;
      if (round == 0)
        continue;
      wall[i].push_back(seconds.count());
      processor[i].push_back(double(std::clock() - cpuStart) / CLOCKS_PER_SEC);
    }
  std::vector<Timing> timings;
  for (size_t i = 0; i < calls.size(); ++i)
    timings.push_back({takeMedian(wall[i]), takeMedian(processor[i])});
  return timings;
}
