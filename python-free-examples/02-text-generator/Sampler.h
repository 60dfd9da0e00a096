//===- Sampler.h - choice of the next token ---------------------*- C++ -*-===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CCQ_EXAMPLES_TEXTGENERATOR_SAMPLER_H
#define CCQ_EXAMPLES_TEXTGENERATOR_SAMPLER_H

#include <cstdint>
#include <random>
#include <span>

namespace ccq::example {

struct SamplerOptions {
  /// Divides the logits; 0 takes the largest one always.
  double temperature = 0;
  /// Number of largest logits that are eligible; 0 for all.
  unsigned topK = 0;
  uint64_t seed = 0;
};

/// Draws tokens. The same options and logits give the same tokens on every
/// machine: the generator's numbers are fixed by the C++ standard.
class Sampler {
public:
  explicit Sampler(const SamplerOptions &options)
      : options(options), generator(options.seed) {}

  /// The token after which these logits came, one per token and at least one;
  /// of equal logits the one of the smaller id is the larger.
  int64_t sample(std::span<const float> logits);

private:
  SamplerOptions options;
  std::mt19937_64 generator;
};

} // namespace ccq::example

#endif // CCQ_EXAMPLES_TEXTGENERATOR_SAMPLER_H
