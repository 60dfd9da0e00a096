//===- TestKernel.h - compile a kernel and call it --------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_UNIT_TARGET_TESTKERNEL_H
#define CCQ_TEST_UNIT_TARGET_TESTKERNEL_H

#include "TemporaryDirectory.h"
#include "ccq/Codec/CodedMatrix.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ccq::test {

/// A kernel compiled in this process and loaded the way the runtime loads it.
class TestKernel {
public:
  /// Compiles the only kernel of the module `text` for `target`, a CPU target,
  /// with the lowering options of the target. Null, with a test failure, when
  /// that does not work.
  static std::unique_ptr<TestKernel> compile(const std::string &text,
                                             const std::string &target);
  ~TestKernel();

  /// Number of work items.
  int64_t countItems(std::span<const int64_t> scalars) const;

  /// Runs all items in calls of at most `itemsPerCall`, last call first, so
  /// that items which depend on each other show.
  void run(std::span<void *const> buffers, std::span<const int64_t> scalars,
           int64_t itemsPerCall) const;

  /// The shared object.
  const std::string &bytes() const { return object; }

private:
  TestKernel() = default;

  using Function = void (*)(void *const *, const int64_t *, int64_t, int64_t);

  TemporaryDirectory directory;
  std::string object;
  /// Evaluates the grid; keeps the MLIR context it lives in.
  struct Grid;
  std::unique_ptr<Grid> grid;
  void *library = nullptr;
  Function function = nullptr;
};

/// The best CPU target that this machine supports.
std::string getNativeTarget();

/// The attribute text of a scheme and its short name, for module texts.
std::string getSchemeText(const char *name);

/// A coded matrix of random codes with scales between 1/64 and 1.
codec::CodedMatrix createRandomMatrix(const char *scheme, MatrixShape shape,
                                      unsigned seed);

} // namespace ccq::test

#endif // CCQ_TEST_UNIT_TARGET_TESTKERNEL_H
