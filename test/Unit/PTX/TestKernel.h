//===- TestKernel.h - Kernels of one instruction ----------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_TEST_UNIT_PTX_TESTKERNEL_H
#define CCQ_TEST_UNIT_PTX_TESTKERNEL_H

#include "PTX/Interpreter.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ccq::ptx::test {

/// A module around the body of one kernel "k" with the given parameters, for
/// sm_90a. `declarations` go before the kernel.
std::string makeModule(const std::string &parameters, const std::string &body,
                       const std::string &declarations = "");

/// When the environment names a ptxas in CCQ_PTXAS, adds a test failure unless
/// it accepts the text. For development: tests do not need it.
void checkWithAssembler(const std::string &text);

/// Runs `code` once per row of the input columns, in one block, and returns one
/// value per row. `code` reads the columns, up to four, from
///   %da %db %dc %dd (.b64), %ra %rb %rc %rd (.b32), %ha %hb %hc %hd (.b16),
///   %fa %fb %fc %fd (.f32), %ga %gb %gc %gd (.f64)
/// and sets %dz, %rz, %hz, %fz, %gz or the predicate %pz, as `result` names.
/// It may use %p<8>, %t<16> (.b32), %u<16> (.b16) and %v<16> (.b64). Adds a
/// test failure and returns an empty vector when the launch fails.
std::vector<uint64_t>
evaluate(const std::string &code,
         const std::vector<std::vector<uint64_t>> &columns,
         const std::string &result = "%rz");

/// The message of the parse or launch error that this code gives in one thread
/// with all inputs zero; adds a test failure when there is none.
std::string getError(const std::string &code);

/// The message of the parse error of a whole module.
std::string getParseError(const std::string &text);

uint64_t bitsOf(float value);
uint64_t bitsOf(double value);
float floatOf(uint64_t bits);
double doubleOf(uint64_t bits);

/// A deterministic sequence of 64-bit values (splitmix64).
class ValueSequence {
public:
  explicit ValueSequence(uint64_t seed) : state(seed) {}
  uint64_t next();

private:
  uint64_t state;
};

} // namespace ccq::ptx::test

#endif // CCQ_TEST_UNIT_PTX_TESTKERNEL_H
